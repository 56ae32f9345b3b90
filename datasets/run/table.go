package run

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"strings"
)

// Table names one of the four tables of a run.
type Table string

// The tables, by the names of their directories.
const (
	TableDomains      Table = "domains"
	TableHosts        Table = "hosts"
	TableEndpoints    Table = "endpoints"
	TableCertificates Table = "certificates"
)

// Tables lists the tables in the order in which readers meet them.
func Tables() []Table {
	return []Table{TableDomains, TableHosts, TableEndpoints, TableCertificates}
}

// ParseTable takes the name of a table as a person writes it.
func ParseTable(name string) (Table, error) {
	for _, t := range Tables() {
		if name == string(t) {
			return t, nil
		}
	}
	return "", fmt.Errorf("no table %q: there are %v", name, Tables())
}

// Row is any of the row types: evidence, as the spool holds it, or a whole row
// of a final table. Certificate is both; Naming and Look are parts of either.
type Row interface {
	DomainEvidence | HostEvidence | EndpointEvidence | Certificate | Domain | Host | Endpoint | Naming | Look
}

// layout is what is particular to the table of a row type.
type layout[T Row] struct {
	table   Table
	key     []string            // columns by which a part is sorted
	bloom   string              // the column that people look up
	compare func(a, b *T) int   // order of the key
	keyText func(row *T) string // the key as one string, for the range of a part
}

// layoutOf gives the layout of a row type.
func layoutOf[T Row]() layout[T] {
	var row T
	var l any
	switch any(row).(type) {
	case DomainEvidence:
		l = layout[DomainEvidence]{TableDomains, domainKey, "domain", compareDomain, textOfDomain}
	case Domain:
		l = layout[Domain]{TableDomains, domainKey, "domain",
			func(a, b *Domain) int { return compareDomain(&a.DomainEvidence, &b.DomainEvidence) },
			func(r *Domain) string { return textOfDomain(&r.DomainEvidence) }}
	case Naming:
		l = layout[Naming]{TableDomains, domainKey, "domain",
			func(a, b *Naming) int { return cmp.Compare(a.Line, b.Line) },
			func(r *Naming) string { return fmt.Sprint(r.Line) }}
	case Look:
		l = layout[Look]{TableDomains, domainKey, "domain",
			func(a, b *Look) int { return cmp.Compare(a.Line, b.Line) },
			func(r *Look) string { return fmt.Sprint(r.Line) }}
	case HostEvidence:
		l = layout[HostEvidence]{TableHosts, hostKey, "host", compareHost, textOfHost}
	case Host:
		l = layout[Host]{TableHosts, hostKey, "host",
			func(a, b *Host) int { return compareHost(&a.HostEvidence, &b.HostEvidence) },
			func(r *Host) string { return textOfHost(&r.HostEvidence) }}
	case EndpointEvidence:
		l = layout[EndpointEvidence]{TableEndpoints, endpointKey, "base", compareEndpoint, textOfEndpoint}
	case Endpoint:
		l = layout[Endpoint]{TableEndpoints, endpointKey, "base",
			func(a, b *Endpoint) int { return compareEndpoint(&a.EndpointEvidence, &b.EndpointEvidence) },
			func(r *Endpoint) string { return textOfEndpoint(&r.EndpointEvidence) }}
	case Certificate:
		l = layout[Certificate]{TableCertificates, certificateKey, "sha256",
			func(a, b *Certificate) int { return bytes.Compare(a.SHA256, b.SHA256) },
			func(r *Certificate) string { return hex.EncodeToString(r.SHA256) }}
	}
	return l.(layout[T])
}

var (
	domainKey      = []string{"line"}
	hostKey        = []string{"host"}
	endpointKey    = []string{"base", "address", "algorithm", "attempt"}
	certificateKey = []string{"sha256"}
)

func compareDomain(a, b *DomainEvidence) int { return cmp.Compare(a.Line, b.Line) }

func textOfDomain(r *DomainEvidence) string { return fmt.Sprint(r.Line) }

func compareHost(a, b *HostEvidence) int { return strings.Compare(a.Host, b.Host) }

func textOfHost(r *HostEvidence) string { return r.Host }

func compareEndpoint(a, b *EndpointEvidence) int {
	return cmp.Or(
		strings.Compare(a.Base, b.Base),
		strings.Compare(a.Address, b.Address),
		strings.Compare(string(a.Algorithm), string(b.Algorithm)),
		cmp.Compare(a.Attempt, b.Attempt),
	)
}

func textOfEndpoint(r *EndpointEvidence) string {
	return fmt.Sprintf("%s %s %s %d", r.Base, r.Address, r.Algorithm, r.Attempt)
}

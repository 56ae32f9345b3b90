package report

import (
	"slices"
	"strings"

	"danescan/datasets/run"
)

// brokenHosts are the MX hosts that DANE senders refuse, and those of which a
// lookup that decides failed, with the domains that have them.
type brokenHosts struct {
	limit int
	hosts map[string]*brokenHost
	lost  int64
}

// brokenHost is one of them, as its operator should be told.
type brokenHost struct {
	host, provider, verdict, reason, addresses, tlsa, findings string

	domains, secureMX int64
}

// maxAddresses is how many addresses of a broken host are told.
const maxAddresses = 8

func newBrokenHosts() *brokenHosts {
	return &brokenHosts{limit: maxKeys, hosts: map[string]*brokenHost{}}
}

func (b *brokenHosts) host(h *run.Host) {
	if !failing(h.Verdict) && h.Verdict != run.LookupFailed {
		return
	}
	if len(b.hosts) >= b.limit {
		b.lost++
		return
	}
	b.hosts[strings.Clone(h.Host)] = &brokenHost{
		host: strings.Clone(h.Host), provider: strings.Clone(h.Provider), verdict: string(h.Verdict), reason: string(h.Reason),
		addresses: strings.Join(h.Addresses[:min(len(h.Addresses), maxAddresses)], " "), tlsa: mix(h.TLSA), findings: strings.Join(codes(h.Findings), " "),
	}
}

// of returns the host if the domain is affected: a host that fails by its name
// alone may be verified for a domain that brings names of its own (RFC 7672,
// Section 3.2.2).
func (b *brokenHosts) of(mx *run.MX) *brokenHost {
	if !failing(mx.Verdict) && mx.Verdict != run.LookupFailed {
		return nil
	}
	return b.hosts[mx.Host]
}

// sorted gives those that affect a domain, the most domains first.
func (b *brokenHosts) sorted() []*brokenHost {
	var all []*brokenHost
	for _, h := range b.hosts {
		if h.domains > 0 {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(x, y *brokenHost) int {
		switch {
		case x.domains != y.domains:
			return int(y.domains - x.domains)
		case x.secureMX != y.secureMX:
			return int(y.secureMX - x.secureMX)
		}
		return strings.Compare(x.host, y.host)
	})
	return all
}

func (h *brokenHost) row() dataRow {
	return dataRow{[]string{h.host, h.provider, h.verdict, h.reason, h.addresses, h.tlsa, h.findings}, []int64{h.domains, h.secureMX}}
}

// brokenFigure is the list for those who notify operators.
func brokenFigure() figure {
	return figure{
		Name: "broken-hosts", Title: "MX hosts that fail, and MX hosts without an answer", Page: "hosts", Show: 200,
		Keys: []string{"host", "provider", "verdict", "reason", "addresses", "tlsa", "findings"}, Columns: []string{"domains", "secure_mx"},
		Says: func(s *summary) string {
			t := s.table("broken-hosts")
			if len(t.Rows) == 0 {
				return "No MX host failed, and every lookup that decides was answered."
			}
			return "By the names of the list that are affected, so that a message to the first few operators repairs most. Hosts with the verdict lookup-failed did not fail: a lookup that decides got no answer."
		},
		Tone: func(key []string) string { return tone(key[2]) },
		Whole: func(g *gathered) []dataRow {
			var rows []dataRow
			for _, h := range g.broken.sorted() {
				rows = append(rows, h.row())
			}
			return rows
		},
	}
}

// details is what the page of a TLD or a group shows beside its line.
type details struct{ broken map[string]int64 }

// details counts a domain's broken hosts, in all and for its TLD and its group.
func (g *gathered) details(d *run.Domain) {
	for i := range d.MX {
		h := g.broken.of(&d.MX[i])
		if h == nil {
			continue
		}
		h.domains++
		if d.MXSecure {
			h.secureMX++
		}
		g.blame("tlds", d.TLD, h)
		g.blame("groups", d.Group, h)
	}
}

// blame counts a broken host for a slice.
func (g *gathered) blame(kind, name string, h *brokenHost) {
	if name == "" || g.blamed >= maxKeys {
		return
	}
	key := kind + between + name
	x := g.detail[key]
	if x == nil {
		x = &details{broken: map[string]int64{}}
		g.detail[strings.Clone(key)] = x
	}
	if _, known := x.broken[h.host]; !known {
		g.blamed++
	}
	x.broken[h.host]++
}

// plus stands between the parameters of records that stand together.
const plus = " + "

// mix is the distinct parameters of a TLSA RRset, ascending.
func mix(records []run.TLSA) string {
	var all []string
	for i := range records {
		all = append(all, triple(&records[i]))
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), plus)
}

// codes is the distinct codes of findings, ascending.
func codes(findings []run.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, strings.Clone(f.Code))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

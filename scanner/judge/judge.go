package judge

import (
	"crypto/x509"
	"time"

	"danescan/datasets/run"
)

// Certificates gives the DER of a certificate that a run has stored, by the
// SHA-256 of that DER; nil where there is none.
type Certificates interface {
	DER(sha256 []byte) []byte
}

// Judge is what judging may draw on beside the rows themselves. The zero value
// draws on nothing else, and is what the package's functions use.
type Judge struct {
	// At is the moment as of which dates are judged; zero: each session's own time.
	At time.Time
	// DigestOrder ranks matching types, strongest first; nil: SHA2-512, SHA2-256
	// (RFC 7671, Section 9).
	DigestOrder []uint8
	// Roots are those of the Web PKI. With them, pkix_valid is filled.
	Roots *x509.CertPool
	// Run knows the certificates of the whole run; nil: nothing is said about
	// other hosts.
	Run *Index
	// Earlier gives the leaf certificates (DER) that a host showed in an earlier
	// run; nil: there is none.
	Earlier func(host string) [][]byte
	// Operators spares looking the same names up again; nil: nothing is remembered.
	Operators *Operators
}

// moment returns the time as of which evidence of that time is judged.
func (j Judge) moment(seen time.Time) time.Time {
	if j.At.IsZero() {
		return seen
	}
	return j.At
}

// Endpoint judges one session as the zero Judge does.
func Endpoint(e *run.Endpoint, h *run.Host, certs Certificates) error {
	return Judge{}.Endpoint(e, h, certs)
}

// Host judges a host and its sessions as the zero Judge does.
func Host(h *run.Host, ends []run.Endpoint, certs Certificates) error {
	return Judge{}.Host(h, ends, certs)
}

// Domain judges a domain as the zero Judge does.
func Domain(d *run.Domain, host func(name string) HostFacts) {
	Judge{}.Domain(d, host)
}

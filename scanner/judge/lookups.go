package judge

import (
	"fmt"
	"time"

	"danescan/datasets/run"
)

// namedLookup is a lookup with the question that it answers: a name in two pieces
// and a type, which are rarely told.
type namedLookup struct {
	prefix, name, kind string
	*run.Lookup
	at time.Time
}

func (l *namedLookup) question() string { return l.prefix + l.name + l.kind }

// listLookups returns every lookup that was made for a host.
func (c *hostCase) listLookups() []namedLookup {
	h := &c.host.HostEvidence
	host := canonical(h.Host)
	var space [5]namedLookup // what most hosts need
	list := append(space[:0],
		namedLookup{"", host, " A", h.A, h.ScannedAt}, namedLookup{"", host, " AAAA", h.AAAA, h.ScannedAt},
		namedLookup{"", host, " CNAME", h.AliasLookup, h.ScannedAt})
	for i := range h.TLSACandidates {
		t := &h.TLSACandidates[i]
		list = append(list, namedLookup{tlsaOwner, canonical(t.Base), " TLSA", &t.Lookup, t.LookedUpAt})
	}
	if h.ENT != nil {
		list = append(list, namedLookup{"", canonical(h.ENT.QName), "", &h.ENT.Lookup, h.ScannedAt})
	}
	return appendMade(make([]namedLookup, 0, len(list)), c.judge, list...)
}

// listLookups lists every lookup that was made for a domain itself.
func (c *domainCase) listLookups() {
	d := &c.domain.DomainEvidence
	name := canonical(d.Domain)
	c.lookups = appendMade(c.lookups, c.judge,
		namedLookup{"", name, " MX", d.MXLookup, d.ScannedAt}, namedLookup{"", name, " A", d.FallbackA, d.ScannedAt},
		namedLookup{"", name, " AAAA", d.FallbackAAAA, d.ScannedAt})
}

// appendMade appends those of the lookups that were made, each with the time as of
// which its signatures are judged.
func appendMade(kept []namedLookup, j Judge, all ...namedLookup) []namedLookup {
	for i := range all {
		if l := &all[i]; l.Lookup != nil {
			l.at = j.moment(l.at)
			kept = append(kept, *l)
		}
	}
	return kept
}

// broken lists the lookups that should validate and do not.
func broken(list []namedLookup) (evidence []string) {
	for _, l := range list {
		if bogus(l.Lookup) {
			evidence = append(evidence, l.question()+": "+because(l.Lookup))
		}
	}
	return evidence
}

// because is why a lookup failed, in a word or two.
func because(l *run.Lookup) string {
	text := string(l.Outcome)
	if l.Reason != "" && l.Reason != text {
		text += " (" + l.Reason + ")"
	}
	if l.EDE != nil {
		text += fmt.Sprintf(", EDE %d", *l.EDE)
	}
	return text
}

// iterated lists the denials that hash more than once.
func iterated(list []namedLookup) (evidence []string) {
	for _, l := range list {
		if l.NSEC3Iterations != nil && *l.NSEC3Iterations > 0 {
			evidence = append(evidence, fmt.Sprintf("%s: %d extra iterations", l.question(), *l.NSEC3Iterations))
		}
	}
	return evidence
}

// weakAlgorithms are those that a signer must not or should not use, by number
// (RFC 8624, Section 3.1, a list that since RFC 9904 is kept in the registry of
// algorithms; RFC 9905, Section 2).
var weakAlgorithms = map[int32]string{
	1: "RSAMD5", 3: "DSA", 5: "RSASHA1", 6: "DSA-NSEC3-SHA1", 7: "RSASHA1-NSEC3-SHA1", 12: "ECC-GOST",
}

// weaklySigned lists the answers that rest on such an algorithm.
func weaklySigned(list []namedLookup) (evidence []string) {
	for _, l := range list {
		if l.Algorithm == nil {
			continue
		}
		if name, weak := weakAlgorithms[*l.Algorithm]; weak {
			evidence = append(evidence, l.question()+": "+name)
		}
	}
	return evidence
}

// expirySoon is how long before its end a signature should long have been
// replaced. Some signers sign afresh for a day at a time: that is no fault.
const expirySoon = 12 * time.Hour

// expiring lists the answers whose signatures end soon after they were seen.
func expiring(list []namedLookup) (evidence []string) {
	for _, l := range list {
		if l.RRSIGExpires == nil || l.at.IsZero() || l.DNSSEC != run.Secure {
			continue
		}
		if left := l.RRSIGExpires.Sub(l.at); left < expirySoon {
			evidence = append(evidence, fmt.Sprintf("%s: signed until %s", l.question(), l.RRSIGExpires.UTC().Format(time.RFC3339)))
		}
	}
	return evidence
}

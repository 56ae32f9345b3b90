package resolver

import (
	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// pick returns the records of a section that are wanted: a part of it where they
// stand together, as they mostly do, else a copy. Sections are never changed.
func pick(section []dnssec.Record, wanted func(r *dnssec.Record) bool) []dnssec.Record {
	first, last, n := 0, 0, 0
	for i := range section {
		if !wanted(&section[i]) {
			continue
		}
		if n == 0 {
			first = i
		}
		last = i
		n++
	}
	switch {
	case n == 0:
		return nil
	case last-first == n-1:
		return section[first : last+1 : last+1]
	}
	out := make([]dnssec.Record, 0, n)
	for i := range section[first : last+1] {
		if r := &section[first+i]; wanted(r) {
			out = append(out, *r)
		}
	}
	return out
}

// together is a section with more records, which are not copied where it is empty:
// records and sections are never changed, only added to.
func together(section, more []dnssec.Record) []dnssec.Record {
	if len(section) == 0 {
		return more[:len(more):len(more)]
	}
	return append(section, more...)
}

// signedSet returns the records of a name and type, and behind them their
// signatures.
func signedSet(section []dnssec.Record, name dnssec.Name, qtype uint16) []dnssec.Record {
	records := pick(section, func(r *dnssec.Record) bool { return r.Is(name, qtype) })
	if len(records) == 0 {
		return nil
	}
	signatures := pick(section, func(r *dnssec.Record) bool { return r.Signs(name, qtype) })
	set := pick(section, func(r *dnssec.Record) bool { return r.Is(name, qtype) || r.Signs(name, qtype) })
	for i := range records {
		if set[i].Type != qtype { // a signature stands before a record
			return append(records, signatures...)
		}
	}
	return set
}

// withSignatures adds to a section the signatures over its types that strayed into
// others.
func withSignatures(section []dnssec.Record, others ...[]dnssec.Record) []dnssec.Record {
	if len(section) == 0 {
		return nil
	}
	out := section[:len(section):len(section)]
	for _, other := range others {
		for i := range other {
			if r := &other[i]; r.Type == dns.TypeRRSIG && holds(section, r.Covers()) {
				out = append(out, *r)
			}
		}
	}
	return out
}

// holds reports whether a section has a record of a type.
func holds(section []dnssec.Record, rrtype uint16) bool {
	for i := range section {
		if section[i].Type == rrtype {
			return true
		}
	}
	return false
}

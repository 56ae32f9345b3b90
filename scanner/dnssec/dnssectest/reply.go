package dnssectest

import (
	"strings"

	"github.com/miekg/dns"
)

// reply adds to a message what the zone says about a name. It returns where an
// alias leads.
func (s *Signed) reply(msg *dns.Msg, n string, qtype uint16) (next string) {
	if d := s.dname(n); d != "" {
		msg.Answer = append(msg.Answer, s.WithSignature(d, dns.TypeDNAME)...)
		target := s.Set(d, dns.TypeDNAME)[0].(*dns.DNAME).Target
		return strings.TrimSuffix(n, d) + target
	}
	from := n
	if !s.exists(n) {
		from = wildcard(s.encloser(n))
		if !s.exists(from) {
			msg.Rcode = dns.RcodeNameError
			msg.Ns = append(msg.Ns, s.denyName(n)...)
			return ""
		}
	}
	typ := qtype
	if len(s.Set(from, typ)) == 0 && len(s.Set(from, dns.TypeCNAME)) > 0 {
		typ = dns.TypeCNAME
	}
	rrs := s.WithSignature(from, typ)
	switch {
	case len(rrs) == 0 && from == n:
		msg.Ns = append(msg.Ns, s.denyType(n)...)
		return ""
	case len(rrs) == 0:
		msg.Ns = append(msg.Ns, s.denyExpansion(n, true)...)
		return ""
	case from != n:
		rrs = expand(rrs, n)
		msg.Ns = append(msg.Ns, s.denyExpansion(n, false)...)
	}
	msg.Answer = append(msg.Answer, rrs...)
	if typ != qtype {
		return rrs[0].(*dns.CNAME).Target
	}
	return ""
}

// dname returns the owner of the DNAME strictly above a name.
func (s *Signed) dname(n string) string {
	for n != s.Apex {
		n = parent(n)
		if len(s.Set(n, dns.TypeDNAME)) > 0 {
			return n
		}
	}
	return ""
}

// expand renames records made from a wildcard.
func expand(rrs []dns.RR, n string) []dns.RR {
	var made []dns.RR
	for _, rr := range rrs {
		rr = dns.Copy(rr)
		rr.Header().Name = n
		made = append(made, rr)
	}
	return made
}

// exists reports whether a name is in the zone, be it as an empty non-terminal.
func (s *Signed) exists(n string) bool {
	for _, have := range s.names {
		if have == n {
			return true
		}
	}
	return false
}

// encloser returns the closest existing name above a name.
func (s *Signed) encloser(n string) string {
	for n = parent(n); !s.exists(n); n = parent(n) {
	}
	return n
}

// denyType proves that an existing name lacks a type.
func (s *Signed) denyType(n string) []dns.RR {
	switch {
	case s.Unsigned:
		return nil
	case s.NSEC3 == nil:
		return s.nsec(n)
	case s.matching(n) == nil: // in an opt-out span
		return s.denyExpansion(n, false)
	}
	return s.matching(n)
}

// denyName proves that a name does not exist.
func (s *Signed) denyName(n string) []dns.RR {
	ce := s.encloser(n)
	switch {
	case s.Unsigned:
		return nil
	case s.NSEC3 == nil:
		return append(s.nsec(n), s.nsec(wildcard(ce))...)
	}
	return append(append(s.matching(ce), s.covering(s.nextCloser(n))...), s.covering(wildcard(ce))...)
}

// denyExpansion proves that nothing closer to a name exists than its wildcard, and,
// for NODATA, what the wildcard has.
func (s *Signed) denyExpansion(n string, noData bool) []dns.RR {
	ce := s.encloser(n)
	if s.Unsigned {
		return nil
	}
	if s.NSEC3 == nil {
		rrs := s.nsec(n)
		if noData {
			rrs = append(rrs, s.nsec(wildcard(ce))...)
		}
		return rrs
	}
	rrs := s.covering(s.nextCloser(n))
	if s.exists(n) { // an opt-out span stands for an existing name
		return append(s.matching(s.provable(n)), s.covering(s.below(s.provable(n), n))...)
	}
	if noData {
		rrs = append(append(s.matching(ce), rrs...), s.matching(wildcard(ce))...)
	}
	return rrs
}

// provable returns the closest name above n that is in the NSEC3 chain.
func (s *Signed) provable(n string) string {
	for n = parent(n); s.matching(n) == nil; n = parent(n) {
	}
	return n
}

// below returns the name one label longer than ancestor on the way to n.
func (s *Signed) below(ancestor, n string) string {
	for parent(n) != ancestor {
		n = parent(n)
	}
	return n
}

func (s *Signed) nextCloser(n string) string { return s.below(s.encloser(n), n) }

// nsec returns the NSEC record at a name, or else the one that covers it.
func (s *Signed) nsec(n string) []dns.RR {
	owner := s.chain[len(s.chain)-1]
	for _, have := range s.chain {
		if have == n || Less(have, n) {
			owner = have
		}
	}
	return s.WithSignature(owner, dns.TypeNSEC)
}

// matching returns the NSEC3 record of a name, nil where it has none.
func (s *Signed) matching(n string) []dns.RR {
	return s.WithSignature(s.owner3(s.hash(n)), dns.TypeNSEC3)
}

// covering returns the NSEC3 record whose span has the hash of a name.
func (s *Signed) covering(n string) []dns.RR {
	h, owner := s.hash(n), s.hashed[len(s.hashed)-1]
	for _, have := range s.hashed {
		if have < h {
			owner = have
		}
	}
	return s.WithSignature(s.owner3(owner), dns.TypeNSEC3)
}

func (s *Signed) owner3(hash string) string {
	if s.Apex == "." {
		return hash + "."
	}
	return hash + "." + s.Apex
}

// wildcard returns the wildcard below a name.
func wildcard(n string) string {
	if n == "." {
		return "*."
	}
	return "*." + n
}

package lab

import (
	"strings"

	"github.com/miekg/dns"
)

// Times to live, in seconds.
const (
	ttlUsual    = 3600
	ttlNegative = 300
)

// maxIterations is how many iterations of NSEC3 validators put up with.
const maxIterations = 150

// maxAliases is how many aliases a server follows inside one zone, and the front
// in all.
const maxAliases = 8

// question is what is asked, the name in canonical form.
type question struct {
	name   string
	rrtype uint16
}

// reply is what a zone says to a question: RRsets, not yet signed.
type reply struct {
	zone      *zone
	rcode     int
	referral  bool
	answer    []entry
	authority []entry
	extra     [][]dns.RR
	alias     string // where the answer goes on, outside of what the zone knows
	weak      bool   // rests on an opt-out span, or on too many iterations: not secure
	mishap    mishap // what the server does instead of answering
}

// entry is an RRset in a section.
type entry struct {
	set      []dns.RR
	wildcard string // what it was expanded from; its signature is over that name
	unsigned bool   // carries no signature in a signed zone: NS at a cut, a synthesised CNAME
}

// ask asks a zone that is authoritative for the name.
func (z *zone) ask(q question) *reply {
	r := &reply{zone: z}
	if r.mishap = z.refusal(q.name, q.rrtype); r.mishap != fine {
		return r
	}
	for name, n := q.name, 0; n < maxAliases; n++ {
		next := z.step(r, question{name, q.rrtype}, n == 0)
		if next == "" {
			return r
		}
		if name = next; !under(name, z.apex) || r.has(name) {
			r.alias = name
			return r
		}
	}
	return r
}

// step answers for one name. It returns the name to go on with if that was an
// alias.
func (z *zone) step(r *reply, q question, first bool) (next string) {
	at := z.walk(q.name, q.rrtype)
	switch {
	case at.cut != nil && first:
		z.refer(r, at)
	case at.cut != nil:
		r.alias = q.name
	case at.dname != nil:
		return z.rename(r, q.name, at.dname)
	case at.node != nil:
		return z.exact(r, q, at.node)
	case at.wild != nil:
		return z.expand(r, q, at)
	default:
		r.rcode = dns.RcodeNameError
		z.deny(r, func() proof { return z.noName(q.name, at) })
	}
	return ""
}

// exact answers from a node.
func (z *zone) exact(r *reply, q question, n *node) (next string) {
	if set := n.set(q.rrtype); set != nil {
		r.answer = append(r.answer, entry{set: set})
		return ""
	}
	if set := n.set(dns.TypeCNAME); set != nil {
		r.answer = append(r.answer, entry{set: set})
		return set[0].(*dns.CNAME).Target
	}
	z.deny(r, func() proof { return z.noType(n.name) })
	return ""
}

// expand answers from a wildcard (RFC 4592).
func (z *zone) expand(r *reply, q question, at place) (next string) {
	set := at.wild.set(q.rrtype)
	if set == nil {
		if set = at.wild.set(dns.TypeCNAME); set != nil {
			next = set[0].(*dns.CNAME).Target
		}
	}
	if set == nil {
		z.deny(r, func() proof { return z.noWildType(q.name, at) })
		return ""
	}
	renamed := make([]dns.RR, len(set))
	for i, rr := range set {
		renamed[i] = dns.Copy(rr)
		renamed[i].Header().Name = q.name
	}
	r.answer = append(r.answer, entry{set: renamed, wildcard: at.wild.name})
	if z.keys != nil {
		r.prove(z.noCloser(q.name, at))
	}
	return next
}

// rename answers from a DNAME and the CNAME that follows from it (RFC 6672).
func (z *zone) rename(r *reply, name string, n *node) (next string) {
	set := n.set(dns.TypeDNAME)
	next = strings.TrimSuffix(name, n.name) + set[0].(*dns.DNAME).Target
	if _, ok := dns.IsDomainName(next); !ok {
		r.rcode = dns.RcodeYXDomain
		r.answer = append(r.answer, entry{set: set})
		return ""
	}
	cname := &dns.CNAME{Hdr: header(name, dns.TypeCNAME, ttlUsual), Target: next}
	r.answer = append(r.answer, entry{set: set}, entry{set: []dns.RR{cname}, unsigned: true})
	return next
}

// refer sends the asker to the servers of a delegated zone, with what the parent
// knows about its keys (RFC 4035, Section 3.1.4).
func (z *zone) refer(r *reply, at place) {
	r.referral = true
	ns := at.cut.set(dns.TypeNS)
	r.authority = append(r.authority, entry{set: ns, unsigned: true})
	if ds := at.cut.set(dns.TypeDS); ds != nil {
		r.authority = append(r.authority, entry{set: ds})
	} else if z.keys != nil {
		r.prove(z.noType(at.cut.name))
	}
	for _, rr := range ns {
		if n := z.glue(rr.(*dns.NS).Ns); n != nil {
			r.extra = append(r.extra, n.sets...)
		}
	}
}

// glue returns the addresses of a name server, as far as they are in the zone.
func (z *zone) glue(name string) *node {
	if !under(name, z.apex) {
		return nil
	}
	n := z.find(name)
	if n == nil || (n.set(dns.TypeA) == nil && n.set(dns.TypeAAAA) == nil) {
		return nil
	}
	return n
}

// deny adds the SOA and, in a signed zone, the proof (RFC 2308, Section 3).
func (z *zone) deny(r *reply, made func() proof) {
	r.authority = append(r.authority, entry{set: z.find(z.apex).set(dns.TypeSOA)})
	if z.keys != nil {
		r.prove(made())
	}
}

// has reports whether the answer has been at a name already: a loop of aliases,
// which is left to the asker.
func (r *reply) has(name string) bool {
	for _, e := range r.answer {
		if e.set[0].Header().Name == name {
			return true
		}
	}
	return false
}

func (r *reply) prove(p proof) {
	for _, set := range p.sets {
		r.authority = append(r.authority, entry{set: set})
	}
	r.weak = r.weak || p.optOut || r.zone.iterations > maxIterations
}

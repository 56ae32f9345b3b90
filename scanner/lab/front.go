package lab

import (
	"encoding/binary"

	"github.com/miekg/dns"
)

// Extended DNS error codes (RFC 8914, Section 4).
const (
	edeBogus       = 6
	edeExpired     = 7
	edeNoDNSKEY    = 9
	edeNoRRSIG     = 10
	edeNoReachable = 22
	edeNetwork     = 23
	edeOptionCode  = 15
	frontAliases   = 12
	keptBodies     = 1 << 15 // packed answers kept at most
)

// bodyKey names a packed answer.
type bodyKey struct {
	zone *zone // nil: the front's
	question
	do, cd bool
}

// authoritative answers as one of the lab's name servers.
func (l *Lab) authoritative(ns *nameServer, q *query) *body {
	z := l.zoneAt(ns, q.question)
	if z == nil {
		return &body{rcode: dns.RcodeRefused}
	}
	return l.keep(bodyKey{z, q.question, q.do, false}, func() *body { return l.fromZone(z, q) })
}

// keep returns a packed answer, made only once where it is worth keeping.
func (l *Lab) keep(key bodyKey, make func() *body) *body {
	l.mu.Lock()
	b, ok := l.kept.get(key)
	l.mu.Unlock()
	if ok {
		return b
	}
	b = make()
	if b.passing {
		return b
	}
	l.mu.Lock()
	l.kept.put(key, b)
	l.mu.Unlock()
	return b
}

// zoneAt finds the zone that a server answers from: the one nearest to the name.
// A DS is the parent's, if the server has that, too (RFC 4035, Section 3.1.4.1).
func (l *Lab) zoneAt(ns *nameServer, q question) *zone {
	if ns.operator != nil {
		if z := l.world.bulk.zone(q); z != nil && &z.servers[0] == &ns.operator.servers[0] {
			return z
		}
	}
	var own *zone
	for at := q.name; ; at = parentOf(at) {
		if z := ns.zones[at]; z != nil {
			if q.rrtype != dns.TypeDS || at != q.name || at == "." {
				return z
			}
			own = z
		}
		if at == "." {
			return own
		}
	}
}

// mishaps of answers, as rcodes.
var refusals = map[mishap]int{saysServFail: dns.RcodeServerFailure, saysNotImp: dns.RcodeNotImplemented, saysRefused: dns.RcodeRefused}

// fromZone makes the answer of a zone.
func (l *Lab) fromZone(z *zone, q *query) *body {
	r := z.ask(q.question)
	if r.mishap == saysNothing {
		return &body{quiet: true}
	}
	if r.mishap != fine {
		return &body{rcode: refusals[r.mishap]}
	}
	var s sections
	if err := l.sigs.fill(&s, r, q, true); err != nil {
		return &body{rcode: dns.RcodeServerFailure}
	}
	b, err := s.pack(q)
	if err != nil {
		return &body{rcode: dns.RcodeServerFailure}
	}
	b.rcode, b.passing = r.rcode, z.bulk || l.world.bulk.index(q.name) >= 0
	if !r.referral {
		b.bits = bitAA
	}
	return b
}

// resolve answers as a validating resolver would, from what the lab knows about
// itself: nothing is asked and no signature checked.
func (l *Lab) resolve(q *query) *body {
	if q.bits&bitRD == 0 {
		return &body{rcode: dns.RcodeRefused, bits: bitRA}
	}
	b := l.keep(bodyKey{nil, q.question, q.do, q.bits&bitCD != 0}, func() *body { return l.recurse(q) })
	if b.bits&bitAD != 0 && !q.do && q.bits&bitAD == 0 {
		plain := *b // the asker would not know what AD is (RFC 6840, Section 5.8)
		plain.bits &^= bitAD
		return &plain
	}
	return b
}

// recurse follows a question through the zones.
func (l *Lab) recurse(q *query) *body {
	var s sections
	proven := true
	name := q.name
	for range frontAliases {
		z := l.zoneOf(question{name, q.rrtype})
		if z.dead {
			return servFail(edeNoReachable)
		}
		r := z.ask(question{name, q.rrtype})
		if r.mishap != fine || r.referral {
			return servFail(map[mishap]int{saysNothing: edeNoReachable}[r.mishap])
		}
		s.spoiled = false
		if err := l.sigs.fill(&s, r, q, r.alias == ""); err != nil {
			return servFail(0)
		}
		if (z.trust == bogus || z.trust == secure && s.spoiled) && q.bits&bitCD == 0 {
			return servFail(z.excuse())
		}
		proven = proven && z.trust == secure && !s.spoiled && !r.weak
		if r.alias != "" {
			name = r.alias
			continue
		}
		b := s.resolved(q, r.rcode, proven && q.bits&bitCD == 0)
		b.passing = z.bulk || l.world.bulk.index(q.name) >= 0
		return b
	}
	return servFail(0)
}

// resolved packs what the front found.
func (s *sections) resolved(q *query, rcode int, proven bool) *body {
	s.msg.Extra = nil
	b, err := s.pack(q)
	if err != nil {
		return servFail(0)
	}
	b.rcode, b.bits = rcode, bitRA
	if proven {
		b.bits |= bitAD
	}
	return b
}

// excuse is the extended error that fits a bogus zone.
func (z *zone) excuse() int {
	switch {
	case z.spoiled == sigExpired:
		return edeExpired
	case z.spoiled == sigMissing:
		return edeNoRRSIG
	case z.trust == bogus:
		return edeNoDNSKEY
	}
	return edeBogus
}

func servFail(code int) *body {
	b := &body{rcode: dns.RcodeServerFailure, bits: bitRA}
	if code != 0 {
		b.option = binary.BigEndian.AppendUint16([]byte{0, edeOptionCode, 0, 2}, uint16(code))
	}
	return b
}

// zoneOf finds the zone that has the answer to a question.
func (l *Lab) zoneOf(q question) *zone {
	if z := l.world.bulk.zone(q); z != nil {
		return z
	}
	at := q.name
	if q.rrtype == dns.TypeDS {
		at = parentOf(at)
	}
	for l.world.zones[at] == nil {
		at = parentOf(at)
	}
	return l.world.zones[at]
}

package dnssec

import (
	"slices"
	"time"

	"github.com/miekg/dns"
)

// finding is what became of one RRset or denial.
type finding struct {
	status     Status
	reason     Reason
	zone       Name // apex of the zone that speaks, or of the cut that ends the chain
	proof      *proof
	ttl        uint32
	expires    time.Time
	denial     Denial
	iterations uint16
	nxdomain   bool
	wildcard   bool
	weak       bool
}

// failed makes a finding of data that did not validate.
func failed(reason Reason) finding { return finding{status: reason.failure(), reason: reason} }

// outside makes a finding of data that no anchor reaches.
func outside(reason Reason, zone Name) finding {
	return finding{status: reasons[reason].status, reason: reason, zone: zone, ttl: ^uint32(0)}
}

// ended makes a finding of data below the end of a chain of trust.
func ended(n *node) finding {
	f := finding{status: n.status, reason: n.reason, zone: n.name, ttl: ^uint32(0)}
	if n.status == Bogus {
		f.blame(n.proof)
	}
	return f
}

// blame says which signature was found wanting, where one was.
func (f *finding) blame(p *proof) {
	if f.proof = p; p != nil {
		f.expires = p.expires
	}
}

// refuse makes a finding of data of a zone that did not validate.
func (r *response) refuse(reason Reason, zone *zoneKeys) finding {
	f := failed(reason)
	f.zone = zone.apex
	f.blame(r.blamed)
	return f
}

// checkSet verifies an RRset with the keys of a zone, and that a wildcard it was
// made from was the right one (RFC 4035, Section 5.3.4).
func (r *response) checkSet(msg *message, set *rrset, zone *zoneKeys) finding {
	r.blamed = nil
	p, reason := r.verify(set, zone)
	if p == nil {
		return r.refuse(reason, zone)
	}
	f := finding{status: Secure, zone: zone.apex, proof: p, ttl: p.ttl, expires: p.expires, weak: p.weak}
	if !p.expanded(set) {
		return f
	}
	if set.typ == dns.TypeDS || set.typ == dns.TypeDNAME {
		return r.refuse(ReasonWildcardForbidden, zone)
	}
	f.wildcard = true
	e := r.gather(msg.authority, zone)
	defer e.free()
	proven := e.noCloser(set.owner, set.owner.suffix(p.labels))
	if proven == unproven {
		reason := e.why()
		if reason == ReasonDenialMissing || reason == ReasonDenialInvalid {
			reason = ReasonWildcardUnproven
		}
		return r.refuse(reason, zone)
	}
	f.rest(e)
	f.insecureBy(proven)
	return f
}

// rest lets a finding rest on evidence, too.
func (f *finding) rest(e *evidence) {
	f.denial, f.iterations = DenialNSEC, e.iterations
	if e.nsec3 {
		f.denial = DenialNSEC3
	}
	f.ttl, f.weak = min(f.ttl, e.ttl), f.weak || e.weak
	if f.expires.IsZero() || !e.expires.IsZero() && e.expires.Before(f.expires) {
		f.expires = e.expires
	}
}

// insecureBy lowers a finding to insecure where the denial that it rests on
// reaches no further.
func (f *finding) insecureBy(v verdict) {
	switch v {
	case noDataOptOut, nxDomainOptOut:
		f.status, f.reason, f.denial = Insecure, ReasonOptOut, DenialOptOut
	case beyondCut:
		f.status, f.reason = Insecure, ReasonNoDS
	case iterations:
		f.status, f.reason = Insecure, ReasonNSEC3Iterations
	}
}

// checkDenial checks that the authority section denies an RRset.
func (r *response) checkDenial(msg *message, q Name, t uint16, zone *zoneKeys) finding {
	r.blamed = nil
	e := r.gather(msg.authority, zone)
	defer e.free()
	v := e.deny(q, t, msg.rcode)
	if v == unproven {
		return r.refuse(e.why(), zone)
	}
	f := finding{status: Secure, zone: zone.apex, proof: e.last, ttl: ^uint32(0)}
	f.rest(e)
	f.nxdomain = v == nxDomain || v == nxDomainOptOut
	f.insecureBy(v)
	return f
}

// claim is something that a reply says.
type claim struct {
	owner   Name
	typ     uint16
	signers []Name // candidates, longest first
	claimed []Name // those of them that sign for this claim, not for an alias before it
	set     *rrset // that is claimed to be the owner's; nil: that there is none
	missing bool   // the reply says that the name does not exist
	of      *chase
}

// check checks a claim with the keys of a zone.
func (c *claim) check(zone *zoneKeys) finding {
	if c.set != nil {
		return c.of.r.checkSet(c.of.msg, c.set, zone)
	}
	return c.of.r.checkDenial(c.of.msg, c.owner, c.typ, zone)
}

// maxSigners bounds the zones that one claim is checked with.
const maxSigners = 3

// settle finds the zone that may have signed a claim and checks it. A claim that
// does not validate is looked at once more from above: it is insecure where an
// insecure delegation is proven above it, and only there.
func (l *lookup) settle(c *claim) finding {
	top := c.owner
	if c.typ == dns.TypeDS {
		top = top.parent() // the parent's data
	}
	anchor, point := l.v.closestAnchor(top)
	if point == nil || point.negative {
		return ended(l.walk(top))
	}
	first := finding{}
	tried := make([]Name, 0, maxSigners)
	for _, signer := range c.signers {
		if len(tried) >= maxSigners || !l.maySign(c, top, signer, anchor) {
			continue
		}
		n := l.walk(signer)
		f := ended(n)
		if n.status == Secure {
			if contains(tried, n.zone.apex) {
				continue
			}
			tried = append(tried, n.zone.apex)
			f = c.check(n.zone)
			if f.status >= Insecure && l.overtaken(top, n.zone.apex) {
				f = failed(ReasonSignerWrong)
			}
		}
		if f.status == Insecure && !signer.Within(anchor) {
			f = failed(ReasonSignerWrong)
		}
		if f.status >= Insecure || f.reason == ReasonWorkLimit || f.reason == ReasonCancelled {
			return f
		}
		if first.reason == ReasonNone {
			first = f
		}
	}
	return l.lookAbove(c, top, first)
}

// maySign reports whether a zone can have signed a claim: it is above it, and an
// anchor is above or at the zone. A zone above the closest anchor may only prove
// that the name does not exist.
func (l *lookup) maySign(c *claim, top, signer, anchor Name) bool {
	if !top.Within(signer) {
		return false
	}
	if signer.Within(anchor) {
		return true
	}
	_, point := l.v.closestAnchor(signer)
	return c.missing && point != nil && !point.negative
}

// lookAbove walks to a claim that was not shown to be true. An opt-out span, or too
// many iterations, only say that unsigned data may be there: they do not excuse
// data that a zone claims to have signed, and that does not verify.
func (l *lookup) lookAbove(c *claim, top Name, first finding) finding {
	n := l.walk(top)
	vague := n.reason == ReasonOptOut || n.reason == ReasonNSEC3Iterations
	signed := slices.ContainsFunc(c.claimed, func(signer Name) bool { return top.Within(signer) })
	switch {
	case n.status == Insecure && vague && signed && first.reason != ReasonNone:
		return first
	case n.status == Insecure:
		return ended(n)
	case c.missing && n.anchored() && n.reason == ReasonDNSKEYMissing && l.aboveAnchors(c):
		// The parent says that the anchor's zone is gone, and so does the zone. There
		// is no anchor for the parent to prove it by.
		return outside(ReasonNoAnchor, n.name)
	case first.reason == ReasonNone && n.status != Secure:
		return ended(n)
	case first.reason != ReasonNone:
		return first
	}
	f := failed(ReasonRRSIGMissing)
	if c.set == nil {
		f = failed(ReasonDenialMissing)
	}
	if n.zone != nil {
		f.zone = n.zone.apex
	}
	return f
}

// aboveAnchors reports whether a zone that no anchor is above claims to have
// signed.
func (l *lookup) aboveAnchors(c *claim) bool {
	return slices.ContainsFunc(c.signers, func(signer Name) bool {
		_, point := l.v.closestAnchor(signer)
		return point == nil && c.owner.Within(signer)
	})
}

func contains(names []Name, n Name) bool { return slices.Contains(names, n) }

package dnssec

import (
	"time"

	"github.com/miekg/dns"
)

// chase follows the alias chain of a reply from the name asked to the RRset or
// the denial at its end. What is not on this way is not looked at.
type chase struct {
	l    *lookup
	r    *response
	msg  *message
	at   Name
	typ  uint16
	seen []Name

	result Result
	ttl    uint32
	weak   bool

	space struct{ signers, claimed [3]Name } // of the claim being settled
}

// run walks the chain. The status is that of the worst link; a link that is not
// proven ends the walk. What comes of it is c.result: results are large, and the
// calls from here go deep.
func (c *chase) run() {
	c.result.Status, c.ttl = Secure, ^uint32(0)
	c.result.Rcode = c.msg.rcode
	for {
		switch way := c.choose(); {
		case way.set != nil:
			c.answered(way.set, way.dname)
			return
		case way.cname == nil && way.dname == nil:
			c.denied()
			return
		case !c.link(way.cname, way.dname):
			c.done()
			return
		}
	}
}

// way is what the answer section has for a name: the RRset asked for, or else an
// alias at the name, above it, or both.
type way struct{ set, cname, dname *rrset }

// choose says where the chain goes on from here: to the RRset asked for, or to an
// alias. Of an unsigned record and a signed one that exclude each other, the
// signed one is the zone's.
func (c *chase) choose() way {
	w := way{set: find(c.msg.answer, c.at, c.typ), dname: findDNAME(c.msg.answer, c.at)}
	if c.typ != dns.TypeCNAME {
		w.cname = find(c.msg.answer, c.at, dns.TypeCNAME)
	}
	if w.set != nil && !signed(w.set) && c.typ != dns.TypeCNAME && (signed(w.cname) || signed(w.dname)) {
		w.set = nil
	}
	return w
}

func signed(s *rrset) bool { return s != nil && len(s.sigs) > 0 }

// findDNAME returns the DNAME RRset above n, the closest where there are several.
func findDNAME(sets []rrset, n Name) *rrset {
	var closest *rrset
	for i := range sets {
		s := &sets[i]
		if s.typ == dns.TypeDNAME && len(s.records) > 0 && n.below(s.owner) {
			if closest == nil || len(s.owner) > len(closest.owner) {
				closest = s
			}
		}
	}
	return closest
}

// addSigners adds who claims to have signed an RRset.
func addSigners(names []Name, s *rrset) []Name {
	for i := range s.sigs {
		if n := s.sigs[i].Signer; !contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// check settles what an RRset is worth.
func (c *chase) check(set *rrset) finding {
	by := addSigners(c.space.signers[:0], set)
	sortLongest(by)
	return c.l.settle(&claim{
		of: c, owner: set.owner, typ: set.typ, signers: by, claimed: by, set: set,
	})
}

// link follows one alias; false where the walk ends with it.
func (c *chase) link(cname, dname *rrset) bool {
	if len(c.result.Links) >= c.l.v.limits.Aliases {
		c.worsen(failed(ReasonWorkLimit))
		return false
	}
	c.seen = append(c.seen, c.at)
	f, target := c.alias(cname, dname)
	link := Link{Name: c.l.asked.Of(c.at), Status: f.status, Reason: f.reason}
	if target != "" {
		link.Target = target.String()
	}
	c.result.Links = append(c.result.Links, link)
	c.l.traceLink(link, f)
	c.worsen(f)
	switch {
	case f.status < Insecure:
		c.place(f)
		return false
	case target == "": // the DNAME makes a name that is too long
		c.result.Rcode = dns.RcodeYXDomain
		c.place(f)
		return false
	case contains(c.seen, target):
		c.worsen(failed(ReasonAliasLoop))
		return false
	}
	c.at = target
	return true
}

// alias checks one alias and finds its target, which is "" where a DNAME makes a
// name that is too long.
func (c *chase) alias(cname, dname *rrset) (finding, Name) {
	if cname != nil && (dname == nil || signed(cname)) {
		f := c.check(cname)
		if f.status >= Insecure || dname == nil {
			target := targetOf(cname)
			if target == "" {
				return failed(ReasonMalformed), ""
			}
			return c.withTTL(f, cname), target
		}
	}
	f, target := c.withTTL(c.check(dname), dname), synthesise(c.at, dname)
	if cname == nil || f.status < Insecure {
		return f, target
	}
	stated := targetOf(cname)
	switch {
	case stated == target && target != "":
		return c.withTTL(f, cname), target
	case f.status == Secure:
		return failed(ReasonAliasMismatch), target
	}
	return f, stated // no DNAME is proven there
}

// withTTL lowers the TTL of a finding to that of the records it is about.
func (c *chase) withTTL(f finding, set *rrset) finding {
	f.ttl = min(f.ttl, set.ttl())
	return f
}

// targetOf returns where an alias points; "" where it cannot be read.
func targetOf(set *rrset) Name {
	n, _ := set.records[0].Target()
	return n
}

// synthesise replaces the owner of a DNAME at the end of a name by its target
// (RFC 6672, Section 2.2); "" where the result is too long.
func synthesise(n Name, dname *rrset) Name {
	target := targetOf(dname)
	if target == "" {
		return ""
	}
	made, _ := n.Rewrite(dname.owner, target)
	return made
}

// answered ends the walk at the RRset asked for.
func (c *chase) answered(set, dname *rrset) {
	var f finding
	if made := c.typ == dns.TypeCNAME && !signed(set) && dname != nil; made {
		f = c.check(dname)
		if want := synthesise(c.at, dname); f.status == Secure && (want == "" || want != targetOf(set)) {
			f = failed(ReasonAliasMismatch)
		}
	} else {
		f = c.check(set)
	}
	f = c.withTTL(f, set)
	c.l.traceEnd(StepAnswer, c.at, c.typ, f)
	c.worsen(f)
	if f.status >= Insecure {
		c.result.Rcode = dns.RcodeSuccess
		if set.canonicalise() == nil || f.status == Insecure {
			c.result.Records = rrsOf(c.l.asked.Of(set.owner), set.records)
		}
	}
	c.place(f)
	c.done()
}

// denied ends the walk where nothing answers.
func (c *chase) denied() {
	if c.msg.rcode == dns.RcodeYXDomain {
		c.worsen(failed(ReasonRcode))
		c.done()
		return
	}
	f := c.l.settle(&claim{
		of: c, owner: c.at, typ: c.typ, missing: c.msg.rcode == dns.RcodeNameError,
		signers: c.deniers(c.space.signers[:0], false), claimed: c.deniers(c.space.claimed[:0], true),
	})
	c.l.traceEnd(StepDenial, c.at, c.typ, f)
	c.worsen(f)
	if f.status >= Insecure {
		if f.status == Secure && !f.nxdomain {
			c.result.Rcode = dns.RcodeSuccess
		}
		c.ttl = min(c.ttl, c.negativeTTL())
	}
	c.place(f)
	c.done()
}

// deniers returns who claims to have signed a denial, longest name first. Unused
// leaves out what the proof of an alias rests on already.
func (c *chase) deniers(names []Name, unused bool) []Name {
	for i := range c.msg.authority {
		switch s := &c.msg.authority[i]; s.typ {
		case dns.TypeNSEC, dns.TypeNSEC3, dns.TypeSOA:
			if !unused || !s.used {
				names = addSigners(names, s)
			}
		}
	}
	sortLongest(names)
	return names
}

// negativeTTL is how long a denial may be believed as far as the SOA record says
// so (RFC 2308, Section 5; RFC 9077, Section 3).
func (c *chase) negativeTTL() uint32 {
	low := ^uint32(0)
	for i := range c.msg.authority {
		s := &c.msg.authority[i]
		if s.typ != dns.TypeSOA || !c.at.Within(s.owner) {
			continue
		}
		for i := range s.records {
			if minimum, ok := s.records[i].MinimumTTL(); ok {
				low = min(low, s.records[i].TTL, minimum)
			}
		}
	}
	return low
}

// worsen lowers the status of the chain to that of a finding.
func (c *chase) worsen(f finding) {
	if f.status < c.result.Status {
		c.result.Status, c.result.Reason = f.status, f.reason
	}
	c.ttl, c.weak = min(c.ttl, f.ttl), c.weak || f.weak
}

// place writes down what the end of the chain rests on.
func (c *chase) place(f finding) {
	r := &c.result
	if f.zone != "" {
		r.Zone = c.l.asked.Of(f.zone)
	}
	r.Denial, r.NSEC3Iterations, r.Wildcard, r.Expires = f.denial, f.iterations, f.wildcard, f.expires
	if f.proof != nil {
		r.Signer, r.KeyTag, r.Alg = c.l.asked.Of(f.proof.signer), f.proof.tag, f.proof.alg
	}
}

func (c *chase) done() {
	r := &c.result
	r.EDE, r.WeakKey = r.Reason.EDE(), c.weak
	switch {
	case r.Status < Insecure:
		r.Records = nil
	case c.ttl != ^uint32(0):
		r.TTL = time.Duration(c.ttl) * time.Second
	}
}

package dnssec

import (
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// verdict says what a denial proves.
type verdict uint8

const (
	unproven       verdict = iota
	noData                 // the name has no such RRset
	nxDomain               // nor anything else
	noDataOptOut           // as far as signed names go
	nxDomainOptOut         // as far as signed names go
	beyondCut              // the name lies beyond an insecure delegation
	iterations             // NSEC3 with more iterations than are looked into
)

// evidenceSet is an NSEC or NSEC3 RRset and whether it was found to be signed by
// the zone.
type evidenceSet struct {
	*rrset
	state evidenceState
}

type evidenceState uint8

const (
	untried evidenceState = iota
	usable
	unusable
)

// evidence is the denial records of a reply, as far as one zone may have signed
// them. A record is verified when a proof wants to use it, so that others beside
// it neither help nor harm.
type evidence struct {
	r      *response
	zone   *zoneKeys
	nsec   []nsecRecord
	chains []nsec3Chain

	seen       bool // the zone signed some, be they of use or not
	overLimit  bool
	failed     Reason // why a record that was wanted could not be used
	last       *proof // of the record used last
	ttl        uint32 // lowest of those used
	expires    time.Time
	iterations uint16 // of the NSEC3 chain that gave the verdict
	weak       bool
	nsec3      bool // NSEC3 gave the verdict

	space struct { // what the lists lie in, as long as they are short
		sets    [4]evidenceSet
		nsec    [4]nsecRecord
		chains  [1]nsec3Chain
		records [4]nsec3Record
		hashes  [6]hashed
	}
	sets int // of space that are taken
}

// evidences are used again: what is proven holds on to none.
var evidences = sync.Pool{New: func() any { return new(evidence) }}

// free gives evidence back.
func (e *evidence) free() {
	*e = evidence{}
	evidences.Put(e)
}

// set makes an evidenceSet.
func (e *evidence) set(s *rrset) *evidenceSet {
	if e.sets == len(e.space.sets) {
		return &evidenceSet{rrset: s}
	}
	set := &e.space.sets[e.sets]
	set.rrset = s
	e.sets++
	return set
}

// gather collects the records of the authority section that the zone signed. The
// caller frees them.
func (r *response) gather(sets []rrset, zone *zoneKeys) *evidence {
	e := evidences.Get().(*evidence)
	e.r, e.zone, e.ttl = r, zone, ^uint32(0)
	e.nsec, e.chains = e.space.nsec[:0], e.space.chains[:0]
	for i := range sets {
		s := &sets[i]
		if s.typ != dns.TypeNSEC && s.typ != dns.TypeNSEC3 || !signedBy(s, zone.apex) || !s.owner.Within(zone.apex) {
			continue
		}
		set := e.set(s)
		e.seen = true
		for i := range s.records {
			switch {
			case s.records[i].bad:
			case s.typ == dns.TypeNSEC:
				e.readNSEC(set, s.records[i].data)
			default:
				e.readNSEC3(set, s.records[i].data)
			}
		}
	}
	return e
}

// signedBy reports whether an RRSIG of the RRset names the zone as signer.
func signedBy(s *rrset, apex Name) bool {
	for i := range s.sigs {
		if s.sigs[i].Signer == apex {
			return true
		}
	}
	return false
}

// use verifies a set, once. One that is itself made from a wildcard is of no use
// (RFC 4035, Section 5.4; RFC 5155, Section 3).
func (e *evidence) use(s *evidenceSet) bool {
	if s.state == untried {
		s.state = unusable
		p, reason := e.r.verify(s.rrset, e.zone)
		switch {
		case p == nil:
			e.fail(reason)
		case p.expanded(s.rrset):
			e.fail(ReasonDenialInvalid)
		default:
			s.state, s.used, e.last = usable, true, p
			e.ttl, e.weak = min(e.ttl, p.ttl), e.weak || p.weak
			if e.expires.IsZero() || p.expires.Before(e.expires) {
				e.expires = p.expires
			}
		}
	}
	return s.state == usable
}

func (e *evidence) fail(reason Reason) {
	if reason == ReasonWorkLimit {
		e.overLimit = true
	}
	if e.failed == ReasonNone {
		e.failed = reason
	}
}

// why says why nothing was proven.
func (e *evidence) why() Reason {
	switch {
	case e.overLimit:
		return ReasonWorkLimit
	case e.failed != ReasonNone:
		return e.failed
	case !e.seen:
		return ReasonDenialMissing
	}
	return ReasonDenialInvalid
}

// each tries a proof with every NSEC3 chain of which a record is genuine: nothing
// is hashed for others. Chains with too many iterations are not hashed either: a
// genuine record of one makes the answer insecure, where no other chain proves it
// (RFC 9276, Section 3.2).
func (e *evidence) each(try func(c *nsec3Chain) bool) (tooMany bool) {
	for i := range e.chains {
		c := &e.chains[i]
		switch {
		case !e.genuine(c):
		case int(c.iterations) > e.r.v.limits.NSEC3Iterations:
			tooMany, e.nsec3, e.iterations = true, true, c.iterations
		case try(c):
			e.nsec3, e.iterations = true, c.iterations
			return false
		}
	}
	return tooMany
}

// genuine reports whether a record of the chain is signed.
func (e *evidence) genuine(c *nsec3Chain) bool {
	return slices.ContainsFunc(c.records, func(r nsec3Record) bool { return e.use(r.set) })
}

// deny proves that q has no RRset of type t. A proof of NXDOMAIN counts only where
// the reply says so; one of NODATA always does.
func (e *evidence) deny(q Name, t uint16, rcode int) verdict {
	if rcode == dns.RcodeNameError && e.nsecNXDomain(q) {
		return e.judge(true, nxDomain)
	}
	if e.nsecNoData(q, t) {
		return e.judge(true, noData)
	}
	if e.nsecInsecureCut(q, t) {
		return e.judge(true, beyondCut)
	}
	found := unproven
	tooMany := e.each(func(c *nsec3Chain) bool {
		if rcode == dns.RcodeNameError {
			found = e.nsec3NXDomain(c, q)
		}
		if found == unproven {
			if v := e.nsec3NoData(c, q, t); v == noData || rcode != dns.RcodeNameError {
				found = v // an opt-out span does not stand in for the proof of NXDOMAIN
			}
		}
		return found != unproven
	})
	if tooMany {
		return e.judge(true, iterations)
	}
	return found
}

// noCloser proves that a wildcard answer for q was rightly made from *.encloser.
func (e *evidence) noCloser(q, encloser Name) verdict {
	if e.nsecNoCloser(q, encloser) {
		return e.judge(true, noData)
	}
	found := unproven
	tooMany := e.each(func(c *nsec3Chain) bool {
		found = e.nsec3NoCloser(c, q, encloser)
		return found != unproven
	})
	if tooMany {
		return e.judge(true, iterations)
	}
	return found
}

// noDS proves what is at a name where a zone cut may be.
func (e *evidence) noDS(q Name) cut {
	found := e.nsecNoDS(q)
	if found == cutUnknown {
		tooMany := e.each(func(c *nsec3Chain) bool {
			found = e.nsec3NoDS(c, q)
			return found != cutUnknown
		})
		if tooMany {
			found = cutIterations
		}
	}
	if e.overLimit {
		return cutUnknown
	}
	return found
}

package dane

import (
	"bytes"
	"time"
)

// Verifier says how chains are verified. The zero value is what SMTP wants.
type Verifier struct {
	// DigestOrder ranks matching types other than Full, the strongest first; nil
	// ranks SHA2-512 above SHA2-256 (RFC 7671, Section 9).
	DigestOrder []uint8
}

// Verify is the Verify of the zero Verifier.
func Verify(records []Record, chain Chain, names Names, at time.Time) Result {
	return Verifier{}.Verify(records, chain, names, at)
}

// Verify judges the chain that a server sent by the TLSA records of its base
// domain, at that time: any one usable record that matches authenticates, and
// order does not matter (RFC 6698, Section 4.1; RFC 7671, Section 8). Unusable
// records are dropped first, then weaker digests. The judgement is a function of
// the arguments alone.
func (v Verifier) Verify(records []Record, chain Chain, names Names, at time.Time) Result {
	r := verification{records: records, effective: v.Effective(records), chain: chain}
	r.Record, r.Depth = -1, -1
	r.Matched = make([]bool, len(records))
	r.Depths = make([]int, len(records))
	for i := range r.Depths {
		r.Depths[i] = -1
	}
	if len(chain) > 0 {
		r.leaf, _ = parseCertificate(chain[0])
	}
	if r.leaf != nil {
		r.NamesSeen = r.leaf.presented()
		r.NameMatched, r.named = names.Match(r.NamesSeen)
	}
	r.matchLeaf()
	r.matchIssuers(at)
	r.decide()
	return r.Result
}

// verification is a Verify under way.
type verification struct {
	Result
	records   []Record
	effective []bool
	chain     Chain
	leaf      *certificate // nil: none, or its octets cannot be walked through
	named     bool
	search    search
}

// matchLeaf compares DANE-EE(3) records with the leaf: names, dates, chain and
// usage are not looked at (RFC 7672, Section 3.1.1).
func (r *verification) matchLeaf() {
	if len(r.chain) == 0 {
		return
	}
	var spki []byte
	if r.leaf != nil {
		spki = r.leaf.spki
	}
	for i, record := range r.records {
		usable, _ := Usable(record)
		if usable && record.Usage == DANEEE && record.matches(r.chain[0], spki) {
			r.Matched[i], r.Depths[i] = true, 0
		}
	}
}

// matchIssuers searches paths to what DANE-TA(2) records match.
func (r *verification) matchIssuers(at time.Time) {
	s := &r.search
	s.at = at
	for i, record := range r.records {
		if usable, _ := Usable(record); usable && record.Usage == DANETA {
			s.anchors = append(s.anchors, newAnchor(record, i, r.effective[i]))
		}
	}
	if len(s.anchors) == 0 || len(r.chain) == 0 {
		return
	}
	s.pool = r.links()
	if r.leaf == nil {
		return
	}
	s.run(r.leaf)
	r.Exhausted = s.exhausted() || len(r.chain) > maxSent
	for _, a := range s.anchors {
		if a.reached {
			r.Matched[a.index], r.Depths[a.index] = true, a.depth
		}
	}
}

func newAnchor(record Record, index int, effective bool) anchor {
	a := anchor{Record: record, index: index, effective: effective}
	if record.Selector == SPKI && record.MatchingType == Full {
		a.bare = ptr(readKey(record.Data))
	}
	return a
}

// links gathers the certificates that may stand above the leaf: those of 2 0 0
// records, which need not be sent (RFC 7671, Section 5.2.2), and those sent.
func (r *verification) links() []link {
	var pool []link
	for i, record := range r.records {
		if record.Usage == DANETA && record.Selector == Cert && record.MatchingType == Full && r.effective[i] {
			if c, err := parseCertificate(record.Data); err == nil {
				pool = append(pool, link{c, i})
			}
		}
	}
	for _, der := range r.chain[1:min(len(r.chain), maxSent)] {
		if c, err := parseCertificate(der); err == nil {
			pool = append(pool, link{c, -1})
		}
	}
	return pool
}

// decide fills what follows from the matches.
func (r *verification) decide() {
	r.PathOK = r.search.found != nil
	for i, record := range r.records {
		if r.effective[i] && r.Matched[i] && record.Usage == DANEEE {
			r.Verified, r.Record, r.Depth = true, i, 0
			return
		}
	}
	if found := r.search.found; found != nil {
		r.Record, r.Depth = found.index, found.depth
		r.Verified = r.named
	} else if missed := r.search.missed; missed != nil {
		r.Record, r.Depth = missed.index, r.search.missedAt
	}
	if !r.Verified {
		r.Reason = r.reason()
		r.AgilityDependent = r.dependsOnAgility()
	}
}

// dependsOnAgility reports whether a record that was left aside for a stronger
// digest would have authenticated.
func (r *verification) dependsOnAgility() bool {
	for i, record := range r.records {
		if r.Matched[i] && !r.effective[i] && (record.Usage == DANEEE || r.named) {
			return true
		}
	}
	return false
}

// reason names the nearest miss of a chain that did not verify.
func (r *verification) reason() Reason {
	switch {
	case !anyOf(r.records, func(rec Record) bool { ok, _ := Usable(rec); return ok }):
		return NoUsable
	case (r.PathOK || r.search.faults != 0) && !r.named:
		return Name
	case r.search.faults&faultExpired != 0:
		return Expired
	case r.search.faults != 0, r.sentUnlinked():
		return BadChain
	case r.issuerMissing():
		return TANotServed
	}
	return NoMatch
}

func anyOf(records []Record, holds func(Record) bool) bool {
	for _, r := range records {
		if holds(r) {
			return true
		}
	}
	return false
}

// sentUnlinked reports whether an anchor was sent that no path leads to.
func (r *verification) sentUnlinked() bool {
	for _, a := range r.search.anchors {
		for _, l := range r.search.pool {
			if a.effective && l.owner < 0 && a.of(l.certificate) && !bytes.Equal(l.raw, r.chain[0]) {
				return true
			}
		}
	}
	return false
}

// issuerMissing reports whether the records name nothing but digests of anchors,
// and the path from the leaf ends below one that was not sent.
func (r *verification) issuerMissing() bool {
	digests := true
	for i, record := range r.records {
		if r.effective[i] && (record.Usage != DANETA || record.MatchingType == Full) {
			digests = false
		}
	}
	return digests && r.search.lastSeen && !r.search.lastOwned
}

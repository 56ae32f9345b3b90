package judge

import (
	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// The values of the column rollover.
const (
	rolloverNone    = "none"
	rolloverNext    = "current-next"
	rolloverIssuer  = "current-issuer"
	rolloverUnknown = "" // not verified, or not all certificates seen
)

// rollover says whether the records of a verified host already cover its next
// certificate: by a DANE-EE record that no certificate in use matches, hence made
// for the next one, or by a DANE-TA record of the issuer. Several records of one
// certificate, and one for each certificate of a server with two, are no
// readiness, since each of them matches what is in use; neither is a record that
// is a slip of the pen for one that matches. Records that agility sets aside will
// not help when the day comes.
func (c *hostCase) rollover() string {
	v := &c.host.HostVerdict
	if v.Verdict != run.Verified {
		return rolloverUnknown
	}
	effective := c.judge.verifier().Effective(c.records)
	issuer, next := false, false
	for i, r := range c.records {
		switch {
		case !effective[i]:
		case r.Usage == dane.DANETA:
			issuer = issuer || c.matchedAnywhere(i)
		case !c.matchedAnywhere(i):
			next = next || !c.explained(i)
		}
	}
	switch {
	case next && v.AlgorithmsIncomplete != nil && *v.AlgorithmsIncomplete && !issuer:
		return rolloverUnknown // the record may be that of the certificate not seen
	case next:
		return rolloverNext
	case issuer:
		return rolloverIssuer
	}
	return rolloverNone
}

func (c *hostCase) matchedAnywhere(record int) bool {
	for _, s := range c.counted {
		if s.result != nil && s.result.Matched[record] {
			return true
		}
	}
	return false
}

// explained reports whether a record that matches nothing is a botched one for a
// certificate in use, or for nothing at all.
func (c *hostCase) explained(record int) bool {
	for i := range c.strays {
		s := &c.strays[i]
		if s.row != record {
			continue
		}
		_, swapped := s.swapped()
		_, mistyped := s.mistyped()
		return swapped || mistyped || ofNothing(s.Record)
	}
	return false
}

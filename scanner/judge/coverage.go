package judge

import (
	"fmt"
	"slices"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// coverage fills what the records are worth beside the verdict: whether every
// combination that is published matches on its own, whether the verdict hangs on
// digest agility, and whether every certificate could be looked at.
func (c *hostCase) coverage() {
	v := &c.host.HostVerdict
	v.AlgorithmsIncomplete = c.algorithmsIncomplete()
	var uncovered []dane.Combination
	for _, s := range c.counted {
		if s.result == nil {
			continue
		}
		for _, combination := range dane.Uncovered(c.records, s.result.Matched) {
			if !slices.Contains(uncovered, combination) {
				uncovered = append(uncovered, combination)
			}
		}
		if v.AgilityDependent == nil {
			v.AgilityDependent = new(bool)
		}
		*v.AgilityDependent = *v.AgilityDependent || c.agilityDependent(&s)
	}
	for _, u := range uncovered {
		v.CombinationsUncovered = append(v.CombinationsUncovered, fmt.Sprintf("%d %d %d", u.Usage, u.Selector, u.MatchingType))
	}
	slices.Sort(v.CombinationsUncovered)
}

// agilityDependent reports whether clients that rank the digests differently come
// to different verdicts (RFC 7671, Section 9). One that uses every digest accepts
// what either of them accepts, so that the two orders show all there is.
func (c *hostCase) agilityDependent(s *session) bool {
	strongest := dane.Verifier{DigestOrder: []uint8{dane.SHA512, dane.SHA256}}
	reversed := dane.Verifier{DigestOrder: []uint8{dane.SHA256, dane.SHA512}}
	if slices.Equal(strongest.Effective(c.records), reversed.Effective(c.records)) {
		return false
	}
	verified := func(v dane.Verifier) bool {
		return v.Verify(c.records, s.chain, dane.Names{c.base}, c.judge.moment(s.e.ScannedAt)).Verified
	}
	return verified(strongest) != verified(reversed)
}

// algorithmsIncomplete reports whether at an address that showed a certificate
// the session for another algorithm came to no answer, so that a second
// certificate may be there which nobody has seen. Null where no address showed
// any. A server that answers with an alert has none; it leaves no row.
func (c *hostCase) algorithmsIncomplete() *bool {
	shown, blind := map[string]bool{}, map[string]bool{}
	for _, s := range c.counted {
		switch {
		case len(s.chain) > 0:
			shown[s.e.Address] = true
		case s.e.Algorithm != "" && s.e.Verdict != run.NotTested:
			blind[s.e.Address] = true
		}
	}
	if len(shown) == 0 {
		return nil
	}
	incomplete := false
	for address := range shown {
		incomplete = incomplete || blind[address]
	}
	return &incomplete
}

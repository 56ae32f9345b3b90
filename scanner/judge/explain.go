package judge

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"math/bits"
	"slices"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// What a record that matches nothing was probably meant to be. Each function
// looks at one way in which it may have come about.

const (
	maxChains   = 8  // different chains of a host that are compared with its records
	maxChain    = 16 // certificates of a chain that are
	maxCompared = 64 // records of a host that are
	nearDigits  = 2  // hex digits in which a mistyped digest differs
)

// stray is a record that matches no session that counts.
type stray struct {
	dane.Record
	row    int
	leaves [][]byte      // that sessions showed
	meant  []dane.Record // that would have matched
}

// findStrays returns the records that match nothing, usable or not, where sessions
// showed certificates to compare them with.
func (c *hostCase) findStrays() []stray {
	var list []stray
	for i, r := range recordsOf(&c.host.HostEvidence) {
		if i < maxCompared && !c.matchedAnywhere(i) && len(r.Data) > 0 {
			list = append(list, stray{Record: r, row: i})
		}
	}
	chains := c.chains()
	if len(list) == 0 || len(chains) == 0 {
		return nil
	}
	var leaves [][]byte
	var meant []dane.Record
	for _, chain := range chains {
		leaves = append(leaves, chain[0])
		meant = append(meant, matching(chain)...)
	}
	for i := range list {
		list[i].leaves, list[i].meant = leaves, meant
	}
	return list
}

// chains returns the different chains of the sessions that count and were judged.
func (c *hostCase) chains() []dane.Chain {
	var list []dane.Chain
	for _, s := range c.counted {
		judged := s.e.Verdict == run.Verified || s.e.Verdict == run.Mismatch || s.e.Verdict == run.Encrypted
		if !judged || len(s.chain) == 0 || len(list) == maxChains {
			continue
		}
		chain := s.chain[:min(len(s.chain), maxChain)]
		same := func(o dane.Chain) bool { return slices.EqualFunc(o, chain, bytes.Equal) }
		if !slices.ContainsFunc(list, same) {
			list = append(list, chain)
		}
	}
	return list
}

// matching returns every record that describes a certificate of the chain:
// DANE-EE for the leaf, DANE-TA for the others.
func matching(chain dane.Chain) (records []dane.Record) {
	for depth, der := range chain {
		usage := dane.DANETA
		if depth == 0 {
			usage = dane.DANEEE
		}
		for _, selector := range []uint8{dane.Cert, dane.SPKI} {
			for _, matchingType := range []uint8{dane.Full, dane.SHA256, dane.SHA512} {
				if r, err := dane.Generate(usage, selector, matchingType, der); err == nil {
					records = append(records, r)
				}
			}
		}
	}
	return records
}

// swapped explains a record whose data are those of a certificate in use, but
// under other field values. A PKIX usage in place of the DANE one, and DANE-TA
// with the leaf's data, are findings of their own.
func (s *stray) swapped() (explanation string, ok bool) {
	var right *dane.Record
	for i := range s.meant {
		r := &s.meant[i]
		if !bytes.Equal(r.Data, s.Data) {
			continue
		}
		if r.Selector == s.Selector && r.MatchingType == s.MatchingType && !s.oddUsage(r.Usage) {
			return "", false // its fields are as they should be
		}
		if right == nil {
			right = r
		}
	}
	if right == nil {
		return "", false
	}
	return fmt.Sprintf("%s should be %d %d %d", abridged(s.Record), right.Usage, right.Selector, right.MatchingType), true
}

// oddUsage reports whether the usage is wrong for data of a certificate that
// ought to have that one, and in no way that has a finding of its own.
func (s *stray) oddUsage(ought uint8) bool {
	pkix := s.Usage < dane.DANETA
	leafAsAnchor := s.Usage == dane.DANETA && ought == dane.DANEEE
	return s.Usage != ought && !pkix && !leafAsAnchor
}

// mistyped explains a record that differs in a digit or two from one that would
// match.
func (s *stray) mistyped() (explanation string, ok bool) {
	for _, r := range s.meant {
		if r.Selector != s.Selector || r.MatchingType != s.MatchingType {
			continue
		}
		if n := differingDigits(r.Data, s.Data); n > 0 && n <= nearDigits {
			return fmt.Sprintf("%s should be %s", s.Record, r), true
		}
	}
	return "", false
}

// differingDigits counts the hex digits in which two strings of octets differ; if
// their lengths do, it is more than anybody would call a slip.
func differingDigits(a, b []byte) int {
	if len(a) != len(b) {
		return len(a) + len(b) + nearDigits + 1
	}
	n := 0
	for i := range a {
		x := a[i] ^ b[i]
		if x == 0 {
			continue
		}
		n += min(bits.OnesCount8(x>>4), 1) + min(bits.OnesCount8(x&15), 1)
		if n > nearDigits {
			return n
		}
	}
	return n
}

// ofNothing reports whether the data are the digest of an empty input: the mark
// of a script whose certificate was not where it looked.
func ofNothing(r dane.Record) bool {
	short, long := sha256.Sum256(nil), sha512.Sum512(nil)
	return bytes.Equal(r.Data, short[:]) || bytes.Equal(r.Data, long[:])
}

// abridged writes a record with as much of its data as tells it from others.
func abridged(r dane.Record) string {
	const digits = 16
	text := r.String()
	if prefix := len(fmt.Sprintf("%d %d %d ", r.Usage, r.Selector, r.MatchingType)); len(text) > prefix+digits {
		return text[:prefix+digits] + "..."
	}
	return text
}

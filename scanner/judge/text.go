package judge

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxDetail   = 512 // octets of a finding's detail
	maxExamples = 4   // pieces of evidence named in one
)

// joinBounded joins pieces of evidence, of which it names only the first few, to
// a text of bounded length.
func joinBounded(pieces []string, separator string) string {
	if len(pieces) > maxExamples {
		pieces = append(slices.Clone(pieces[:maxExamples]), "...")
	}
	text := strings.ToValidUTF8(strings.Join(pieces, separator), "\uFFFD")
	if len(text) <= maxDetail {
		return text
	}
	cut := maxDetail - len("...")
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}

// distinct returns the pieces without repetitions, in order.
func distinct(pieces []string) []string {
	var kept []string
	for _, p := range pieces {
		if !slices.Contains(kept, p) {
			kept = append(kept, p)
		}
	}
	return kept
}

// some is the evidence of a check that has at most one piece: nil where it does
// not hold.
func some(holds bool, text string) []string {
	if !holds {
		return nil
	}
	return []string{text}
}

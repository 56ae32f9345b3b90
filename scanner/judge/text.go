package judge

import "strings"

const (
	maxDetail   = 512 // octets of a finding's detail
	maxExamples = 4   // pieces of evidence named in one
)

// joinBounded joins pieces of evidence, of which it names only the first few, to
// a text of bounded length.
func joinBounded(pieces []string, separator string) string {
	if len(pieces) > maxExamples {
		pieces = append(append([]string(nil), pieces[:maxExamples]...), "...")
	}
	text := strings.Join(pieces, separator)
	if len(text) > maxDetail {
		text = text[:maxDetail-3] + "..."
	}
	return text
}

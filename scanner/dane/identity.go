package dane

import "strings"

// maxSeen bounds Result.NamesSeen, as longestSeen does each of them.
const (
	maxSeen     = 1024
	longestSeen = 255
)

// Match finds the first reference identifier that one of the presented
// identifiers matches, as Result.NamesSeen lists them (RFC 7672, Section 3.2.3).
func (n Names) Match(seen []string) (reference string, ok bool) {
	for _, reference := range n {
		for _, presented := range seen {
			if matchName(presented, reference) {
				return reference, true
			}
		}
	}
	return "", false
}

// matchName compares without case; a wildcard stands for one whole first label.
func matchName(presented, reference string) bool {
	presented, reference = lowerASCII(presented), lowerASCII(reference)
	if presented == "" || reference == "" {
		return false
	}
	if !isWildcard(presented) {
		return presented == reference
	}
	label, parent, ok := strings.Cut(reference, ".")
	return ok && parent == presented[2:] && label != "" && strings.Trim(label, letterDigits+"-") == ""
}

// isWildcard reports whether a name is "*" and at least two labels. With a
// single one below, or in a name that is no host name, the asterisk stands for
// nothing: the rule of OpenSSL, for reasons that RFC 6125, Section 7.2, gives, and
// stricter than RFC 7672, Section 3.2.3, which wants equal labels below, no more.
func isWildcard(s string) bool {
	base, ok := strings.CutPrefix(s, "*.")
	return ok && !strings.Contains(base, "_") && hostLike(base)
}

// presented lists the identifiers of a leaf: its DNS-IDs or, if it has none, its
// CN-IDs (RFC 7672, Section 3.2.3). Octets outside printable ASCII are written as
// \xNN, as is the backslash, so that such a name can be shown and never matches.
func (c *certificate) presented() []string {
	var seen []string
	dnsIDs := false
	for _, n := range c.extensions.names {
		if n.kind != kindDNS {
			continue
		}
		dnsIDs = true
		if n.tag == tagContext+kindDNS { // primitive: an IA5String
			seen = appendSeen(seen, string(n.value))
		}
	}
	if dnsIDs {
		return seen
	}
	for _, a := range values(c.subject, oidCommonName) {
		if text, ok := decodeString(a.tag, a.value); ok {
			seen = appendSeen(seen, text)
		}
	}
	return seen
}

func appendSeen(seen []string, s string) []string {
	if s == "" || len(s) > longestSeen || len(seen) == maxSeen {
		return seen
	}
	return append(seen, visible(s))
}

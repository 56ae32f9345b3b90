package list

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// lenient is IDNA as names are found in the world: mapped as a browser would, but
// hyphens may stand where the RFCs want none. What it lets through is checked by
// ldh.
var lenient = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.CheckHyphens(false),
	idna.CheckJoiners(false),
	idna.StrictDomainName(false),
	idna.BidiRule(),
)

// Normalise returns a name as A-labels in lower case without a final dot (RFC
// 5890, Section 2.3.2.1), or the reason why it cannot be looked up. Underscores
// are fine.
func Normalise(raw string) (string, SkipReason) {
	name := strings.TrimSuffix(strings.TrimSpace(raw), ".")
	if name == "" {
		return "", SkipLabel
	}
	if isAddress(name) {
		return "", SkipIPAddress
	}
	if !utf8.ValidString(name) {
		return "", SkipBytes
	}
	if !ascii(name) {
		mapped, err := lenient.ToASCII(name)
		if err != nil {
			return "", SkipIDNA
		}
		name = strings.TrimSuffix(mapped, ".")
	}
	name = strings.ToLower(name)
	return name, check(name)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func isAddress(s string) bool {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if n := len(s); n == 0 || (s[n-1] < '0' || s[n-1] > '9') && !strings.Contains(s, ":") {
		return false // as nearly every name: no address is like that, and parsing one makes an error
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

// check holds a name against the limits of RFC 1035, Section 2.3.4, and against
// letters, digits, hyphen and underscore.
func check(name string) SkipReason {
	if len(name) > 253 {
		return SkipLength
	}
	label := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c == '.':
			if label == 0 {
				return SkipLabel
			}
			label = 0
			continue
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return SkipBytes
		}
		if label++; label > 63 {
			return SkipLength
		}
	}
	if label == 0 {
		return SkipLabel
	}
	return ""
}

// Unicode returns the name as people write it, or "" where that is the same.
func Unicode(name string) string {
	if !strings.Contains(name, "xn--") {
		return ""
	}
	u, err := idna.Display.ToUnicode(name)
	if err != nil || u == name {
		return ""
	}
	return u
}

package dnssec

import "strings"

// Canonical returns the canonical presentation form of a name: lower case, final
// dot, octets escaped in one way only.
func Canonical(s string) (string, error) {
	n, err := ParseName(s)
	if err != nil {
		return "", err
	}
	if !strings.Contains(s, `\`) && strings.HasSuffix(s, ".") && s == strings.ToLower(s) && plain(s) {
		return s, nil
	}
	return n.String(), nil
}

// plain reports whether s has only characters that are never escaped.
func plain(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || strings.IndexByte(`"'();@$`, c) >= 0 {
			return false
		}
	}
	return true
}

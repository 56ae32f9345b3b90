package dnssec

import (
	"errors"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Name is a domain name in wire form (RFC 1035, Section 3.1), uncompressed and in
// lower case: equal names are equal strings, and labels can hold any octet.
type Name string

// Root is the name of the root zone.
const Root Name = "\x00"

const (
	maxName  = 255 // octets, RFC 1035, Section 2.3.4
	maxLabel = 63
)

var errName = errors.New("not a domain name")

// ParseName reads the presentation form, with or without the final dot.
func ParseName(s string) (Name, error) {
	var buf [maxName]byte
	octets, err := parseName(&buf, s)
	return Name(octets), err
}

// parseName is ParseName into octets that the caller has.
func parseName(buf *[maxName]byte, s string) ([]byte, error) {
	if s == "." {
		buf[0] = 0
		return buf[:1], nil
	}
	start, n := 0, 1 // of the label being read; next free octet
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '.' {
			if n-start-1 < 1 || n-start-1 > maxLabel || n >= maxName {
				return nil, errName
			}
			buf[start] = byte(n - start - 1)
			start, n = n, n+1
			continue
		}
		if c == '\\' {
			var size int
			if c, size = unescape(s[i+1:]); size == 0 {
				return nil, errName
			}
			i += size
		}
		if n >= maxName-1 {
			return nil, errName
		}
		buf[n] = lower(c)
		n++
	}
	if n-start == 1 { // ended by a dot
		if start == 0 {
			return nil, errName
		}
		buf[start] = 0
		return buf[:n], nil
	}
	if n-start-1 > maxLabel || n >= maxName {
		return nil, errName
	}
	buf[start], buf[n] = byte(n-start-1), 0
	return buf[:n+1], nil
}

// unescape reads what follows a backslash: three digits or one other character.
// It returns the octet and how many characters it took; 0 is an error.
func unescape(s string) (byte, int) {
	if s == "" {
		return 0, 0
	}
	if s[0] < '0' || s[0] > '9' {
		return s[0], 1
	}
	if len(s) < 3 {
		return 0, 0
	}
	v := 0
	for _, d := range []byte(s[:3]) {
		if d < '0' || d > '9' {
			return 0, 0
		}
		v = v*10 + int(d-'0')
	}
	if v > 255 {
		return 0, 0
	}
	return byte(v), 3
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// String returns the presentation form with the final dot, octets escaped as
// miekg/dns escapes them.
func (n Name) String() string {
	if text, ok := plainText(string(n)); ok {
		return text
	}
	s, _, err := dns.UnpackDomainName([]byte(n), 0)
	if err != nil {
		return ""
	}
	return s
}

// plainText is the text of a name in wire form, its letters in either case, without
// octets that might be escaped; false for others.
func plainText(n string) (string, bool) {
	if n == string(Root) || len(n) > maxName {
		return ".", n == string(Root)
	}
	var text [maxName]byte
	end, i := 0, 0
	for i < len(n) && n[i] != 0 {
		next := i + 1 + int(n[i])
		if next >= len(n) {
			return "", false
		}
		for _, c := range []byte(n[i+1 : next]) {
			if !plainOctet(lower(c)) {
				return "", false
			}
			text[end] = c
			end++
		}
		text[end] = '.'
		end, i = end+1, next
	}
	return string(text[:end]), end > 0 && i == len(n)-1
}

// plainOctet reports whether an octet is never escaped, and no capital letter.
func plainOctet(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '*'
}

// Labels counts the labels, the root not included.
func (n Name) Labels() int {
	count := 0
	for n[0] != 0 {
		n, count = n.parent(), count+1
	}
	return count
}

// signedLabels counts as the Labels field of an RRSIG does: neither the root nor
// a leading asterisk (RFC 4034, Section 3.1.3).
func (n Name) signedLabels() int {
	if n.isWildcard() {
		return n.Labels() - 1
	}
	return n.Labels()
}

func (n Name) isWildcard() bool { return len(n) > 2 && n[0] == 1 && n[1] == '*' }

// parent drops the first label; the root is its own parent.
func (n Name) parent() Name {
	if n[0] == 0 {
		return n
	}
	return n[1+int(n[0]):]
}

// suffix returns the last count labels; all of n where it has no more.
func (n Name) suffix(count int) Name {
	for drop := n.Labels() - count; drop > 0; drop-- {
		n = n.parent()
	}
	return n
}

// Within reports whether n is zone or below it, by whole labels.
func (n Name) Within(zone Name) bool {
	if zone == "" {
		return false // not a name
	}
	for len(n) > len(zone) {
		n = n.parent()
	}
	return n == zone
}

// below reports whether n is strictly below zone.
func (n Name) below(zone Name) bool { return n != zone && n.Within(zone) }

// common returns the longest name that a and b are both within.
func common(a, b Name) Name {
	for a != b {
		if len(a) >= len(b) {
			a = a.parent()
		} else {
			b = b.parent()
		}
	}
	return a
}

// sortLongest puts names with more octets first.
func sortLongest(names []Name) {
	slices.SortStableFunc(names, func(a, b Name) int { return len(b) - len(a) })
}

// wildcard returns *.n, or "" where that is too long to exist.
func (n Name) wildcard() Name {
	if len(n)+2 > maxName {
		return ""
	}
	return "\x01*" + n
}

// Rewrite replaces the owner of a DNAME, which n is below, at the end of n by its
// target (RFC 6672, Section 2.2); false where the result is too long.
func (n Name) Rewrite(owner, target Name) (Name, bool) {
	prefix := n[:len(n)-len(owner)]
	if len(prefix)+len(target) > maxName {
		return "", false
	}
	return prefix + target, true
}

// clone is a name that is no part of a longer string.
func (n Name) clone() Name { return Name(strings.Clone(string(n))) }

// compare orders as RFC 4034, Section 6.1: by labels from the right, each as
// octets in lower case, absent before present.
func (n Name) compare(o Name) int {
	var a, b [maxName / 2]uint8
	la, lb := n.offsets(&a), o.offsets(&b)
	for i := 1; i <= la && i <= lb; i++ {
		p, q := a[la-i], b[lb-i]
		x, y := n[p+1:][:n[p]], o[q+1:][:o[q]]
		if c := strings.Compare(string(x), string(y)); c != 0 {
			return c
		}
	}
	return la - lb
}

// offsets writes where each label starts and returns how many there are.
func (n Name) offsets(at *[maxName / 2]uint8) int {
	count := 0
	for i := 0; n[i] != 0; i += 1 + int(n[i]) {
		at[count] = uint8(i)
		count++
	}
	return count
}

package dnssec

import "strings"

// Spelled is a name in both its forms.
type Spelled struct {
	Text  string // canonical, see Canonical
	Name  Name
	plain bool // Text has no backslash: it is one octet shorter than Name
}

// Spell reads a name. The text of what it is given is kept where that is canonical.
func Spell(text string) (Spelled, error) {
	n, err := ParseName(text)
	if err != nil {
		return Spelled{}, err
	}
	return spelled(text, n), nil
}

// spelled is a name whose text was read already.
func spelled(text string, n Name) Spelled {
	if n != Root && len(text) == len(n)-1 && isPlain(text) {
		return Spelled{text, n, true}
	}
	text = n.String()
	return Spelled{text, n, n != Root && strings.IndexByte(text, '\\') < 0}
}

// isPlain reports whether a text is of octets that are never escaped, in lower case.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c != '.' && !plainOctet(c) {
			return false
		}
	}
	return true
}

// Of returns the canonical text of a name. Of s and the names above it, it is a part
// of that of s.
func (s Spelled) Of(n Name) string {
	if !s.plain || n == Root || !s.Name.Within(n) {
		return n.String()
	}
	return s.Text[len(s.Text)-(len(n)-1):]
}

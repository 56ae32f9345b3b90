package dane

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible writes octets outside printable ASCII, and the backslash, as \xNN: what
// a server sends must not steer a terminal or a table.
func visible(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c < 0x7f && c != '\\' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}

// visibleText replaces what cannot be shown in a sentence.
func visibleText(s string) string {
	return strings.Map(func(r rune) rune {
		if !shown(r) {
			return '?'
		}
		return r
	}, s)
}

func shown(r rune) bool {
	return r != utf8.RuneError && (unicode.IsGraphic(r) && (r == ' ' || !unicode.IsSpace(r)))
}

// clip shortens to that many octets, between characters, and marks that it did.
func clip(s string, most int) string {
	const mark = "..."
	if len(s) <= most {
		return s
	}
	end := most - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

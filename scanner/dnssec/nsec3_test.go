package dnssec

import (
	"strings"
	"testing"
)

// TestDecodeHash reads owners of NSEC3 records.
func TestDecodeHash(t *testing.T) {
	for text, want := range map[string]string{
		"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom":           "\x06\x53\x68\xab\xee\xd7\xec\x6e\x9f\xeb\xa9\x6b\x8c\x8b\xc3\xe8\xb7\x91\xf7\x16",
		"0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM":           "\x06\x53\x68\xab\xee\xd7\xec\x6e\x9f\xeb\xa9\x6b\x8c\x8b\xc3\xe8\xb7\x91\xf7\x16",
		strings.Repeat("v", 32):                      strings.Repeat("\xff", 20),
		strings.Repeat("v", 31):                      "",
		strings.Repeat("v", 33):                      "",
		strings.Repeat("v", 31) + "w":                "",
		strings.Repeat("v", 31) + "=":                "",
		strings.Repeat("v", 24) + "\n\n\n\n\r\r\r\r": "",
		strings.Repeat("v", 24) + "========":         "",
		"":                                           "",
	} {
		var hash [sha1Size]byte
		if ok := decodeHash(&hash, text); ok != (want != "") || ok && string(hash[:]) != want {
			t.Errorf("%q: %x %t, want %x", text, hash, ok, want)
		}
	}
}

package dane

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestMatchName(t *testing.T) {
	for _, test := range []struct {
		presented, reference string
		want                 bool
	}{
		{"mx.example.com", "mx.example.com", true},
		{"MX.Example.COM", "mx.example.com", true},
		{"mx.example.com", "MX.EXAMPLE.COM", true},
		{"mx.example.com", "example.com", false},
		{"example.com", "mx.example.com", false},
		{"mx.example.com.", "mx.example.com", false},
		{"*.example.com", "mx.example.com", true},
		{"*.EXAMPLE.com", "mx.example.com", true},
		{"*.example.com", "a.mx.example.com", false},
		{"*.example.com", "example.com", false},
		{"*.example.com", ".example.com", false},
		{"*.example.com", "xn--mx-xka.example.com", true},
		{"*.example.com", "m_x.example.com", false},
		{"*.com", "example.com", false},
		{"*", "com", false},
		{"*.", "com.", false},
		{"m*.example.com", "mx.example.com", false},
		{"*x.example.com", "mx.example.com", false},
		{"mx.*.com", "mx.example.com", false},
		{"*.*.com", "mx.example.com", false},
		{"mx.*", "mx.example", false},
		{"*.exa_mple.com", "mx.exa_mple.com", false},
		{"", "", false},
		{"mx.example.com", "", false},
		{"", "mx.example.com", false},
		{"_25._tcp.example.com", "_25._tcp.example.com", true},
	} {
		if got := matchName(test.presented, test.reference); got != test.want {
			t.Errorf("%q for %q: %t", test.presented, test.reference, got)
		}
	}
}

// TestPresented: DNS-IDs if there is one, else CN-IDs (RFC 7672, Section 3.2.3),
// and which reference identifier is met.
func TestPresented(t *testing.T) {
	cn := func(name []byte, extensions ...[]byte) change {
		return func(f *forge) { f.subject, f.extensions = name, extensions }
	}
	ip := tlv(tagContext+kindIP, []byte{192, 0, 2, 7})
	wide := []byte("\x00m\x00x\x00.\x00e\x00x\x00a\x00m\x00p\x00l\x00e\x00.\x00c\x00o\x00m")
	domains := Names{"mx.example.com", "example.com", "expanded.example.net"}
	for _, test := range []struct {
		name  string
		leaf  change
		names Names
		seen  []string
		match string // empty: none
	}{
		{"DNS-ID", nil, mx, []string{"mx.example.com"}, "mx.example.com"},
		{"CN-ID", cn(dn("mx.example.com")), mx, []string{"mx.example.com"}, "mx.example.com"},
		{"CN-ID in UTF-16", cn(dnOf(tagBMP, wide)), mx, []string{"mx.example.com"}, "mx.example.com"},
		{"CN-ID in Teletex", cn(dnOf(tagTeletex, []byte("mx.example.com"))), mx, []string{"mx.example.com"}, "mx.example.com"},
		{"CN-ID wildcard", cn(dn("*.example.com")), mx, []string{"*.example.com"}, "mx.example.com"},
		{"CN-ID beside other kinds of names", cn(dn("mx.example.com"), extNames(ip)), mx, []string{"mx.example.com"}, "mx.example.com"},
		{"CN-ID beside an empty list", cn(dn("mx.example.com"), extNames()), mx, []string{"mx.example.com"}, "mx.example.com"},
		{"CN-ID does not count beside a DNS-ID", cn(dn("mx.example.com"), extNames(dnsName("other.example"))), mx, []string{"other.example"}, ""},
		{"an empty DNS-ID is a DNS-ID", cn(dn("mx.example.com"), extNames(dnsName(""))), mx, nil, ""},
		{"NUL in a DNS-ID", having(extNames(dnsName("mx.example.com\x00.evil.example"))), mx, []string{`mx.example.com\x00.evil.example`}, ""},
		{"NUL in a CN-ID", cn(dn("mx.example.com\x00")), mx, []string{`mx.example.com\x00`}, ""},
		{"what looks like an escape", having(extNames(dnsName(`mx.example.com\x00`))), Names{`mx.example.com\x00`}, []string{`mx.example.com\x5cx00`}, ""},
		{"a terminal's escape", having(extNames(dnsName("\x1b[2J"))), mx, []string{`\x1b[2J`}, ""},
		{"no name", cn(tlv(tagSequence)), mx, nil, ""},
		{"original next-hop", having(extNames(dnsName("example.com"))), domains, []string{"example.com"}, "example.com"},
		{"its expansion", having(extNames(dnsName("other.example"), dnsName("*.example.net"))), domains, []string{"other.example", "*.example.net"}, "expanded.example.net"},
		{"the first of several", having(extNames(dnsName("example.com"), dnsName("mx.example.com"))), domains, []string{"example.com", "mx.example.com"}, "mx.example.com"},
		{"no reference identifier", nil, nil, []string{"mx.example.com"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree := plant(test.leaf, nil, nil)
			r := Verify([]Record{rec(DANETA, SPKI, SHA256, tree.middle)}, tree.chain(), test.names, testTime)
			if !slices.Equal(r.NamesSeen, test.seen) {
				t.Errorf("seen %q, want %q", r.NamesSeen, test.seen)
			}
			if r.NameMatched != test.match || r.Verified != (test.match != "") || r.Verified == (r.Reason == Name) {
				t.Errorf("matched %q, verified %t (%s), want %q", r.NameMatched, r.Verified, r.Reason, test.match)
			}
			// What was seen is enough to judge by other names later.
			if again, ok := test.names.Match(r.NamesSeen); again != test.match || ok != (test.match != "") {
				t.Errorf("judged again: %q %t", again, ok)
			}
		})
	}
}

// TestManyNames reaches the bounds of NamesSeen.
func TestManyNames(t *testing.T) {
	var names [][]byte
	for i := range maxSeen {
		names = append(names, dnsName(fmt.Sprintf("host%d.example.org", i)))
	}
	tooLong := append([][]byte{dnsName(strings.Repeat("a", longestSeen+1))}, names[1:]...)
	r := Verify(nil, Chain{plant(having(extNames(append(tooLong, dnsName("mx.example.com"))...)), nil, nil).leaf}, mx, testTime)
	if len(r.NamesSeen) != maxSeen || r.NameMatched != "mx.example.com" {
		t.Errorf("%d names, matched %q: one is too long, the rest fits", len(r.NamesSeen), r.NameMatched)
	}
	r = Verify(nil, Chain{plant(having(extNames(append(names, dnsName("mx.example.com"))...)), nil, nil).leaf}, mx, testTime)
	if len(r.NamesSeen) != maxSeen || r.NameMatched != "" {
		t.Errorf("%d names, matched %q: the last is one too many", len(r.NamesSeen), r.NameMatched)
	}
}

// TestCanonical: names of certificates are compared as RFC 5280, Section 7.1, has
// it.
func TestCanonical(t *testing.T) {
	same := [][2][]byte{
		{dn("Middle"), dn("mIDDLE")},
		{dn("Middle"), dnOf(tagPrintable, []byte("Middle"))},
		{dn("A  B"), dn(" a b ")},
		{dnOf(tagTeletex, []byte{0xe9}), dn("é")},
		{tlv(tagSequence), tlv(tagSequence)},
	}
	for _, pair := range same {
		if !canonical(pair[0]).equal(canonical(pair[1])) {
			t.Errorf("%x and %x differ", pair[0], pair[1])
		}
	}
	different := [][2][]byte{
		{dn("Middle"), dn("Middles")},
		{dn("É"), dn("é")}, // ASCII alone is folded
		{dnTwo("a", "b"), dnTwo("b", "a")},
		{dn(""), tlv(tagSequence)},
		{[]byte("junk"), tlv(tagSequence)},
		{dnOf(tagUTF8, []byte{0xff}), dnOf(tagUTF8, []byte{0xfe})},
		{dnOf(tagOctetString, []byte("A")), dnOf(tagOctetString, []byte("a"))},
	}
	for _, pair := range different {
		if canonical(pair[0]).equal(canonical(pair[1])) {
			t.Errorf("%x and %x are the same", pair[0], pair[1])
		}
	}
	if !canonical(dnTwo("Org", "x")).within(canonical(dnTwo("ORG", "x"))[:1]) || canonical(dn("x")).within(canonical(dnTwo("Org", "x"))) {
		t.Error("subtrees of names")
	}
}

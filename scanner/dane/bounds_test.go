package dane

import (
	"bytes"
	"strings"
	"testing"
)

// TestReadBounds reaches the bounds of what is read of one certificate: at the
// bound it takes part in a path, past it no more.
func TestReadBounds(t *testing.T) {
	repeat := func(n int, b []byte) [][]byte {
		var list [][]byte
		for range n {
			list = append(list, b)
		}
		return list
	}
	harmless := ext(false, []byte{5, 0}, 1, 2, 3)
	unit := tlv(tagSet, tlv(tagSequence, oid(2, 5, 4, 11), tlv(tagUTF8, []byte("unit"))))
	for _, test := range []struct {
		name string
		at   func(n int) change
		most int
		past Reason
	}{
		{"extensions", func(n int) change { return with(repeat(n-1, harmless)...) }, maxExtensions, BadChain},
		{"names", func(n int) change { return having(extNames(repeat(n, dnsName("mx.example.com"))...)) }, maxNames, BadChain},
		{"parts of a name", func(n int) change {
			return func(f *forge) { f.subject = tlv(tagSequence, repeat(n, unit)...) }
		}, maxRDNs, OK}, // the leaf's subject, read or not, is nobody's issuer
		{"octets of a name", func(n int) change {
			return func(f *forge) { f.subject = dn(strings.Repeat("a", n-15)) }
		}, maxNameOctets, OK},
	} {
		t.Run(test.name, func(t *testing.T) {
			for n, want := range map[int]Reason{test.most: OK, test.most + 1: test.past} {
				tree := plant(test.at(n), nil, nil)
				r := Verify([]Record{rec(DANETA, SPKI, SHA256, tree.middle)}, tree.chain(), mx, testTime)
				if r.Reason != want {
					t.Errorf("%d: %q, want %q", n, r.Reason, want)
				}
			}
		})
	}
}

// TestNameBounds: a name past the bounds is read as none.
func TestNameBounds(t *testing.T) {
	unit := tlv(tagSet, tlv(tagSequence, oid(2, 5, 4, 11), tlv(tagUTF8, []byte("unit"))))
	for _, test := range []struct {
		full []byte
		ok   bool
	}{
		{tlv(tagSequence, bytes.Repeat(unit, maxRDNs)), true},
		{tlv(tagSequence, bytes.Repeat(unit, maxRDNs+1)), false},
		{dn(strings.Repeat("a", maxNameOctets-50)), true},
		{dn(strings.Repeat("a", maxNameOctets)), false},
	} {
		if _, ok := readName(test.full); ok != test.ok {
			t.Errorf("a name of %d octets: %t", len(test.full), ok)
		}
	}
}

func TestClip(t *testing.T) {
	for _, test := range []struct {
		in   string
		most int
		want string
	}{{"short", 5, "short"}, {"longer", 5, "lo..."}, {"éééé", 7, "éé..."}, {"éééé", 6, "é..."}} {
		if got := clip(test.in, test.most); got != test.want {
			t.Errorf("%q to %d: %q, want %q", test.in, test.most, got, test.want)
		}
	}
}

package dane

import (
	"bytes"
	"slices"
	"testing"
)

func FuzzParse(f *testing.F) {
	tree := plant(nil, nil, nil)
	f.Add([]byte{})
	f.Add([]byte{3, 1, 1})
	f.Add(rec(DANEEE, SPKI, SHA256, tree.leaf).RDATA())
	f.Add(rec(DANETA, Cert, Full, tree.root).RDATA())
	f.Add(rec(DANETA, SPKI, Full, tree.root).RDATA())
	f.Fuzz(func(t *testing.T, rdata []byte) {
		r, err := Parse(rdata)
		if (err == nil) != (len(rdata) >= 4) {
			t.Fatalf("%x: %v", rdata, err)
		}
		if err != nil {
			return
		}
		if !bytes.Equal(r.RDATA(), rdata) {
			t.Errorf("%x came back as %x", rdata, r.RDATA())
		}
		ok, why := Usable(r)
		if ok != (why == "") {
			t.Errorf("%t %q", ok, why)
		}
		if ok && r.MatchingType == Full && r.Selector == Cert && !r.Matches(r.Data) {
			t.Error("a certificate that does not match itself")
		}
	})
}

func FuzzInspect(f *testing.F) {
	tree := plant(with(extEKU(ekuServer), extUsage(0x80), extAuthority([]byte("x"))), with(extConstraints([][]byte{dnsName("com")}, nil)), nil)
	for _, der := range tree.chain() {
		f.Add(der)
	}
	for _, odd := range oddities() {
		f.Add(odd.der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		facts, err := Inspect(der)
		if err == nil && facts.SPKISHA256 == nil {
			t.Error("no key, no error")
		}
		if len(facts.Subject) > longestName || len(facts.Names) > maxSeen || len(facts.ParseError) > longestError {
			t.Error("a bound is passed")
		}
		for _, text := range append(facts.Names, facts.Subject, facts.Issuer, facts.ParseError, facts.SignatureAlgorithm) {
			if text != visibleText(text) {
				t.Errorf("%q is not fit to be shown", text)
			}
		}
	})
}

// FuzzVerify puts octets where the leaf and an issuer stand, and compares what
// must not depend on order.
func FuzzVerify(f *testing.F) {
	tree := plant(nil, nil, nil)
	records := []Record{rec(DANETA, SPKI, SHA256, tree.root), rec(DANETA, SPKI, Full, tree.middle), rec(DANEEE, Cert, SHA256, tree.leaf)}
	f.Add(tree.leaf, tree.middle, []byte{0, 1})
	f.Add(tree.root, tree.root, tree.root)
	f.Add(tree.leaf, []byte{}, rec(DANETA, Cert, Full, tree.middle).RDATA()[2:])
	for _, odd := range oddities() {
		f.Add(odd.der, tree.middle, []byte{1})
		f.Add(tree.leaf, odd.der, []byte{2})
	}
	f.Fuzz(func(t *testing.T, leaf, issuer, data []byte) {
		all := append(slices.Clone(records), Record{DANETA, Cert, Full, data}, Record{DANETA, SPKI, Full, data})
		r := Verify(all, Chain{leaf, issuer, tree.root}, mx, testTime)
		if r.Verified != (r.Reason == OK) || r.Verified && (r.Record < 0 || r.Depth < 0) {
			t.Errorf("%+v", r)
		}
		slices.Reverse(all)
		again := Verify(all, Chain{leaf, issuer, tree.root}, mx, testTime)
		slices.Reverse(again.Matched)
		if !r.Exhausted && (again.Reason != r.Reason || again.Depth != r.Depth || !slices.Equal(again.Matched, r.Matched)) {
			t.Errorf("%+v, in reverse %+v", r, again)
		}
	})
}

package dane

import (
	"slices"
	"testing"
)

// TestAgility: of the digests for one usage and selector only the strongest
// counts, beside full data (RFC 7671, Section 9).
func TestAgility(t *testing.T) {
	tree := plant(nil, nil, nil)
	right := func(u, s, m uint8) Record {
		if u == DANETA {
			return rec(u, s, m, tree.middle)
		}
		return rec(u, s, m, tree.leaf)
	}
	wrong := func(u, s, m uint8) Record { return rec(u, s, m, tree.root) }
	for _, test := range []struct {
		name      string
		records   []Record
		effective []bool
		want      expectation
		dependent bool
	}{
		{"weaker right, stronger wrong", []Record{right(3, 1, 1), wrong(3, 1, 2)}, []bool{false, true}, expectation{NoMatch, -1}, true},
		{"stronger right, weaker wrong", []Record{wrong(3, 1, 1), right(3, 1, 2)}, []bool{false, true}, expectation{OK, 0}, false},
		{"both right", []Record{right(3, 1, 1), right(3, 1, 2)}, []bool{false, true}, expectation{OK, 0}, false},
		{"stronger one is malformed", []Record{right(3, 1, 1), {3, 1, 2, make([]byte, 63)}}, []bool{true, false}, expectation{OK, 0}, false},
		{"another selector", []Record{right(3, 1, 1), wrong(3, 0, 2)}, []bool{true, true}, expectation{OK, 0}, false},
		{"another usage", []Record{right(3, 1, 1), wrong(2, 1, 2)}, []bool{true, true}, expectation{OK, 0}, false},
		{"full data is never left aside", []Record{right(3, 1, 0), wrong(3, 1, 2)}, []bool{true, true}, expectation{OK, 0}, false},
		{"full data leaves nothing aside", []Record{wrong(3, 0, 0), right(3, 0, 1)}, []bool{true, true}, expectation{OK, 0}, false},
		{"anchors: stronger right", []Record{right(2, 0, 2), wrong(2, 0, 1)}, []bool{true, false}, expectation{OK, 1}, false},
		{"neither right", []Record{wrong(3, 1, 1), wrong(3, 1, 2)}, []bool{false, true}, expectation{NoMatch, -1}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := (Verifier{}).Effective(test.records); !slices.Equal(got, test.effective) {
				t.Errorf("effective %v, want %v", got, test.effective)
			}
			r := expect(t, "verdict", test.records, Chain{tree.leaf, tree.middle}, test.want)
			if r.AgilityDependent != test.dependent {
				t.Errorf("dependent %t, want %t", r.AgilityDependent, test.dependent)
			}
		})
	}
}

// TestAgilityOfAnchors: a dropped record that would authenticate makes the
// verdict depend on agility only if the names agree.
func TestAgilityOfAnchors(t *testing.T) {
	tree, other := plant(nil, nil, nil), plant(nil, func(f *forge) { f.key = keyRing().ec[8] }, nil)
	records := []Record{rec(DANETA, SPKI, SHA256, tree.middle), rec(DANETA, SPKI, SHA512, other.middle)}
	chain := Chain{tree.leaf, tree.middle}
	if r := Verify(records, chain, mx, testTime); r.Verified || !r.AgilityDependent || !r.Matched[0] {
		t.Errorf("%+v", r)
	}
	if r := Verify(records, chain, Names{"other.example"}, testTime); r.Verified || r.AgilityDependent {
		t.Errorf("%+v", r)
	}
}

// TestDigestOrder: the order is the caller's to choose.
func TestDigestOrder(t *testing.T) {
	tree := plant(nil, nil, nil)
	records := []Record{rec(DANEEE, SPKI, SHA256, tree.leaf), rec(DANEEE, SPKI, SHA512, tree.root)}
	for _, test := range []struct {
		order    []uint8
		verified bool
	}{
		{nil, false},
		{[]uint8{SHA512, SHA256}, false},
		{[]uint8{SHA256, SHA512}, true},
		{[]uint8{SHA256}, true},
		{[]uint8{}, true}, // no order: none is stronger
	} {
		if r := (Verifier{DigestOrder: test.order}).Verify(records, tree.chain(), mx, testTime); r.Verified != test.verified {
			t.Errorf("order %v: %+v", test.order, r)
		}
	}
}

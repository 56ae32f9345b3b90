package dane

import (
	"slices"
	"testing"
	"time"
)

var mx = Names{"mx.example.com"}

// expectation is a verdict and the depth of the match.
type expectation struct {
	reason Reason
	depth  int
}

// TestAnchor judges 2 1 1 records of the intermediate and of the root, and 2 0 0
// of the root in DNS alone, on trees with one thing changed.
func TestAnchor(t *testing.T) {
	fine, atOne, atTwo := change(nil), expectation{OK, 1}, expectation{OK, 2}
	for _, test := range []struct {
		name               string
		leaf, middle, root change
		middleOK, rootOK   expectation
	}{
		{"nothing wrong", fine, fine, fine, atOne, atTwo},
		{"leaf expired", expired, fine, fine, expectation{Expired, 1}, expectation{Expired, 2}},
		{"leaf not yet valid", notYet, fine, fine, expectation{Expired, 1}, expectation{Expired, 2}},
		{"anchor not self-issued needs no dates", fine, expired, fine, atOne, expectation{Expired, 2}},
		{"self-issued anchor expired", fine, fine, expired, atOne, expectation{Expired, 2}},
		{"leaf's signature", badSigned, fine, fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
		{"intermediate's signature", fine, badSigned, fine, atOne, expectation{BadChain, 2}},
		{"root's own signature is nobody's concern", fine, fine, badSigned, atOne, atTwo},
		{"intermediate is no CA", fine, notCA, fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
		{"intermediate without basic constraints", fine, noBasic, fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
		{"root is no CA", fine, fine, notCA, atOne, expectation{BadChain, 2}},
		{"root of version 1", fine, fine, func(f *forge) { f.version, f.extensions = 1, nil }, atOne, atTwo},
		{"root with key usage alone", fine, fine, having(extUsage(usageCertSign)), atOne, atTwo},
		{"root of version 3 without extensions", fine, fine, noBasic, atOne, expectation{BadChain, 2}},
		{"intermediate without keyCertSign", fine, noCertSign, fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
		{"root without keyCertSign", fine, fine, noCertSign, atOne, expectation{BadChain, 2}},
		{"leaf for clients", with(extEKU(ekuClient)), fine, fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
		{"leaf for any purpose", with(extEKU(ekuAny)), fine, fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
		{"leaf for servers", with(extEKU(ekuClient, ekuServer)), fine, fine, atOne, atTwo},
		{"intermediate for clients", fine, with(extEKU(ekuClient)), fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
		{"root for clients", fine, fine, with(extEKU(ekuClient)), atOne, expectation{BadChain, 2}},
		{"leaf to sign certificates only", with(extUsage(usageCertSign)), fine, fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
		{"path length 0 of the root", fine, fine, having(extBasic(true, 0)), atOne, expectation{BadChain, 2}},
		{"path length 1 of the root", fine, fine, having(extBasic(true, 1)), atOne, atTwo},
		{"path length 0 of the intermediate", fine, having(extBasic(true, 0)), fine, atOne, atTwo},
		{"unknown critical extension of the leaf", with(ext(true, []byte{5, 0}, 1, 2, 3, 4)), fine, fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
		{"unknown extension of the leaf", with(ext(false, []byte{5, 0}, 1, 2, 3, 4)), fine, fine, atOne, atTwo},
		{"repeated extension of the leaf", with(extUsage(0x80), extUsage(0x80)), fine, fine, expectation{BadChain, -1}, expectation{BadChain, -1}},
		{"names permitted by the intermediate", fine, with(extConstraints([][]byte{dnsName("example.com")}, nil)), fine, atOne, atTwo},
		{"names not permitted by the intermediate", fine, with(extConstraints([][]byte{dnsName("example.org")}, nil)), fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
		{"names excluded by the root", fine, fine, with(extConstraints(nil, [][]byte{dnsName("com")})), atOne, expectation{BadChain, 2}},
		{"another name", having(extNames(dnsName("other.example.com"))), fine, fine, expectation{Name, 1}, expectation{Name, 2}},
		{"another name, and expired", func(f *forge) { expired(f); f.extensions = [][]byte{extNames(dnsName("other.example"))} }, fine, fine, expectation{Name, 1}, expectation{Name, 2}},
		{"negative serial numbers", func(f *forge) { f.serial = []byte{0xff} }, func(f *forge) { f.serial = []byte{0x80} }, fine, atOne, atTwo},
		{"SHA-1", func(f *forge) { f.scheme = "sha1" }, fine, fine, atOne, atTwo},
		{"unreadable dates of the leaf", func(f *forge) {
			f.validity = tlv(tagSequence, tlv(tagUTCTime, []byte("soon")), tlv(tagUTCTime, []byte("later")))
		}, fine, fine, expectation{Expired, 1}, expectation{Expired, 2}},
		{"two signature algorithms", func(f *forge) { f.outer = tlv(tagSequence, oid(1, 2, 840, 10045, 4, 3, 3)) }, fine, fine, expectation{BadChain, 1}, expectation{BadChain, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree := plant(test.leaf, test.middle, test.root)
			expect(t, "2 1 1 of the intermediate", []Record{rec(DANETA, SPKI, SHA256, tree.middle)}, tree.chain(), test.middleOK)
			expect(t, "2 0 2 of the root", []Record{rec(DANETA, Cert, SHA512, tree.root)}, tree.chain(), test.rootOK)
			unordered := Chain{tree.leaf, tree.root, tree.middle}
			expect(t, "unordered", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, unordered, test.rootOK)
		})
	}
}

func expect(t *testing.T, what string, records []Record, chain Chain, want expectation) Result {
	t.Helper()
	r := Verify(records, chain, mx, testTime)
	if r.Reason != want.reason || r.Depth != want.depth || r.Verified != (want.reason == OK) {
		t.Errorf("%s: verified %t, reason %q at depth %d, want %q at %d", what, r.Verified, r.Reason, r.Depth, want.reason, want.depth)
	}
	return r
}

// TestLastSecond: both ends of a validity belong to it (RFC 5280, Section 4.1.2.5).
func TestLastSecond(t *testing.T) {
	from, till := testTime.AddDate(0, 0, -1), testTime.AddDate(0, 0, 1)
	tree := plant(func(f *forge) { f.from, f.till = from, till }, nil, nil)
	records := []Record{rec(DANETA, SPKI, SHA256, tree.middle)}
	for _, test := range []struct {
		at   time.Time
		want Reason
	}{
		{from.Add(-time.Nanosecond), Expired}, {from, OK}, {till, OK},
		{till.Add(time.Second - 1), OK}, {till.Add(time.Second), Expired},
	} {
		if r := Verify(records, tree.chain(), mx, test.at); r.Reason != test.want {
			t.Errorf("at %v: %q, want %q", test.at, r.Reason, test.want)
		}
	}
}

// TestPathOK: a name that differs is told from a path that is broken as well.
func TestPathOK(t *testing.T) {
	other := having(extNames(dnsName("other.example")))
	tree := plant(other, nil, nil)
	r := Verify([]Record{rec(DANETA, SPKI, SHA256, tree.middle)}, tree.chain(), mx, testTime)
	if r.Reason != Name || !r.PathOK || !r.Matched[0] || r.Depths[0] != 1 {
		t.Errorf("name alone: %+v", r)
	}
	tree = plant(func(f *forge) { other(f); expired(f) }, nil, nil)
	r = Verify([]Record{rec(DANETA, SPKI, SHA256, tree.middle)}, tree.chain(), mx, testTime)
	if r.Reason != Name || r.PathOK || r.Matched[0] {
		t.Errorf("name and dates: %+v", r)
	}
}

// TestSent covers what must be sent for an anchor to be found, and what must not.
func TestSent(t *testing.T) {
	tree := plant(nil, nil, nil)
	other := plant(nil, func(f *forge) { f.subject = dn("Unrelated") }, nil)
	swapped := plant(func(f *forge) { f.signer = keyRing().ec[7] }, nil, nil) // not signed by Middle
	root := func(s, m uint8) []Record { return []Record{rec(DANETA, s, m, tree.root)} }
	middle := func(s, m uint8) []Record { return []Record{rec(DANETA, s, m, tree.middle)} }
	leafOnly, noRoot := Chain{tree.leaf}, Chain{tree.leaf, tree.middle}
	for _, test := range []struct {
		name    string
		records []Record
		chain   Chain
		want    expectation
	}{
		{"digest of a root not sent", root(Cert, SHA256), noRoot, expectation{TANotServed, -1}},
		{"key digest of a root not sent", root(SPKI, SHA512), noRoot, expectation{TANotServed, -1}},
		{"digest of an intermediate not sent", middle(SPKI, SHA256), leafOnly, expectation{TANotServed, -1}},
		{"2 0 0 of a root not sent", root(Cert, Full), noRoot, expectation{OK, 2}},
		{"2 0 0 of an intermediate not sent", middle(Cert, Full), leafOnly, expectation{OK, 1}},
		{"2 0 0 of a root, no intermediate", root(Cert, Full), leafOnly, expectation{NoMatch, -1}},
		{"2 1 0 of a root not sent", root(SPKI, Full), noRoot, expectation{OK, 1}},
		{"2 1 0 of an intermediate not sent", middle(SPKI, Full), leafOnly, expectation{OK, 0}},
		{"2 1 0 of a root that was sent", root(SPKI, Full), tree.chain(), expectation{OK, 2}},
		{"2 1 0 of a root, no intermediate", root(SPKI, Full), leafOnly, expectation{NoMatch, -1}},
		{"2 0 0 and another record", append(root(Cert, Full), rec(DANETA, SPKI, SHA256, tree.middle)), noRoot, expectation{OK, 1}},
		{"chain that merely contains the anchor", middle(SPKI, SHA256), Chain{swapped.leaf, tree.root}, expectation{TANotServed, -1}},
		{"anchor beside a chain without it", []Record{rec(DANETA, Cert, SHA256, other.middle)}, Chain{tree.leaf, tree.middle, tree.root, other.middle}, expectation{BadChain, -1}},
		{"namesake of the anchor did not sign", middle(SPKI, SHA256), Chain{swapped.leaf, tree.middle, tree.root}, expectation{BadChain, 1}},
		{"extra certificates", root(Cert, SHA256), Chain{tree.leaf, other.middle, tree.root, tree.leaf, tree.middle, tree.middle}, expectation{OK, 2}},
		{"no certificate at all", middle(SPKI, SHA256), nil, expectation{NoMatch, -1}},
		{"garbage above the leaf", middle(SPKI, SHA256), Chain{tree.leaf, []byte("garbage"), nil, tree.middle}, expectation{OK, 1}},
		{"a leaf that is garbage", middle(SPKI, SHA256), Chain{[]byte("garbage"), tree.middle}, expectation{BadChain, -1}},
		{"the nearest of two", append(root(SPKI, SHA256), middle(SPKI, SHA256)...), tree.chain(), expectation{OK, 1}},
	} {
		t.Run(test.name, func(t *testing.T) { expect(t, "verdict", test.records, test.chain, test.want) })
	}
}

// TestDepthZero: DANE-TA is about an issuer, never the leaf itself.
func TestDepthZero(t *testing.T) {
	self := plant(func(f *forge) { f.issuer, f.signer = f.subject, f.key }, nil, nil)
	issued := plant(nil, nil, nil)
	for _, selector := range []uint8{Cert, SPKI} {
		for _, matchingType := range []uint8{SHA256, SHA512} {
			expect(t, "self-signed leaf", []Record{rec(DANETA, selector, matchingType, self.leaf)}, Chain{self.leaf}, expectation{NoMatch, -1})
			expect(t, "leaf sent twice", []Record{rec(DANETA, selector, matchingType, self.leaf)}, Chain{self.leaf, self.leaf}, expectation{NoMatch, -1})
			expect(t, "issued leaf", []Record{rec(DANETA, selector, matchingType, issued.leaf)}, issued.chain(), expectation{NoMatch, -1})
		}
	}
	// A bare key vouches for what it signed, even if that is the key's own leaf.
	expect(t, "2 1 0", []Record{rec(DANETA, SPKI, Full, self.leaf)}, Chain{self.leaf}, expectation{OK, 0})
	expect(t, "2 0 0", []Record{rec(DANETA, Cert, Full, self.leaf)}, Chain{self.leaf}, expectation{NoMatch, -1})
}

// TestNotServedNeedsReason: ta-not-served says that an issuer is missing, which
// it does not say of a path that is complete, nor beside other records.
func TestNotServedNeedsReason(t *testing.T) {
	tree, stranger := plant(nil, nil, nil), plant(nil, nil, func(f *forge) {
		f.subject, f.issuer, f.key, f.signer = dn("Stranger"), dn("Stranger"), keyRing().ec[5], keyRing().ec[5]
	})
	unsent := rec(DANETA, SPKI, SHA256, stranger.root)
	expect(t, "complete path", []Record{unsent}, tree.chain(), expectation{NoMatch, -1})
	expect(t, "incomplete path", []Record{unsent}, Chain{tree.leaf, tree.middle}, expectation{TANotServed, -1})
	expect(t, "beside DANE-EE", []Record{unsent, rec(DANEEE, SPKI, SHA256, stranger.root)}, Chain{tree.leaf, tree.middle}, expectation{NoMatch, -1})
	expect(t, "beside full data", []Record{unsent, rec(DANETA, Cert, Full, stranger.root)}, Chain{tree.leaf, tree.middle}, expectation{NoMatch, -1})
}

// TestLeaf: DANE-EE looks at octets alone (RFC 7672, Section 3.1.1).
func TestLeaf(t *testing.T) {
	odd := plant(func(f *forge) {
		expired(f)
		f.breakIt = true
		f.extensions = [][]byte{extNames(dnsName("other.example")), extEKU(ekuClient), extUsage(usageCertSign), ext(true, nil, 1, 2, 3)}
	}, nil, nil)
	for _, selector := range []uint8{Cert, SPKI} {
		for _, matchingType := range []uint8{Full, SHA256, SHA512} {
			r := rec(DANEEE, selector, matchingType, odd.leaf)
			expect(t, r.String(), []Record{r}, Chain{odd.leaf}, expectation{OK, 0})
			expect(t, "of the issuer", []Record{rec(DANEEE, selector, matchingType, odd.middle)}, odd.chain(), expectation{NoMatch, -1})
		}
	}
}

// TestOrder: no order of records or of certificates above the leaf changes a
// verdict (RFC 6698, Section 4.1).
func TestOrder(t *testing.T) {
	tree := plant(nil, nil, nil)
	records := []Record{
		rec(DANEEE, SPKI, SHA256, tree.root), rec(DANETA, SPKI, SHA256, tree.root),
		{PKIXTA, Cert, Full, nil}, rec(DANETA, Cert, SHA256, tree.leaf),
	}
	for range records {
		records = append(records[1:], records[0])
		r := expect(t, "rotated", records, Chain{tree.leaf, tree.root, tree.middle}, expectation{OK, 2})
		right := slices.IndexFunc(records, func(r Record) bool { return r.Usage == DANETA && r.Selector == SPKI })
		if r.Record != right || !r.Matched[right] || r.Depths[right] != 2 {
			t.Errorf("record %d, want %d: %+v", r.Record, right, r)
		}
	}
}

// TestEachAlone: what one record does alone is told apart from what the set does.
func TestEachAlone(t *testing.T) {
	tree := plant(nil, nil, nil)
	records := []Record{
		rec(DANETA, SPKI, SHA256, tree.root),
		rec(DANETA, Cert, Full, tree.middle), // brings the intermediate
		rec(DANEEE, SPKI, SHA256, tree.leaf),
		rec(DANEEE, SPKI, SHA256, tree.root),
	}
	r := Verify(records, Chain{tree.leaf, tree.root}, mx, testTime)
	if !slices.Equal(r.Matched, []bool{false, true, true, false}) || !slices.Equal(r.Depths, []int{-1, 1, 0, -1}) {
		t.Errorf("matched %v at %v: a record alone must not profit from another's certificate", r.Matched, r.Depths)
	}
	r = Verify(records, tree.chain(), mx, testTime)
	if !slices.Equal(r.Matched, []bool{true, true, true, false}) || !slices.Equal(r.Depths, []int{2, 1, 0, -1}) {
		t.Errorf("matched %v at %v", r.Matched, r.Depths)
	}
	missing := Uncovered(append(records, rec(DANETA, Cert, SHA512, tree.leaf)), append(r.Matched, false))
	if !slices.Equal(missing, []Combination{{DANETA, Cert, SHA512}}) {
		t.Errorf("uncovered %v", missing)
	}
}

// TestSecondPath: where the first issuer by name leads nowhere, the next is tried.
func TestSecondPath(t *testing.T) {
	tree := plant(nil, nil, nil)
	cross := forge{
		subject: dn("Middle"), issuer: dn("Other root"), key: keyRing().ec[1], signer: keyRing().ec[4],
		from: testTime.AddDate(-1, 0, 0), till: testTime.AddDate(1, 0, 0),
		extensions: [][]byte{extBasic(true, -1)},
	}
	other := cross
	other.subject, other.key = dn("Other root"), keyRing().ec[4]
	namesake := cross
	namesake.key = keyRing().ec[6] // another key under the intermediate's name
	chain := Chain{tree.leaf, namesake.make(), cross.make(), tree.middle, tree.root, other.make()}
	expect(t, "root", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, chain, expectation{OK, 2})
	expect(t, "other root", []Record{rec(DANETA, Cert, SHA256, chain[5])}, chain, expectation{OK, 2})
	expect(t, "namesake", []Record{rec(DANETA, SPKI, SHA256, chain[1])}, chain, expectation{BadChain, -1})
}

// TestSelfIssued: a certificate for an authority's new key, signed with its old
// one, does not count for the path length (RFC 5280, Section 4.2.1.9).
func TestSelfIssued(t *testing.T) {
	base := forge{from: testTime.AddDate(-1, 0, 0), till: testTime.AddDate(1, 0, 0)}
	ec := keyRing().ec
	root, renewed, leaf := base, base, base
	root.subject, root.issuer, root.key, root.signer = dn("Root"), dn("Above"), ec[0], ec[9]
	root.extensions = [][]byte{extBasic(true, 0)}
	renewed.subject, renewed.issuer, renewed.key, renewed.signer = dn("Root"), dn("Root"), ec[1], ec[0]
	renewed.extensions = [][]byte{extBasic(true, 0)}
	leaf.subject, leaf.issuer, leaf.key, leaf.signer = dn("leaf"), dn("Root"), ec[2], ec[1]
	leaf.extensions = [][]byte{extNames(dnsName("mx.example.com"))}
	chain := Chain{leaf.make(), renewed.make(), root.make()}
	expect(t, "old key", []Record{rec(DANETA, SPKI, SHA256, chain[2])}, chain, expectation{OK, 2})
}

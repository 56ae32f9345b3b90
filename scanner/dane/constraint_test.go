package dane

import "testing"

// TestWithin: the meaning of a subtree for each kind of name (RFC 5280, Section
// 4.2.1.10).
func TestWithin(t *testing.T) {
	type answer struct{ within, readable bool }
	yes, no, unread := answer{true, true}, answer{false, true}, answer{false, false}
	v4 := []byte{192, 0, 2, 0, 255, 255, 255, 0}
	for _, test := range []struct {
		kind       int
		name, base string
		want       answer
	}{
		{kindDNS, "mx.example.com", "example.com", yes},
		{kindDNS, "example.com", "example.com", yes},
		{kindDNS, "MX.EXAMPLE.com", "example.COM", yes},
		{kindDNS, "mx.example.com", ".example.com", yes},
		{kindDNS, "example.com", ".example.com", no},
		{kindDNS, "myexample.com", "example.com", no},
		{kindDNS, "mx.example.com", "", yes},
		{kindDNS, "*.example.com", "example.com", yes},
		{kindDNS, "example.com", "mx.example.com", no},
		{kindEmail, "a@example.com", "example.com", yes},
		{kindEmail, "a@mx.example.com", "example.com", no},
		{kindEmail, "a@mx.example.com", ".example.com", yes},
		{kindEmail, "a@example.com", ".example.com", no},
		{kindEmail, "a@Example.com", "a@example.COM", yes},
		{kindEmail, "A@example.com", "a@example.com", no},
		{kindEmail, "a@example.com", "@example.com", yes},
		{kindEmail, "nobody", "example.com", unread},
		{kindURI, "https://example.com/x", "example.com", yes},
		{kindURI, "https://example.com:8443/x", "example.com", yes},
		{kindURI, "https://mx.example.com", ".example.com", yes},
		{kindURI, "https://example.com", ".example.com", no},
		{kindURI, "urn:x", "example.com", unread},
		{kindURI, "https:///x", "example.com", unread},
		{kindIP, string([]byte{192, 0, 2, 7}), string(v4), yes},
		{kindIP, string([]byte{192, 0, 3, 7}), string(v4), no},
		{kindIP, string(make([]byte, 16)), string(v4), no},
		{kindIP, string(make([]byte, 16)), string(make([]byte, 32)), yes},
		{kindIP, "abc", string(v4), unread},
		{kindIP, string([]byte{192, 0, 2, 7}), "abc", unread},
		{kindDirectory, string(dnTwo("Test", "a")), string(dnTwo("test", "A")), yes},
		{kindDirectory, string(dnTwo("Test", "a")), string(tlv(tagSequence)), yes},
		{kindDirectory, string(dn("a")), string(dn("b")), no},
		{3, "x400", "x400", unread},
	} {
		b := constrainer{left: 100}
		named := func(s string) generalName {
			return newGeneralName(element{tag: tagContext + byte(test.kind), body: []byte(s)})
		}
		within, readable := b.within(named(test.name), subtree{base: named(test.base)})
		if got := (answer{within, readable}); got != test.want {
			t.Errorf("%d: %q in %q: %v, want %v", test.kind, test.name, test.base, got, test.want)
		}
	}
}

// TestConstraints judges paths whose intermediate has constraints.
func TestConstraints(t *testing.T) {
	directory := func(name []byte) []byte { return tlv(tagConstructed+kindDirectory, name) }
	cn := func(name string) change {
		return func(f *forge) { f.subject, f.extensions = dn(name), nil }
	}
	for _, test := range []struct {
		name       string
		constraint []byte
		leaf       change
		want       Reason
	}{
		{"one of two permitted", extConstraints(subtrees(dnsName("example.org"), dnsName("example.com")), nil), nil, OK},
		{"permitted, yet excluded", extConstraints(subtrees(dnsName("com")), subtrees(dnsName("example.com"))), nil, BadChain},
		{"other kinds do not matter", extConstraints(subtrees(tlv(tagContext+kindEmail, []byte("example.org"))), nil), nil, OK},
		{"every DNS-ID counts", extConstraints(subtrees(dnsName("example.com")), nil), having(extNames(dnsName("mx.example.com"), dnsName("mx.example.org"))), BadChain},
		{"the CN-ID counts without DNS-ID", extConstraints(subtrees(dnsName("example.org")), nil), cn("mx.example.com"), BadChain},
		{"the CN-ID, permitted", extConstraints(subtrees(dnsName("example.com")), nil), cn("mx.example.com"), OK},
		{"a common name that is no host name", extConstraints(subtrees(dnsName("example.com")), nil), nil, OK},
		{"subject permitted", extConstraints(subtrees(directory(dn("LEAF"))), nil), nil, OK},
		{"subject not permitted", extConstraints(subtrees(directory(dn("other"))), nil), nil, BadChain},
		{"subject excluded", extConstraints(nil, subtrees(directory(dn("leaf")))), nil, BadChain},
		{"minimum", ext(true, tlv(tagSequence, tlv(tagConstructed, tlv(tagSequence, dnsName("com"), tlv(tagContext, []byte{1})))), 2, 5, 29, 30), nil, BadChain},
		{"minimum of 0", ext(true, tlv(tagSequence, tlv(tagConstructed, tlv(tagSequence, dnsName("com"), tlv(tagContext, []byte{0})))), 2, 5, 29, 30), nil, OK},
		{"maximum", ext(true, tlv(tagSequence, tlv(tagConstructed, tlv(tagSequence, dnsName("com"), tlv(tagContext+1, []byte{9})))), 2, 5, 29, 30), nil, BadChain},
		{"malformed", ext(true, []byte{0x30, 5, 1}, 2, 5, 29, 30), nil, BadChain},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree := plant(test.leaf, with(test.constraint), nil)
			r := Verify([]Record{rec(DANETA, SPKI, SHA256, tree.middle)}, tree.chain(), mx, testTime)
			if r.Reason != test.want {
				t.Errorf("%q, want %q", r.Reason, test.want)
			}
		})
	}
}

// TestSelfIssuedExempt: a self-issued intermediate need not obey constraints, the
// leaf must (RFC 5280, Section 6.1.3).
func TestSelfIssuedExempt(t *testing.T) {
	above := with(extConstraints(subtrees(tlv(tagConstructed+kindDirectory, dn("leaf"))), nil))
	tree := plant(nil, func(f *forge) { f.subject = dn("Root") }, above)
	leaf := plant(func(f *forge) { f.issuer = dn("Root") }, nil, nil).leaf
	expect(t, "self-issued", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, Chain{leaf, tree.middle, tree.root}, expectation{OK, 2})
	tree = plant(nil, nil, above)
	expect(t, "not self-issued", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, tree.chain(), expectation{BadChain, 2})
}

func subtrees(b ...[]byte) [][]byte { return b }

// TestConstraintBudget: many names under many constraints end the search, not the
// scanner.
func TestConstraintBudget(t *testing.T) {
	var names, bases [][]byte
	for range 1100 {
		names = append(names, dnsName("mx.example.com"))
		bases = append(bases, dnsName("example.com"))
	}
	tree := plant(having(extNames(names...)), with(extConstraints(bases, nil)), nil)
	r := Verify([]Record{rec(DANETA, SPKI, SHA256, tree.middle)}, tree.chain(), mx, testTime)
	if r.Verified || r.Reason != BadChain || !r.Exhausted {
		t.Errorf("%q, exhausted %t", r.Reason, r.Exhausted)
	}
}

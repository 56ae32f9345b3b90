package dane

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"testing"
	"time"
)

// TestSchemes: the kinds of keys and signatures that a path may run through.
func TestSchemes(t *testing.T) {
	ring := keyRing()
	for _, test := range []struct {
		name   string
		signer *testKey
		scheme string
	}{
		{"RSA-SHA256", ring.rsa[0], ""}, {"RSA-SHA1", ring.rsa[0], "sha1"}, {"RSA-MD5", ring.rsa[1], "md5"},
		{"RSA-PSS", ring.rsa[2], "pss"}, {"RSA of 768 bits", newTestKey(must(rsa.GenerateKey(rand.Reader, 768))), ""}, {"ECDSA P-256", ring.ec[3], ""}, {"ECDSA P-384", ring.ec[10], ""}, {"Ed25519", ring.ed[0], ""},
		{"ECDSA P-224", ring.rare[0], ""}, {"ECDSA P-521", ring.rare[1], ""}, {"Ed448", ring.rare[2], ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			sign := func(f *forge) { f.signer, f.scheme = test.signer, test.scheme }
			tree := plant(sign, func(f *forge) { f.key = test.signer }, nil)
			expect(t, "right", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, tree.chain(), expectation{OK, 2})
			tree = plant(func(f *forge) { sign(f); f.breakIt = true }, func(f *forge) { f.key = test.signer }, nil)
			expect(t, "wrong", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, tree.chain(), expectation{BadChain, 2})
		})
	}
}

// TestKeyIdentifiers: identifiers that do not fit rule an issuer out.
func TestKeyIdentifiers(t *testing.T) {
	ring := keyRing()
	right := with(extAuthority(ring.ec[1].id))
	tree := plant(right, with(extSubjectKey(ring.ec[1])), nil)
	expect(t, "right", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, tree.chain(), expectation{OK, 2})
	tree = plant(with(extAuthority([]byte("another"))), with(extSubjectKey(ring.ec[1])), nil)
	expect(t, "wrong", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, tree.chain(), expectation{BadChain, -1})
	serial := ext(false, tlv(tagSequence, tlv(tagConstructed+1, tlv(tagConstructed+kindDirectory, dn("Root"))), tlv(tagContext+2, []byte{1})), 2, 5, 29, 35)
	tree = plant(with(serial), nil, nil)
	expect(t, "issuer and serial", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, tree.chain(), expectation{OK, 2})
	tree = plant(with(serial), func(f *forge) { f.serial = []byte{2} }, nil)
	expect(t, "another serial", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, tree.chain(), expectation{BadChain, -1})
}

// clique makes certificates of one name and key, each of which signed itself and
// all others.
func clique(n int) Chain {
	var chain Chain
	for i := range n {
		f := forge{
			serial: []byte{1, byte(i)}, subject: dn("Clique"), issuer: dn("Clique"), key: keyRing().ec[0], signer: keyRing().ec[0],
			from: testTime.AddDate(-1, 0, 0), till: testTime.AddDate(1, 0, 0),
			extensions: [][]byte{extBasic(true, -1), extNames(dnsName("mx.example.com"))},
		}
		if i%2 == 1 {
			f.validity = tlv(tagSequence)
		}
		chain = append(chain, f.make())
	}
	return chain
}

// namesakes makes n certificates of one name and two keys, each signed with the
// key that it does not have: none is self-signed, and the paths through them are
// more than anyone can count.
func namesakes(n int) Chain {
	ring := keyRing()
	var chain Chain
	for i := range n {
		f := forge{
			serial: []byte{1, byte(i)}, subject: dn("Same"), issuer: dn("Same"), key: ring.ec[i%2], signer: ring.ec[(i+1)%2],
			from: testTime.AddDate(-1, 0, 0), till: testTime.AddDate(1, 0, 0),
			extensions: [][]byte{extBasic(true, -1), extNames(dnsName("mx.example.com"))},
		}
		chain = append(chain, f.make())
	}
	return chain
}

// TestBounds: chains made to have more paths than there is time for.
func TestBounds(t *testing.T) {
	unsent := rec(DANETA, SPKI, SHA256, plant(nil, nil, func(f *forge) { f.key = keyRing().ec[9] }).root)
	long := namesakes(maxSent + 20)
	for _, test := range []struct {
		name      string
		chain     Chain
		exhausted bool
	}{
		{"clique", clique(100), false}, // self-signed, so that no path goes on
		{"namesakes", long[:100], true},
		{"two that signed each other", namesakes(2), false},
		{"more than are looked at", append(Chain{plant(nil, nil, nil).leaf}, long...), true},
		{"leaf sent often", Chain(bytesRepeat(plant(nil, nil, nil).leaf, 100)), false},
	} {
		start := time.Now()
		r := Verify([]Record{unsent}, test.chain, mx, testTime)
		if r.Verified || r.Exhausted != test.exhausted {
			t.Errorf("%s: verified %t, exhausted %t, want %t", test.name, r.Verified, r.Exhausted, test.exhausted)
		}
		t.Logf("%s: %v", test.name, time.Since(start))
	}
	// A search that ends early has found what is near.
	r := Verify([]Record{unsent, rec(DANETA, Cert, SHA256, long[1])}, long[:100], mx, testTime)
	if !r.Verified || r.Depth != 1 || !r.Exhausted {
		t.Errorf("an anchor nearby: %+v", r)
	}
}

func bytesRepeat(b []byte, n int) (list [][]byte) {
	for range n {
		list = append(list, bytes.Clone(b))
	}
	return list
}

// TestWorkBound: signatures that cost much are counted for it.
func TestWorkBound(t *testing.T) {
	s := search{names: constrainer{left: 1}, steps: 1, work: maxWork}
	modulus := append([]byte{0, 0x80}, bytes.Repeat([]byte{1}, maxRSABits/8-1)...)
	spki := tlv(tagSequence, tlv(tagSequence, oid(1, 2, 840, 113549, 1, 1, 1), []byte{5, 0}),
		tlv(tagBitString, []byte{0}, tlv(tagSequence, tlv(tagInteger, modulus), tlv(tagInteger, []byte{1, 0, 1}))))
	k := readKey(spki)
	if k.key == nil || k.bits != maxRSABits {
		t.Fatalf("%d bits", k.bits)
	}
	c := must(parseCertificate(plant(func(f *forge) { f.signer = keyRing().rsa[0] }, nil, nil).leaf))
	tried := 0
	for ; !s.exhausted() && tried < 1000; tried++ {
		s.signedBare(c, &k)
	}
	if want := maxWork/(maxRSABits/1024*maxRSABits/1024) + 1; tried != want {
		t.Errorf("%d signatures of %d bits, want %d", tried, maxRSABits, want)
	}
	longer := tlv(tagSequence, tlv(tagSequence, oid(1, 2, 840, 113549, 1, 1, 1), []byte{5, 0}),
		tlv(tagBitString, []byte{0}, tlv(tagSequence, tlv(tagInteger, append(modulus, 1)), tlv(tagInteger, []byte{3}))))
	if k := readKey(longer); k.key != nil {
		t.Errorf("a key of %d bits is used", k.bits)
	}
}

// TestLongPath: a path of as many certificates as are looked at is walked.
func TestLongPath(t *testing.T) {
	var chain Chain
	names := func(i int) []byte { return dn(fmt.Sprint("Authority ", i)) }
	ring := keyRing()
	for i := range maxSent {
		f := forge{
			subject: names(i), issuer: names(i + 1), key: ring.ec[i%10], signer: ring.ec[(i+1)%10],
			from: testTime.AddDate(-1, 0, 0), till: testTime.AddDate(1, 0, 0),
			extensions: [][]byte{extBasic(true, -1)},
		}
		if i == 0 {
			f.extensions = [][]byte{extNames(dnsName("mx.example.com"))}
		}
		chain = append(chain, f.make())
	}
	expect(t, "the last", []Record{rec(DANETA, SPKI, SHA256, chain[maxSent-1])}, Chain{chain[0], chain[maxSent-1]}, expectation{BadChain, -1})
	expect(t, "the last but with all", []Record{rec(DANETA, Cert, SHA256, chain[maxSent-1])}, chain, expectation{OK, maxSent - 1})
}

// TestStrangeKeys: keys that make no sense sign nothing, and harm nobody.
func TestStrangeKeys(t *testing.T) {
	rsaKey := func(modulus, exponent []byte) []byte {
		return tlv(tagSequence, tlv(tagSequence, oid(1, 2, 840, 113549, 1, 1, 1), []byte{5, 0}),
			tlv(tagBitString, []byte{0}, tlv(tagSequence, tlv(tagInteger, modulus), tlv(tagInteger, exponent))))
	}
	ecKey := func(point ...byte) []byte {
		return tlv(tagSequence, tlv(tagSequence, oid(1, 2, 840, 10045, 2, 1), oid(1, 2, 840, 10045, 3, 1, 7)), tlv(tagBitString, []byte{0}, point))
	}
	odd := bytes.Repeat([]byte{0x7f}, 128)
	for name, spki := range map[string][]byte{
		"modulus 0":           rsaKey([]byte{0}, []byte{3}),
		"modulus 1":           rsaKey([]byte{1}, []byte{3}),
		"modulus even":        rsaKey(append(bytes.Clone(odd), 2), []byte{3}),
		"modulus negative":    rsaKey([]byte{0x80, 1}, []byte{3}),
		"exponent 0":          rsaKey(odd, []byte{0}),
		"exponent 1":          rsaKey(odd, []byte{1}),
		"exponent even":       rsaKey(odd, []byte{2}),
		"exponent too long":   rsaKey(odd, append([]byte{1}, odd...)),
		"point at infinity":   ecKey(0),
		"no point":            ecKey(),
		"point off the curve": ecKey(append([]byte{4}, bytes.Repeat([]byte{1}, 64)...)...),
		"compressed, short":   ecKey(2, 1, 2),
		"compressed, off":     ecKey(append([]byte{2}, bytes.Repeat([]byte{0xff}, 32)...)...),
		"not a key":           []byte("junk"),
		"empty":               nil,
	} {
		for _, signer := range []*testKey{keyRing().rsa[0], keyRing().ec[1]} {
			c := must(parseCertificate(plant(func(f *forge) { f.signer = signer }, nil, nil).leaf))
			if c.signedBy(readKey(spki)) == nil {
				t.Errorf("%s: signed a certificate", name)
			}
		}
	}
}

// TestCompressedPoint: a key may give its point in short (RFC 5480, Section 2.2).
func TestCompressedPoint(t *testing.T) {
	k := keyRing().ec[1]
	public := k.private.Public().(*ecdsa.PublicKey)
	point := must(public.Bytes())
	short := append([]byte{2 + point[64]&1}, point[1:33]...)
	spki := tlv(tagSequence, tlv(tagSequence, oid(1, 2, 840, 10045, 2, 1), oid(1, 2, 840, 10045, 3, 1, 7)), tlv(tagBitString, []byte{0}, short))
	tree := plant(nil, func(f *forge) { f.key = &testKey{private: k.private, spki: spki, id: k.id} }, nil)
	expect(t, "compressed", []Record{rec(DANETA, SPKI, SHA256, tree.root)}, tree.chain(), expectation{OK, 2})
}

package dane

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"strings"
	"testing"
	"time"
)

// oddities are certificates that crypto/x509 refuses, and part of what it says.
func oddities() map[string]struct {
	der  []byte
	says string
} {
	type odd = struct {
		der  []byte
		says string
	}
	leaf := func(c change) []byte { return plant(c, nil, nil).leaf }
	junk := ext(false, []byte("junk"), 2, 5, 29, 17)
	return map[string]odd{
		"negative serial": {leaf(func(f *forge) { f.serial = []byte{0xff} }), "negative serial"},
		"bad dates": {leaf(func(f *forge) {
			f.validity = tlv(tagSequence, tlv(tagUTCTime, []byte("00")), tlv(tagGenTime, []byte("never")))
		}), "malformed UTCTime"},
		"no dates":             {leaf(func(f *forge) { f.validity = tlv(tagSequence) }), "time format"},
		"repeated extension":   {leaf(with(extUsage(0x80), extUsage(0x80))), "duplicate extension"},
		"malformed extension":  {leaf(having(junk)), "subject alternative name"},
		"names not UTF-8":      {leaf(func(f *forge) { f.subject = dnOf(tagUTF8, []byte{0xff, 0xfe}) }), "UTF-8"},
		"unknown string type":  {leaf(func(f *forge) { f.subject = dnOf(tagOctetString, []byte("x")) }), "string type"},
		"DNS-ID not ASCII":     {leaf(having(extNames(dnsName("mx.exämple.com")))), "dNSName is malformed"},
		"trailing octets":      {append(leaf(nil), "trailing"...), "trailing data"},
		"algorithms differ":    {leaf(func(f *forge) { f.outer = tlv(tagSequence, oid(1, 2, 840, 10045, 4, 3, 4)) }), "algorithm"},
		"key of unknown curve": {leaf(unknownCurve), "curve"},
		"negative path length": {leaf(with(ext(true, tlv(tagSequence, []byte{1, 1, 0xff}, tlv(tagInteger, []byte{0xfe})), 2, 5, 29, 19))), "basic constraints"},
		"trailing element":     {trailingElement(leaf(nil)), ""},
		"long form of length":  {longLength(leaf(nil)), "malformed"},
	}
}

// unknownCurve puts a key on brainpoolP256r1 into the certificate.
func unknownCurve(f *forge) {
	point := append([]byte{0, 4}, make([]byte, 64)...)
	algorithm := tlv(tagSequence, oid(1, 2, 840, 10045, 2, 1), oid(1, 3, 36, 3, 3, 2, 8, 1, 1, 7))
	f.key = &testKey{private: f.key.private, spki: tlv(tagSequence, algorithm, tlv(tagBitString, point))}
}

// trailingElement adds an element behind the signature, inside the certificate.
func trailingElement(der []byte) []byte {
	body, _ := only(der, tagSequence)
	return tlv(tagSequence, body, tlv(tagOctetString, []byte("more")))
}

// longLength writes the outer length with an octet that it does not need.
func longLength(der []byte) []byte {
	body, _ := only(der, tagSequence)
	return append([]byte{tagSequence, 0x83, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

// TestRefusedStillMatch: whatever crypto/x509 refuses, DANE-EE matches by its
// octets and those of its key.
func TestRefusedStillMatch(t *testing.T) {
	for name, odd := range oddities() {
		t.Run(name, func(t *testing.T) {
			_, err := x509.ParseCertificate(odd.der)
			if odd.says == "" {
				t.Logf("crypto/x509 says %v", err)
			} else if err == nil || !strings.Contains(err.Error(), odd.says) {
				t.Fatalf("crypto/x509 says %v, want %q: the test has lost its point", err, odd.says)
			}
			facts, walkErr := Inspect(odd.der)
			if walkErr != nil || (facts.ParseError == "") != (err == nil) || err != nil && facts.ParseError != err.Error() {
				t.Errorf("%v, parse error %q, want %v", walkErr, facts.ParseError, err)
			}
			spki := keyRing().ec[2].spki
			if name == "key of unknown curve" {
				var f forge
				f.key = keyRing().ec[2]
				unknownCurve(&f)
				spki = f.key.spki
			}
			if sum := sha256.Sum256(spki); !bytes.Equal(facts.SPKISHA256, sum[:]) {
				t.Errorf("SPKI SHA-256 %x, want %x", facts.SPKISHA256, sum)
			}
			for _, selected := range []struct {
				selector uint8
				octets   []byte
			}{{Cert, odd.der}, {SPKI, spki}} {
				for _, matchingType := range []uint8{SHA256, SHA512} {
					data, _ := associate(selected.octets, matchingType)
					record := Record{DANEEE, selected.selector, matchingType, data}
					expect(t, record.String(), []Record{record}, Chain{odd.der}, expectation{OK, 0})
				}
			}
		})
	}
}

func TestInspect(t *testing.T) {
	tree := plant(func(f *forge) {
		f.subject = tlv(tagSequence,
			tlv(tagSet, tlv(tagSequence, oid(2, 5, 4, 6), tlv(tagPrintable, []byte("NL")))),
			tlv(tagSet, tlv(tagSequence, oid(2, 5, 4, 10), tlv(tagUTF8, []byte("A, B \x1b[31m\"C\" é")))),
			tlv(tagSet,
				tlv(tagSequence, oid(2, 5, 4, 3), tlv(tagUTF8, []byte("#leaf "))),
				tlv(tagSequence, oid(1, 2, 3, 4), tlv(tagPrintable, []byte("x")))))
		f.serial = []byte{0, 0xab, 1}
		f.validity = tlv(tagSequence, tlv(tagUTCTime, []byte("991231235959Z")), tlv(tagGenTime, []byte("20491231000000Z")))
	}, nil, nil)
	facts, err := Inspect(tree.leaf)
	if err != nil || facts.ParseError != "" {
		t.Fatal(err, facts.ParseError)
	}
	for _, test := range []struct{ what, got, want string }{
		{"subject", facts.Subject, `CN=\#leaf\ +1.2.3.4=x,O=A\, B \1b[31m\"C\" é,C=NL`},
		{"issuer", facts.Issuer, "CN=Middle"},
		{"names", strings.Join(facts.Names, " "), "mx.example.com"},
		{"serial", facts.Serial, "00ab01"},
		{"key", facts.KeyAlgorithm, "ecdsa"},
		{"signature", facts.SignatureAlgorithm, "ECDSA-SHA256"},
		{"from", facts.NotBefore.Format(time.RFC3339), "1999-12-31T23:59:59Z"},
		{"till", facts.NotAfter.Format(time.RFC3339), "2049-12-31T00:00:00Z"},
	} {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", test.what, test.got, test.want)
		}
	}
	if facts.KeyBits != 256 || facts.IsCA || facts.SelfSigned || facts.SHA256 != sha256.Sum256(tree.leaf) {
		t.Errorf("%+v", facts)
	}
	if odd, err := Inspect(oddities()["unknown string type"].der); err != nil || odd.Subject != "CN=#78" {
		t.Errorf("%v, subject %q", err, odd.Subject)
	}
	root, err := Inspect(tree.root)
	if err != nil || !root.IsCA || !root.SelfSigned {
		t.Errorf("root: %v, %+v", err, root)
	}
	broken, err := Inspect(plant(nil, nil, badSigned).root)
	if err != nil || broken.SelfSigned {
		t.Errorf("a root that did not sign itself: %v, %+v", err, broken)
	}
	ring := keyRing()
	for _, test := range []struct {
		key       *testKey
		algorithm string
		bits      int
	}{{ring.rsa[0], "rsa", 1024}, {ring.ec[10], "ecdsa", 384}, {ring.ed[0], "eddsa", 256}} {
		facts, err := Inspect(plant(func(f *forge) { f.key = test.key }, nil, nil).leaf)
		if err != nil || facts.KeyAlgorithm != test.algorithm || facts.KeyBits != test.bits {
			t.Errorf("%v: %q of %d bits, want %q of %d", err, facts.KeyAlgorithm, facts.KeyBits, test.algorithm, test.bits)
		}
	}
}

// TestInspectGarbage: what is no certificate is an error, with the digest of what
// was sent.
func TestInspectGarbage(t *testing.T) {
	leaf := plant(nil, nil, nil).leaf
	for _, der := range [][]byte{nil, {}, []byte("garbage"), leaf[:40], {0x30, 0x80, 0, 0}, {0x30, 0x84, 0xff, 0xff, 0xff, 0xff}} {
		facts, err := Inspect(der)
		if err == nil || facts.ParseError == "" || facts.SHA256 != sha256.Sum256(der) || facts.SPKISHA256 != nil {
			t.Errorf("%x: %v, %+v", der, err, facts)
		}
	}
	deep := tlv(tagSequence)
	for range 5000 {
		deep = tlv(tagSequence, deep)
	}
	if ok, why := Usable(Record{DANETA, SPKI, Full, deep}); ok {
		t.Errorf("elements 5000 deep: %t %q", ok, why)
	}
}

// TestLongTexts reaches the bounds of what Inspect copies.
func TestLongTexts(t *testing.T) {
	facts, err := Inspect(plant(func(f *forge) {
		f.subject = dn(strings.Repeat("é", 5000))
		f.serial = bytes.Repeat([]byte{1}, 500)
	}, nil, nil).leaf)
	if err != nil || len(facts.Subject) > longestName || !strings.HasSuffix(facts.Subject, "...") || len(facts.Serial) != 2*longestSerial {
		t.Errorf("%v, subject of %d octets, serial of %d", err, len(facts.Subject), len(facts.Serial))
	}
}

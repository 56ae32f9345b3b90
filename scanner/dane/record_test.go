package dane

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// fixedKey is a P-256 SubjectPublicKeyInfo; its digests below are those of
// sha256sum and sha512sum.
const (
	fixedKey    = "3059301306072a8648ce3d020106082a8648ce3d03010703420004664995f47bde35e7b4de48b258e9e8a07adebbdb863b3d06f481a1946c83da9f56cff4d9389b855d2f364b1585b0c734fcfa263026964ff5a4308b3fc879bdb8"
	fixedSHA256 = "3111668338043de264d0256a702248696c9484b6221a42740f920187b4c61838"
	fixedSHA512 = "cb861af6dded185ee04472a9092052ccc735120c34785e72c996c94b122eba6f329be630b1b4c6e2756e7a75392c21e253c6aeacc31fd45ff4595ded375faf62"
)

func unhex(s string) []byte { return must(hex.DecodeString(s)) }

func TestParse(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"03010100", "3 1 1 00"},
		{"ff02" + "fe" + "abcdef", "255 2 254 abcdef"},
		{"0000" + "00" + "30", "0 0 0 30"},
	} {
		r, err := Parse(unhex(test.in))
		if err != nil || r.String() != test.want || !bytes.Equal(r.RDATA(), unhex(test.in)) {
			t.Errorf("%s: %v, %v, want %s", test.in, r, err, test.want)
		}
	}
	for _, short := range []string{"", "03", "0301", "030101"} {
		if _, err := Parse(unhex(short)); !errors.Is(err, ErrShort) {
			t.Errorf("%q: %v, want ErrShort", short, err)
		}
	}
}

// TestUsable covers every reason for dropping a record.
func TestUsable(t *testing.T) {
	leaf := plant(nil, nil, nil).leaf
	key := unhex(fixedKey)
	zeros := func(n int) []byte { return make([]byte, n) }
	trailing := func(b []byte) []byte { return append(bytes.Clone(b), 0) }
	for _, test := range []struct {
		record Record
		why    string
	}{
		{Record{DANEEE, SPKI, SHA256, zeros(32)}, ""},
		{Record{DANEEE, Cert, SHA512, zeros(64)}, ""},
		{Record{DANETA, Cert, Full, leaf}, ""},
		{Record{DANETA, SPKI, Full, key}, ""},
		{Record{DANEEE, Cert, Full, leaf}, ""},
		{Record{4, SPKI, SHA256, zeros(32)}, WhyUsage},
		{Record{255, SPKI, SHA256, zeros(32)}, WhyUsage},
		{Record{PKIXTA, SPKI, SHA256, zeros(32)}, WhyPKIXUsage},
		{Record{PKIXEE, SPKI, SHA256, zeros(32)}, WhyPKIXUsage},
		{Record{DANEEE, 2, SHA256, zeros(32)}, WhySelector},
		{Record{DANEEE, 255, SHA256, zeros(32)}, WhySelector},
		{Record{DANEEE, SPKI, 3, zeros(32)}, WhyType},
		{Record{DANEEE, SPKI, 255, zeros(32)}, WhyType},
		{Record{DANEEE, SPKI, SHA256, zeros(31)}, WhyDigest},
		{Record{DANEEE, SPKI, SHA256, zeros(33)}, WhyDigest},
		{Record{DANEEE, SPKI, SHA256, zeros(64)}, WhyDigest},
		{Record{DANEEE, SPKI, SHA512, zeros(32)}, WhyDigest},
		{Record{DANEEE, SPKI, SHA512, nil}, WhyDigest},
		{Record{DANETA, Cert, Full, nil}, WhyCertificate},
		{Record{DANETA, Cert, Full, key}, WhyCertificate},
		{Record{DANETA, Cert, Full, trailing(leaf)}, WhyCertificate},
		{Record{DANETA, Cert, Full, leaf[:len(leaf)-1]}, WhyCertificate},
		{Record{DANEEE, Cert, Full, zeros(32)}, WhyCertificate},
		{Record{DANETA, Cert, Full, plant(nil, nil, func(f *forge) { f.issuer = tlv(tagSequence, tlv(tagSequence)) }).root}, WhyCertificate},
		{Record{DANETA, Cert, Full, plant(nil, nil, func(f *forge) { f.validity = tlv(tagSequence) }).root}, WhyCertificate},
		{Record{DANETA, SPKI, Full, nil}, WhyKey},
		{Record{DANETA, SPKI, Full, leaf}, WhyKey},
		{Record{DANETA, SPKI, Full, trailing(key)}, WhyKey},
		{Record{DANETA, SPKI, Full, key[:len(key)-1]}, WhyKey},
		{Record{DANETA, SPKI, Full, []byte{0x30, 0}}, WhyKey},
	} {
		ok, why := Usable(test.record)
		if why != test.why || ok != (test.why == "") {
			t.Errorf("%.40s: %t %q, want %q", test.record, ok, why, test.why)
		}
	}
}

// TestUnusableSet: with nothing usable there is nothing to verify against, and
// an unusable record beside a usable one changes nothing.
func TestUnusableSet(t *testing.T) {
	tree := plant(nil, nil, nil)
	dropped := []Record{
		rec(PKIXEE, SPKI, SHA256, tree.leaf), rec(PKIXTA, Cert, Full, tree.root),
		{DANEEE, SPKI, SHA256, []byte("short")}, {DANEEE, 9, SHA256, make([]byte, 32)},
	}
	expect(t, "nothing usable", dropped, tree.chain(), expectation{NoUsable, -1})
	expect(t, "no record", nil, tree.chain(), expectation{NoUsable, -1})
	expect(t, "a right one", append(dropped, rec(DANEEE, Cert, SHA256, tree.leaf)), tree.chain(), expectation{OK, 0})
	expect(t, "a wrong one", append(dropped, rec(DANEEE, Cert, SHA256, tree.root)), tree.chain(), expectation{NoMatch, -1})
}

func TestGenerate(t *testing.T) {
	key := unhex(fixedKey)
	for _, test := range []struct {
		usage, selector, matchingType uint8
		want                          string
	}{
		{DANEEE, SPKI, SHA256, "3 1 1 " + fixedSHA256},
		{DANEEE, SPKI, SHA512, "3 1 2 " + fixedSHA512},
		{DANETA, SPKI, Full, "2 1 0 " + fixedKey},
	} {
		r, err := Generate(test.usage, test.selector, test.matchingType, key)
		if err != nil || r.String() != test.want {
			t.Errorf("%v, %v, want %s", r, err, test.want)
		}
	}
	r, err := Generate(DANEEE, SPKI, SHA256, key)
	if line := r.ZoneLine("mx.example.com"); err != nil || line != "_25._tcp.mx.example.com. IN TLSA 3 1 1 "+fixedSHA256 {
		t.Errorf("%s, %v", line, err)
	}
	if line := r.ZoneLine("mx.example.com."); strings.Contains(line, "..") {
		t.Error(line)
	}
	leaf := plant(nil, nil, nil).leaf
	for _, selector := range []uint8{Cert, SPKI} {
		for matchingType := range uint8(3) {
			r, err := Generate(DANEEE, selector, matchingType, leaf)
			if err != nil || !r.Matches(leaf) {
				t.Errorf("3 %d %d: %v, %v", selector, matchingType, r, err)
			}
		}
	}
	for _, bad := range []struct {
		usage, selector, matchingType uint8
		der                           []byte
	}{
		{DANEEE, Cert, SHA256, key}, {DANEEE, SPKI, SHA256, []byte("text")}, {DANEEE, 2, SHA256, leaf},
		{DANEEE, SPKI, 3, leaf}, {PKIXEE, SPKI, SHA256, leaf}, {DANEEE, Cert, Full, append(bytes.Clone(leaf), 0)},
	} {
		if r, err := Generate(bad.usage, bad.selector, bad.matchingType, bad.der); err == nil {
			t.Errorf("%d %d %d: %v, want an error", bad.usage, bad.selector, bad.matchingType, r)
		}
	}
}

package smtp

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"testing"
)

// parts are the elements of a certificate, tag and length included, so that any of
// them can be wrong.
type parts struct {
	version, serial, algorithm, issuer, validity, subject, key, ids, extensions []byte

	outer    []byte // algorithm beside the signature
	trailing []byte
}

// tlv writes one element.
func tlv(tag byte, content ...[]byte) []byte {
	body := slices.Concat(content...)
	switch n := len(body); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, body...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, body...)
	case n < 0x10000:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
	default:
		return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
	}
}

// named writes a Name with one string of that tag as its common name.
func named(tag byte, text string) []byte {
	commonName := tlv(tagOID, []byte{0x55, 4, 3})
	return tlv(tagSequence, tlv(tagSet, tlv(tagSequence, commonName, tlv(tag, []byte(text)))))
}

// extension writes one extension that is not critical, content as it is.
func extension(oid []byte, content ...[]byte) []byte {
	return tlv(tagSequence, tlv(tagOID, oid), tlv(tagOctetString, content...))
}

// listed wraps extensions up as a certificate has them.
func listed(extensions ...[]byte) []byte {
	return tlv(tagContext+3, tlv(tagSequence, extensions...))
}

// sha256With is the algorithm identifier of an RSA or ECDSA signature by SHA-256.
func sha256With(key crypto.Signer) []byte {
	if _, ok := key.Public().(*rsa.PublicKey); ok {
		return tlv(tagSequence, tlv(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11}), []byte{5, 0})
	}
	return tlv(tagSequence, tlv(tagOID, []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}))
}

// forge makes a certificate of parts that edit has changed, signed as it should be.
func forge(t testing.TB, key crypto.Signer, edit func(p *parts)) tls.Certificate {
	t.Helper()
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	p := parts{
		version:   tlv(tagContext, []byte{2, 1, 2}),
		serial:    []byte{2, 1, 1},
		algorithm: sha256With(key),
		issuer:    named(tagUTF8, "mx.example"),
		validity:  tlv(tagSequence, tlv(tagUTCTime, []byte("200101000000Z")), tlv(tagUTCTime, []byte("400101000000Z"))),
		subject:   named(tagUTF8, "mx.example"),
		key:       spki,
		outer:     sha256With(key),
	}
	if edit != nil {
		edit(&p)
	}
	tbs := tlv(tagSequence, p.version, p.serial, p.algorithm, p.issuer, p.validity, p.subject, p.key, p.ids, p.extensions)
	sum := sha256.Sum256(tbs)
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	cert := tlv(tagSequence, tbs, p.outer, tlv(tagBitString, []byte{0}, signature))
	return tls.Certificate{Certificate: [][]byte{append(cert, p.trailing...)}, PrivateKey: key}
}

// Forged certificates, by what is wrong with them. Whether a sender goes on with
// one was asked of OpenSSL 3.0, see TestInteropMatrix.
var forgeries = []struct {
	name     string
	edit     func(p *parts)
	accepted bool // by OpenSSL
}{
	{"well formed", func(p *parts) {}, true},
	{"negative serial", func(p *parts) { p.serial = []byte{2, 1, 0x85} }, true},
	{"serial of 40 octets", func(p *parts) { p.serial = tlv(tagInteger, bytes.Repeat([]byte{0x11}, 40)) }, true},
	{"serial with padding", func(p *parts) { p.serial = []byte{2, 2, 0, 1} }, false},
	{"empty serial", func(p *parts) { p.serial = []byte{2, 0} }, false},
	{"version 9", func(p *parts) { p.version = tlv(tagContext, []byte{2, 1, 8}) }, true},
	{"version 1 with extensions", func(p *parts) {
		p.version = nil
		p.extensions = listed(extension([]byte{0x55, 0x1d, 0x0e}, tlv(tagOctetString, []byte{1, 2})))
	}, true},
	{"month 13", func(p *parts) {
		p.validity = tlv(tagSequence, tlv(tagUTCTime, []byte("201301000000Z")), tlv(tagUTCTime, []byte("400101000000Z")))
	}, true},
	{"time without seconds", func(p *parts) {
		p.validity = tlv(tagSequence, tlv(tagUTCTime, []byte("2001010000Z")), tlv(tagUTCTime, []byte("4001010000Z")))
	}, true},
	{"time that is text", func(p *parts) {
		p.validity = tlv(tagSequence, tlv(tagUTCTime, []byte("never")), tlv(tagUTCTime, []byte("ever")))
	}, true},
	{"validity of octet strings", func(p *parts) {
		p.validity = tlv(tagSequence, tlv(tagOctetString, []byte("200101000000Z")), tlv(tagOctetString, []byte("400101000000Z")))
	}, false},
	{"extension twice", func(p *parts) {
		e := extension([]byte{0x55, 0x1d, 0x0e}, tlv(tagOctetString, []byte{1, 2}))
		p.extensions = listed(e, e)
	}, true},
	{"names that are garbage", func(p *parts) {
		p.extensions = listed(extension([]byte{0x55, 0x1d, 0x11}, []byte("garbage")))
	}, true},
	{"constraints that are garbage", func(p *parts) {
		p.extensions = listed(extension([]byte{0x55, 0x1d, 0x13}, []byte{0xff, 0xff}))
	}, true},
	{"name of host not ASCII", func(p *parts) {
		p.extensions = listed(extension([]byte{0x55, 0x1d, 0x11}, tlv(tagSequence, tlv(0x82, []byte("m\xfcx.example")))))
	}, true},
	{"empty list of extensions", func(p *parts) { p.extensions = listed() }, true},
	{"subject not UTF-8", func(p *parts) { p.subject = named(tagUTF8, "caf\xe9") }, false},
	{"subject printable and not", func(p *parts) { p.subject = named(tagPrintable, "caf\xe9@*") }, true},
	{"subject of odd BMP", func(p *parts) { p.subject = named(tagBMP, "abc") }, false},
	{"subject of octets", func(p *parts) { p.subject = named(tagOctetString, "abc") }, false},
	{"subject of bits", func(p *parts) { p.subject = named(tagBitString, "\x00abc") }, true},
	{"algorithms that differ", func(p *parts) {
		p.algorithm = tlv(tagSequence, tlv(tagOID, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5}), []byte{5, 0})
	}, true},
	{"algorithm unknown", func(p *parts) {
		p.algorithm = tlv(tagSequence, tlv(tagOID, []byte{0x2a, 3, 4}))
		p.outer = p.algorithm
	}, true},
	{"algorithm with padding", func(p *parts) { p.algorithm = tlv(tagSequence, tlv(tagOID, []byte{0x2a, 0x80, 3})) }, false},
	{"algorithm cut short", func(p *parts) { p.algorithm = tlv(tagSequence, tlv(tagOID, []byte{0x2a, 0x83})) }, false},
	{"parameters of other kinds", func(p *parts) {
		p.algorithm = tlv(tagSequence, tlv(tagOID, []byte{0x2a, 3, 4}), tlv(tagSequence, []byte("whatever")))
	}, true},
	{"parameters malformed", func(p *parts) {
		p.algorithm = tlv(tagSequence, tlv(tagOID, []byte{0x2a, 3, 4}), []byte{tagOID, 1, 0x83})
	}, false},
	{"unique identifiers", func(p *parts) { p.ids = []byte{0x81, 2, 0, 1, 0x82, 2, 0, 1} }, true},
	{"length not minimal", func(p *parts) { p.serial = []byte{2, 0x81, 1, 1} }, true},
	{"trailing bytes", func(p *parts) { p.trailing = []byte{5, 0} }, false},
	{"no subject", func(p *parts) { p.subject = nil }, false},
	{"element too many", func(p *parts) { p.ids = []byte{5, 0} }, false},
}

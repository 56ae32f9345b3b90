package dane

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"sync"
	"time"

	"github.com/cloudflare/circl/sign/ed448"
)

// forge makes certificates, right ones and such as no library would write.
type forge struct {
	version    int // 1 or 3; 0 is 3
	serial     []byte
	subject    []byte // Name
	issuer     []byte
	validity   []byte // instead of from and till
	from, till time.Time
	key        *testKey
	signer     *testKey
	scheme     string   // "" for the signer's usual one
	extensions [][]byte // as ext makes them
	outer      []byte   // another AlgorithmIdentifier beside the signature
	breakIt    bool     // flips a bit of the signature
}

// testKey is a key pair with its SubjectPublicKeyInfo and key identifier.
type testKey struct {
	private crypto.Signer
	spki    []byte
	id      []byte
}

// tlv writes an element of DER.
func tlv(tag byte, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	n := len(body)
	switch {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, body...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, body...)
	case n < 0x10000:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
	}
	return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

func oid(numbers ...int) []byte { return must(asn1.Marshal(asn1.ObjectIdentifier(numbers))) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// dn writes a Name with one common name, of UTF8String.
func dn(cn string) []byte { return dnOf(tagUTF8, []byte(cn)) }

func dnOf(tag byte, value []byte) []byte {
	return tlv(tagSequence, tlv(tagSet, tlv(tagSequence, oid(2, 5, 4, 3), tlv(tag, value))))
}

// dnTwo writes a Name with an organisation and a common name.
func dnTwo(o, cn string) []byte {
	return tlv(tagSequence,
		tlv(tagSet, tlv(tagSequence, oid(2, 5, 4, 10), tlv(tagUTF8, []byte(o)))),
		tlv(tagSet, tlv(tagSequence, oid(2, 5, 4, 3), tlv(tagUTF8, []byte(cn)))))
}

func (f forge) make() []byte {
	algorithm := f.algorithm()
	if f.serial == nil {
		f.serial = []byte{1}
	}
	if f.validity == nil {
		f.validity = tlv(tagSequence, genTime(f.from), genTime(f.till))
	}
	version := tlv(tagConstructed, tlv(tagInteger, []byte{2}))
	if f.version == 1 {
		version = nil
	}
	var extensions []byte
	if len(f.extensions) > 0 {
		extensions = tlv(tagConstructed+3, tlv(tagSequence, f.extensions...))
	}
	signed := tlv(tagSequence, version, tlv(tagInteger, f.serial), algorithm, f.issuer, f.validity, f.subject, f.key.spki, extensions)
	signature := f.sign(signed)
	if f.breakIt {
		signature[len(signature)/2] ^= 4
	}
	if f.outer != nil {
		algorithm = f.outer
	}
	return tlv(tagSequence, signed, algorithm, tlv(tagBitString, []byte{0}, signature))
}

func genTime(t time.Time) []byte {
	return tlv(tagGenTime, []byte(t.UTC().Format("20060102150405Z")))
}

func (f forge) algorithm() []byte {
	null := []byte{5, 0}
	switch f.signer.private.(type) {
	case ed25519.PrivateKey:
		return tlv(tagSequence, oid(1, 3, 101, 112))
	case ed448.PrivateKey:
		return tlv(tagSequence, oid(1, 3, 101, 113))
	case *ecdsa.PrivateKey:
		if f.scheme == "sha1" {
			return tlv(tagSequence, oid(1, 2, 840, 10045, 4, 1))
		}
		return tlv(tagSequence, oid(1, 2, 840, 10045, 4, 3, 2))
	}
	switch f.scheme {
	case "sha1":
		return tlv(tagSequence, oid(1, 2, 840, 113549, 1, 1, 5), null)
	case "md5":
		return tlv(tagSequence, oid(1, 2, 840, 113549, 1, 1, 4), null)
	case "pss":
		digest := tlv(tagSequence, oid(2, 16, 840, 1, 101, 3, 4, 2, 1), null)
		mask := tlv(tagSequence, oid(1, 2, 840, 113549, 1, 1, 8), digest)
		return tlv(tagSequence, oid(1, 2, 840, 113549, 1, 1, 10), tlv(tagSequence,
			tlv(tagConstructed, digest), tlv(tagConstructed+1, mask), tlv(tagConstructed+2, tlv(tagInteger, []byte{32}))))
	}
	return tlv(tagSequence, oid(1, 2, 840, 113549, 1, 1, 11), null)
}

func (f forge) sign(signed []byte) []byte {
	var options crypto.SignerOpts = crypto.SHA256
	digest := sha256.Sum256(signed)
	toSign := digest[:]
	switch f.scheme {
	case "sha1":
		sum := sha1.Sum(signed)
		options, toSign = crypto.SHA1, sum[:]
	case "md5":
		h := crypto.MD5.New()
		h.Write(signed)
		options, toSign = crypto.MD5, h.Sum(nil)
	case "pss":
		options = &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}
	}
	random := rand.Reader
	switch f.signer.private.(type) {
	case ed25519.PrivateKey, ed448.PrivateKey:
		options, toSign = crypto.Hash(0), signed
	case *ecdsa.PrivateKey:
		random = nil // deterministic (RFC 6979)
	}
	return must(f.signer.private.Sign(random, toSign, options))
}

// keyRing makes each key of the tests once; all but RSA keys are the same in
// every run, so that what fuzzing finds can be found again.
var keyRing = sync.OnceValue(func() (ring struct{ rsa, ec, ed, rare []*testKey }) {
	for range 4 {
		ring.rsa = append(ring.rsa, newTestKey(must(rsa.GenerateKey(rand.Reader, 1024))))
	}
	for i := range 10 {
		ring.ec = append(ring.ec, newTestKey(must(ecdsa.ParseRawPrivateKey(elliptic.P256(), seeded(i, 32)))))
	}
	ring.ec = append(ring.ec, newTestKey(must(ecdsa.ParseRawPrivateKey(elliptic.P384(), seeded(10, 48)))))
	private := ed448.NewKeyFromSeed(seeded(11, ed448.SeedSize))
	algorithm := tlv(tagSequence, oid(1, 3, 101, 113))
	ring.rare = []*testKey{
		newTestKey(must(ecdsa.ParseRawPrivateKey(elliptic.P224(), seeded(12, 28)))),
		newTestKey(must(ecdsa.ParseRawPrivateKey(elliptic.P521(), append([]byte{0, 1}, seeded(13, 64)...)))),
		keyOf(private, tlv(tagSequence, algorithm, tlv(tagBitString, []byte{0}, private.Public().(ed448.PublicKey)))),
	}
	for i := range 3 {
		ring.ed = append(ring.ed, newTestKey(ed25519.NewKeyFromSeed(seeded(20+i, ed25519.SeedSize))))
	}
	return ring
})

// seeded makes octets for a private key from its number.
func seeded(number, size int) []byte {
	sum := sha512.Sum512([]byte{byte(number)})
	return sum[:size]
}

func newTestKey(private crypto.Signer) *testKey {
	return keyOf(private, must(x509.MarshalPKIXPublicKey(private.Public())))
}

func keyOf(private crypto.Signer, spki []byte) *testKey {
	sum := sha1.Sum(spki)
	return &testKey{private: private, spki: spki, id: sum[:]}
}

// Extensions, as forge.extensions takes them.

func ext(critical bool, value []byte, numbers ...int) []byte {
	var flag []byte
	if critical {
		flag = []byte{tagBoolean, 1, 0xff}
	}
	return tlv(tagSequence, oid(numbers...), flag, tlv(tagOctetString, value))
}

// extBasic writes basic constraints; a negative length is none.
func extBasic(ca bool, length int) []byte {
	var flag, limit []byte
	if ca {
		flag = []byte{tagBoolean, 1, 0xff}
	}
	if length >= 0 {
		limit = tlv(tagInteger, []byte{byte(length)})
	}
	return ext(true, tlv(tagSequence, flag, limit), 2, 5, 29, 19)
}

// extUsage writes key usage of at most eight bits.
func extUsage(usage byte) []byte {
	return ext(true, tlv(tagBitString, []byte{0, usage}), 2, 5, 29, 15)
}

var (
	ekuServer = oid(1, 3, 6, 1, 5, 5, 7, 3, 1)
	ekuClient = oid(1, 3, 6, 1, 5, 5, 7, 3, 2)
	ekuAny    = oid(2, 5, 29, 37, 0)
)

func extEKU(purposes ...[]byte) []byte {
	return ext(false, tlv(tagSequence, purposes...), 2, 5, 29, 37)
}

func extSubjectKey(k *testKey) []byte { return ext(false, tlv(tagOctetString, k.id), 2, 5, 29, 14) }

func extAuthority(id []byte) []byte {
	return ext(false, tlv(tagSequence, tlv(tagContext, id)), 2, 5, 29, 35)
}

func extNames(names ...[]byte) []byte { return ext(false, tlv(tagSequence, names...), 2, 5, 29, 17) }

func dnsName(s string) []byte { return tlv(tagContext+kindDNS, []byte(s)) }

// extConstraints writes name constraints from subtrees' bases.
func extConstraints(permitted, excluded [][]byte) []byte {
	trees := func(tag byte, bases [][]byte) []byte {
		if len(bases) == 0 {
			return nil
		}
		var list []byte
		for _, b := range bases {
			list = append(list, tlv(tagSequence, b)...)
		}
		return tlv(tag, list)
	}
	return ext(true, tlv(tagSequence, trees(tagConstructed, permitted), trees(tagConstructed+1, excluded)), 2, 5, 29, 30)
}

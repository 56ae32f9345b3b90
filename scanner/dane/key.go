package dane

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"

	"github.com/cloudflare/circl/sign/ed448"
)

// keyKind is a family of public keys.
type keyKind string

const (
	kindRSA     keyKind = "rsa"
	kindPSS     keyKind = "rsa-pss" // an RSA key for PSS alone (RFC 4055, Section 1.2)
	kindECDSA   keyKind = "ecdsa"
	kindEd25519 keyKind = "ed25519"
	kindEd448   keyKind = "ed448"
)

// publicKey is a SubjectPublicKeyInfo taken apart. key is nil where it cannot be
// used, which kind and size may describe all the same.
type publicKey struct {
	kind     keyKind
	bits     int
	explicit bool // an elliptic curve spelled out, not named (RFC 5480, Section 2.1.1)
	key      crypto.PublicKey
}

var keyOIDs = map[string]keyKind{
	"1.2.840.113549.1.1.1":  kindRSA,
	"1.2.840.113549.1.1.10": kindPSS,
	"1.2.840.10045.2.1":     kindECDSA,
	"1.3.101.112":           kindEd25519,
	"1.3.101.113":           kindEd448,
}

var curveOIDs = map[string]elliptic.Curve{
	"1.3.132.0.33":        elliptic.P224(),
	"1.2.840.10045.3.1.7": elliptic.P256(),
	"1.3.132.0.34":        elliptic.P384(),
	"1.3.132.0.35":        elliptic.P521(),
}

// maxRSABits is the longest modulus that signatures are checked with.
const maxRSABits = 16384

// readKey takes a SubjectPublicKeyInfo apart.
func readKey(spki []byte) publicKey {
	body, ok := only(spki, tagSequence)
	if !ok {
		return publicKey{}
	}
	algorithm, rest, _ := takeTag(body, tagSequence)
	id, parameters, _ := takeTag(algorithm.body, tagOID)
	value, _, _ := takeTag(rest, tagBitString)
	key, ok := bits(value.body)
	k := publicKey{kind: keyOIDs[dotted(id)]}
	if !ok {
		return k
	}
	switch k.kind {
	case kindRSA, kindPSS:
		k.readRSA(key)
	case kindECDSA:
		k.readECDSA(key, parameters)
	case kindEd25519:
		k.bits = 256
		if len(key) == ed25519.PublicKeySize {
			k.key = ed25519.PublicKey(key)
		}
	case kindEd448:
		k.bits = 456
		if len(key) == ed448.PublicKeySize {
			k.key = ed448.PublicKey(key)
		}
	}
	return k
}

func (k *publicKey) readRSA(b []byte) {
	b, ok := only(b, tagSequence)
	if !ok {
		return
	}
	modulus, b, ok := takeTag(b, tagInteger)
	exponent, _, also := takeTag(b, tagInteger)
	if !ok || !also || len(modulus.body) == 0 || modulus.body[0] >= 0x80 {
		return
	}
	n := new(big.Int).SetBytes(modulus.body)
	k.bits = n.BitLen()
	e, ok := smallInt(exponent.body)
	if ok && k.bits <= maxRSABits {
		k.key = &rsa.PublicKey{N: n, E: e}
	}
}

func (k *publicKey) readECDSA(point, parameters []byte) {
	id, _, named := takeTag(parameters, tagOID)
	k.explicit = !named
	if !named {
		return
	}
	curve := curveOIDs[dotted(id)]
	if curve == nil {
		k.bits = curveBits(point)
		return
	}
	k.bits = curve.Params().BitSize
	if len(point) > 0 && point[0] != 4 {
		x, y := elliptic.UnmarshalCompressed(curve, point)
		if x == nil {
			return
		}
		size := (k.bits + 7) / 8
		point = append([]byte{4}, append(x.FillBytes(make([]byte, size)), y.FillBytes(make([]byte, size))...)...)
	}
	if key, err := ecdsa.ParseUncompressedPublicKey(curve, point); err == nil {
		k.key = key
	}
}

// curveBits guesses a curve's size from the length of an uncompressed point.
func curveBits(point []byte) int {
	if len(point) < 3 || point[0] != 4 {
		return 0
	}
	return (len(point) - 1) / 2 * 8
}

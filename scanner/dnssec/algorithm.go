package dnssec

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"math/big"

	"github.com/cloudflare/circl/sign/ed448"
	"github.com/miekg/dns"
)

// PublicKey is a key as read from a DNSKEY record.
type PublicKey interface {
	// Verify reports whether sig is this key's signature over data.
	Verify(data, sig []byte) bool
}

// Algorithm reads the public key field of a DNSKEY record. The error says that
// the key is unusable; it then verifies nothing.
type Algorithm func(key []byte) (PublicKey, error)

var errKey = errors.New("unusable public key")

// builtin returns the algorithms that are supported (RFC 8624, RFC 9905).
func builtin() map[uint8]Algorithm {
	return map[uint8]Algorithm{
		dns.RSASHA1:          rsaAlgorithm(crypto.SHA1),
		dns.RSASHA1NSEC3SHA1: rsaAlgorithm(crypto.SHA1),
		dns.RSASHA256:        rsaAlgorithm(crypto.SHA256),
		dns.RSASHA512:        rsaAlgorithm(crypto.SHA512),
		dns.ECDSAP256SHA256:  ecdsaAlgorithm(elliptic.P256(), crypto.SHA256),
		dns.ECDSAP384SHA384:  ecdsaAlgorithm(elliptic.P384(), crypto.SHA384),
		dns.ED25519:          readEd25519,
		dns.ED448:            readEd448,
	}
}

// sum hashes data.
func sum(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

type ecdsaKey struct {
	key  *ecdsa.PublicKey
	hash crypto.Hash
	size int // octets of one coordinate
}

// ecdsaAlgorithm reads keys as RFC 6605, Section 4: the two coordinates.
func ecdsaAlgorithm(curve elliptic.Curve, hash crypto.Hash) Algorithm {
	size := (curve.Params().BitSize + 7) / 8
	return func(key []byte) (PublicKey, error) {
		if len(key) != 2*size {
			return nil, errKey
		}
		k, err := ecdsa.ParseUncompressedPublicKey(curve, append([]byte{4}, key...))
		if err != nil {
			return nil, errKey
		}
		return &ecdsaKey{k, hash, size}, nil
	}
}

// Verify takes signatures of exactly two coordinates (RFC 6605, Section 4).
func (k *ecdsaKey) Verify(data, sig []byte) bool {
	if len(sig) != 2*k.size {
		return false
	}
	r, s := new(big.Int).SetBytes(sig[:k.size]), new(big.Int).SetBytes(sig[k.size:])
	return ecdsa.Verify(k.key, sum(k.hash, data), r, s)
}

type ed25519Key ed25519.PublicKey

// readEd25519 reads keys as RFC 8080, Section 3.
func readEd25519(key []byte) (PublicKey, error) {
	if len(key) != ed25519.PublicKeySize {
		return nil, errKey
	}
	return ed25519Key(key), nil
}

func (k ed25519Key) Verify(data, sig []byte) bool {
	return len(sig) == ed25519.SignatureSize && ed25519.Verify(ed25519.PublicKey(k), data, sig)
}

type ed448Key ed448.PublicKey

// readEd448 reads keys as RFC 8080, Section 3.
func readEd448(key []byte) (PublicKey, error) {
	if len(key) != ed448.PublicKeySize {
		return nil, errKey
	}
	return ed448Key(key), nil
}

func (k ed448Key) Verify(data, sig []byte) bool {
	return len(sig) == ed448.SignatureSize && ed448.Verify(ed448.PublicKey(k), data, sig, "")
}

package dnssec

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha512"
	"errors"

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

// builtin returns the algorithms that are supported (RFC 8624, RFC 9905). The keys
// that one of them reads may share what they have worked out.
func builtin() map[uint8]Algorithm {
	return map[uint8]Algorithm{
		dns.RSASHA1:          rsaAlgorithm(crypto.SHA1),
		dns.RSASHA1NSEC3SHA1: rsaAlgorithm(crypto.SHA1),
		dns.RSASHA256:        rsaAlgorithm(crypto.SHA256),
		dns.RSASHA512:        rsaAlgorithm(crypto.SHA512),
		dns.ECDSAP256SHA256:  newP256Store().read,
		dns.ECDSAP384SHA384:  readP384,
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

type p384Key ecdsa.PublicKey

// p384Size is the length of a key and of a signature (RFC 6605, Section 4).
const p384Size = 96

// readP384 reads keys as RFC 6605, Section 4: the two coordinates.
func readP384(key []byte) (PublicKey, error) {
	if len(key) != p384Size {
		return nil, errKey
	}
	k, err := ecdsa.ParseUncompressedPublicKey(elliptic.P384(), append([]byte{4}, key...))
	if err != nil {
		return nil, errKey
	}
	return (*p384Key)(k), nil
}

// Verify takes signatures of exactly two coordinates.
func (k *p384Key) Verify(data, sig []byte) bool {
	if len(sig) != p384Size {
		return false
	}
	digest := sha512.Sum384(data)
	return ecdsaValid((*ecdsa.PublicKey)(k), digest[:], sig)
}

// ecdsaValid asks the standard library about a signature of two coordinates, r and
// s. It takes them in ASN.1 only: a sequence of two integers.
func ecdsaValid(key *ecdsa.PublicKey, digest, sig []byte) bool {
	var room [2 + 2*3 + p384Size]byte
	der := append(room[:0], 0x30, 0)
	der = appendInteger(der, sig[:len(sig)/2])
	der = appendInteger(der, sig[len(sig)/2:])
	der[1] = byte(len(der) - 2)
	return ecdsa.VerifyASN1(key, digest, der)
}

// appendInteger appends a number of at most 126 octets, big end first, in DER: no
// leading zeros but one before a bit that would be taken for a sign.
func appendInteger(der, number []byte) []byte {
	for len(number) > 1 && number[0] == 0 {
		number = number[1:]
	}
	if number[0] >= 0x80 {
		der = append(der, 2, byte(len(number)+1), 0)
	} else {
		der = append(der, 2, byte(len(number)))
	}
	return append(der, number...)
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

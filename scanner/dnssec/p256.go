package dnssec

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
)

// p256Size is the length of a key and of a signature (RFC 6605, Section 4).
const p256Size = 64

// p256Octets is a key: the two coordinates.
type p256Octets [p256Size]byte

// p256Key is an ECDSA key on the curve P-256, by far the most frequent kind.
type p256Key struct {
	octets p256Octets
	std    *ecdsa.PublicKey
	store  *p256Store
}

// read reads a key.
func (s *p256Store) read(key []byte) (PublicKey, error) {
	if len(key) != p256Size {
		return nil, errKey
	}
	std, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append([]byte{4}, key...))
	if err != nil {
		return nil, errKey
	}
	return &p256Key{octets: p256Octets(key), std: std, store: s}, nil
}

// Verify takes signatures of exactly two coordinates. A key that has verified much
// has a table, which is some 2.5 times faster. Only its yes counts: what it does not
// find valid is put to the standard library, so that a fault of the table can make
// nothing bogus.
func (k *p256Key) Verify(data, sig []byte) bool {
	if len(sig) != p256Size {
		return false
	}
	digest := sha256.Sum256(data)
	if table := k.store.table(&k.octets); table != nil && table.verify(digest, (*[p256Size]byte)(sig)) {
		k.store.tabled.Add(1)
		return true
	}
	return ecdsaValid(k.std, digest[:], sig)
}

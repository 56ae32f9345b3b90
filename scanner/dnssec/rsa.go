package dnssec

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // linked in for crypto.SHA1
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"math/big"
)

const (
	minModulus = 512  // bits
	maxModulus = 4096 // bits, RFC 5702, Section 2
	weakBelow  = 1024 // bits
)

type rsaKey struct {
	std  *rsa.PublicKey // nil where the standard library refuses the key
	n, e *big.Int
	hash crypto.Hash
}

// rsaAlgorithm reads keys as RFC 3110, Section 2: the length of the exponent in
// one octet, or in two after a zero octet; exponent; modulus.
func rsaAlgorithm(hash crypto.Hash) Algorithm {
	return func(key []byte) (PublicKey, error) {
		if len(key) < 1 {
			return nil, errKey
		}
		size, rest := int(key[0]), key[1:]
		if size == 0 {
			if len(rest) < 2 {
				return nil, errKey
			}
			size, rest = int(binary.BigEndian.Uint16(rest)), rest[2:]
		}
		if size == 0 || len(rest) <= size {
			return nil, errKey
		}
		return newRSAKey(rest[:size], rest[size:], hash)
	}
}

func newRSAKey(exponent, modulus []byte, hash crypto.Hash) (PublicKey, error) {
	if len(modulus) > maxModulus/8+1 || len(exponent) > maxModulus/8 {
		return nil, errKey
	}
	k := &rsaKey{n: new(big.Int).SetBytes(modulus), e: new(big.Int).SetBytes(exponent), hash: hash}
	bits := k.n.BitLen()
	if bits < minModulus || bits > maxModulus || k.n.Bit(0) == 0 {
		return nil, errKey
	}
	if k.e.BitLen() > 64 || k.e.Bit(0) == 0 || k.e.Cmp(big.NewInt(3)) < 0 || k.e.Cmp(k.n) >= 0 {
		return nil, errKey
	}
	if bits >= weakBelow && k.e.BitLen() <= 31 {
		k.std = &rsa.PublicKey{N: k.n, E: int(k.e.Int64())}
	}
	return k, nil
}

// weak reports whether the key can be broken by those who care to.
func (k *rsaKey) weak() bool { return k.n.BitLen() < weakBelow }

func (k *rsaKey) Verify(data, sig []byte) bool {
	digest := sum(k.hash, data)
	if k.std != nil {
		return rsa.VerifyPKCS1v15(k.std, k.hash, digest, sig) == nil
	}
	return k.verify(digest, sig)
}

// digestInfo holds the DER prefixes of RFC 8017, Section 9.2, note 1.
var digestInfo = map[crypto.Hash]string{
	crypto.SHA1:   "\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
	crypto.SHA256: "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
	crypto.SHA512: "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
}

// verify is RSASSA-PKCS1-v1_5 (RFC 8017, Section 8.2.2) for the keys that the
// standard library refuses: short moduli, which old zones have and senders
// accept, and exponents over 31 bits.
func (k *rsaKey) verify(digest, sig []byte) bool {
	size := (k.n.BitLen() + 7) / 8
	info := digestInfo[k.hash]
	padding := size - 3 - len(info) - len(digest)
	if len(sig) != size || padding < 8 {
		return false
	}
	s := new(big.Int).SetBytes(sig)
	if s.Cmp(k.n) >= 0 {
		return false
	}
	want := make([]byte, 0, size)
	want = append(want, 0, 1)
	for range padding {
		want = append(want, 0xff)
	}
	want = append(append(append(want, 0), info...), digest...)
	got := s.Exp(s, k.e, k.n).FillBytes(make([]byte, size))
	return subtle.ConstantTimeCompare(got, want) == 1
}

package smtp

import (
	"crypto/rand"
	"math/big"
)

// finiteField is a group of RFC 7919, Appendix A: the prime
// 2^bits - 2^(bits-64) + (floor(2^(bits-130) * e) + offset) * 2^64 - 1, generator 2.
type finiteField struct {
	bits   uint
	offset int64
}

var finiteFields = map[uint16]finiteField{
	groupFFDHE2048: {2048, 560316},
	groupFFDHE3072: {3072, 2625351},
	groupFFDHE4096: {4096, 5736041},
	groupFFDHE6144: {6144, 15705020},
	groupFFDHE8192: {8192, 10965728},
}

// prime computes the modulus. It takes about a millisecond, and servers that want
// such a group in TLS 1.3 are rare.
func (f finiteField) prime() *big.Int {
	one := big.NewInt(1)
	p := new(big.Int).Add(scaledE(f.bits-130), big.NewInt(f.offset))
	p.Lsh(p, 64)
	p.Add(p, new(big.Int).Lsh(one, f.bits))
	p.Sub(p, new(big.Int).Lsh(one, f.bits-64))
	return p.Sub(p, one)
}

// scaledE returns floor(2^bits * e), from the series of 1/n!, with guard bits for
// what its divisions cut off.
func scaledE(bits uint) *big.Int {
	const guard = 64
	term := new(big.Int).Lsh(big.NewInt(1), bits+guard)
	sum := new(big.Int)
	for n := int64(1); term.Sign() > 0; n++ {
		sum.Add(sum, term)
		term.Quo(term, big.NewInt(n))
	}
	return sum.Rsh(sum, guard)
}

// finiteShare makes a share of a finite field group. Publics and secrets are as
// long as the prime (RFC 8446, Section 4.2.8.1 and 7.4.1).
func finiteShare(group uint16) (share, error) {
	const exponentBits = 512 // twice the strength of the largest group, and more
	prime := finiteFields[group].prime()
	x, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), exponentBits))
	if err != nil {
		return share{}, err
	}
	size := (prime.BitLen() + 7) / 8
	public := new(big.Int).Exp(big.NewInt(2), x, prime)
	agree := func(peer []byte) ([]byte, error) {
		theirs := new(big.Int).SetBytes(peer)
		top := new(big.Int).Sub(prime, big.NewInt(1))
		if len(peer) != size || theirs.Cmp(big.NewInt(1)) <= 0 || theirs.Cmp(top) >= 0 {
			return nil, malformed("key share of %d bytes", len(peer))
		}
		return theirs.Exp(theirs, x, prime).FillBytes(make([]byte, size)), nil
	}
	return share{group, public.FillBytes(make([]byte, size)), agree}, nil
}

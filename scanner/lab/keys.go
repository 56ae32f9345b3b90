package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"slices"
	"sync"
)

// seed is where everything that looks random comes from: one seed, one lab, down
// to the last signature.
type seed uint64

// derive returns 32 bytes that depend on the seed and the label alone.
func (s seed) derive(label string, n int) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(s))
	mac := hmac.New(sha256.New, key)
	io.WriteString(mac, label)
	mac.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
	return mac.Sum(nil)
}

// mix returns a number that depends on the seed and the two numbers alone. It is
// made for choosing among a million domains, not for secrets (splitmix64).
func (s seed) mix(what, i uint64) uint64 {
	x := uint64(s)*0x9e3779b97f4a7c15 + what*0xd1342543de82ef95 + i*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// p256 derives an ECDSA key.
func (s seed) p256(label string) (crypto.Signer, error) {
	for n := range 16 { // a scalar at or above the order has odds of 1 in 2^32
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), s.derive("p256 "+label, n))
		if err == nil {
			return steady{key}, nil
		}
	}
	return nil, fmt.Errorf("lab: no P-256 key from seed %d for %q", s, label)
}

func (s seed) ed25519(label string) crypto.Signer {
	return ed25519.NewKeyFromSeed(s.derive("ed25519 "+label, 0))
}

// steady is a signer whose signatures depend on key and digest alone (RFC 6979),
// whatever source of randomness it is offered.
type steady struct{ crypto.Signer }

func (k steady) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.Signer.Sign(nil, digest, opts)
}

// rsaBits is the size of the RSA keys: what most servers have.
const rsaBits = 2048

// rsa derives an RSA key: the standard library offers no generator that could be
// seeded. It takes some tenths of a second.
func (s seed) rsa(label string) (crypto.Signer, error) {
	var primes [2]*big.Int
	var wait sync.WaitGroup
	for i := range primes {
		wait.Go(func() { primes[i] = s.prime(fmt.Sprintf("rsa %s %d", label, i), rsaBits/2) })
	}
	wait.Wait()
	p, q := primes[0], primes[1]
	one, e := big.NewInt(1), big.NewInt(65537)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	d := new(big.Int).ModInverse(e, phi)
	if d == nil || p.Cmp(q) == 0 {
		return nil, fmt.Errorf("lab: no RSA key from seed %d for %q", s, label)
	}
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D:         d, Primes: []*big.Int{p, q},
	}
	key.Precompute()
	return key, key.Validate()
}

// prime returns the first prime p of that many bits after a derived number with
// its top two bits set, so that the product of two has exactly twice the bits,
// and p-1 prime to 65537.
func (s seed) prime(label string, bits int) *big.Int {
	var raw []byte
	for n := 0; len(raw) < bits/8; n++ {
		raw = append(raw, s.derive(label, n)...)
	}
	start := new(big.Int).SetBytes(raw[:bits/8])
	start.SetBit(start, bits-1, 1).SetBit(start, bits-2, 1).SetBit(start, 0, 1)
	rest := residues(start)
	p, e, mod := new(big.Int), big.NewInt(65537), new(big.Int)
	for step := uint64(0); ; step += 2 {
		if divides(rest, step) {
			continue
		}
		p.Add(start, p.SetUint64(step))
		if p.ProbablyPrime(2) && mod.Mod(p, e).Int64() != 1 {
			return p
		}
	}
}

// sieveTo is the bound of the small primes that are tried before anything costly.
const sieveTo = 1 << 11

// residues maps small odd primes to what is left of n modulo each.
func residues(n *big.Int) (out [][2]uint64) {
	q, mod := new(big.Int), new(big.Int)
	for i := uint64(3); i < sieveTo; i += 2 {
		if !slices.ContainsFunc(out, func(r [2]uint64) bool { return i%r[0] == 0 }) {
			out = append(out, [2]uint64{i, mod.Mod(n, q.SetUint64(i)).Uint64()})
		}
	}
	return out
}

// divides reports whether a small prime divides n+step.
func divides(rest [][2]uint64, step uint64) bool {
	for _, r := range rest {
		if (r[1]+step)%r[0] == 0 {
			return true
		}
	}
	return false
}

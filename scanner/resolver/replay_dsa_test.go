package resolver

import (
	//lint:ignore SA1019 old scripts are signed with it
	"crypto/dsa"
	"crypto/sha1"
	"encoding/asn1"
	"errors"
	"math/big"

	"danescan/scanner/dnssec"
)

// dsaKey verifies DSA signatures (RFC 2536), which the scanner has no use for and
// old scripts are signed with.
type dsaKey struct{ pub dsa.PublicKey }

// parseDSA reads a DNSKEY public key of algorithm 3 or 6.
func parseDSA(key []byte) (dnssec.PublicKey, error) {
	if len(key) < 1 || key[0] > 8 {
		return nil, errors.New("dsa: bad size")
	}
	n := 64 + 8*int(key[0])
	if len(key) != 1+20+3*n {
		return nil, errors.New("dsa: bad length")
	}
	num := func(from, length int) *big.Int { return new(big.Int).SetBytes(key[from : from+length]) }
	k := dsaKey{}
	k.pub.Q, k.pub.P, k.pub.G, k.pub.Y = num(1, 20), num(21, n), num(21+n, n), num(21+2*n, n)
	return k, nil
}

// Verify implements dnssec.PublicKey.
func (k dsaKey) Verify(data, sig []byte) bool {
	digest := sha1.Sum(data)
	if len(sig) == 41 {
		return dsa.Verify(&k.pub, digest[:], new(big.Int).SetBytes(sig[1:21]), new(big.Int).SetBytes(sig[21:41]))
	}
	// The oldest scripts hold the numbers as OpenSSL writes them.
	var n struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(sig, &n); err != nil {
		return false
	}
	return dsa.Verify(&k.pub, digest[:], n.R, n.S)
}

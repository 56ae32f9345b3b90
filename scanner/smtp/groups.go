package smtp

import (
	"crypto/ecdh"
	"crypto/rand"

	"github.com/cloudflare/circl/dh/x448"
)

// Groups (RFC 8446, Section 4.2.7).
const (
	groupSecp192r1       = 19
	groupSecp224r1       = 21
	groupSecp256k1       = 22
	groupP256            = 23
	groupP384            = 24
	groupP521            = 25
	groupBrainpoolP256r1 = 26
	groupBrainpoolP384r1 = 27
	groupBrainpoolP512r1 = 28
	groupX25519          = 29
	groupX448            = 30
	groupFFDHE2048       = 256
	groupFFDHE3072       = 257
	groupFFDHE4096       = 258
	groupFFDHE6144       = 259
	groupFFDHE8192       = 260
)

// offeredGroups is what the fetcher offers. The last six do not exist in TLS 1.3, and below it the fetcher computes nothing: they are there
// because servers look here before they show a certificate on such a curve.
var offeredGroups = []uint16{
	groupX25519, groupP256, groupX448, groupP521, groupP384,
	groupFFDHE2048, groupFFDHE3072, groupFFDHE4096, groupFFDHE6144, groupFFDHE8192,
	groupSecp192r1, groupSecp224r1, groupSecp256k1, groupBrainpoolP256r1, groupBrainpoolP384r1, groupBrainpoolP512r1,
}

// share is our half of a key exchange.
type share struct {
	group  uint16
	public []byte
	agree  func(peer []byte) ([]byte, error)
}

// newShare makes a share of a group of TLS 1.3.
func newShare(group uint16) (share, error) {
	switch group {
	case groupX25519:
		return curveShare(group, ecdh.X25519())
	case groupP256:
		return curveShare(group, ecdh.P256())
	case groupP384:
		return curveShare(group, ecdh.P384())
	case groupP521:
		return curveShare(group, ecdh.P521())
	case groupX448:
		return x448Share()
	case groupFFDHE2048, groupFFDHE3072, groupFFDHE4096, groupFFDHE6144, groupFFDHE8192:
		return finiteShare(group)
	}
	return share{}, malformed("group %d asked for, not offered", group)
}

func curveShare(group uint16, curve ecdh.Curve) (share, error) {
	key, err := curve.GenerateKey(rand.Reader)
	if err != nil {
		return share{}, err
	}
	agree := func(peer []byte) ([]byte, error) {
		point, err := curve.NewPublicKey(peer)
		if err != nil {
			return nil, malformed("key share: %v", err)
		}
		return key.ECDH(point)
	}
	return share{group, key.PublicKey().Bytes(), agree}, nil
}

func x448Share() (share, error) {
	var secret, public x448.Key
	if _, err := rand.Read(secret[:]); err != nil {
		return share{}, err
	}
	x448.KeyGen(&public, &secret)
	agree := func(peer []byte) ([]byte, error) {
		var theirs, shared x448.Key
		if len(peer) != len(theirs) {
			return nil, malformed("key share of %d bytes", len(peer))
		}
		copy(theirs[:], peer)
		if !x448.Shared(&shared, &secret, &theirs) {
			return nil, malformed("key share of low order")
		}
		return shared[:], nil
	}
	return share{groupX448, public[:], agree}, nil
}

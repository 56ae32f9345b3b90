package smtp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/cryptobyte"
)

// opener decrypts the records of one direction of TLS 1.3 (RFC 8446, Section 5.2).
type opener struct {
	aead cipher.AEAD
	iv   []byte
	seq  uint64
}

// suite13 is what a cipher suite of TLS 1.3 stands for.
type suite13 struct {
	hash func() hash.Hash
	size int // of the key
	aead func(key []byte) (cipher.AEAD, error)
}

// suiteOf returns the TLS 1.3 suite of that number.
func suiteOf(id uint16) (suite13, bool) {
	switch id {
	case tls.TLS_AES_128_GCM_SHA256:
		return suite13{sha256.New, 16, newGCM}, true
	case tls.TLS_AES_256_GCM_SHA384:
		return suite13{sha512.New384, 32, newGCM}, true
	case tls.TLS_CHACHA20_POLY1305_SHA256:
		return suite13{sha256.New, chacha20poly1305.KeySize, chacha20poly1305.New}, true
	}
	return suite13{}, false
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// newOpener returns the opener of a traffic secret (RFC 8446, Section 7.3).
func newOpener(id uint16, secret []byte) (*opener, error) {
	suite, ok := suiteOf(id)
	if !ok {
		return nil, malformed("cipher suite %04x in TLS 1.3", id)
	}
	key, err := expandLabel(suite.hash, secret, "key", nil, suite.size)
	if err != nil {
		return nil, err
	}
	aead, err := suite.aead(key)
	if err != nil {
		return nil, err
	}
	iv, err := expandLabel(suite.hash, secret, "iv", nil, aead.NonceSize())
	if err != nil {
		return nil, err
	}
	return &opener{aead: aead, iv: iv}, nil
}

// open decrypts one record in place and returns its inner type and content.
func (o *opener) open(rec record) (kind uint8, content []byte, err error) {
	nonce := make([]byte, len(o.iv))
	binary.BigEndian.PutUint64(nonce[len(nonce)-8:], o.seq)
	for i := range nonce {
		nonce[i] ^= o.iv[i]
	}
	o.seq++
	plain, err := o.aead.Open(rec.payload[:0], nonce, rec.payload, rec.header[:])
	if err != nil {
		return 0, nil, malformed("record that does not decrypt")
	}
	end := len(plain)
	for end > 0 && plain[end-1] == 0 { // padding
		end--
	}
	if end == 0 {
		return 0, nil, malformed("record of padding alone")
	}
	return plain[end-1], plain[:end-1], nil
}

// expandLabel is HKDF-Expand-Label (RFC 8446, Section 7.1).
func expandLabel(h func() hash.Hash, secret []byte, label string, context []byte, size int) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint16(uint16(size))
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("tls13 " + label)) })
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(context) })
	info, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return hkdf.Expand(h, secret, string(info), size)
}

// serverHandshakeSecret returns the server's handshake traffic secret: shared is
// the outcome of the key exchange, transcript the messages up to ServerHello
// (RFC 8446, Section 7.1).
func serverHandshakeSecret(id uint16, shared, transcript []byte) ([]byte, error) {
	suite, ok := suiteOf(id)
	if !ok {
		return nil, malformed("cipher suite %04x in TLS 1.3", id)
	}
	sum := func(data []byte) []byte {
		h := suite.hash()
		h.Write(data)
		return h.Sum(nil)
	}
	size := suite.hash().Size()
	early, err := hkdf.Extract(suite.hash, make([]byte, size), nil)
	if err != nil {
		return nil, err
	}
	derived, err := expandLabel(suite.hash, early, "derived", sum(nil), size)
	if err != nil {
		return nil, err
	}
	handshake, err := hkdf.Extract(suite.hash, shared, derived)
	if err != nil {
		return nil, err
	}
	return expandLabel(suite.hash, handshake, "s hs traffic", sum(transcript), size)
}

package dnssec

// PublicKey is a key as read from a DNSKEY record.
type PublicKey interface {
	// Verify reports whether sig is this key's signature over data.
	Verify(data, sig []byte) bool
}

// Algorithm reads the public key field of a DNSKEY record. The error says that
// the key is unusable; it then verifies nothing.
type Algorithm func(key []byte) (PublicKey, error)

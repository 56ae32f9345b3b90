package smtp

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"

	"golang.org/x/crypto/cryptobyte"
)

// TLS extensions (RFC 8446, Section 4.2).
const (
	extServerName          = 0
	extSupportedGroups     = 10
	extPointFormats        = 11
	extSignatureAlgorithms = 13
	extEncryptThenMAC      = 22
	extExtendedMaster      = 23
	extCookie              = 44
	extSupportedVersions   = 43
	extKeyShare            = 51
	extRenegotiation       = 0xff01
)

// helloRetryRandom marks a ServerHello that is a HelloRetryRequest (RFC 8446,
// Section 4.1.3).
var helloRetryRandom = sha256.Sum256([]byte("HelloRetryRequest"))

// serverHello is what a ServerHello settles.
type serverHello struct {
	version uint16
	suite   uint16
	retry   bool   // a HelloRetryRequest
	group   uint16 // of the key share, TLS 1.3
	share   []byte // empty in a HelloRetryRequest
	cookie  []byte // HelloRetryRequest only
}

// parseServerHello reads the body of a ServerHello of any version.
func parseServerHello(body []byte) (serverHello, error) {
	var hello serverHello
	var random []byte
	var session, extensions cryptobyte.String
	var compression uint8
	s := cryptobyte.String(body)
	if !s.ReadUint16(&hello.version) || !s.ReadBytes(&random, 32) ||
		!s.ReadUint8LengthPrefixed(&session) || !s.ReadUint16(&hello.suite) || !s.ReadUint8(&compression) {
		return hello, malformed("ServerHello")
	}
	hello.retry = bytes.Equal(random, helloRetryRandom[:])
	if s.Empty() {
		return hello, hello.check()
	}
	if !s.ReadUint16LengthPrefixed(&extensions) || !s.Empty() {
		return hello, malformed("ServerHello")
	}
	for !extensions.Empty() {
		var kind uint16
		var data cryptobyte.String
		if !extensions.ReadUint16(&kind) || !extensions.ReadUint16LengthPrefixed(&data) {
			return hello, malformed("ServerHello extensions")
		}
		if !hello.extension(kind, data) {
			return hello, malformed("ServerHello extension %d", kind)
		}
	}
	return hello, hello.check()
}

// extension reads one extension of a ServerHello. It reports whether that is well
// formed; what it does not know it leaves alone.
func (h *serverHello) extension(kind uint16, data cryptobyte.String) bool {
	switch kind {
	case extSupportedVersions:
		return data.ReadUint16(&h.version) && data.Empty()
	case extCookie:
		var cookie cryptobyte.String
		if !h.retry || !data.ReadUint16LengthPrefixed(&cookie) || cookie.Empty() {
			return false
		}
		h.cookie = bytes.Clone(cookie)
	case extKeyShare:
		if !data.ReadUint16(&h.group) {
			return false
		}
		var share cryptobyte.String
		if !h.retry && (!data.ReadUint16LengthPrefixed(&share) || share.Empty()) {
			return false
		}
		h.share = bytes.Clone(share)
		return data.Empty()
	}
	return true
}

// check refuses versions that no ClientHello of ours offered.
func (h *serverHello) check() error {
	if h.version < tls.VersionTLS10 || h.version > tls.VersionTLS13 {
		return malformed("version %04x", h.version)
	}
	return nil
}

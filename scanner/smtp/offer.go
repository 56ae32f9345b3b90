package smtp

import (
	"crypto/tls"

	"golang.org/x/crypto/cryptobyte"
)

// Signature schemes (IANA "TLS SignatureScheme"), by the keys that make them.
var (
	schemesECDSA = []uint16{0x0403, 0x0503, 0x0603}         // P-256, P-384, P-521
	schemesEdDSA = []uint16{0x0807, 0x0808}                 // Ed25519, Ed448
	schemesPSS   = []uint16{0x0809, 0x080a, 0x080b}         // keys for PSS alone
	schemesRSA   = []uint16{0x0804, 0x0805, 0x0806}         // PSS by any RSA key
	schemesPKCS1 = []uint16{0x0401, 0x0501, 0x0601}         // RSA, before TLS 1.3
	schemesOld   = []uint16{0x0303, 0x0203, 0x0301, 0x0201} // ECDSA and RSA with SHA-224, SHA-1
	schemesDSA   = []uint16{0x0302, 0x0202, 0x0402, 0x0502, 0x0602}
)

// schemesFor returns the signature schemes to offer, those of OpenSSL in its order
// for an empty algorithm. In TLS 1.3 they alone choose the certificate. PKCS #1 in
// the list for ECDSA speaks of signatures in certificates only: below TLS 1.3 the
// suites exclude RSA keys, and in it nothing else can be signed so (RFC 8446,
// Section 4.2.3); without it some servers keep back an ECDSA certificate that an
// RSA authority signed.
func schemesFor(algorithm string) []uint16 {
	var lists [][]uint16
	switch algorithm {
	case "rsa":
		lists = [][]uint16{schemesPSS, schemesRSA, schemesPKCS1, {0x0301, 0x0201}}
	case "ecdsa":
		lists = [][]uint16{schemesECDSA, {0x0303, 0x0203}, schemesPKCS1, {0x0201}}
	default:
		lists = [][]uint16{schemesECDSA, schemesEdDSA, schemesPSS, schemesRSA, schemesPKCS1, schemesOld, schemesDSA}
	}
	var all []uint16
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// offer is a ClientHello.
type offer struct {
	sni       string
	algorithm string
	random    []byte // 32 bytes
	session   []byte // 32 bytes, for middleboxes (RFC 8446, Appendix D.4)
	shares    []share
	cookie    []byte // of a HelloRetryRequest
}

// message returns the ClientHello with its handshake header.
func (o offer) message() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddUint8(1) // client_hello
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16(tls.VersionTLS12)
		b.AddBytes(o.random)
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(o.session) })
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addAll(b, suitesFor(o.algorithm)) })
		b.AddBytes([]byte{1, 0}) // no compression
		b.AddUint16LengthPrefixed(o.extensions)
	})
	return b.Bytes()
}

// extensions writes the extensions. There is no signature_algorithms_cert: some
// servers refuse a client rather than show it a certificate outside that list.
func (o offer) extensions(b *cryptobyte.Builder) {
	list16 := func(values []uint16) func(*cryptobyte.Builder) {
		return func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addAll(b, values) })
		}
	}
	bytes := func(data ...byte) func(*cryptobyte.Builder) {
		return func(b *cryptobyte.Builder) { b.AddBytes(data) }
	}
	if o.sni != "" {
		add(b, extServerName, o.serverName)
	}
	add(b, extPointFormats, bytes(1, 0))
	add(b, extSupportedGroups, list16(offeredGroups))
	add(b, extEncryptThenMAC, bytes())
	add(b, extExtendedMaster, bytes())
	add(b, extRenegotiation, bytes(0))
	add(b, extSignatureAlgorithms, list16(schemesFor(o.algorithm)))
	add(b, extSupportedVersions, bytes(8, 3, 4, 3, 3, 3, 2, 3, 1))
	if len(o.cookie) > 0 {
		add(b, extCookie, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(o.cookie) })
		})
	}
	add(b, extKeyShare, func(b *cryptobyte.Builder) { b.AddUint16LengthPrefixed(o.keyShares) })
}

// serverName writes the one name of type host_name (RFC 6066, Section 3).
func (o offer) serverName(b *cryptobyte.Builder) {
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(0)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(o.sni)) })
	})
}

func (o offer) keyShares(b *cryptobyte.Builder) {
	for _, s := range o.shares {
		b.AddUint16(s.group)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(s.public) })
	}
}

// add writes one extension.
func add(b *cryptobyte.Builder, kind uint16, data func(*cryptobyte.Builder)) {
	b.AddUint16(kind)
	b.AddUint16LengthPrefixed(data)
}

func addAll(b *cryptobyte.Builder, values []uint16) {
	for _, v := range values {
		b.AddUint16(v)
	}
}

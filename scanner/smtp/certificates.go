package smtp

import (
	"bytes"

	"golang.org/x/crypto/cryptobyte"
)

// parseCertificates reads the body of a Certificate message: RFC 5246, Section
// 7.4.2, or in TLS 1.3 (modern) RFC 8446, Section 4.4.2. Each certificate is
// taken as it was sent, whatever it holds.
func parseCertificates(body []byte, modern bool) ([][]byte, error) {
	s := cryptobyte.String(body)
	var context, list cryptobyte.String
	if modern && !s.ReadUint8LengthPrefixed(&context) {
		return nil, malformed("Certificate")
	}
	if !s.ReadUint24LengthPrefixed(&list) || !s.Empty() {
		return nil, malformed("Certificate")
	}
	var chain [][]byte
	for !list.Empty() {
		var der, extensions cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) || der.Empty() {
			return nil, malformed("Certificate entry")
		}
		if modern && !list.ReadUint16LengthPrefixed(&extensions) {
			return nil, malformed("Certificate extensions")
		}
		if len(chain) == maxChain {
			return nil, errTLSLimit
		}
		chain = append(chain, bytes.Clone(der))
	}
	if len(chain) == 0 {
		return nil, malformed("no certificate")
	}
	return chain, nil
}

package smtp

import (
	"crypto/tls"
	"errors"
	"slices"
	"testing"
)

// anonymousSuites are those of the names DH_anon and ECDH_anon in the registry "TLS
// Cipher Suites".
var anonymousSuites = []uint16{
	0x0017, 0x0018, 0x0019, 0x001a, 0x001b, 0x0034, 0x003a, 0x0046, 0x006c, 0x006d, 0x0089, 0x009b, 0x00a6, 0x00a7,
	0x00bf, 0x00c5, 0xc015, 0xc016, 0xc017, 0xc018, 0xc019, 0xc046, 0xc047, 0xc05a, 0xc05b, 0xc084, 0xc085,
}

// TestClientHello reads what either stack offers as crypto/tls on the server's side
// does: the TLSA base domain as SNI (RFC 7672, Section 8.1), TLS 1.0 and later (RFC
// 7671, Section 3), cipher suites with certificates and none without (RFC 7672,
// Section 8.2), and no raw public keys (RFC 7671, Section 5.1). A hello compatible
// with SSL 2.0 could not be read.
func TestClientHello(t *testing.T) {
	const rawKeys = 20 // server_certificate_type (RFC 7250, Section 7)
	heard := make(chan *tls.ClientHelloInfo, 2)
	address := serve(t, func(p *peer) {
		p.upTo220()
		refuse := func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			heard <- hello
			return nil, errors.New("enough was heard")
		}
		_ = tls.Server(p.Conn, &tls.Config{GetConfigForClient: refuse, MinVersion: tls.VersionTLS10}).Handshake()
	})
	target := Target{Address: address, SNI: "base.mx.example"}
	if s := Probe(t.Context(), target, Config{EHLO: "scanner.example"}); s.Fallback == nil {
		t.Fatalf("one stack alone was tried: %s %s", s.Failure, s.Error)
	}
	for _, stack := range []string{StackGo, StackFetcher} {
		var hello *tls.ClientHelloInfo
		select {
		case hello = <-heard:
		default:
			t.Fatalf("%s: no ClientHello that could be read", stack)
		}
		if hello.ServerName != target.SNI {
			t.Errorf("%s: SNI %q", stack, hello.ServerName)
		}
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
			if !slices.Contains(hello.SupportedVersions, version) {
				t.Errorf("%s: %s is not offered", stack, tls.VersionName(version))
			}
		}
		for _, suite := range []uint16{tls.TLS_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA} {
			if !slices.Contains(hello.CipherSuites, suite) {
				t.Errorf("%s: %s is not offered", stack, tls.CipherSuiteName(suite))
			}
		}
		for _, suite := range anonymousSuites {
			if slices.Contains(hello.CipherSuites, suite) {
				t.Errorf("%s: cipher suite %04x shows no certificate", stack, suite)
			}
		}
		if slices.Contains(hello.Extensions, rawKeys) {
			t.Errorf("%s: raw public keys are offered", stack)
		}
	}
}

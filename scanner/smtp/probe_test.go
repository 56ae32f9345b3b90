package smtp

import (
	"bytes"
	"crypto/tls"
	"testing"
)

func TestProbeCompletesSession(t *testing.T) {
	for _, test := range []struct {
		name           string
		version        uint16
		wantVersion    string
		wantCipher     string
		wantGroup      string
		clientCertAsks bool
	}{
		{"1.3", tls.VersionTLS13, "1.3", "TLS_AES_128_GCM_SHA256", "x25519", true},
		{"1.2", tls.VersionTLS12, "1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "x25519", true},
		{"1.0", tls.VersionTLS10, "1.0", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "x25519", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			cert := certificate(t, ecdsaKey(), nil)
			config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: test.version, MaxVersion: test.version}
			if test.clientCertAsks {
				config.ClientAuth = tls.RequestClientCert
			}
			address := serve(t, func(p *peer) { p.secure(config) })
			s := Probe(t.Context(), to(address), quick())
			if !s.HandshakeComplete || !s.PossessionVerified || !s.ChainCounts() || s.Failure != "" || s.Stage != StageDone {
				t.Fatalf("session did not complete: %+v", s)
			}
			if s.TLSVersion != test.wantVersion || s.Cipher != test.wantCipher || s.Group != test.wantGroup || s.Stack != StackGo {
				t.Errorf("got %s %s %s by %s", s.TLSVersion, s.Cipher, s.Group, s.Stack)
			}
			if len(s.Chain) != 1 || !bytes.Equal(s.Chain[0], cert.Certificate[0]) || s.KeyAlgorithm != "ecdsa" {
				t.Errorf("chain %x (%s) is not what was sent", s.Chain, s.KeyAlgorithm)
			}
			if s.ClientCertRequested != test.clientCertAsks {
				t.Errorf("client certificate requested: %v", s.ClientCertRequested)
			}
			if s.Alert != -1 || s.AlertFrom != "" {
				t.Errorf("alert %d from %q", s.Alert, s.AlertFrom)
			}
			if s.GreetingCode != 220 || s.EHLOCode != 250 || s.STARTTLSCode != 220 || !s.STARTTLS || s.HELOCode != 0 {
				t.Errorf("codes %d %d %d %d", s.GreetingCode, s.EHLOCode, s.STARTTLSCode, s.HELOCode)
			}
			if got := string(s.Greeting); got != "220 mx.example ESMTP\r\n" {
				t.Errorf("greeting %q", got)
			}
			if len(s.Extensions) != 2 || s.Extensions[0] != "SIZE 1000" || s.Extensions[1] != "STARTTLS" {
				t.Errorf("extensions %q", s.Extensions)
			}
		})
	}
}

package smtp

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"testing"
)

// TestForgedCertificates: where crypto/x509 gives up and a sender would not, the
// chain comes from the tap, and counts. Where a sender would give up too, it is
// evidence only.
func TestForgedCertificates(t *testing.T) {
	refused := 0
	for _, f := range forgeries {
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS12, tls.VersionTLS13} {
			for _, key := range []crypto.Signer{rsaKey(), ecdsaKey()} {
				t.Run(fmt.Sprintf("%s %x %T", f.name, version, key), func(t *testing.T) {
					cert := forge(t, key, f.edit)
					config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: version, MaxVersion: version}
					s := Probe(t.Context(), to(serve(t, func(p *peer) { p.secure(config) })), quick())
					if len(s.Chain) != 1 || !bytes.Equal(s.Chain[0], cert.Certificate[0]) || s.Stack != StackGo || s.Fallback != nil {
						t.Fatalf("chain not had: %+v", s)
					}
					if _, err := x509.ParseCertificate(cert.Certificate[0]); err == nil {
						if !s.HandshakeComplete || s.Failure != "" {
							t.Errorf("handshake ended with %q: %s", s.Failure, s.Error)
						}
						return
					}
					refused++
					want := FailProtocol
					if f.accepted {
						want = FailParse
					}
					if s.Failure != want || s.ChainCounts() != f.accepted || s.HandshakeComplete || s.PossessionVerified {
						t.Errorf("%q, counts %v: %s", s.Failure, s.ChainCounts(), s.Error)
					}
					if s.Alert != 50 || s.AlertFrom != FromClient || !s.CertificateSeenBeforeAlert {
						t.Errorf("alert %d from %q", s.Alert, s.AlertFrom)
					}
					if s.TLSVersion != versionName(version) || s.Cipher == "" || s.Group != "x25519" {
						t.Errorf("version %s, cipher %s, group %s", s.TLSVersion, s.Cipher, s.Group)
					}
				})
			}
		}
	}
	if refused < 80 {
		t.Errorf("crypto/x509 refused %d certificates: the forgeries have lost their point", refused)
	}
}

func TestIsCertificate(t *testing.T) {
	for _, f := range forgeries {
		if f.name == "element too many" { // crypto/x509 goes on, and so do we
			continue
		}
		if got := isCertificate(forge(t, ecdsaKey(), f.edit).Certificate[0]); got != f.accepted {
			t.Errorf("%s: %v", f.name, got)
		}
	}
	good := forge(t, ecdsaKey(), nil).Certificate[0]
	for cut := range good {
		if isCertificate(good[:cut]) {
			t.Errorf("cut at %d it is still one", cut)
		}
	}
}

func TestKeyAlgorithm(t *testing.T) {
	oid := func(id ...byte) func(*parts) {
		return func(p *parts) {
			p.key = tlv(tagSequence, tlv(tagSequence, tlv(tagOID, id)), tlv(tagBitString, []byte{0, 1}))
		}
	}
	for _, test := range []struct {
		want  string
		chain [][]byte
	}{
		{"", nil},
		{"rsa", certificate(t, rsaKey(), nil).Certificate},
		{"ecdsa", certificate(t, ecdsaKey(), nil).Certificate},
		{"ecdsa", forge(t, ecdsaKey(), func(p *parts) { p.version = nil }).Certificate},
		{"eddsa", forge(t, ecdsaKey(), oid(0x2b, 0x65, 0x70)).Certificate},
		{"eddsa", forge(t, ecdsaKey(), oid(0x2b, 0x65, 0x71)).Certificate},
		{"rsa", forge(t, ecdsaKey(), oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10)).Certificate},
		{"other", forge(t, ecdsaKey(), oid(0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1)).Certificate}, // DSA
		{"other", [][]byte{{}}},
		{"other", [][]byte{{0x30, 0x80}}},
	} {
		if got := keyAlgorithm(test.chain); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func FuzzCertificate(f *testing.F) {
	for _, forgery := range forgeries {
		f.Add(forge(f, ecdsaKey(), forgery.edit).Certificate[0])
	}
	f.Add([]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, der []byte) {
		ok := isCertificate(der)
		name := keyAlgorithm([][]byte{der})
		if ok && name == "" {
			t.Error("a certificate without a key")
		}
		if cert, err := x509.ParseCertificate(der); err == nil && cert.PublicKeyAlgorithm == x509.RSA && name != "rsa" {
			t.Errorf("an RSA key is called %q", name)
		}
	})
}

package smtp

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
)

// serverHello12 is a ServerHello of TLS 1.2 with a suite, no extensions.
func serverHello12(suite uint16) []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, byte(suite>>8), byte(suite), 0)
	return handshakeMessage(messageServerHello, body)
}

func handshakeMessage(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// certificateMessage is a Certificate before TLS 1.3.
func certificateMessage(chain ...[]byte) []byte {
	var list []byte
	for _, der := range chain {
		list = append(list, byte(len(der)>>16), byte(len(der)>>8), byte(len(der)))
		list = append(list, der...)
	}
	return handshakeMessage(messageCertificate, append([]byte{byte(len(list) >> 16), byte(len(list) >> 8), byte(len(list))}, list...))
}

// flight12 sends a first flight of TLS 1.2, cut into records of that size.
func (p *peer) flight12(size int, messages ...[]byte) {
	for part := range slices.Chunk(slices.Concat(messages...), size) {
		p.record(recordHandshake, part...)
	}
}

// TestTwoCertificates: a server with two keys shows the one that was asked for.
func TestTwoCertificates(t *testing.T) {
	byRSA, byECDSA := certificate(t, rsaKey(), nil), certificate(t, ecdsaKey(), nil)
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		curves := []tls.CurveID{tls.X25519}
		if version == tls.VersionTLS13 {
			curves = append(curves, tls.CurveP256, tls.CurveP384, tls.CurveP521)
		}
		for _, curve := range curves {
			prefer := []tls.CurveID{curve}
			if version < tls.VersionTLS13 { // else crypto/tls keeps back a certificate on P-256
				prefer = append(prefer, tls.CurveP256)
			}
			config := &tls.Config{Certificates: []tls.Certificate{byRSA, byECDSA}, MinVersion: version, MaxVersion: version,
				CurvePreferences: prefer, ClientAuth: tls.RequestClientCert}
			address := serve(t, func(p *peer) { p.upTo220(); _ = tls.Server(p.Conn, config).Handshake() })
			for algorithm, want := range map[string]tls.Certificate{"rsa": byRSA, "ecdsa": byECDSA} {
				t.Run(fmt.Sprintf("%s %s %s", versionName(version), curve, algorithm), func(t *testing.T) {
					target := to(address)
					target.Algorithm = algorithm
					s := Probe(t.Context(), target, quick())
					if !s.ChainCounts() || s.Failure != "" || s.Stage != StageDone || s.NoSuchCertificate() {
						t.Fatalf("ended at %s with %q: %s", s.Stage, s.Failure, s.Error)
					}
					if len(s.Chain) != 1 || !bytes.Equal(s.Chain[0], want.Certificate[0]) || s.KeyAlgorithm != algorithm {
						t.Errorf("a chain of %q", s.KeyAlgorithm)
					}
					if s.HandshakeComplete || s.PossessionVerified || s.Stack != StackFetcher || s.Alert != -1 {
						t.Errorf("not a fetcher's session: %+v", s)
					}
					if s.TLSVersion != versionName(version) || s.Group != groupName(uint16(curve)) || s.Cipher == "" || !s.ClientCertRequested {
						t.Errorf("version %s, group %s, cipher %s, client certificate %v", s.TLSVersion, s.Group, s.Cipher, s.ClientCertRequested)
					}
				})
			}
		}
	}
}

// TestNoSuchCertificate: a server with one key, asked for the other.
func TestNoSuchCertificate(t *testing.T) {
	rsa := certificate(t, rsaKey(), nil)
	for _, test := range []struct {
		name    string
		script  func(p *peer)
		failure Failure
	}{
		{"alert, TLS 1.3", func(p *peer) {
			p.upTo220()
			_ = tls.Server(p.Conn, &tls.Config{Certificates: []tls.Certificate{rsa}}).Handshake()
		}, FailAlert},
		{"alert, TLS 1.2", func(p *peer) {
			p.upTo220()
			_ = tls.Server(p.Conn, &tls.Config{Certificates: []tls.Certificate{rsa}, MaxVersion: tls.VersionTLS12}).Handshake()
		}, FailAlert},
		{"dropped", func(p *peer) { p.upTo220(); p.hello() }, FailDropped},
		{"the other one shown", func(p *peer) {
			p.upTo220()
			p.hello()
			p.flight12(1<<14, serverHello12(0xc02f), certificateMessage(rsa.Certificate[0]), handshakeMessage(messageServerHelloDone, nil))
			p.hang()
		}, FailAlgorithm},
	} {
		t.Run(test.name, func(t *testing.T) {
			target := to(serve(t, test.script))
			target.Algorithm = "ecdsa"
			s := Probe(t.Context(), target, quick())
			if s.Failure != test.failure || !s.NoSuchCertificate() || s.ChainCounts() || len(s.Chain) > 0 || s.Stage != StageHandshake {
				t.Errorf("ended at %s with %q: %s", s.Stage, s.Failure, s.Error)
			}
		})
	}
}

// secondTry is what a server does in two sessions, from the ClientHello on; cert is
// its certificate.
type secondTry struct {
	name          string
	first, second func(p *peer, cert []byte)
	counts        bool
	failure       Failure // of the first session
	fallback      Failure // of the second
}

// goodDHE shows a certificate in a suite that crypto/tls does not know.
func goodDHE(p *peer, cert []byte) {
	p.flight12(100, serverHello12(0x009e), certificateMessage(cert),
		handshakeMessage(messageServerKeyExchange, make([]byte, 300)), handshakeMessage(messageServerHelloDone, nil))
	p.hang()
}

func refuse(p *peer, _ []byte) { p.record(recordAlert, 2, 40) }

var secondTries = []secondTry{
	{"DHE only", refuse, goodDHE, true, FailAlert, ""},
	{"DHE only, says nothing", func(*peer, []byte) {}, goodDHE, true, FailDropped, ""},
	{"crypto/tls refuses the suite", goodDHE, goodDHE, true, FailAlert, ""},
	{"warning first", refuse, func(p *peer, cert []byte) { p.record(recordAlert, 1, 112); goodDHE(p, cert) }, true, FailAlert, ""},
	{"alert both times", refuse, func(p *peer, _ []byte) { p.record(recordAlert, 2, 80) }, false, FailAlert, FailAlert},
	{"drop after the certificate", refuse, func(p *peer, cert []byte) {
		p.flight12(100, serverHello12(0x009e), certificateMessage(cert))
	}, false, FailAlert, FailDropped},
	{"malformed certificate", refuse, func(p *peer, _ []byte) { goodDHE(p, []byte("no")) }, false, FailAlert, FailProtocol},
}

// TestFetcherIsSecondTry: what crypto/tls cannot get, the fetcher can, and the
// session tells of both.
func TestFetcherIsSecondTry(t *testing.T) {
	cert := certificate(t, rsaKey(), nil).Certificate[0]
	for _, test := range secondTries {
		t.Run(test.name, func(t *testing.T) {
			var sessions atomic.Int32
			address := serve(t, func(p *peer) {
				p.upTo220()
				p.hello()
				if sessions.Add(1) == 1 {
					test.first(p, cert)
				} else {
					test.second(p, cert)
				}
			})
			s := Probe(t.Context(), to(address), quick())
			if got := sessions.Load(); got != 2 || s.Fallback == nil {
				t.Fatalf("%d sessions, ended at %s with %q: %s", got, s.Stage, s.Failure, s.Error)
			}
			test.check(t, s, cert)
		})
	}
}

func (test secondTry) check(t *testing.T, s Session, cert []byte) {
	t.Helper()
	if s.Failure != test.failure || s.Fallback.Failure != test.fallback || s.ChainCounts() != test.counts {
		t.Errorf("%q, then %q (%s), counts %v", s.Failure, s.Fallback.Failure, s.Fallback.Error, s.ChainCounts())
	}
	if s.HandshakeComplete || s.PossessionVerified || s.Deferred() {
		t.Errorf("complete %v, deferred %v", s.HandshakeComplete, s.Deferred())
	}
	if !test.counts {
		if len(s.Chain) > 0 || s.Stack != StackGo {
			t.Errorf("%d certificates by %s", len(s.Chain), s.Stack)
		}
		return
	}
	if len(s.Chain) != 1 || !bytes.Equal(s.Chain[0], cert) || s.Stack != StackFetcher ||
		s.KeyAlgorithm != "rsa" || s.Cipher != "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" || s.TLSVersion != "1.2" || s.Group != "" {
		t.Errorf("chain %x by %s: %s %s %s", s.Chain, s.Stack, s.TLSVersion, s.Cipher, s.Group)
	}
}

// TestFetcherDeferred: a server that has no time for the second session has not
// had its say.
func TestFetcherDeferred(t *testing.T) {
	var sessions atomic.Int32
	address := serve(t, func(p *peer) {
		if sessions.Add(1) > 1 {
			p.say("421 too many connections")
			p.bye()
			return
		}
		p.upTo220()
		p.hello()
		p.record(recordAlert, 2, 40)
	})
	s := Probe(t.Context(), to(address), quick())
	if !s.Deferred() || s.ChainCounts() || s.Failure != FailAlert || s.Fallback == nil || s.Fallback.GreetingCode != 421 {
		t.Errorf("deferred %v: %+v", s.Deferred(), s)
	}
}

// TestClientCertificateDemanded: the chain was shown, and then the door closed.
func TestClientCertificateDemanded(t *testing.T) {
	cert := certificate(t, rsaKey(), nil)
	demand := func(version uint16) func(p *peer) {
		return func(p *peer) {
			p.upTo220()
			conn := tls.Server(p.Conn, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: version, ClientAuth: tls.RequireAnyClientCert})
			_ = conn.Handshake()
			p.hang()
		}
	}
	s := Probe(t.Context(), to(serve(t, demand(tls.VersionTLS12))), quick())
	if s.ChainCounts() || len(s.Chain) != 1 || s.Failure != FailAlert || s.AlertFrom != FromServer || !s.CertificateSeenBeforeAlert || !s.ClientCertRequested {
		t.Errorf("TLS 1.2: ended at %s with %q, alert %d: %s", s.Stage, s.Failure, s.Alert, s.Error)
	}
	if s.Fallback != nil {
		t.Error("a second session for nothing")
	}
	// In TLS 1.3 the client has finished before the server says no: for a sender,
	// too, the handshake is complete.
	s = Probe(t.Context(), to(serve(t, demand(tls.VersionTLS13))), quick())
	if !s.ChainCounts() || !s.HandshakeComplete || s.Failure != "" || s.Alert != 116 || s.AlertFrom != FromServer || !s.ClientCertRequested {
		t.Errorf("TLS 1.3: ended at %s with %q, alert %d: %s", s.Stage, s.Failure, s.Alert, s.Error)
	}
}

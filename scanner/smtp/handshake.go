package smtp

import (
	"bytes"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math"
	"net"
)

// everySuite is all that crypto/tls can do, the weak ones last: a DANE sender
// takes any cipher over none.
var everySuite = func() []uint16 {
	var ids []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, suite.ID)
	}
	return ids
}()

// goStack does the handshake with crypto/tls. It completes it whatever the
// certificate says: DANE decides about that later, on the bytes.
func goStack(l *link, t Target, s *Session) net.Conn {
	s.Stack = StackGo
	h := goHandshake{Session: s, link: l, tap: &tap{Conn: l}}
	defer h.tap.close()
	conn := tls.Client(h.tap, h.config(t.SNI))
	if err := conn.Handshake(); err != nil {
		h.failed(err)
		return nil
	}
	h.completed(conn.ConnectionState())
	return conn
}

// goHandshake is a handshake of crypto/tls as seen from outside.
type goHandshake struct {
	*Session
	link    *link
	tap     *tap
	secrets secrets
	shown   [][]byte // certificates that crypto/x509 could read
}

func (h *goHandshake) config(sni string) *tls.Config {
	return &tls.Config{
		ServerName:         sni,
		InsecureSkipVerify: true,
		MinVersion:         tls.VersionTLS10,
		MaxVersion:         tls.VersionTLS13,
		CipherSuites:       everySuite,
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		KeyLogWriter:       &h.secrets,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			h.shown = raw
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			h.ClientCertRequested = true
			return new(tls.Certificate), nil
		},
		SessionTicketsDisabled: true,
	}
}

// completed records a handshake that proved possession of the key.
func (h *goHandshake) completed(state tls.ConnectionState) {
	h.HandshakeComplete, h.PossessionVerified = true, true
	h.TLSVersion, h.Cipher = versionName(state.Version), tls.CipherSuiteName(state.CipherSuite)
	h.Group = groupName(uint16(state.CurveID))
	for _, cert := range state.PeerCertificates {
		h.Chain = append(h.Chain, cert.Raw)
	}
	h.KeyAlgorithm = keyAlgorithm(h.Chain)
	h.shown = nil
}

// failed records why a handshake failed, and the chain if the server had shown it.
func (h *goHandshake) failed(err error) {
	seen := readFlight(h.tap.in, h.secrets.server)
	if seen.begun {
		h.TLSVersion, h.Cipher = versionName(seen.hello.version), suiteName(seen.hello.suite)
		h.Group = groupName(seen.group)
	}
	h.ClientCertRequested = h.ClientCertRequested || seen.requested
	h.Chain = seen.chain
	if h.shown != nil {
		h.Chain = clone(h.shown)
	}
	h.KeyAlgorithm = keyAlgorithm(h.Chain)
	h.CertificateSeenBeforeAlert = seen.certificate || h.shown != nil

	why := classify(err)
	if alert, ok := remoteAlert(err); ok {
		why, h.Alert, h.AlertFrom = FailAlert, alert, FromServer
	} else if alert, ok := h.tap.alert(seen.hello.suite, h.secrets.client); ok {
		why, h.Alert, h.AlertFrom = FailAlert, alert, FromClient
	}
	var notTLS tls.RecordHeaderError
	var network net.Error
	switch {
	case h.AlertFrom == FromClient && h.Chain != nil && (h.shown == nil || beyondRSA(h.shown[0])):
		why = h.refused()
	case errors.As(err, &notTLS) && h.Chain == nil:
		why = FailParse
	case why == FailNetwork && !errors.As(err, &network), errors.Is(err, errTLSLimit):
		why = FailProtocol
	}
	h.fail(h.link.ctx, why, err)
}

// beyondRSA reports whether a certificate has an RSA key that crypto/rsa declines
// to work with though it is sound: a public exponent over 31 bits.
func beyondRSA(leaf []byte) bool {
	cert, err := x509.ParseCertificate(leaf)
	if err != nil {
		return false
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	return ok && key.E > math.MaxInt32
}

// refused says what it means that crypto/tls gave up on the certificates: the
// chain counts where a sender could read it.
func (h *goHandshake) refused() Failure {
	for _, der := range h.Chain {
		if !isCertificate(der) {
			return FailProtocol
		}
	}
	return FailParse
}

// clone copies a chain, so that it does not keep the message alive that it came in.
func clone(chain [][]byte) [][]byte {
	out := make([][]byte, len(chain))
	for i, der := range chain {
		out[i] = bytes.Clone(der)
	}
	return out
}

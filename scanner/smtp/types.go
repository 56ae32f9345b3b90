package smtp

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Target is one session to hold: an address of an MX host, and the TLSA base
// domain, which is the SNI (RFC 7672, Section 8.1).
type Target struct {
	Address netip.AddrPort
	SNI     string // A-labels, no final dot
	// Algorithm asks for the certificate of that key algorithm ("rsa", "ecdsa");
	// empty: whichever the server shows.
	Algorithm string
}

// Config says how a session is held. Zero values are the defaults given.
type Config struct {
	EHLO string // our own name; "localhost"

	ConnectTimeout   time.Duration // 10 s
	GreetingTimeout  time.Duration // 60 s
	CommandTimeout   time.Duration // 60 s: EHLO, HELO, STARTTLS
	HandshakeTimeout time.Duration // 30 s
	QuitTimeout      time.Duration // 2 s
	SessionTimeout   time.Duration // 240 s: all of one connection

	// Pace, if set, is called before each connection that a Probe makes (at most
	// two) and returns when it may be made. An error ends the Probe.
	Pace func(ctx context.Context, address netip.AddrPort) error
	// Dial makes the connection; nil: a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now is the clock of Session.Started and of the durations; nil: time.Now.
	Now func() time.Time

	afterTLSTimeout time.Duration // 10 s: the EHLO in TLS, which decides nothing
}

// Stage is how far a session came.
type Stage string

const (
	StageConnect   Stage = "connect"
	StageGreeting  Stage = "greeting"
	StageEHLO      Stage = "ehlo"
	StageSTARTTLS  Stage = "starttls"
	StageHandshake Stage = "handshake"
	StageDone      Stage = "done"
)

// Failure is why a session ended before its end. The empty one: it did not.
type Failure string

const (
	FailRefused    Failure = "refused"     // connection refused
	FailTimeout    Failure = "timeout"     // the peer was silent for too long
	FailNetwork    Failure = "network"     // any other error of the network
	FailNoRoute    Failure = "no-route"    // this machine has no route for that family
	FailDropped    Failure = "dropped"     // the peer closed or reset
	FailCode       Failure = "code"        // the peer answered with another code than hoped for
	FailNotOffered Failure = "not-offered" // EHLO without STARTTLS
	FailProtocol   Failure = "protocol"    // not SMTP, or over a limit
	FailAlert      Failure = "alert"       // a TLS alert, see Session.Alert
	FailParse      Failure = "parse"       // we could not read what the peer sent in TLS
	// FailAlgorithm: asked for the certificate of one key algorithm, the server
	// showed that of another. Only where Target.Algorithm is set.
	FailAlgorithm Failure = "algorithm"
	// FailCancelled: the caller's context ended; the session says nothing.
	FailCancelled Failure = "cancelled"
)

// The stacks that get a chain.
const (
	StackGo      = "go"
	StackFetcher = "fetcher"
)

// Who sent a TLS alert.
const (
	FromServer = "server"
	FromClient = "client"
)

// Session is what one session showed: facts only.
type Session struct {
	Started time.Time

	Connected    bool
	GreetingCode int    // 0: none came
	Greeting     []byte // raw, capped
	EHLOCode     int
	HELOCode     int
	Extensions   []string // keywords and parameters as sent, capped; valid UTF-8
	STARTTLS     bool     // offered
	STARTTLSCode int
	Injected     []byte // came in the same read as the 220 to STARTTLS; capped

	Stage   Stage // the stage at which the session ended
	Failure Failure
	Error   string // what the local software said, for logs; capped, may quote the peer

	HandshakeComplete          bool
	TLSVersion                 string // "1.0" to "1.3"
	Cipher                     string // IANA name
	Group                      string // IANA name; empty for RSA key exchange
	Alert                      int    // TLS alert number, -1 for none
	AlertFrom                  string // "server", "client"
	CertificateSeenBeforeAlert bool
	ClientCertRequested        bool
	PossessionVerified         bool
	Stack                      string   // "go", "fetcher"
	Chain                      [][]byte // DER as sent

	// KeyAlgorithm is that of the leaf's key: "rsa", "ecdsa", "eddsa", "other";
	// empty without a chain.
	KeyAlgorithm string

	// Fallback is the fetcher's session after a primary that ended before a
	// certificate came; nil: none was needed. Its chain is the Chain above.
	Fallback *Session

	ConnectTime, TLSTime, TotalTime time.Duration
}

// Deferred reports whether the server asked to come back later: 421 or any
// other 4xx, at any stage, of the fetcher's session too.
func (s Session) Deferred() bool {
	for _, code := range []int{s.GreetingCode, s.EHLOCode, s.HELOCode, s.STARTTLSCode} {
		if code/100 == 4 {
			return true
		}
	}
	return s.Fallback != nil && !s.ChainCounts() && s.Fallback.Deferred()
}

// ChainCounts reports whether Chain is one to judge: the handshake was completed
// (even if the peer closed right after), or the fetcher got the chain because
// crypto/tls failed before one came or because one algorithm was asked for, or
// our own parser refused a certificate that a sender would accept. A chain beside
// a false is evidence only: the server broke off after it had shown it.
//
// The same is said by four columns of a row: handshake_complete, or a chain that
// is not empty with stack "fetcher" or failure "parse".
func (s Session) ChainCounts() bool {
	return s.HandshakeComplete || len(s.Chain) > 0 && (s.Stack == StackFetcher || s.Failure == FailParse)
}

// NoSuchCertificate reports, of a session that asked for one key algorithm, that
// the server has no certificate of it, as far as this session can tell.
func (s Session) NoSuchCertificate() bool {
	if s.Stack != StackFetcher || s.ChainCounts() {
		return false
	}
	return s.Failure == FailAlgorithm || s.Failure == FailAlert || s.Stage == StageHandshake && s.Failure == FailDropped
}

package smtp

import (
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
	EHLO string // our own name

	ConnectTimeout   time.Duration // 10 s
	GreetingTimeout  time.Duration // 60 s
	CommandTimeout   time.Duration // 60 s: EHLO, HELO, STARTTLS
	HandshakeTimeout time.Duration // 30 s
	QuitTimeout      time.Duration // 2 s
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
)

// Session is what one session showed: facts only.
type Session struct {
	Started time.Time

	Connected    bool
	GreetingCode int    // 0: none came
	Greeting     []byte // raw, capped
	EHLOCode     int
	HELOCode     int
	Extensions   []string // keywords and parameters as sent, capped
	STARTTLS     bool     // offered
	STARTTLSCode int
	Injected     []byte // came in the same read as the 220 to STARTTLS; capped

	Stage   Stage // the stage at which the session ended
	Failure Failure
	Error   string // what the local software said, for logs

	HandshakeComplete          bool
	TLSVersion                 string // "1.0" to "1.3"
	Cipher                     string // IANA name
	Group                      string
	Alert                      int    // TLS alert number, -1 for none
	AlertFrom                  string // "server", "client"
	CertificateSeenBeforeAlert bool
	ClientCertRequested        bool
	PossessionVerified         bool
	Stack                      string   // "go", "fetcher"
	Chain                      [][]byte // DER as sent

	ConnectTime, TLSTime, TotalTime time.Duration
}

// Deferred reports whether the server asked to come back later: 421 or any
// other 4xx, at any stage.
func (s Session) Deferred() bool {
	for _, code := range []int{s.GreetingCode, s.EHLOCode, s.HELOCode, s.STARTTLSCode} {
		if code/100 == 4 {
			return true
		}
	}
	return false
}

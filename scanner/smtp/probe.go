package smtp

import (
	"context"
	"errors"
	"net"
)

// errSessionTimeout ends a connection that took all of Config.SessionTimeout.
var errSessionTimeout = errors.New("session over its time limit")

// Probe holds one session with t, and a second one by the fetcher where the first
// ended in the handshake before a certificate came. With t.Algorithm set it holds
// one session by the fetcher. It ends by itself, and at once when ctx does.
func Probe(ctx context.Context, t Target, cfg Config) Session {
	cfg = cfg.withDefaults()
	if t.Algorithm != "" {
		return hold(ctx, t, cfg, fetchStack)
	}
	s := hold(ctx, t, cfg, goStack)
	if s.wantsFetcher() && ctx.Err() == nil {
		s.adopt(hold(ctx, t, cfg, fetchStack))
	}
	return s
}

// stack does the handshake on l and writes what it shows into s. It returns the
// connection inside TLS, or nil where there is none to go on with.
type stack func(l *link, t Target, s *Session) net.Conn

// hold holds one session.
func hold(ctx context.Context, t Target, cfg Config, handshake stack) (s Session) {
	s = Session{Stage: StageConnect, Alert: -1}
	if cfg.Pace != nil {
		if err := cfg.Pace(ctx, t.Address); err != nil {
			s.Started, s.Failure, s.Error = cfg.Now(), FailCancelled, err.Error()
			return s
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.SessionTimeout, errSessionTimeout)
	defer cancel()
	s.Started = cfg.Now()
	link, err := connect(ctx, t.Address, cfg)
	s.ConnectTime = cfg.Now().Sub(s.Started)
	if err != nil {
		s.fail(ctx, classifyDial(err, t.Address), err)
		s.TotalTime = s.ConnectTime
		return s
	}
	defer link.Close()
	s.Connected = true
	d := dialogue{Session: &s, cfg: cfg, target: t, link: link, text: newReplyReader(link)}
	d.run(handshake)
	s.TotalTime = cfg.Now().Sub(s.Started)
	return s
}

// wantsFetcher reports whether the handshake of crypto/tls ended before the
// server's Certificate, in a way that need not be the server's last word: it
// refused what crypto/tls offers, or crypto/tls what it sent.
func (s *Session) wantsFetcher() bool {
	if s.Stage != StageHandshake || len(s.Chain) > 0 || s.CertificateSeenBeforeAlert {
		return false
	}
	switch s.Failure {
	case FailAlert, FailParse, FailProtocol, FailDropped:
		return true
	}
	return false
}

// adopt takes the chain of the fetcher's session f, if it got one, and keeps the
// rest of s: its failure is why there was a second session.
func (s *Session) adopt(f Session) {
	s.Fallback = &f
	s.TotalTime += f.TotalTime
	if f.Failure == FailCancelled { // the question is open
		s.Failure, s.Error = f.Failure, f.Error
	}
	if !f.ChainCounts() {
		return
	}
	s.Stack, s.Chain, s.KeyAlgorithm = f.Stack, f.Chain, f.KeyAlgorithm
	s.TLSVersion, s.Cipher, s.Group = f.TLSVersion, f.Cipher, f.Group
	s.ClientCertRequested = f.ClientCertRequested
	s.TLSTime = f.TLSTime
}

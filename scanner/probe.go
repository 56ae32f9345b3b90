package scanner

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/judge"
	"danescan/scanner/resolver"
	"danescan/scanner/smtp"
)

// visit is one planned session with an address of a host, on behalf of the host.
type visit struct {
	*stay
	address netip.Addr
}

// stay is a host on its way to its row: it is written when its last session is
// over.
type stay struct {
	host run.HostEvidence
	base string

	mu   sync.Mutex
	left int
	rows []run.EndpointEvidence
	der  [][]byte
}

// planVisit plans a session with each address of a host, or writes the host's row
// at once where there is nothing to connect to.
func (c *collector) planVisit(h run.HostEvidence) error {
	s := &stay{host: h}
	var visits []*visit
	for _, address := range c.targets(s) {
		reason := c.refuse(address)
		if reason == "" {
			visits = append(visits, &visit{stay: s, address: address})
			continue
		}
		s.rows = append(s.rows, run.EndpointEvidence{
			Host: h.Host, Base: s.base, Address: address.String(), Port: int32(c.cfg.SMTPPort),
			Attempt: 1, ScannedAt: stamp(c.cfg.now()), NotTried: reason,
		})
	}
	if len(visits) == 0 {
		return c.settle(s)
	}
	s.left = len(visits)
	for _, v := range visits {
		c.plan.put(v.address, v)
	}
	return nil
}

// targets are the addresses that this host is the first to name with its base
// domain: a shared endpoint is probed once.
func (c *collector) targets(s *stay) []netip.Addr {
	state, base := judge.State(&s.host)
	if !applies(state) {
		if c.cfg.Probe != ProbeAll {
			return nil
		}
		base = s.host.Host
	}
	s.base = base
	var addresses []netip.Addr
	for _, text := range s.host.Addresses {
		address, err := netip.ParseAddr(text)
		if err == nil && c.seen.add(base, address) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// refuse says why an address is not connected to, or nothing.
func (c *collector) refuse(address netip.Addr) run.Reason {
	switch {
	case c.cfg.Probe == ProbeNone:
		return run.ReasonProbeOff
	case address.Is4() && c.cfg.NoIPv4, !address.Is4() && c.cfg.NoIPv6:
		return run.ReasonNoRoute
	case !c.cfg.AllowAny && resolver.PrivateAddr(address):
		return run.ReasonPrivate
	}
	return ""
}

// hold holds one session, and finishes the host with the last one.
func (c *collector) hold(ctx context.Context, v *visit) error {
	target := smtp.Target{Address: netip.AddrPortFrom(v.address, c.cfg.SMTPPort), SNI: v.base}
	session := c.cfg.session(ctx, target, c.cfg.SMTP)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.cfg.Progress.Sessions.Add(1)
	row := sessionRow(v, target, session)
	v.mu.Lock()
	v.rows = append(v.rows, row)
	v.der = append(v.der, session.Chain...)
	v.left--
	last := v.left == 0
	v.mu.Unlock()
	if !last {
		return nil
	}
	return c.settle(v.stay)
}

// settle hands a finished host to the batch and makes room for the next.
func (c *collector) settle(s *stay) error {
	defer func() { <-c.visits }()
	c.cfg.Progress.HostsDone.Add(1)
	return c.out.add(s.host, s.rows, s.der)
}

// sessionRow is a session as it is stored.
func sessionRow(v *visit, t smtp.Target, s smtp.Session) run.EndpointEvidence {
	row := run.EndpointEvidence{
		Host: v.host.Host, Base: v.base, Address: v.address.String(), Port: int32(t.Address.Port()),
		Attempt: 1, ScannedAt: stamp(s.Started), TLSAAgeMS: tlsaAge(v, s.Started),
		Connected: s.Connected, GreetingCode: code(s.GreetingCode), Greeting: s.Greeting,
		EHLOCode: code(s.EHLOCode), HELOCode: code(s.HELOCode), Extensions: s.Extensions,
		STARTTLSCode: code(s.STARTTLSCode), Injected: s.Injected,
		Stage: run.Stage(s.Stage), Failure: string(s.Failure),
		HandshakeComplete: s.HandshakeComplete, TLSVersion: s.TLSVersion, Cipher: s.Cipher, KeyExchange: s.Group,
		AlertFrom: s.AlertFrom, Stack: s.Stack,
		ConnectMS: milliseconds(s.ConnectTime), TLSMS: milliseconds(s.TLSTime), TotalMS: milliseconds(s.TotalTime),
	}
	if s.Failure == smtp.FailNoRoute {
		row.NotTried = run.ReasonNoRoute
	}
	if s.EHLOCode != 0 || s.HELOCode != 0 {
		row.STARTTLS = ptr(s.STARTTLS)
	}
	if s.Alert >= 0 {
		row.TLSAlert = ptr(int32(s.Alert))
		row.CertificateSeenBeforeAlert = ptr(s.CertificateSeenBeforeAlert)
	}
	for _, der := range s.Chain {
		sum := sha256.Sum256(der)
		row.Chain = append(row.Chain, sum[:])
	}
	if len(s.Chain) > 0 {
		row.PossessionVerified = ptr(s.PossessionVerified)
		row.ClientCertRequested = ptr(s.ClientCertRequested)
		row.Algorithm = keyAlgorithm(s.Chain[0])
	}
	return row
}

// tlsaAge is how old the TLSA evidence was when the session began.
func tlsaAge(v *visit, at time.Time) *int64 {
	for _, candidate := range v.host.TLSACandidates {
		if candidate.Base == v.base {
			return ptr(max(0, at.Sub(candidate.LookedUpAt).Milliseconds()))
		}
	}
	return nil
}

// code is an SMTP reply code, null where none came.
func code(n int) *int32 {
	if n == 0 {
		return nil
	}
	return ptr(int32(n))
}

// milliseconds is a duration, null where there was none.
func milliseconds(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	return ptr(d.Milliseconds())
}

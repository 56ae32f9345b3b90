package scanner

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

// maxTries is how often a server that puts us off (421 or another 4xx) is come
// back to.
const maxTries = 2

// hold holds one session, and finishes the host with its last one.
func (c *collector) hold(ctx context.Context, v *visit) error {
	c.freshen(ctx, v.stay)
	target := smtp.Target{
		Address: netip.AddrPortFrom(v.address, c.cfg.SMTPPort), SNI: v.base, Algorithm: string(v.algorithm),
	}
	cfg := c.cfg.SMTP
	cfg.Pace = c.pace()
	session := c.cfg.session(ctx, target, cfg)
	if ctx.Err() != nil || session.Failure == smtp.FailCancelled {
		return context.Cause(ctx)
	}
	c.cfg.Progress.Sessions.Add(1)
	if c.putOff(v, session) {
		return nil
	}
	v.mu.Lock()
	row := sessionRow(v, target, session)
	v.mu.Unlock()
	c.ask(ctx, v, &row, session.Chain)
	// A session for a certificate that the server does not have makes no row: there
	// is nothing to judge.
	if v.algorithm == "" || session.ChainCounts() {
		v.keep(row, session.Chain)
	}
	c.planOther(v, row)
	if !v.over() {
		return nil
	}
	return c.settle(v.stay)
}

// pace keeps the gap between the two connections that one session may need: the
// second one fetches a certificate that the first could not read.
func (c *collector) pace() func(context.Context, netip.AddrPort) error {
	first := true
	return func(ctx context.Context, _ netip.AddrPort) error {
		if first {
			first = false
			return nil
		}
		if !pause(ctx, nil, c.cfg.SMTPGap) {
			return ctx.Err()
		}
		return c.rate.Wait(ctx)
	}
}

// putOff plans the same visit for later where the server asked for that. A second
// certificate is not worth coming back for.
func (c *collector) putOff(v *visit, s smtp.Session) bool {
	if !s.Deferred() || len(v.tries) >= maxTries || v.algorithm != "" {
		return false
	}
	v.tries = append(v.tries, run.Try{Time: stamp(s.Started), Stage: run.Stage(s.Stage), Code: code(deferral(s))})
	c.plan.putAt(time.Now().Add(c.cfg.RetryDelay), v.address, v)
	return true
}

// deferral is the 4xx code of a session, wherever in it.
func deferral(s smtp.Session) int {
	for _, n := range []int{s.STARTTLSCode, s.HELOCode, s.EHLOCode, s.GreetingCode} {
		if n/100 == 4 {
			return n
		}
	}
	if s.Fallback != nil {
		return deferral(*s.Fallback)
	}
	return 0
}

// keep adds a row to the host's.
func (v *visit) keep(row run.EndpointEvidence, chain [][]byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rows = append(v.rows, row)
	v.der = append(v.der, chain...)
}

// planOther plans a session for the certificate of the other algorithm: of the
// two that a server may have, senders get the one that they prefer (RFC 7671,
// Section 8).
func (c *collector) planOther(v *visit, row run.EndpointEvidence) {
	if v.algorithm != "" {
		return
	}
	other := map[run.KeyAlgorithm]run.KeyAlgorithm{run.KeyRSA: run.KeyECDSA, run.KeyECDSA: run.KeyRSA}[row.Algorithm]
	if other == "" || !slices.Contains(c.cfg.Algorithms, other) {
		return
	}
	v.mu.Lock()
	v.left++
	v.mu.Unlock()
	c.plan.put(v.address, &visit{stay: v.stay, address: v.address, algorithm: other})
}

// over counts a session as over and reports whether it was the host's last.
func (v *visit) over() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.left--
	return v.left == 0
}

// settle hands a finished host to the batch and makes room for the next.
func (c *collector) settle(s *stay) error {
	defer func() { <-c.visits }()
	c.cfg.Progress.HostsDone.Add(1)
	return c.out.add(s.host, s.rows, s.der)
}

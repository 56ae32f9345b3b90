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

// hold holds one session, and finishes the host with its last one. It says how the
// address bore it.
func (c *collector) hold(ctx context.Context, v *visit) (mood, error) {
	if reason := c.refuse(v.stay, v.address); reason != "" { // known only since it was planned
		return untouched, c.skip(ctx, v, reason)
	}
	c.freshen(ctx, v.stay)
	if saw := c.hush.sees(v.address); saw != nil {
		return untouched, c.spare(ctx, v, saw)
	}
	target := smtp.Target{
		Address: netip.AddrPortFrom(v.address, c.cfg.SMTPPort), SNI: v.base, Algorithm: string(v.algorithm),
	}
	cfg := c.cfg.SMTP
	cfg.Pace = c.pace()
	c.cfg.Progress.SessionsNow.Add(1)
	session := c.cfg.session(ctx, target, cfg)
	c.cfg.Progress.SessionsNow.Add(-1)
	if ctx.Err() != nil || session.Failure == smtp.FailCancelled {
		return untouched, context.Cause(ctx)
	}
	c.cfg.Progress.countSession(&session, v.algorithm != "")
	c.ports.note(v.address, &session)
	if c.putOff(v, session) {
		c.hush.note(v.address, &session, nil)
		return moodOf(session), nil
	}
	return moodOf(session), c.finishVisit(ctx, v, target, session)
}

// finishVisit makes a session into a row of its host.
func (c *collector) finishVisit(ctx context.Context, v *visit, target smtp.Target, session smtp.Session) error {
	v.mu.Lock()
	row := sessionRow(v, target, session)
	v.mu.Unlock()
	if v.algorithm == "" { // a second session with a host that answered says less
		c.hush.note(v.address, &session, &row)
	}
	c.ask(ctx, v, &row, session.Chain)
	// A session for a certificate that the server does not have makes no row: there
	// is nothing to judge.
	if v.algorithm == "" || session.ChainCounts() {
		v.keep(row, session.Chain)
	}
	if v.sample != nil {
		v.sample.add(row, &session, v.algorithm != "")
	}
	if !c.planOther(v, row) {
		if err := c.conclude(ctx, v); err != nil {
			return err
		}
	}
	return c.over(v.stay)
}

// skip finishes a visit without a session.
func (c *collector) skip(ctx context.Context, v *visit, reason run.Reason) error {
	if v.algorithm == "" {
		v.keep(c.notTried(v.stay, v.address, reason), nil)
	}
	if v.sample != nil {
		v.sample.unclear = true
	}
	if err := c.conclude(ctx, v); err != nil {
		return err
	}
	return c.over(v.stay)
}

// moodOf is how a server bore a session.
func moodOf(s smtp.Session) mood {
	busy := slices.Contains([]int{s.GreetingCode, s.EHLOCode, s.HELOCode, s.STARTTLSCode}, 421)
	if busy || s.Failure == smtp.FailTimeout {
		return troubled
	}
	return calm
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
// two that a server may have, senders get the one that they prefer (RFC 8446,
// Section 4.4.2.2). It reports whether there is to be one.
func (c *collector) planOther(v *visit, row run.EndpointEvidence) bool {
	if v.algorithm != "" {
		return false
	}
	other := map[run.KeyAlgorithm]run.KeyAlgorithm{run.KeyRSA: run.KeyECDSA, run.KeyECDSA: run.KeyRSA}[row.Algorithm]
	if other == "" || !slices.Contains(c.cfg.Algorithms, other) {
		return false
	}
	v.mu.Lock()
	v.left++
	v.mu.Unlock()
	c.plan.put(v.address, &visit{
		stay: v.stay, address: v.address, provider: v.provider, algorithm: other, sample: v.sample,
	})
	return true
}

// over counts a visit as over and finishes the host with its last one.
func (c *collector) over(s *stay) error {
	s.mu.Lock()
	s.left--
	last := s.left == 0
	s.mu.Unlock()
	if !last {
		return nil
	}
	return c.settle(s)
}

// settle hands a finished host to the batch and makes room for the next.
func (c *collector) settle(s *stay) error {
	defer func() { <-c.visits }()
	if s.attempt == 1 {
		c.cfg.Progress.HostsDone.Add(1)
	}
	return c.write(c.ports.sift(s))
}

// write adds finished hosts to the batch.
func (c *collector) write(hosts []*stay) error {
	for _, s := range hosts {
		if err := c.out.add(&s.host, s.rows, s.der); err != nil {
			return err
		}
	}
	return nil
}

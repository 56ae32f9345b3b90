package scanner

import (
	"context"
	"crypto/sha256"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/judge"
	"danescan/scanner/resolver"
)

// maxEvidenceAge bounds how old the TLSA and address evidence of a session may be,
// whatever its TTL: a verdict must not come from looking at two moments.
const maxEvidenceAge = 10 * time.Minute

// freshen asks for the TLSA records of a host again where they are too old to
// begin a session with.
func (c *collector) freshen(ctx context.Context, s *stay) {
	s.mu.Lock()
	stale := c.stale(&s.host)
	s.mu.Unlock()
	if stale {
		c.askAgain(resolver.Fresh(ctx, time.Time{}), s)
	}
}

// stale reports whether evidence that DANE rests on is older than its TTL or
// maxEvidenceAge.
func (c *collector) stale(h *run.HostEvidence) bool {
	now := c.cfg.now()
	for _, t := range h.TLSACandidates {
		limit := maxEvidenceAge
		if t.Lookup.TTL != nil {
			limit = min(limit, max(time.Duration(*t.Lookup.TTL)*time.Second, time.Second))
		}
		if now.Sub(t.LookedUpAt) > limit {
			return true
		}
	}
	return false
}

// renewal is how often what lookups share that must show repairs is asked for anew:
// the root, the top-level domains, the large providers. What leads such a lookup to its
// answer is no older.
const renewal = 5 * time.Minute

// afresh is a context for lookups that must show what was repaired: past the answers
// that are remembered, and past what is remembered of name servers, delegations and
// keys from before the last renewal. Second looks believe nothing from before the
// first of them.
func (c *collector) afresh(ctx context.Context) context.Context {
	return resolver.Fresh(ctx, c.renewed())
}

// renewed is when what such lookups share was last asked for anew.
func (c *collector) renewed() time.Time {
	if at := c.cfg.now().Truncate(renewal); at.After(c.confirming) {
		return at
	}
	return c.confirming
}

// askAgain replaces the TLSA evidence of a host by that of now, as far past what is
// remembered as ctx says. Where it can no longer be had, or belongs to another base
// domain than the session's, what was there stays.
func (c *collector) askAgain(ctx context.Context, s *stay) {
	s.mu.Lock()
	h := s.host
	s.mu.Unlock()
	l := &hostLookup{Resolver: c.cfg.Resolver, h: &h}
	c.tlsa(ctx, l)
	c.cfg.Progress.Queries.Add(int64(l.queries))
	if state, base := judge.State(&h); ctx.Err() != nil || !applies(state) || base != s.base {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.host.TLSACandidates, s.host.TLSA, s.host.ENT = h.TLSACandidates, h.TLSA, h.ENT
}

// ask asks for the TLSA records once more where a session does not match them:
// they may have been rolled over since (RFC 7671, Section 8.1). Once for each host
// is enough: what came is fresh.
func (c *collector) ask(ctx context.Context, v *visit, row *run.EndpointEvidence, chain [][]byte) {
	if len(chain) == 0 || !c.mismatch(v.stay, row, chain) {
		return
	}
	v.mu.Lock()
	asked := v.asked
	v.asked = true
	v.mu.Unlock()
	if asked {
		return
	}
	c.askAgain(c.afresh(ctx), v.stay)
	v.mu.Lock()
	defer v.mu.Unlock()
	row.TLSAAgeMS = tlsaAge(v.stay, row.ScannedAt)
}

// mismatch reports whether the judge would refuse a session by the host's records
// as they are.
func (c *collector) mismatch(s *stay, row *run.EndpointEvidence, chain [][]byte) bool {
	certs := certificates{}
	for _, der := range chain {
		certs[sha256.Sum256(der)] = der
	}
	s.mu.Lock()
	host := run.Host{HostEvidence: s.host}
	s.mu.Unlock()
	e := run.Endpoint{EndpointEvidence: *row}
	if err := judge.Endpoint(&e, &host, certs); err != nil {
		return false
	}
	return e.Verdict == run.Mismatch
}

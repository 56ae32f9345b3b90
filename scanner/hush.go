package scanner

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

const (
	// hushAfter is how many sessions in a row must end alike, before we said a word,
	// for the next ones with that address to be spared.
	hushAfter = 5
	// maxHushed bounds the addresses remembered. One that is forgotten costs its
	// operator sessions, never a verdict.
	maxHushed = 1 << 16
)

// hush remembers addresses that answer nobody: no connection, or a greeting that
// never comes or that turns everybody away. Up to there a server was told no name,
// so that what it did holds for all its hosts. After hushAfter sessions that ended
// so, the others get the last of them for their own, inferred, until that is older
// than maxEvidenceAge: then one of them is connected to again. So a provider that is
// down costs a few sessions for each address, not a timeout for each host.
type hush struct {
	off bool

	mu   sync.Mutex
	each map[netip.Addr]*hushed
}

// hushed is an address that answers nobody.
type hushed struct {
	how manner
	row int // sessions that ended so, one after the other
	at  time.Time
	saw *run.EndpointEvidence // the last of them that made a row; nil: none did yet
}

// manner is how a session ended before we said anything.
type manner struct {
	stage   smtp.Stage
	failure smtp.Failure
	code    int // of the greeting
}

func newHush(off bool) *hush { return &hush{off: off, each: map[netip.Addr]*hushed{}} }

// note takes how a session ended, with its row where it made one.
func (h *hush) note(addr netip.Addr, s *smtp.Session, row *run.EndpointEvidence) {
	h.mu.Lock()
	defer h.mu.Unlock()
	early := s.Stage == smtp.StageConnect || s.Stage == smtp.StageGreeting
	if !early || s.Failure == smtp.FailNoRoute {
		delete(h.each, addr)
		return
	}
	how := manner{s.Stage, s.Failure, s.GreetingCode}
	a := h.each[addr]
	if a == nil || a.how != how {
		h.forget()
		a = &hushed{how: how}
		h.each[addr] = a
	}
	a.row++
	if row != nil {
		a.saw, a.at = row, time.Now()
	}
}

// forget makes room for one more.
func (h *hush) forget() {
	for addr := range h.each {
		if len(h.each) < maxHushed {
			return
		}
		delete(h.each, addr)
	}
}

// sees returns what a session with an address would come to; nil where nobody knows.
func (h *hush) sees(addr netip.Addr) *run.EndpointEvidence {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.each[addr]
	if h.off || a == nil || a.row < hushAfter || a.saw == nil || time.Since(a.at) > maxEvidenceAge {
		return nil
	}
	return a.saw
}

// spare finishes a visit with what others saw at its address.
func (c *collector) spare(ctx context.Context, v *visit, saw *run.EndpointEvidence) error {
	if v.algorithm == "" {
		row := *saw
		v.mu.Lock()
		row.Host, row.Base, row.Attempt, row.Inferred = v.host.Host, v.base, v.attempt, true
		row.Tries, row.ConnectMS, row.TLSMS, row.TotalMS = v.tries, nil, nil, nil
		row.TLSAAgeMS = tlsaAge(v.stay, row.ScannedAt)
		v.mu.Unlock()
		v.keep(row, nil)
		c.cfg.Progress.Inferred.Add(1)
	}
	if v.sample != nil {
		v.sample.unclear = true // those that wait for it are spared one by one
	}
	if err := c.conclude(ctx, v); err != nil {
		return err
	}
	return c.over(v.stay)
}

package exchange

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

const (
	// firstOut is how many questions may be out to a server that never replied.
	firstOut = 16
	// silentAfter is how many tries in a row must remain without a reply, over
	// silentSpan timeouts at least, before a server counts as silent. With a network
	// that loses a third of all packets, that is one in 6,000 by accident.
	silentAfter = 8
	silentSpan  = 2
	// A silent server is tried again after firstRest, then after twice as long each
	// time, up to maxRest.
	firstRest = time.Second
	maxRest   = 64 * time.Second

	// trusted is how long ago a server may have replied for a lost question to say
	// something of the network, and trustedRow how many it may have lost since.
	trusted    = time.Minute
	trustedRow = 4

	// After refusalsToSlow refusals in a row the rate of a server is halved, after as
	// many again once more; then it stays.
	refusalsToSlow = 16
	maxSlow        = 2
)

// peer is what is known of one server, and who waits for it. The number of questions
// that may be out to it doubles with each reply and halves with each loss: where
// more than half are lost it goes to one.
type peer struct {
	server  netip.AddrPort
	most    int           // questions out
	timeout time.Duration // of a try

	mu sync.Mutex
	places
	row      int       // tries without a reply since the last one
	since    time.Time // when the first of these was sent
	heard    time.Time // when it last replied
	faded    bool      // it has lost a try since, and is one that answers
	refusals int       // in a row
	slowed   int       // how often its rate was halved

	silent  bool // left alone, but for a try at a time:
	until   time.Time
	rest    time.Duration // from one such try to the next
	probing bool
}

// enter waits for a place. It ends with ErrSilent where the server is left alone;
// probe says that this is the try that finds out.
func (p *peer) enter(ctx context.Context, clock func() time.Time) (probe bool, err error) {
	p.mu.Lock()
	if p.silent {
		defer p.mu.Unlock()
		if p.probing || clock().Before(p.until) {
			return false, ErrSilent
		}
		p.probing = true
		p.out++
		return true, nil
	}
	if err := p.take(ctx, &p.mu); err == errTurnedAway {
		return false, ErrSilent
	} else if err != nil {
		return false, err
	}
	return false, nil
}

// leave ends a try that says nothing of the server.
func (p *peer) leave(probe bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(probe)
}

func (p *peer) end(probe bool) {
	if probe {
		p.probing = false
	}
	p.give()
}

// replied ends a try with a reply: the server is well. It returns how often its rate
// is to be halved, and whether that is new.
func (p *peer) replied(now time.Time, refusal bool) (slow int, changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard, p.faded, p.row, p.since = now, false, 0, time.Time{}
	if p.silent {
		p.silent, p.probing = false, false
	}
	if p.rest /= 2; p.rest < firstRest {
		p.rest = 0
	}
	p.out--
	p.resize(min(2*p.size, p.most))
	was := p.slowed
	switch {
	case !refusal:
		p.refusals, p.slowed = 0, 0
	case p.slowed < maxSlow:
		p.refusals++
		p.slowed = p.refusals / refusalsToSlow
	}
	return p.slowed, p.slowed != was
}

// lost ends a try without a reply. It reports whether the network may have lost it:
// the server is one that answers.
func (p *peer) lost(probe bool, now time.Time, net *presence) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	trusts := now.Sub(p.heard) < trusted && p.row < trustedRow
	if trusts && !p.faded {
		p.faded = true
		net.fade()
	}
	p.out--
	p.size = max(1, p.size/2)
	if probe {
		p.probing = false
	}
	if sent := now.Add(-p.timeout); !net.gone(sent) {
		p.count(probe, sent, now)
	}
	if !p.silent {
		p.admit()
	}
	return trusts
}

// count adds a try to those that remained without a reply, and leaves the server
// alone when they are enough.
func (p *peer) count(probe bool, sent, now time.Time) {
	if p.row == 0 {
		p.since = sent
	}
	p.row++
	if p.row >= silentAfter && now.Sub(p.since) >= silentSpan*p.timeout && (probe || !p.silent) {
		p.giveUp(now)
	}
}

// giveUp leaves the server alone for a while, longer each time.
func (p *peer) giveUp(now time.Time) {
	p.rest = min(max(2*p.rest, firstRest), maxRest)
	p.silent, p.until = true, now.Add(p.rest)
	p.turnAway()
}

// idle reports whether forgetting the server loses nothing that matters.
func (p *peer) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out == 0 && len(p.queue) == 0 && p.row == 0 && p.slowed == 0
}

// shards is into how many parts the servers are divided, each with a lock of its own.
const shards = 16

// peers remembers a bounded number of servers.
type peers struct {
	cfg    GovernorConfig
	shards [shards]peerShard
}

type peerShard struct {
	mu   sync.Mutex
	each map[netip.AddrPort]*peer
}

func newPeers(cfg GovernorConfig) *peers {
	ps := &peers{cfg: cfg}
	for i := range ps.shards {
		ps.shards[i].each = map[netip.AddrPort]*peer{}
	}
	return ps
}

// of returns what is known of a server.
func (ps *peers) of(server netip.AddrPort) *peer {
	s := ps.shard(server.Addr())
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.each[server]; p != nil {
		return p
	}
	if len(s.each) >= max(1, ps.cfg.Servers/shards) {
		s.forget()
	}
	p := &peer{
		server: server, most: ps.cfg.PerServer, timeout: ps.cfg.Timeout,
		places: places{size: min(firstOut, ps.cfg.PerServer)},
	}
	s.each[server] = p
	return p
}

// shard spreads servers by the bits that tell neighbours apart.
func (ps *peers) shard(server netip.Addr) *peerShard {
	b := server.As16()
	return &ps.shards[(b[15]^b[14]^b[13]^b[7]^b[5])%shards]
}

// forget drops servers that are well and that nobody is asking. Where none of those
// looked at is, the last of them goes: whoever is asking it ends as he began.
func (s *peerShard) forget() {
	var last netip.AddrPort
	n, dropped := 0, false
	for server, p := range s.each {
		if p.idle() {
			delete(s.each, server)
			dropped = true
		}
		last = server
		if n++; n >= looks {
			break
		}
	}
	if !dropped {
		delete(s.each, last)
	}
}

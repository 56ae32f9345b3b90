package exchange

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Pacer decides when a message may be sent.
type Pacer interface {
	// Wait returns when a message may be sent to server, or with an error when ctx
	// ends or would end before that.
	Wait(ctx context.Context, server netip.AddrPort) error
}

// LimiterConfig says how fast a Limiter lets messages go. Rates are messages a
// second; 0 is no limit.
type LimiterConfig struct {
	Global    float64
	PerServer float64 // for each address
	Burst     int     // messages that may go at once to one server; 0: 10
	Servers   int     // servers remembered; 0: 65,536
}

// Limiter is a Pacer with one rate for everything and one for each server.
type Limiter struct {
	cfg    LimiterConfig
	global *rate.Limiter // nil: no limit

	mu      sync.Mutex
	servers map[netip.Addr]*rate.Limiter
}

const (
	defaultBurst   = 10
	defaultServers = 1 << 16
	// looks is how many servers are looked at to find one that may be forgotten.
	looks = 16
)

// NewLimiter makes a limiter.
func NewLimiter(cfg LimiterConfig) *Limiter {
	if cfg.Burst <= 0 {
		cfg.Burst = defaultBurst
	}
	if cfg.Servers <= 0 {
		cfg.Servers = defaultServers
	}
	l := &Limiter{cfg: cfg, servers: make(map[netip.Addr]*rate.Limiter)}
	if cfg.Global > 0 {
		// A tenth of a second's worth: smooth on the wire, few wake-ups.
		l.global = rate.NewLimiter(rate.Limit(cfg.Global), max(1, int(cfg.Global/10)))
	}
	return l
}

// Wait implements Pacer. The server's turn comes first, so that a slow server
// does not use up what others could have.
func (l *Limiter) Wait(ctx context.Context, server netip.AddrPort) error {
	if l.cfg.PerServer > 0 {
		if err := l.of(server.Addr()).Wait(ctx); err != nil {
			return err
		}
	}
	if l.global != nil {
		return l.global.Wait(ctx)
	}
	return nil
}

func (l *Limiter) of(server netip.Addr) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.servers[server]; r != nil {
		return r
	}
	if len(l.servers) >= l.cfg.Servers {
		l.forget()
	}
	r := rate.NewLimiter(rate.Limit(l.cfg.PerServer), l.cfg.Burst)
	l.servers[server] = r
	return r
}

// charge counts messages that went without waiting: later ones wait for them.
func (l *Limiter) charge(server netip.Addr, n int) {
	now := time.Now()
	if l.cfg.PerServer > 0 {
		l.of(server).ReserveN(now, n)
	}
	if l.global != nil {
		l.global.ReserveN(now, n)
	}
}

// slow halves the rate of one server n times; 0 gives it back.
func (l *Limiter) slow(server netip.Addr, n int) {
	if l.cfg.PerServer > 0 {
		l.of(server).SetLimit(rate.Limit(l.cfg.PerServer / float64(int(1)<<n)))
	}
}

// forget drops servers that have their whole burst again: a new limiter knows as
// much as theirs. Where none of those looked at has, the last of them goes.
func (l *Limiter) forget() {
	var last netip.Addr
	n, dropped := 0, false
	for server, r := range l.servers {
		if r.Tokens() >= float64(l.cfg.Burst) {
			delete(l.servers, server)
			dropped = true
		}
		last = server
		if n++; n >= looks {
			break
		}
	}
	if !dropped {
		delete(l.servers, last)
	}
}

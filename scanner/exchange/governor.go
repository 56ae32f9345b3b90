package exchange

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// GovernorConfig says how many questions a Governor lets out and when it gives a
// server up. The zero value is good.
type GovernorConfig struct {
	Timeout time.Duration // of one try of the exchanger behind; 0: 2 s
	Retries int           // tries after the first; 0: 2, negative: none

	Max       int // questions out at a time, at most; 0: 1,501
	Min       int // and at least, whatever is lost; 0: 16
	PerServer int // questions out to one server at a time, at most; 0: a third of Max
	Servers   int // servers remembered; 0: 65,536

	Limiter *Limiter         // rates, each try counted; nil: none
	Log     *slog.Logger     // told when the network loses questions; nil: nobody
	Now     func() time.Time // nil: time.Now
}

const (
	defaultGovernorMax = 1501
	defaultGovernorMin = 16
)

func (c GovernorConfig) withDefaults() GovernorConfig {
	retry := Config{Timeout: c.Timeout, Retries: c.Retries}.withDefaults()
	c.Timeout, c.Retries = retry.Timeout, retry.Retries
	if c.Max <= 0 {
		c.Max = defaultGovernorMax
	}
	if c.Min <= 0 {
		c.Min = defaultGovernorMin
	}
	c.Min = min(c.Min, c.Max)
	if c.PerServer <= 0 {
		c.PerServer = max(c.Min, c.Max/3)
	}
	if c.Servers <= 0 {
		c.Servers = defaultServers
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Governor is an Exchanger for an iterating resolver, which asks many servers over
// one network. It decides when each try may go:
//
//   - All questions together: as many may be out as the network bears (see uplink).
//   - Each server: the fewer, the more of its questions remain without a reply; one
//     that was silent for long is left alone but for a try now and then, and
//     questions to it end at once with ErrSilent (see peer). One that refuses
//     everything is asked at a quarter of the rate.
//
// So a server, or an operator with many domains, that is dead costs a bounded number
// of waits, and not one for each of its domains. The exchanger behind tries once for
// each call: the tries after the first are made here, each in its turn.
type Governor struct {
	next   Exchanger
	cfg    GovernorConfig
	peers  *peers
	uplink *uplink
	net    presence
	spared atomic.Int64
}

// ErrSilent is that a server was not asked: it left all questions of late without a
// reply, while others answered. It comes in an Error of kind Timeout.
var ErrSilent = errors.New("not asked: the server has been silent")

// NewGovernor puts a governor in front of an exchanger that tries once: a Client with
// negative Retries and no Pacer.
func NewGovernor(next Exchanger, cfg GovernorConfig) *Governor {
	cfg = cfg.withDefaults()
	return &Governor{next: next, cfg: cfg, peers: newPeers(cfg), uplink: newUplink(cfg)}
}

// GovernorStats is how a Governor stands.
type GovernorStats struct {
	Size   int   // questions that may be out at a time
	Out    int   // that are out
	Spared int64 // questions that were not put, because the server was silent
}

// Stats returns how it stands.
func (g *Governor) Stats() GovernorStats {
	size, out := g.uplink.stands()
	return GovernorStats{Size: size, Out: out, Spared: g.spared.Load()}
}

// Exchange implements Exchanger. Errors are of type *Error.
func (g *Governor) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt Options) (Reply, error) {
	server = netip.AddrPortFrom(server.Addr().Unmap(), server.Port())
	p := g.peers.of(server)
	sent := 0
	var last error
	for range 1 + g.cfg.Retries {
		r, err := g.try(ctx, p, server, wanted{q, opt})
		if err == nil {
			r.Queries += sent
			return r, nil
		}
		n := sentBy(err)
		sent += n
		opt.TCP = opt.TCP || n > 1                     // it was sent there already, and had little time left
		if last == nil || !errors.Is(err, ErrSilent) { // what was tried says more
			last = err
		}
		if ctx.Err() != nil || errors.Is(err, ErrSilent) {
			break
		}
	}
	return Reply{}, &Error{Kind: kindAfter(ctx, last), Server: server, Queries: sent, Err: cause(last)}
}

// wanted is what is asked, and how.
type wanted struct {
	dnssec.Question
	opt Options
}

// try asks once, when it is the question's turn: at the server, by the rates, and on
// the network.
func (g *Governor) try(ctx context.Context, p *peer, server netip.AddrPort, q wanted) (Reply, error) {
	probe, err := p.enter(ctx, g.cfg.Now)
	if err != nil {
		if errors.Is(err, ErrSilent) {
			g.spared.Add(1)
		}
		return Reply{}, err
	}
	if err := g.pace(ctx, server); err != nil {
		p.leave(probe)
		return Reply{}, err
	}
	r, err := g.next.Exchange(ctx, server, q.Question, q.opt)
	g.note(p, probe, r, err)
	return r, err
}

// pace waits for the turn by the rates, then for a place on the network.
func (g *Governor) pace(ctx context.Context, server netip.AddrPort) error {
	if g.cfg.Limiter != nil {
		if err := g.cfg.Limiter.Wait(ctx, server); err != nil {
			return errors.Join(errNoTurn, err)
		}
	}
	return g.uplink.enter(ctx, g.cfg.Now)
}

// note gives back what a try held, and remembers how it ended.
func (g *Governor) note(p *peer, probe bool, r Reply, err error) {
	now := g.cfg.Now()
	switch {
	case err == nil:
		g.net.heard(now)
		if g.cfg.Limiter != nil && r.Queries > 1 { // once more, over TCP
			g.cfg.Limiter.charge(p.server.Addr(), r.Queries-1)
		}
		if slow, changed := p.replied(now, refuses(r)); changed && g.cfg.Limiter != nil {
			g.cfg.Limiter.slow(p.server.Addr(), slow)
		}
		g.uplink.leave(now, replied)
	case timedOut(err):
		c := unknown
		if p.lost(probe, now, &g.net) {
			c = lost
		}
		g.uplink.leave(now, c)
	default:
		p.leave(probe)
		g.uplink.leave(now, unknown)
	}
}

// timedOut reports whether a try ended without anything from the server.
func timedOut(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == Timeout
}

// refuses reports whether a reply says that the server will not, or cannot.
func refuses(r Reply) bool {
	return r.Msg != nil && (r.Msg.Rcode == dns.RcodeRefused || r.Msg.Rcode == dns.RcodeServerFailure)
}

// sentBy is how many messages an exchange without a reply sent.
func sentBy(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Queries
	}
	return 0
}

// kindAfter sorts the error of the last try.
func kindAfter(ctx context.Context, err error) Kind {
	var e *Error
	switch {
	case ended(ctx):
		return Cancelled
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, ErrSilent):
		return Timeout
	}
	return Cancelled
}

// cause is what is behind the error of a try.
func cause(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

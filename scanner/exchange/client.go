package exchange

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"sync"
	"time"

	"danescan/scanner/dnssec"
)

// Config says how a Client asks. The zero value suits name servers on the
// Internet. A recursive resolver is better asked more often (Retries 5): a stock
// Unbound sends no reply to a question that is older than 1.9 s, but goes on
// looking, and answers the next one.
type Config struct {
	Timeout time.Duration // for one try; 0: 2 s
	Retries int           // tries after the first; 0: 2, negative: none
	// InFlight is how many questions may be out at a time, each with a socket of
	// its own; 0: 4096. Further ones wait. Negative: whoever asks sees to it.
	InFlight int
	// Shared is how many sockets are kept open to each server (16 servers at most)
	// and shared by all questions to it; 0: a fresh port for each try. For a
	// resolver on this machine only: a fixed port leaves a forger on the network
	// nothing to guess but the ID (RFC 5452, Section 9.2).
	Shared int
	Pacer  Pacer // nil: nothing is paced
}

const (
	defaultTimeout  = 2 * time.Second
	defaultRetries  = 2
	defaultInFlight = 4096

	// maxMismatches is how many wrong replies one question takes before it turns
	// to TCP, where a forger has to guess much more.
	maxMismatches = 3
)

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	switch {
	case c.Retries == 0:
		c.Retries = defaultRetries
	case c.Retries < 0:
		c.Retries = 0
	}
	if c.InFlight == 0 {
		c.InFlight = defaultInFlight
	}
	return c
}

// Client asks servers over UDP, and over TCP where that is needed. It is safe for
// concurrent use.
type Client struct {
	cfg    Config
	slots  chan struct{} // one for each question in flight; nil: no bound
	fresh  sockets
	shared *sharing // nil: every try has a socket of its own
	count  counters
}

// New makes a client.
func New(cfg Config) *Client {
	cfg = cfg.withDefaults()
	c := &Client{cfg: cfg}
	if cfg.InFlight > 0 {
		c.slots = make(chan struct{}, cfg.InFlight)
	}
	if cfg.Shared > 0 {
		c.shared = newSharing(cfg.Shared, &c.count)
	}
	return c
}

// Close closes the sockets that are kept and waits for their readers. Questions
// still out over shared ones fail.
func (c *Client) Close() error {
	c.fresh.close()
	if c.shared != nil {
		c.shared.close()
	}
	return nil
}

// Errors that a try ends with, beside those of the network.
var (
	errTimeout    = errors.New("no reply in time")
	errMismatches = errors.New("too many replies to other questions")
	errClosed     = errors.New("client is closed")
	errNoTurn     = errors.New("no turn to send in time")
)

// Exchange asks server q and returns the first usable reply. Where none comes, it
// asks again, as often as configured. Errors are of type *Error.
func (c *Client) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt Options) (Reply, error) {
	server = netip.AddrPortFrom(server.Addr().Unmap(), server.Port())
	a := askings.Get().(*asking)
	defer askings.Put(a)
	*a = asking{client: c, server: server, query: &a.packed, tcp: opt.TCP}
	if err := a.packed.pack(q, opt); err != nil {
		return Reply{}, &Error{Kind: Malformed, Server: server, Err: err}
	}
	if c.slots == nil {
		return a.run(ctx)
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return Reply{}, &Error{Kind: Cancelled, Server: server, Err: ctx.Err()}
	}
	return a.run(ctx)
}

// askings are used again: nothing of one is needed once its question has ended.
var askings = sync.Pool{New: func() any { return new(asking) }}

// asking is one question on its way: the state that its tries share.
type asking struct {
	client     *Client
	server     netip.AddrPort
	query      *query
	tcp        bool // from here on
	mismatches int
	sent       int

	packed query // what query is
}

func (a *asking) run(ctx context.Context) (Reply, error) {
	var last error
	for range 1 + a.client.cfg.Retries {
		if err := a.pace(ctx); err != nil {
			last = err
			break
		}
		reply, err := a.try(ctx)
		if err == nil {
			a.client.count.replies.Add(1)
			return reply, nil
		}
		last = err
		if ended(ctx) {
			break
		}
		a.client.count.tally(kindOf(err))
	}
	kind := kindOf(last)
	if ended(ctx) {
		kind = Cancelled
	}
	return Reply{}, &Error{Kind: kind, Server: a.server, Queries: a.sent, Err: last}
}

// ended reports whether the time of ctx is up, be it that nobody told it yet.
func ended(ctx context.Context) bool {
	d, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(d)
}

// try sends the question once, or twice where the reply over UDP sends us to TCP.
func (a *asking) try(ctx context.Context) (Reply, error) {
	start := time.Now()
	deadline := start.Add(a.client.cfg.Timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	a.query.renew()
	if !a.tcp {
		reply, err := a.udp(ctx, start, deadline)
		if !errors.Is(err, errMismatches) && !a.tcp {
			reply.RTT = time.Since(start)
			return reply, err
		}
		a.tcp = true
		if err := a.pace(ctx); err != nil {
			return Reply{}, err
		}
		a.query.renew()
		start = time.Now()
	}
	reply, err := a.overTCP(ctx, deadline)
	reply.RTT = time.Since(start)
	return reply, err
}

func (a *asking) udp(ctx context.Context, start, deadline time.Time) (Reply, error) {
	if a.client.shared != nil {
		if line := a.client.shared.line(a.server); line != nil {
			reply, err := a.overShared(ctx, line, deadline)
			if err != errCrowded {
				return reply, err
			}
		}
	}
	return a.overFresh(ctx, start, deadline)
}

// pace waits until the question may be sent.
func (a *asking) pace(ctx context.Context) error {
	if a.client.cfg.Pacer == nil {
		return nil
	}
	if err := a.client.cfg.Pacer.Wait(ctx, a.server); err != nil {
		return errors.Join(errNoTurn, err)
	}
	return nil
}

// read makes a reply of a message that answers the question. A truncated one
// leaves a.tcp set and no reply.
func (a *asking) read(msg []byte, tcp bool) (Reply, error) {
	if !tcp && (truncated(msg) || len(msg) >= maxDatagram) {
		a.client.count.truncated.Add(1)
		a.tcp = true
		return Reply{}, errTruncated
	}
	m, err := dnssec.Unpack(msg)
	if err != nil {
		return Reply{}, &unreadable{err}
	}
	return Reply{Msg: m, Server: a.server, Size: len(msg), TCP: tcp, Queries: a.sent}, nil
}

// sending counts a message about to be sent.
func (a *asking) sending() {
	a.sent++
	a.client.count.queries.Add(1)
}

// mismatch counts a reply to something else and says whether that is enough.
func (a *asking) mismatch() error {
	a.client.count.mismatches.Add(1)
	if a.mismatches++; a.mismatches >= maxMismatches {
		return errMismatches
	}
	return nil
}

var errTruncated = errors.New("reply is truncated")

// unreadable is the error of a message that is no DNS message.
type unreadable struct{ err error }

func (e *unreadable) Error() string { return "reply cannot be read: " + e.err.Error() }
func (e *unreadable) Unwrap() error { return e.err }

// kindOf sorts the error of a try.
func kindOf(err error) Kind {
	var bad *unreadable
	switch {
	case errors.As(err, &bad):
		return Malformed
	case errors.Is(err, errTimeout), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, errMismatches):
		return Timeout
	case errors.Is(err, errNoTurn), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Cancelled
	}
	return Network
}

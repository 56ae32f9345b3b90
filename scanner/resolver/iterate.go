package resolver

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// IterateConfig says how to ask the Internet itself. Exchanger and Validator are
// needed; the zero values of the rest are good.
type IterateConfig struct {
	Exchanger exchange.Exchanger
	Validator *dnssec.Validator

	// Zones whose servers are given: the root, and stubs below it. Where the root
	// is missing the hints compiled in are used.
	Zones []Zone

	Port     uint16 // of every name server; 0: 53
	IPv4Only bool
	IPv6Only bool
	// AllowPrivate lets delegations lead to loopback, private and other addresses
	// that are not of the Internet at large. Zones may always name such.
	AllowPrivate bool

	Limits IterateLimits    // zero fields: the defaults
	Now    func() time.Time // nil: time.Now
	// Random gives numbers in [0,1) that spread questions over servers; nil:
	// math/rand/v2.
	Random func() float64
}

// IterateLimits bound what one lookup may cost and what is remembered.
type IterateLimits struct {
	Queries     int // sent for one lookup, retries by the exchanger included
	Aliases     int // links followed
	Depth       int // lookups of name-server names within lookups
	ServerNames int // name-server names looked up for one delegation
	Targets     int // name-server names looked up for one lookup
	Servers     int // asked one question before giving up
	Attempts    int // times that a bogus answer is asked for, each time of other servers
	Delegations int // kept in the cache
	Hosts       int // name servers whose addresses or behaviour is kept
}

var defaultIterateLimits = IterateLimits{
	Queries: 40, Aliases: maxLinks, Depth: 4, ServerNames: 4, Targets: 10, Servers: 6,
	Attempts: 3, Delegations: 40_000, Hosts: 100_000,
}

func (l IterateLimits) withDefaults() IterateLimits {
	d := defaultIterateLimits
	for _, f := range []struct{ v, def *int }{
		{&l.Queries, &d.Queries}, {&l.Aliases, &d.Aliases}, {&l.Depth, &d.Depth},
		{&l.ServerNames, &d.ServerNames}, {&l.Targets, &d.Targets}, {&l.Servers, &d.Servers},
		{&l.Attempts, &d.Attempts}, {&l.Delegations, &d.Delegations}, {&l.Hosts, &d.Hosts},
	} {
		if *f.v <= 0 {
			*f.v = *f.def
		}
	}
	return l
}

// Iterate is a Resolver that asks the servers of each zone from the root down
// (RFC 1034, Section 5.3.3). It is safe for concurrent use.
type Iterate struct {
	cfg   IterateConfig
	fixed map[string]*delegation // by apex
	cuts  *table[string, *delegation]
	sets  *serverSets
	hosts *table[string, hostAddrs] // addresses of name servers, by name
	state *serverStates

	mu      sync.Mutex
	flights map[flightKey]*flight
}

// flightKey is what those who share a lookup have in common.
type flightKey struct {
	q     dnssec.Question
	since int64
}

// flight is a lookup under way that others may wait for.
type flight struct {
	done   chan struct{}
	answer Answer
	ok     bool // false: its own context ended it
}

// NewIterate returns a resolver. The error is about the configuration.
func NewIterate(cfg IterateConfig) (*Iterate, error) {
	if cfg.Exchanger == nil || cfg.Validator == nil {
		return nil, errors.New("iterate: needs an exchanger and a validator")
	}
	if cfg.IPv4Only && cfg.IPv6Only {
		return nil, errors.New("iterate: IPv4 only and IPv6 only leave no servers")
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Port == 0 {
		cfg.Port = 53
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	it := &Iterate{
		cfg:     cfg,
		fixed:   map[string]*delegation{},
		cuts:    newTable[string, *delegation](cfg.Limits.Delegations),
		sets:    newServerSets(cfg.Limits.Delegations / 4),
		hosts:   newTable[string, hostAddrs](cfg.Limits.Hosts),
		state:   newServerStates(cfg.Limits.Hosts),
		flights: map[flightKey]*flight{},
	}
	for _, z := range cfg.Zones {
		d := fixedDelegation(z)
		it.fixed[d.zone] = d
	}
	if it.fixed["."] == nil {
		root, _, err := RootHints()
		if err != nil {
			return nil, err
		}
		it.fixed["."] = fixedDelegation(root)
	}
	return it, nil
}

// Lookup implements Resolver. Of identical questions at one time, as of the same
// time (see Fresh), only the first is asked; the others share its answer.
func (it *Iterate) Lookup(ctx context.Context, name string, qtype uint16) Answer {
	q, ok := asked(name, qtype)
	if !ok {
		return notAsked(q)
	}
	key := flightKey{q, sinceOf(ctx)}
	for {
		it.mu.Lock()
		f, waiting := it.flights[key]
		if !waiting {
			f = &flight{done: make(chan struct{})}
			it.flights[key] = f
		}
		it.mu.Unlock()
		if !waiting {
			it.lead(ctx, key, f)
			return f.answer
		}
		select {
		case <-f.done:
			if f.ok {
				return f.answer
			}
		case <-ctx.Done():
			return cancelledAnswer(q)
		}
	}
}

// lookupAlone is Lookup for a caller that sees to it itself that no question is
// asked twice at a time. q is canonical and can be asked.
func (it *Iterate) lookupAlone(ctx context.Context, q dnssec.Question, into *Answer) {
	l := newLookup(ctx, it)
	it.find(ctx, q, l, into)
	l.free()
}

// lookup is find for callers that are not deep in calls.
func (it *Iterate) lookup(ctx context.Context, q dnssec.Question, l *lookup) Answer {
	var a Answer
	it.find(ctx, q, l, &a)
	return a
}

// Explain looks up as Lookup does, shared with nobody, and writes down the steps
// of the chain of trust.
func (it *Iterate) Explain(ctx context.Context, name string, qtype uint16) (Answer, []dnssec.Step) {
	q, ok := asked(name, qtype)
	if !ok {
		return notAsked(q), nil
	}
	l := newLookup(ctx, it)
	l.work.Trace = &dnssec.Trace{}
	a := it.lookup(ctx, q, l)
	return a, l.work.Trace.Steps
}

// lead does the lookup of a flight and lands it, whatever happens.
func (it *Iterate) lead(ctx context.Context, key flightKey, f *flight) {
	defer func() {
		it.mu.Lock()
		delete(it.flights, key)
		it.mu.Unlock()
		close(f.done)
	}()
	f.answer = it.lookup(ctx, key.q, newLookup(ctx, it))
	f.ok = ctx.Err() == nil
}

// find asks, validates, and where the answer is bogus asks other servers before it
// says so. Answers and results are large, and below this the calls go deep in as
// many goroutines as there are lookups: none is held here that need not be.
func (it *Iterate) find(ctx context.Context, q dnssec.Question, l *lookup, into *Answer) {
	if ctx.Err() != nil {
		*into = cancelledAnswer(q)
		return
	}
	msg, err := l.resolve(ctx, q)
	if err != nil {
		l.failure(q, msg, err, into)
		return
	}
	res := it.cfg.Validator.Validate(ctx, l, q, msg, &l.work)
	if doubted(&res) {
		msg = it.doubt(ctx, q, l, msg, &res)
	}
	l.settled(res.Status)
	l.answer(q, msg, &res, into)
}

// doubt asks other servers for a reply that validates, and returns the best that
// there is.
func (it *Iterate) doubt(ctx context.Context, q dnssec.Question, l *lookup, msg *dnssec.Message, res *dnssec.Result) *dnssec.Message {
	for range it.cfg.Limits.Attempts - 1 {
		if !doubted(res) || ctx.Err() != nil {
			break
		}
		again, fresh := l.retry(ctx, q)
		if !fresh {
			break
		}
		second := it.cfg.Validator.Validate(ctx, l, q, again, &l.work)
		if second.Status > res.Status {
			*res, msg = second, again
		}
	}
	return msg
}

// doubted reports whether another server may have a better answer: this one does
// not validate, or what it needs to validate cannot be had.
func doubted(res *dnssec.Result) bool {
	return res.Status == dnssec.Bogus ||
		res.Status == dnssec.Indeterminate && (res.Reason == dnssec.ReasonNoReply || res.Reason == dnssec.ReasonRcode)
}

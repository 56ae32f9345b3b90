package resolver

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// ForwardConfig says which recursive resolvers are asked and who judges what they
// say. Exchanger, Servers and Validator are needed.
type ForwardConfig struct {
	Exchanger exchange.Exchanger
	Servers   []netip.AddrPort
	Validator *dnssec.Validator
	Queries   int              // bound for one lookup, retries not counted; 0: 40
	Now       func() time.Time // nil: time.Now

	// What Preflight asks for; where empty: com., and a name below it that does not
	// exist.
	ProbeDS     string // a signed delegation of the root
	ProbeDenied string // a name denied by NSEC3
}

// Forward is a Resolver that fetches from recursive resolvers and validates here:
// they may be anywhere and need not be trusted. They are asked not to validate
// (CD), so that what is bogus can be told from what is not there.
type Forward struct {
	cfg     ForwardConfig
	servers *upstreams
}

// NewForward makes a resolver. It asks nothing yet: see Preflight.
func NewForward(cfg ForwardConfig) (*Forward, error) {
	if cfg.Exchanger == nil || cfg.Validator == nil {
		return nil, errors.New("forward: needs an exchanger and a validator")
	}
	if len(cfg.Servers) == 0 {
		return nil, errors.New("forward: no resolver given")
	}
	if cfg.Queries <= 0 {
		cfg.Queries = defaultQueries
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.ProbeDS == "" {
		cfg.ProbeDS = "com."
	}
	if cfg.ProbeDenied == "" {
		cfg.ProbeDenied = "danescan-preflight-no-such-name.com."
	}
	return &Forward{cfg: cfg, servers: newUpstreams(cfg.Servers)}, nil
}

// Lookup implements Resolver. What is bogus is asked for once more of another
// resolver, and once of the same one without CD, before it is called so.
func (f *Forward) Lookup(ctx context.Context, name string, qtype uint16) Answer {
	q, ok := asked(name, qtype)
	if !ok {
		return notAsked(q)
	}
	return f.lookup(ctx, q, f.newLookup(ctx))
}

// Explain looks up as Lookup does and writes down the steps of the chain of trust.
func (f *Forward) Explain(ctx context.Context, name string, qtype uint16) (Answer, []dnssec.Step) {
	q, ok := asked(name, qtype)
	if !ok {
		return notAsked(q), nil
	}
	l := f.newLookup(ctx)
	l.work.Trace = &dnssec.Trace{}
	a := f.lookup(ctx, q, l)
	return a, l.work.Trace.Steps
}

func (f *Forward) newLookup(ctx context.Context) *forwarding {
	l := &forwarding{Forward: f, order: f.servers.order(), left: f.cfg.Queries}
	l.work.Since = sinceOf(ctx)
	return l
}

func (f *Forward) lookup(ctx context.Context, q dnssec.Question, l *forwarding) Answer {
	a := l.attempt(ctx, q, 0)
	for again := 1; a.Status == dnssec.Bogus && again < l.ways() && ctx.Err() == nil; again++ {
		// Only what is proven overrules what is bogus; silence does not.
		if b := l.attempt(ctx, q, again); b.Status > dnssec.Bogus {
			a = b
		}
	}
	a.Queries = l.sent
	return a
}

// forwarding is one lookup under way. It is the validator's Source.
type forwarding struct {
	*Forward
	order []*upstream
	left  int // questions that may still be asked
	sent  int // messages sent
	work  dnssec.Work
	last  Answer // the last question of the chain of trust that failed
}

// way is how to ask: whom first, and whether the resolver may validate.
type way struct {
	first int // in order
	cd    bool
}

// ways is how many ways there are to ask for the same.
func (l *forwarding) ways() int { return min(len(l.order), 2) + 1 }

// way returns the nth: the first resolver, then another one, then the first with
// its own validation, which may have sorted out what is stale or forged.
func (l *forwarding) way(n int) way {
	switch {
	case n == 0:
		return way{0, true}
	case n == 1 && len(l.order) > 1:
		return way{1, true}
	}
	return way{0, false}
}

// attempt asks for q in the nth way and validates what comes.
func (l *forwarding) attempt(ctx context.Context, q dnssec.Question, n int) Answer {
	w := l.way(n)
	r, bad := l.complete(ctx, q, w)
	if bad != nil {
		return *bad
	}
	res := l.cfg.Validator.Validate(ctx, l, q, r.Msg, &l.work)
	a := validated(q, r, res)
	if a.Status == dnssec.Indeterminate {
		a.Outcome = l.indeterminate(ctx, res.Reason)
	}
	return a
}

// indeterminate finds the outcome of a lookup whose chain of trust could not be
// followed.
func (l *forwarding) indeterminate(ctx context.Context, why dnssec.Reason) Outcome {
	switch {
	case why == dnssec.ReasonWorkLimit:
		return WorkLimit
	case why == dnssec.ReasonAliasLoop:
		return AliasLoop
	case ctx.Err() != nil:
		return Timeout
	case l.last.Failed():
		return l.last.Outcome
	}
	return ServFail
}

// Fetch implements dnssec.Source.
func (l *forwarding) Fetch(ctx context.Context, q dnssec.Query) (*dnssec.Message, error) {
	if q.Again >= l.ways() {
		return nil, errNoOther
	}
	r, err := l.ask(ctx, q.Question, l.way(q.Again))
	if err != nil {
		l.last = l.failed(q.Question, err)
		return nil, err
	}
	if outcomeOf(r.Msg.Rcode) > NXDomain {
		l.last = read(q.Question, r, l.cfg.Now())
	}
	return r.Msg, nil
}

var errNoOther = errors.New("no other resolver to ask")

// complete asks for q and, should a resolver stop at an alias, for its target,
// until the message tells the whole story. What it cannot get is a failed answer.
func (l *forwarding) complete(ctx context.Context, q dnssec.Question, w way) (exchange.Reply, *Answer) {
	whole, bad := l.usable(ctx, q, w)
	if bad != nil {
		return whole, bad
	}
	for {
		c := follow(whole.Msg.Answer, q)
		switch {
		case c.loop:
			a := from(whole.Server, failure(q, AliasLoop, dnssec.ReasonAliasLoop))
			a.Links = c.links
			return whole, &a
		case c.long:
			a := from(whole.Server, failure(q, WorkLimit, dnssec.ReasonWorkLimit))
			a.Links = c.links
			return whole, &a
		case len(c.links) == 0 || len(c.records) > 0 || denies(whole.Msg):
			return whole, nil
		}
		end := dnssec.Question{Name: c.links[len(c.links)-1].Target, Type: q.Type}
		more, bad := l.usable(ctx, end, w)
		if bad != nil {
			bad.Question, bad.Links = q, append(c.links, bad.Links...)
			return whole, bad
		}
		whole = joined(whole, more)
		if next := follow(more.Msg.Answer, end); len(next.links)+len(next.records) == 0 {
			return whole, nil // the validator shall say what that means
		}
	}
}

// denies reports whether a message tells that its last name has no such data (RFC
// 2308, Section 2).
func denies(msg *dnssec.Message) bool { return holds(msg.Authority, dns.TypeSOA) }

// joined appends the story of an alias's target.
func joined(r, more exchange.Reply) exchange.Reply {
	m := *r.Msg
	m.Answer = append(m.Answer[:len(m.Answer):len(m.Answer)], more.Msg.Answer...)
	m.Authority = append(m.Authority[:len(m.Authority):len(m.Authority)], more.Msg.Authority...)
	m.Rcode = more.Msg.Rcode
	r.Msg, r.Size = &m, r.Size+more.Size
	return r
}

// usable asks for q and returns a reply that can be validated.
func (l *forwarding) usable(ctx context.Context, q dnssec.Question, w way) (exchange.Reply, *Answer) {
	r, err := l.ask(ctx, q, w)
	if err != nil {
		a := l.failed(q, err)
		return r, &a
	}
	if a := read(q, r, l.cfg.Now()); outcomeOf(r.Msg.Rcode) > NXDomain {
		a.EDE = extendedError(r.Msg)
		return r, &a
	}
	return r, nil
}

func (l *forwarding) failed(q dnssec.Question, err error) Answer {
	if errors.Is(err, errBudget) {
		return failure(q, WorkLimit, dnssec.ReasonWorkLimit)
	}
	return fromError(q, err)
}

// ask puts q to the resolvers in turn, beginning as w says, until one has an
// answer. Where none has, the first reply counts, else the first error.
func (l *forwarding) ask(ctx context.Context, q dnssec.Question, w way) (exchange.Reply, error) {
	var fallback exchange.Reply
	var failed error
	for i := range l.order {
		up := l.order[(w.first+i)%len(l.order)]
		if l.left == 0 {
			failed = errBudget
			break
		}
		l.left--
		r, err := l.cfg.Exchanger.Exchange(ctx, up.addr, q, exchange.Options{RD: true, DO: true, CD: w.cd})
		l.sent += sentBy(r, err)
		up.note(err)
		switch {
		case err == nil && outcomeOf(r.Msg.Rcode) <= NXDomain:
			return r, nil
		case err == nil && fallback.Msg == nil:
			fallback = r
		case err != nil && failed == nil:
			failed = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	if fallback.Msg != nil {
		return fallback, nil
	}
	return fallback, failed
}

func sentBy(r exchange.Reply, err error) int {
	var e *exchange.Error
	if errors.As(err, &e) {
		return e.Queries
	}
	return r.Queries
}

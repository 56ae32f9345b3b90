package resolver

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"danescan/scanner/dnssec"
)

// CacheConfig bounds a Cached.
type CacheConfig struct {
	Entries int              // answers kept; 0: 8,192
	MaxTTL  time.Duration    // no answer is kept for longer; 0: 10 minutes
	Now     func() time.Time // nil: time.Now
}

const (
	// defaultEntries is for names that several others lead to, and for lists that have
	// a name more than once: most answers are asked for only once. Each has some 2 KB.
	defaultEntries = 8192
	defaultMaxTTL  = 10 * time.Minute

	// How long failures are kept: a broken zone stays broken for a while, a silent
	// server may come back.
	bogusTTL   = 60 * time.Second
	failureTTL = 5 * time.Second

	joinShards = 16
)

// Cached is a Resolver that remembers the answers of another and asks it only
// once for what several callers want at a time. Answers are shared: read only.
type Cached struct {
	next    Resolver
	alone   lone // next, where it is one
	cfg     CacheConfig
	answers *table[dnssec.Question, *kept]
	seed    maphash.Seed
	joined  [joinShards]joinShard
}

// kept is an answer and when it came. It is never changed once it is known.
type kept struct {
	answer Answer
	at     time.Time
}

// lone is a Resolver that need not look whether others ask the same: that is done
// here.
type lone interface {
	lookupAlone(ctx context.Context, q dnssec.Question, into *Answer)
}

type joinShard struct {
	mu sync.Mutex
	m  map[dnssec.Question]*joint
}

// joint is a lookup under way that others may wait for.
type joint struct {
	done   chan struct{} // made by the first who waits, with the lock of the shard
	kept   *kept
	usable bool // false: its own context ended it
}

// NewCached puts a cache in front of a resolver.
func NewCached(next Resolver, cfg CacheConfig) *Cached {
	if cfg.Entries <= 0 {
		cfg.Entries = defaultEntries
	}
	if cfg.MaxTTL <= 0 {
		cfg.MaxTTL = defaultMaxTTL
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Cached{next: next, cfg: cfg, answers: newTable[dnssec.Question, *kept](cfg.Entries), seed: maphash.MakeSeed()}
	c.alone, _ = next.(lone)
	for i := range c.joined {
		c.joined[i].m = make(map[dnssec.Question]*joint)
	}
	return c
}

type mannerKey struct{}

// manner is how a Cached treats a lookup, where it is not as usual.
type manner uint8

const (
	usual manner = iota
	afresh
	once
)

// Once returns a context for names that nobody asks for again, as those of a list: no
// Cached answers their lookups, remembers them, or looks whether others ask the same.
func Once(ctx context.Context) context.Context {
	return context.WithValue(ctx, mannerKey{}, once)
}

func mannerOf(ctx context.Context) manner {
	m, _ := ctx.Value(mannerKey{}).(manner)
	return m
}

// Lookup implements Resolver. Of an answer that was remembered, or that another
// caller asked for, Queries is 0; Age says how long it was remembered.
func (c *Cached) Lookup(ctx context.Context, name string, qtype uint16) Answer {
	f := c.find(ctx, name, qtype)
	a := f.kept.answer
	switch {
	case f.lent:
		*f.kept = kept{}
		lent.Put(f.kept)
	case !f.own:
		a.Queries, a.Age = 0, f.age
	}
	return a
}

// lent are places for answers that nobody remembers. Each is empty.
var lent = sync.Pool{New: func() any { return new(kept) }}

// found is where an answer is, and whether this caller asked for it.
type found struct {
	kept *kept
	own  bool
	lent bool // kept goes back once the answer was taken from it
	age  time.Duration
}

// find gets an answer. It has no place for one on its stack, nor has what it calls
// on the way to the network: answers are large, and those who wait there many.
// Hence the functions that are kept out of line.
func (c *Cached) find(ctx context.Context, name string, qtype uint16) found {
	q, ok := asked(name, qtype)
	if !ok {
		return found{kept: failed(q, FormErr, dnssec.ReasonMalformed), own: true}
	}
	switch mannerOf(ctx) {
	case afresh:
		return found{kept: c.fresh(ctx, q), own: true}
	case once:
		k := lent.Get().(*kept)
		c.ask(ctx, q, &k.answer)
		return found{kept: k, own: true, lent: true}
	}
	// Each turn of the loop waits for a lookup whose caller gave up: there are no
	// more of them than callers.
	for ctx.Err() == nil {
		now := c.cfg.Now()
		if k, ok := c.answers.get(q, now); ok {
			return found{kept: k, age: now.Sub(k.at)}
		}
		j, mine := c.join(q)
		if mine {
			c.lead(ctx, q, j)
			return found{kept: j.kept, own: true}
		}
		select {
		case <-j.done:
			if j.usable {
				return found{kept: j.kept}
			}
		case <-ctx.Done():
		}
	}
	return found{kept: failed(q, Timeout, dnssec.ReasonCancelled), own: true}
}

// failed is a failure where find can point to it.
//
//go:noinline
func failed(q dnssec.Question, o Outcome, why dnssec.Reason) *kept {
	return &kept{answer: failure(q, o, why)}
}

// fresh asks, whatever is remembered, and remembers.
//
//go:noinline
func (c *Cached) fresh(ctx context.Context, q dnssec.Question) *kept {
	k := &kept{answer: c.next.Lookup(ctx, q.Name, q.Type)}
	c.keep(q, k)
	return k
}

// Len returns the number of answers kept.
func (c *Cached) Len() int { return c.answers.len() }

func (c *Cached) keep(q dnssec.Question, k *kept) {
	if ttl := min(keepFor(&k.answer), c.cfg.MaxTTL); ttl > 0 {
		k.at = c.cfg.Now()
		c.answers.put(q, k, k.at.Add(ttl))
	}
}

// keepFor says how long an answer may be remembered.
func keepFor(a *Answer) time.Duration {
	switch {
	case a.Reason == dnssec.ReasonCancelled:
		return 0 // says nothing of the name
	case a.Status == dnssec.Bogus:
		return bogusTTL
	case a.Failed():
		return failureTTL
	}
	return a.TTL
}

func (c *Cached) shard(q dnssec.Question) *joinShard {
	return &c.joined[maphash.Comparable(c.seed, q)%joinShards]
}

// join finds the lookup of a question that is under way, to wait for, or begins
// it.
func (c *Cached) join(q dnssec.Question) (j *joint, mine bool) {
	s := c.shard(q)
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.m[q]; j != nil {
		if j.done == nil {
			j.done = make(chan struct{})
		}
		return j, false
	}
	j = &joint{}
	s.m[q] = j
	return j, true
}

// lead does the lookup that others wait for, and lets them go whatever happens.
func (c *Cached) lead(ctx context.Context, q dnssec.Question, j *joint) {
	defer func() {
		s := c.shard(q)
		s.mu.Lock()
		delete(s.m, q)
		if j.done != nil {
			close(j.done)
		}
		s.mu.Unlock()
	}()
	j.kept = new(kept)
	c.ask(ctx, q, &j.kept.answer)
	j.usable = j.kept.answer.Reason != dnssec.ReasonCancelled && ctx.Err() == nil
	if j.usable {
		c.keep(q, j.kept)
	}
}

func (c *Cached) ask(ctx context.Context, q dnssec.Question, into *Answer) {
	if c.alone != nil {
		c.alone.lookupAlone(ctx, q, into)
		return
	}
	c.askNext(ctx, q, into)
}

//go:noinline
func (c *Cached) askNext(ctx context.Context, q dnssec.Question, into *Answer) {
	*into = c.next.Lookup(ctx, q.Name, q.Type)
}

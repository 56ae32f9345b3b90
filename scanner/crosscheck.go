package scanner

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"danescan/datasets/run"
	"danescan/scanner/exchange"
	"danescan/scanner/resolver"
)

// Cross says which second resolver is asked for which share of what a scan looks up.
// To give one is to believe its AD bit, wherever it is: no verdict hangs on it.
type Cross struct {
	Resolver string  // ADDR or ADDR:PORT of one that validates; "": none is asked
	Percent  float64 // of the domains and of the MX hosts, over 0 and up to 100

	wait time.Duration // of a test: instead of crossWait
}

const (
	// crossPlaces is how many rows may wait for the second resolver at a time, at
	// most; with few workers it is a quarter of them.
	crossPlaces = 256
	// crossWait is how long a row waits for such a place.
	crossWait = 5 * time.Second
	// crossTime bounds one question to the second resolver, retries included.
	crossTime = 20 * time.Second
	// crossSilence is how many questions in a row may come to nothing before only
	// one in crossProbe is put, until a reply comes.
	crossSilence, crossProbe = 20, 32
	// crossWarnings is how many disagreements are told in the log.
	crossWarnings = 100
)

// crossCheck asks a second resolver what the scan has asked, and compares. What it
// says goes into the rows, and changes no verdict.
//
// A row waits for it, so that row and comparison are written, lost and resumed as
// one. That costs the scan a bounded share of its workers for a bounded time: where
// no place is free for so long, or the resolver has gone silent, the question counts
// as not asked.
type crossCheck struct {
	resolver  resolver.Resolver
	preflight func(context.Context) error
	close     func()
	server    netip.AddrPort
	share     string
	seed      uint64
	below     uint64 // names whose hash is not above it are in the share
	places    chan struct{}
	wait      time.Duration
	log       *slog.Logger

	silent  atomic.Int64 // questions in a row without a reply
	passed  atomic.Int64 // questions since then
	unequal atomic.Int64
}

// lookups makes the resolver of the scan, and the second one that is to be asked.
func (job Job) lookups() (*lookups, error) {
	job.DNS.atATime = job.Config.lookups()
	l, err := job.DNS.open()
	if err != nil {
		return nil, err
	}
	if l.cross, err = job.DNS.openCross(job.Cross, job.Config); err != nil {
		l.close()
		return nil, err
	}
	if first := l.close; l.cross != nil {
		l.close = func() { l.cross.close(); first() }
	}
	return l, nil
}

// CrossDiffers says what is wrong with the second resolver: an address that is none,
// or one that the scan asks anyway.
func (job Job) CrossDiffers() error {
	second, err := serverOf("--cross-check", job.Cross.Resolver)
	if err != nil {
		return err
	}
	servers, err := job.DNS.servers()
	if err != nil {
		return err
	}
	if slices.Contains(servers, second) {
		return fmt.Errorf("--cross-check %v: that is --resolver itself, and would agree: give another one", second)
	}
	return nil
}

// openCross makes the second resolver; nil where none is asked. It sends nothing yet.
func (d DNS) openCross(x Cross, cfg Config) (*crossCheck, error) {
	if x.Resolver == "" {
		return nil, nil
	}
	server, err := serverOf("--cross-check", x.Resolver)
	if err != nil {
		return nil, err
	}
	asks := exchange.Config{Timeout: d.Timeout, Retries: d.Retries}
	if d.Retries == 0 {
		asks.Retries = -1
	}
	if d.RatePerServer > 0 {
		asks.Pacer = exchange.NewLimiter(exchange.LimiterConfig{PerServer: d.RatePerServer})
	}
	client := exchange.New(asks)
	t, err := resolver.NewTrustAD(resolver.TrustADConfig{
		Exchanger: exchange.NewWindow(client, exchange.WindowConfig{Log: d.Log}), Server: server, Insecure: true, Now: d.now(),
	})
	if err != nil {
		client.Close()
		return nil, fmt.Errorf("--cross-check: %w", err)
	}
	c := newCrossCheck(t, x, cfg)
	c.server, c.log = server, d.Log
	c.preflight, c.close = t.Preflight, func() { client.Close() }
	return c, nil
}

func newCrossCheck(r resolver.Resolver, x Cross, cfg Config) *crossCheck {
	cfg = cfg.withDefaults()
	below := uint64(math.MaxUint64)
	if x.Percent < 100 {
		below = uint64(x.Percent / 100 * math.MaxUint64)
	}
	return &crossCheck{
		resolver: r, share: fmt.Sprintf("%g%%", x.Percent), seed: cfg.Seed, below: below,
		places: make(chan struct{}, min(crossPlaces, max(1, cfg.DNSConcurrency/4))), wait: cmp.Or(x.wait, crossWait),
	}
}

// check asks whether the second resolver can be asked at all.
func (x *crossCheck) check(ctx context.Context) error {
	if x == nil {
		return nil
	}
	if err := x.preflight(ctx); err != nil {
		return fmt.Errorf("--cross-check needs a second resolver that validates: %w", err)
	}
	return nil
}

// begun is what the manifest of a run says of the second resolver from its beginning.
func (x *crossCheck) begun() *run.CrossChecks {
	if x == nil {
		return nil
	}
	return &run.CrossChecks{Resolvers: []string{x.server.String()}, Share: x.share}
}

// has reports whether a name is in the share, by the first 64 bits of the SHA-256 of
// the seed and the name.
func (x *crossCheck) has(name string) bool {
	if x == nil {
		return false
	}
	text := fmt.Appendf(nil, "cross-check %d %s", x.seed, name)
	sum := sha256.Sum256(text)
	return binary.BigEndian.Uint64(sum[:]) <= x.below
}

// compare puts the questions of a row to the second resolver, if the row's name is in
// the share.
func (x *crossCheck) compare(ctx context.Context, of string, ours ...resolver.Answer) []run.CrossCheck {
	if !x.has(of) || len(ours) == 0 {
		return nil
	}
	var rows []run.CrossCheck
	free := x.enter(ctx)
	if free {
		defer func() { <-x.places }()
	}
	for _, a := range ours {
		row := run.CrossCheck{Outcome: run.CrossNotAsked, Ours: run.DNSSEC(a.Status.String())}
		if free && x.listens() {
			row = x.ask(ctx, a)
		}
		row.Name, row.Type = name(a.Question.Name), dns.TypeToString[a.Question.Type]
		x.tell(row)
		rows = append(rows, row)
	}
	return rows
}

// enter waits for a place, for so long as that does not hold the scan up.
func (x *crossCheck) enter(ctx context.Context) bool {
	select {
	case x.places <- struct{}{}:
		return true
	default:
	}
	if x.silent.Load() >= crossSilence {
		return false
	}
	timer := time.NewTimer(x.wait)
	defer timer.Stop()
	select {
	case x.places <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// listens reports whether the resolver is worth asking: one that has gone silent is
// asked now and then.
func (x *crossCheck) listens() bool {
	return x.silent.Load() < crossSilence || x.passed.Add(1)%crossProbe == 0
}

func (x *crossCheck) ask(ctx context.Context, ours resolver.Answer) run.CrossCheck {
	ctx, cancel := context.WithTimeout(ctx, crossTime)
	defer cancel()
	theirs := x.resolver.Lookup(ctx, ours.Question.Name, ours.Question.Type)
	if theirs.Outcome == resolver.Timeout || theirs.Outcome == resolver.NetworkError {
		x.silent.Add(1)
	} else {
		x.silent.Store(0)
	}
	row := crossRow(ours, theirs)
	row.Queries = int32(theirs.Queries)
	return row
}

// tell logs a disagreement: one of the two is wrong.
func (x *crossCheck) tell(row run.CrossCheck) {
	if !row.Outcome.Differs() || x.log == nil {
		return
	}
	switch n := x.unequal.Add(1); {
	case n <= crossWarnings:
		x.log.Warn("the second resolver disagrees", "name", row.Name, "type", row.Type, "ours", row.Ours, "theirs", row.Theirs, "detail", row.Detail)
	case n == crossWarnings+1:
		x.log.Warn("more disagreements with the second resolver are not told here: see the column cross_check")
	}
}

package scanner

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
	"danescan/scanner/resolver"
)

// DNS says how names are looked up.
type DNS struct {
	Resolvers       []string // ADDR or ADDR:PORT; none: iterate from the root
	TrustAD         bool     // believe the AD bit of the one resolver
	TrustADAnywhere bool     // even if it is not on loopback
	RootHints       string   // file; "": compiled in
	TrustAnchor     string   // file; "": compiled in
	Port            uint16   // of name servers, when iterating; 0: 53
	Timeout         time.Duration
	Retries         int       // after the first try
	At              time.Time // validate as of then; zero: as of now
	SHA1Insecure    bool
	AllowPrivate    bool
	Rate            float64 // queries per second in all; 0: unlimited
	RatePerServer   float64 // to one server; 0: unlimited

	Log *slog.Logger // what people should know while it runs; nil: nothing is said

	// atATime is how many questions may be out at a time when iterating, at most: as
	// many as there are lookups at a time; 0: 1,501.
	atATime int
	via     func(exchange.Exchanger) exchange.Exchanger // of a test: what all questions go through
}

// The modes of looking names up, as the manifest names them.
const (
	modeIterate = "iterate"
	modeForward = "forward"
	modeTrustAD = "trust-ad"
)

// mode is how names are looked up.
func (d DNS) mode() string {
	switch {
	case d.TrustAD:
		return modeTrustAD
	case len(d.Resolvers) > 0:
		return modeForward
	}
	return modeIterate
}

// now is the time as of which to validate: a clock that runs from At on.
func (d DNS) now() func() time.Time {
	if d.At.IsZero() {
		return time.Now
	}
	began := time.Now()
	return func() time.Time { return d.At.Add(time.Since(began)) }
}

// lookups is a resolver with what must be given back after use.
type lookups struct {
	resolver.Resolver
	validator *dnssec.Validator // nil where none is here
	traffic   func() exchange.Stats
	anchors   []string // DS records in zone-file form
	addresses []netip.AddrPort
	// preflight asks whether the resolver can be relied on. The error says what to
	// do.
	preflight func(context.Context) error
	// explain looks up and writes down the chain of trust; nil where the resolver
	// asked does the validation.
	explain func(ctx context.Context, name string, qtype uint16) (resolver.Answer, []dnssec.Step)
	// zoneFacts is what is known of a zone without asking; nil where nothing is.
	zoneFacts func(apex string) resolver.ZoneFacts
	cross     *crossCheck // nil: no second resolver is asked
	close     func()
}

// verified is how many signatures were verified so far.
func (l *lookups) verified() int64 {
	if l.validator == nil {
		return 0
	}
	return l.validator.Stats().Verified
}

// open makes the resolver that d describes. It sends nothing yet.
func (d DNS) open() (*lookups, error) {
	servers, err := d.servers()
	if err != nil {
		return nil, err
	}
	client := exchange.New(d.exchange())
	l := &lookups{addresses: servers, traffic: client.Stats}
	l.close = func() { client.Close() }
	var ask exchange.Exchanger = client
	if d.via != nil {
		ask = d.via(ask)
	}
	if err := d.choose(l, d.paced(ask)); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// paced puts before what asks what keeps it from asking too much at a time.
func (d DNS) paced(client exchange.Exchanger) exchange.Exchanger {
	if d.mode() != modeIterate {
		// A resolver takes only so much at a time, and goes silent over it.
		return exchange.NewWindow(client, exchange.WindowConfig{Log: d.Log})
	}
	return exchange.NewGovernor(client, exchange.GovernorConfig{
		Timeout: d.Timeout, Retries: d.retries(), Max: d.atATime, Limiter: d.limiter(), Log: d.Log,
	})
}

// exchange says how to ask. When iterating, the governor paces and retries, and
// bounds what is out.
func (d DNS) exchange() exchange.Config {
	cfg := exchange.Config{Timeout: d.Timeout, Retries: d.retries()}
	if d.TrustAD && !d.TrustADAnywhere {
		cfg.Shared = 4 // on loopback: nobody on the way can guess at replies
	}
	if d.mode() == modeIterate {
		cfg.Retries, cfg.InFlight = -1, -1
	} else if l := d.limiter(); l != nil {
		cfg.Pacer = l
	}
	return cfg
}

// retries is how often to try again, as package exchange has it.
func (d DNS) retries() int {
	if d.Retries == 0 {
		return -1
	}
	return d.Retries
}

// limiter keeps the rates; nil where none is set.
func (d DNS) limiter() *exchange.Limiter {
	limit := exchange.LimiterConfig{Global: d.Rate, PerServer: d.RatePerServer}
	if d.mode() != modeIterate {
		limit.PerServer = 0 // one resolver takes all: the rate in all bounds it
	}
	if limit.Global <= 0 && limit.PerServer <= 0 {
		return nil
	}
	return exchange.NewLimiter(limit)
}

// servers reads the addresses of the resolvers.
func (d DNS) servers() ([]netip.AddrPort, error) {
	var servers []netip.AddrPort
	for _, text := range d.Resolvers {
		server, err := serverOf("--resolver", text)
		if err != nil {
			return nil, err
		}
		servers = append(servers, server)
	}
	return servers, nil
}

// serverOf reads the address of a resolver that a flag gives.
func serverOf(flag, text string) (netip.AddrPort, error) {
	server, err := netip.ParseAddrPort(text)
	if addr, e := netip.ParseAddr(strings.Trim(text, "[]")); e == nil {
		server, err = netip.AddrPortFrom(addr, 53), nil
	}
	if err != nil {
		return server, fmt.Errorf("%s %q: want an address such as 127.0.0.1 or [::1]:5353", flag, text)
	}
	return server, nil
}

// choose makes the resolver of the mode asked for.
func (d DNS) choose(l *lookups, ask exchange.Exchanger) error {
	switch d.mode() {
	case modeTrustAD:
		return d.believe(l, ask)
	case modeForward:
		return d.forward(l, ask)
	}
	return d.iterate(l, ask)
}

// iterate asks the Internet itself, and validates.
func (d DNS) iterate(l *lookups, ask exchange.Exchanger) error {
	if err := d.validate(l); err != nil {
		return err
	}
	cfg := resolver.IterateConfig{
		Exchanger: ask, Validator: l.validator, Port: d.Port, AllowPrivate: d.AllowPrivate, Now: d.now(),
	}
	if d.RootHints != "" {
		text, err := file("--root-hints", d.RootHints)
		if err != nil {
			return err
		}
		root, err := resolver.ParseHints(text)
		if err != nil {
			return fmt.Errorf("--root-hints %s: %w", d.RootHints, err)
		}
		cfg.Zones = []resolver.Zone{root}
	}
	it, err := resolver.NewIterate(cfg)
	if err != nil {
		return err
	}
	l.explain, l.zoneFacts = it.Explain, it.ZoneFacts
	l.Resolver = resolver.NewCached(it, resolver.CacheConfig{Now: d.now()})
	l.preflight = d.checkTrust(l)
	return nil
}

// checkTrust looks whether the root validates.
func (d DNS) checkTrust(l *lookups) func(context.Context) error {
	return func(ctx context.Context) error { return resolver.CheckTrust(ctx, l, d.now()) }
}

// forward asks recursive resolvers, and validates here.
func (d DNS) forward(l *lookups, ask exchange.Exchanger) error {
	if err := d.validate(l); err != nil {
		return err
	}
	f, err := resolver.NewForward(resolver.ForwardConfig{
		Exchanger: ask, Servers: l.addresses, Validator: l.validator, Now: d.now(),
	})
	if err != nil {
		return err
	}
	l.explain = f.Explain
	l.Resolver = resolver.NewCached(f, resolver.CacheConfig{Now: d.now()})
	l.preflight = f.Preflight
	if d.TrustAnchor != "" { // a root of its own need not have com.
		l.preflight = d.checkTrust(l)
	}
	return nil
}

// validate makes the validator and names its anchors.
func (d DNS) validate(l *lookups) error {
	anchors := dnssec.RootAnchors()
	if d.TrustAnchor != "" {
		text, err := file("--trust-anchor", d.TrustAnchor)
		if err != nil {
			return err
		}
		if anchors, err = dnssec.ParseAnchors(text); err != nil {
			return fmt.Errorf("--trust-anchor %s: %w", d.TrustAnchor, err)
		}
	}
	for _, a := range anchors {
		l.anchors = append(l.anchors, anchorText(a))
	}
	cfg := dnssec.Config{Anchors: anchors, Now: d.now()}
	if d.SHA1Insecure {
		cfg.SHA1 = dnssec.SHA1Insecure
	}
	var err error
	l.validator, err = dnssec.New(cfg)
	return err
}

// anchorText is an anchor in zone-file form.
func anchorText(a dnssec.Anchor) string {
	if a.DS != nil {
		return a.DS.String()
	}
	return a.Key.String()
}

// believe leaves validation to a resolver on this machine.
func (d DNS) believe(l *lookups, ask exchange.Exchanger) error {
	t, err := resolver.NewTrustAD(resolver.TrustADConfig{
		Exchanger: ask, Server: l.addresses[0], Insecure: d.TrustADAnywhere, Now: d.now(),
	})
	if err != nil {
		return fmt.Errorf("--trust-ad: %w", err)
	}
	l.Resolver, l.preflight = resolver.NewCached(t, resolver.CacheConfig{Now: d.now()}), t.Preflight
	return nil
}

// file reads a small file that a flag names.
func file(flag, path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	return string(data), nil
}

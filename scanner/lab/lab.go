package lab

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// The ports that the lab uses unless told otherwise.
const (
	DNSPort  = 5300
	SMTPPort = 2525
)

// DefaultBase is the block of addresses that the lab lives in.
var DefaultBase = netip.MustParsePrefix("127.20.0.0/14")

// Config says what lab to make. The zero value is a lab of the cases' table alone,
// at ports that are free.
type Config struct {
	Seed    uint64
	Domains int       // listed in all; 0, or fewer than the table has: the table alone
	Now     time.Time // the moment that signatures and certificates are made for; zero: when New is called

	Base     netip.Prefix // at least a /14 of 127.0.0.0/8; zero: DefaultBase
	DNSPort  int          // 0: any that is free
	SMTPPort int          // 0: any that is free

	Without []Feature // leave cases that need these out of list and truth

	Latency time.Duration // before each DNS reply and each line of a mail server
	Loss    float64       // share of DNS packets to lose, 0 to 1

	Count bool // count every question by name and type; costs memory
}

// Lab is a miniature Internet.
type Lab struct {
	cfg   Config
	world *world
	sigs  *signatures
	count *Counters
	rows  []Case // the truth of the table

	mu     sync.Mutex
	kept   generations[bodyKey, *body]
	pieces generations[pieceKey, *piece]
	front  netip.Addr

	tcpIdle time.Duration

	cancel context.CancelFunc
	names  *nameHall
	mails  *mailHall
}

// New makes a lab. It listens nowhere yet.
func New(cfg Config) (*Lab, error) {
	if cfg.Now.IsZero() {
		cfg.Now = time.Now()
	}
	if !cfg.Base.IsValid() {
		cfg.Base = DefaultBase
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	ca, err := newAuthority(seed(cfg.Seed), cfg.Now)
	if err != nil {
		return nil, err
	}
	w, err := newWorld(cfg, ca)
	if err != nil {
		return nil, err
	}
	rows := withPolicies(truths(cases(), cfg.Without))
	if n := cfg.Domains - len(rows); n > 0 {
		if err := w.addBulk(n, cfg.Without); err != nil {
			return nil, err
		}
	}
	if err := w.finish(); err != nil {
		return nil, err
	}
	return &Lab{
		cfg: cfg, world: w, sigs: newSignatures(cfg.Now), count: newCounters(cfg.Count),
		rows:   rows,
		kept:   generations[bodyKey, *body]{limit: keptBodies},
		pieces: generations[pieceKey, *piece]{limit: keptPieces},
		front:  w.address(placeInfra, frontAt-1),

		tcpIdle: tcpIdle,
	}, nil
}

func (cfg *Config) check() error {
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	switch {
	case !loopback.Contains(cfg.Base.Addr()) || cfg.Base.Bits() > 14 || cfg.Base.Bits() < 8:
		return fmt.Errorf("lab: %s is not a block of 127.0.0.0/8 with at least a /14", cfg.Base)
	case cfg.Base.Masked() != cfg.Base:
		return fmt.Errorf("lab: %s has bits below its prefix length", cfg.Base)
	case cfg.Domains < 0 || cfg.Domains > maxDomains:
		return fmt.Errorf("lab: %d domains: at most %d are possible", cfg.Domains, maxDomains)
	case math.IsNaN(cfg.Loss) || cfg.Loss < 0 || cfg.Loss > 1:
		return fmt.Errorf("lab: a loss of %g is not a share", cfg.Loss)
	case cfg.Latency < 0 || cfg.Latency > time.Minute:
		return fmt.Errorf("lab: a latency of %s is not possible", cfg.Latency)
	}
	return nil
}

// maxDomains is how many names the numbering of bulk domains has room for.
const maxDomains = 10_000_000

// Start opens all sockets and serves until the context ends or Close is called.
func (l *Lab) Start(ctx context.Context) error {
	if l.cancel != nil {
		return errors.New("lab: started already")
	}
	names, err := l.listenDNS(l.cfg.DNSPort)
	if err != nil {
		return err
	}
	mails := &mailHall{servers: l.world.mail, count: l.count, delay: l.cfg.Latency}
	if l.cfg.SMTPPort, err = mails.listenAnywhere(l.cfg.SMTPPort); err != nil {
		names.close()
		return err
	}
	l.cfg.DNSPort, l.names, l.mails = names.port, names, mails
	ctx, l.cancel = context.WithCancel(ctx)
	names.serve(ctx)
	mails.serve(ctx)
	return nil
}

// Close ends everything and waits for it.
func (l *Lab) Close() error {
	if l.cancel == nil {
		return nil
	}
	l.cancel()
	l.names.close()
	l.mails.close()
	return nil
}

// DNSPort is the port of all name servers and of the front. It is known after
// Start.
func (l *Lab) DNSPort() int { return l.cfg.DNSPort }

// SMTPPort is the port of all mail servers. It is known after Start.
func (l *Lab) SMTPPort() int { return l.cfg.SMTPPort }

// Now is the moment that signatures and certificates are made for.
func (l *Lab) Now() time.Time { return l.cfg.Now }

// Counters say what the lab was asked.
func (l *Lab) Counters() *Counters { return l.count }

// Front is the resolver that answers as a validating one would.
func (l *Lab) Front() netip.AddrPort {
	return netip.AddrPortFrom(l.front, uint16(l.cfg.DNSPort))
}

// RootHints is the names and addresses of the root servers, as a zone file.
func (l *Lab) RootHints() string {
	var b strings.Builder
	root := l.world.zones["."]
	for _, s := range root.servers {
		fmt.Fprintf(&b, ".\t3600000\tIN\tNS\t%s\n", s.name)
	}
	for _, s := range root.servers {
		fmt.Fprintf(&b, "%s\t3600000\tIN\tA\t%s\n", s.name, s.addr)
	}
	return b.String()
}

// TrustAnchor is the DS record of the root, as a zone file.
func (l *Lab) TrustAnchor() string {
	return l.world.zones["."].keys.ds(".")[0].String() + "\n"
}

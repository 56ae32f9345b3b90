package scanner

import (
	"context"
	"log/slog"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/resolver"
	"danescan/scanner/smtp"
)

// ProbeMode says which MX hosts are connected to.
type ProbeMode string

const (
	ProbeDANE ProbeMode = "dane" // hosts to which DANE applies
	ProbeAll  ProbeMode = "all"  // every host with an address
	ProbeNone ProbeMode = "none" // none
)

// Config says how evidence is collected. Resolver is needed; the other zero values
// are good, but note that 0 means unlimited for rates and gaps.
type Config struct {
	Resolver resolver.Resolver
	// ZoneFacts gives what lookups have taught about a zone, without asking; nil:
	// nothing. The name is canonical.
	ZoneFacts func(apex string) resolver.ZoneFacts

	Probe     ProbeMode // default ProbeDANE
	SMTP      smtp.Config
	SMTPPort  uint16      // default 25
	SkipTLSA  bool        // do not ask for TLSA where DANE cannot apply
	MTASTS    bool        // ask for the MTA-STS record of each domain that takes mail
	TLSRPT    bool        // ask for its TLSRPT record
	SOA       bool        // ask for the SOA record of each domain that has a zone of its own
	NoIPv4    bool        // connect to no IPv4 address
	NoIPv6    bool        // connect to no IPv6 address
	AllowAny  bool        // connect to private and loopback addresses, too
	Seed      uint64      // of the order within a range
	Exclude   *Exclusions // what is left alone by request
	Ranges    Shard       // of the list: domains of others are not looked up
	Hosts     Shard       // of the MX hosts: others are neither looked up nor connected to
	KeepHosts int         // host names held in memory before the queue overflows to disk; default 65,536

	DNSConcurrency  int                // lookups of domains at a time; default 1,000
	SMTPConcurrency int                // sessions at a time; default 500
	SMTPRate        float64            // sessions started per second; 0: unlimited
	SMTPPerAddress  int                // sessions with one address at a time; 0: unlimited
	SMTPGap         time.Duration      // between two sessions with one address; longer where one is in trouble
	SMTPPerNet      int                // sessions with one network (/24, /48) at a time; 0: unlimited
	SMTPPerProvider int                // sessions with the hosts of one registrable domain at a time; 0: unlimited
	InferOff        bool               // connect to every host, however many share an address and records
	RetryDelay      time.Duration      // before coming back to a server that put us off; default 5 minutes
	Confirm         time.Duration      // after which hosts and domains that failed are looked at once more; 0: never
	Algorithms      []run.KeyAlgorithm // of the certificates to ask for where a server has two; default RSA and ECDSA

	Now      func() time.Time // default time.Now
	Progress *Progress        // counts, if wanted
	Log      *slog.Logger     // what people should know while it runs; nil: nothing is said

	// cross asks a second resolver for a share of the questions; nil: none is asked.
	cross *crossCheck

	rangeLines int64 // lines of the list in a domain part; 0: run.RangeLines
	batchRows  int   // hosts in a host part; 0: batchRows

	// session replaces smtp.Probe in tests.
	session func(context.Context, smtp.Target, smtp.Config) smtp.Session
}

func (c Config) withDefaults() Config {
	if c.Probe == "" {
		c.Probe = ProbeDANE
	}
	if c.SMTPPort == 0 {
		c.SMTPPort = 25
	}
	if c.KeepHosts == 0 {
		c.KeepHosts = 1 << 16
	}
	if c.DNSConcurrency <= 0 {
		c.DNSConcurrency = 1000
	}
	if c.SMTPConcurrency <= 0 {
		c.SMTPConcurrency = 500
	}
	if c.RetryDelay <= 0 {
		c.RetryDelay = 5 * time.Minute
	}
	if c.Algorithms == nil {
		c.Algorithms = []run.KeyAlgorithm{run.KeyRSA, run.KeyECDSA}
	}
	if c.rangeLines <= 0 {
		c.rangeLines = run.RangeLines
	}
	if c.batchRows <= 0 {
		c.batchRows = batchRows
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Progress == nil {
		c.Progress = new(Progress)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.session == nil {
		c.session = smtp.Probe
	}
	return c
}

func (c Config) now() time.Time { return c.Now() }

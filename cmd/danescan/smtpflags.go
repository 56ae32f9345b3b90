package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"danescan/datasets/run"
	"danescan/scanner"
	"danescan/scanner/smtp"
)

// probeFlags are the flags of commands that hold SMTP sessions.
type probeFlags struct {
	probe            string
	port             uint16
	ehlo             string
	ipv4, ipv6       bool
	tlsaAlways       bool
	concurrency      int
	rate             float64
	perAddress       int
	gap              time.Duration
	perNet           int
	perProvider      int
	infer            string
	retryDelay       time.Duration
	confirm          time.Duration
	algorithms       []string
	greeting         time.Duration
	command          time.Duration
	connect          time.Duration
	handshakeTimeout time.Duration
}

func (f *probeFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.probe, "probe", "dane", "MX hosts to connect to: `dane|all|none`")
	flags.Uint16Var(&f.port, "smtp-port", 25, "`PORT` to connect to; TLSA records are those of port 25 all the same")
	flags.StringVar(&f.ehlo, "ehlo", "", "our `NAME` in EHLO (default: this machine's)")
	flags.BoolVar(&f.ipv4, "ipv4-only", false, "connect to no IPv6 address")
	flags.BoolVar(&f.ipv6, "ipv6-only", false, "connect to no IPv4 address")
	flags.BoolVar(&f.tlsaAlways, "tlsa-always", true, "ask for TLSA even where DANE cannot apply, for the figure")
	flags.IntVar(&f.concurrency, "smtp-concurrency", 500, "SMTP sessions at a time")
	flags.Float64Var(&f.rate, "smtp-rate", 100, "SMTP sessions per second; 0: unlimited")
	flags.IntVar(&f.perAddress, "smtp-per-address", 1, "SMTP sessions with one address at a time; 0: unlimited")
	flags.DurationVar(&f.gap, "smtp-gap", 3*time.Second, "between two SMTP sessions with one address; up to 16 times as long after it timed out or answered 421")
	flags.IntVar(&f.perNet, "smtp-per-net", 8, "SMTP sessions with one network (/24 of IPv4, /48 of IPv6) at a time; 0: unlimited")
	flags.IntVar(&f.perProvider, "smtp-per-provider", 16, "SMTP sessions with the hosts of one registrable domain at a time; 0: unlimited")
	flags.StringVar(&f.infer, "infer", "auto", "`auto|off`: where over 20 hosts of a provider share an address and TLSA records, and 20 showed one chain, or an address answers nobody, infer the rest; off: connect to all")
	flags.DurationVar(&f.retryDelay, "retry-delay", 5*time.Minute, "before coming back to a server that answered 4xx, twice at most")
	flags.DurationVar(&f.confirm, "confirm", 30*time.Minute, "look once more at hosts, and at domains whose lookups failed, so long after; 0: never")
	flags.StringSliceVar(&f.algorithms, "algorithms", []string{"rsa", "ecdsa"}, "certificates to ask for where a server has two: `rsa,ecdsa`")
	flags.DurationVar(&f.connect, "connect-timeout", 10*time.Second, "for an SMTP connection")
	flags.DurationVar(&f.greeting, "greeting-timeout", 60*time.Second, "for an SMTP greeting")
	flags.DurationVar(&f.command, "command-timeout", 60*time.Second, "for the reply to an SMTP command")
	flags.DurationVar(&f.handshakeTimeout, "handshake-timeout", 30*time.Second, "for a TLS handshake")
}

// fill puts the flags where Collect reads them.
func (f *probeFlags) fill(cfg *scanner.Config) error {
	switch mode := scanner.ProbeMode(f.probe); mode {
	case scanner.ProbeDANE, scanner.ProbeAll, scanner.ProbeNone:
		cfg.Probe = mode
	default:
		return &usageError{text: fmt.Sprintf("--probe=%s: dane, all or none", f.probe)}
	}
	if f.ipv4 && f.ipv6 {
		return &usageError{text: "--ipv4-only and --ipv6-only leave no address to connect to"}
	}
	if f.port == 0 {
		return &usageError{text: "--smtp-port must be 1 to 65535"}
	}
	if f.concurrency < 1 || f.rate < 0 || min(f.perAddress, f.perNet, f.perProvider) < 0 || f.gap < 0 {
		return &usageError{text: "--smtp-concurrency must be at least 1, and rates, limits and gaps cannot be negative"}
	}
	if f.infer != "auto" && f.infer != "off" {
		return &usageError{text: fmt.Sprintf("--infer=%s: auto or off", f.infer)}
	}
	for _, a := range f.algorithms {
		switch algorithm := run.KeyAlgorithm(a); algorithm {
		case run.KeyRSA, run.KeyECDSA:
			cfg.Algorithms = append(cfg.Algorithms, algorithm)
		default:
			return &usageError{text: fmt.Sprintf("--algorithms %s: rsa, ecdsa or both", a)}
		}
	}
	if f.retryDelay <= 0 || f.confirm < 0 {
		return &usageError{text: "--retry-delay must be positive, and --confirm cannot be negative"}
	}
	if f.ehlo == "" {
		f.ehlo, _ = os.Hostname()
	}
	cfg.NoIPv6, cfg.NoIPv4 = f.ipv4, f.ipv6
	cfg.SkipTLSA = !f.tlsaAlways
	cfg.SMTPPort, cfg.SMTPConcurrency, cfg.SMTPRate = f.port, f.concurrency, f.rate
	cfg.SMTPPerAddress, cfg.SMTPGap = f.perAddress, f.gap
	cfg.SMTPPerNet, cfg.SMTPPerProvider, cfg.InferOff = f.perNet, f.perProvider, f.infer == "off"
	cfg.RetryDelay, cfg.Confirm = f.retryDelay, f.confirm
	cfg.SMTP = smtp.Config{
		EHLO: f.ehlo, ConnectTimeout: f.connect, GreetingTimeout: f.greeting,
		CommandTimeout: f.command, HandshakeTimeout: f.handshakeTimeout,
	}
	return nil
}

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"danescan/scanner"
)

// lookupFlags are the flags of commands that ask the DNS: scan, check, explain.
type lookupFlags struct {
	resolver    []string
	trustAD     string
	rootHints   string
	trustAnchor string
	at          string
	sha1        string
	port        uint16
	timeout     time.Duration
	retries     int
	anyAddress  bool
}

func (f *lookupFlags) declare(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.resolver, "resolver", nil, "ask recursive resolvers at `ADDR[:PORT],...` and validate here (default: iterate from the root)")
	flags.StringVar(&f.trustAD, "trust-ad", "", "believe the AD bit of the one --resolver instead of validating; it must be on loopback, unless --trust-ad=`insecure`")
	flags.Lookup("trust-ad").NoOptDefVal = "loopback"
	flags.StringVar(&f.rootHints, "root-hints", "", "root name servers in zone-file form in `FILE` (default: compiled in)")
	flags.StringVar(&f.trustAnchor, "trust-anchor", "", "DS or DNSKEY records in zone-file form in `FILE` (default: the root keys of IANA, compiled in)")
	flags.StringVar(&f.at, "at", "", "validate as of `TIME` (RFC 3339) instead of now")
	flags.StringVar(&f.sha1, "sha1", "validate", "signatures by RSA/SHA-1: `validate|insecure` (RFC 9905)")
	flags.Uint16Var(&f.port, "dns-port", 53, "`PORT` of name servers when iterating")
	flags.DurationVar(&f.timeout, "timeout", 3*time.Second, "for one DNS try")
	flags.IntVar(&f.retries, "retries", 2, "DNS tries after the first")
	flags.BoolVar(&f.anyAddress, "allow-private", false, "talk to private and loopback addresses, too: for a lab")
}

// config checks the flags against each other.
func (f *lookupFlags) config() (scanner.DNS, error) {
	d := scanner.DNS{
		Resolvers: f.resolver, RootHints: f.rootHints, TrustAnchor: f.trustAnchor,
		Port: f.port, Timeout: f.timeout, Retries: f.retries, AllowPrivate: f.anyAddress,
		TrustAD: f.trustAD != "", TrustADAnywhere: f.trustAD == "insecure",
	}
	switch f.trustAD {
	case "", "loopback", "insecure":
	default:
		return d, &usageError{text: fmt.Sprintf("--trust-ad=%s: it takes no value, or \"insecure\"", f.trustAD)}
	}
	if d.TrustAD && len(f.resolver) != 1 {
		return d, &usageError{text: "--trust-ad needs exactly one --resolver to believe"}
	}
	if len(f.resolver) > 0 && f.rootHints != "" {
		return d, &usageError{text: "--root-hints is for iterating; with --resolver the resolver has its own"}
	}
	if d.TrustAD && f.trustAnchor != "" {
		return d, &usageError{text: "--trust-anchor is for validating here; with --trust-ad the resolver has its own"}
	}
	switch strings.ToLower(f.sha1) {
	case "validate":
	case "insecure":
		d.SHA1Insecure = true
	default:
		return d, &usageError{text: fmt.Sprintf("--sha1=%s: validate or insecure", f.sha1)}
	}
	if f.at != "" {
		at, err := time.Parse(time.RFC3339, f.at)
		if err != nil {
			return d, &usageError{text: fmt.Sprintf("--at %q: want a time such as 2026-11-01T00:00:00Z", f.at)}
		}
		d.At = at
	}
	return d, nil
}

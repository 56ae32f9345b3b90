package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"danescan/scanner"
)

// withFlags say what is asked for beside DANE.
type withFlags struct{ with []string }

func (f *withFlags) declare(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.with, "with", nil,
		"ask each domain for more, one question each: `mta-sts,tlsrpt,soa`. The first two are TXT records with their DNSSEC status, of domains that take mail (a policy file is not fetched); soa is the mailbox of whoever runs the zone, of domains that have one of their own")
}

// fill puts them into the configuration of a scan.
func (f *withFlags) fill(cfg *scanner.Config) error {
	for _, what := range f.with {
		switch what {
		case "mta-sts":
			cfg.MTASTS = true
		case "tlsrpt":
			cfg.TLSRPT = true
		case "soa":
			cfg.SOA = true
		default:
			return &usageError{text: fmt.Sprintf("--with %q: mta-sts, tlsrpt or soa, or several with commas between them", what)}
		}
	}
	return nil
}

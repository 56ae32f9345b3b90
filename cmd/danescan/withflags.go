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
		"ask each domain that takes mail for more: `mta-sts,tlsrpt`, the TXT records with their DNSSEC status, one question each (a policy file is not fetched)")
}

// fill puts them into the configuration of a scan.
func (f *withFlags) fill(cfg *scanner.Config) error {
	for _, what := range f.with {
		switch what {
		case "mta-sts":
			cfg.MTASTS = true
		case "tlsrpt":
			cfg.TLSRPT = true
		default:
			return &usageError{text: fmt.Sprintf("--with %q: mta-sts or tlsrpt, or both with a comma between them", what)}
		}
	}
	return nil
}

package main

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"danescan/datasets/run"
	"danescan/scanner"
)

// crossFlags say which second resolver is asked for how much.
type crossFlags struct{ resolver, share string }

func (f *crossFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.resolver, "cross-check", "", "put a share of the questions to the validating resolver at `ADDR[:PORT]`, too, and compare: status and records; no verdict hangs on it")
	flags.StringVar(&f.share, "cross-share", "1%", "that share: `P%` of the domains (MX) and of the MX hosts (A, AAAA, TLSA), chosen by a hash of --seed and the name")
}

// fill puts them into a job.
func (f *crossFlags) fill(flags *pflag.FlagSet, job *scanner.Job) error {
	percent, err := strconv.ParseFloat(strings.TrimSuffix(f.share, "%"), 64)
	switch {
	case err != nil || !(percent > 0 && percent <= 100):
		return &usageError{text: fmt.Sprintf("--cross-share %s: want a share such as 1%%, over 0 and up to 100%%", f.share)}
	case f.resolver == "" && flags.Changed("cross-share"):
		return &usageError{text: "--cross-share is of the questions put to a second resolver: name it with --cross-check ADDR"}
	case f.resolver == "":
		return nil
	}
	job.Cross = scanner.Cross{Resolver: f.resolver, Percent: percent}
	if err := job.CrossDiffers(); err != nil {
		return &usageError{text: err.Error()}
	}
	return nil
}

// crossed says how far a second resolver agreed.
func (e *env) crossed(c *run.CrossChecks) {
	if c == nil {
		return
	}
	sum := map[run.CrossOutcome]int64{}
	for _, n := range c.Counts {
		sum[n.Outcome] += n.Questions
	}
	if e.json {
		writeRecord(e.stderr, slog.LevelInfo, "cross-check", slog.Any("resolvers", c.Resolvers), slog.Int64("questions", c.Questions), slog.Any("outcomes", sum))
		return
	}
	fmt.Fprintf(e.stderr, "Cross-check with %s: of %d questions %d agree, %d differ, %d had no answer there, %d none here, %d on neither side, %d were not asked.\n",
		printable(strings.Join(c.Resolvers, ", ")), c.Questions, sum[run.CrossAgree], sum[run.CrossStatus]+sum[run.CrossData],
		sum[run.CrossTheirsFailed], sum[run.CrossOursFailed], sum[run.CrossBothFailed], sum[run.CrossNotAsked])
}

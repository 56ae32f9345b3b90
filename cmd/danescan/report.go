package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"danescan/report"
)

func reportCommand() *command {
	return &command{
		name: "report", args: "RUN...", summary: "write the HTML site of a run, or of a series of runs",
		about: `The site needs no server and no script, and its pages fetch nothing: DIR can be put
online as it is. Each figure has its data as CSV and JSON, and the SQL that gives it.

Several runs make a series: trends, the names that two runs have in common, what
changed, and below runs/ the pages of each run. Adding a run makes only its own
pages anew.

With --canary FILE (lines of a name, a comma and the verdict it must have), or when
twice as many names as in the run before hang on a lookup without an answer, the
page says so, and the exit status is 1 unless --force is given.`,
		examples: []example{
			{"danescan report runs/2026-11 -o site", "the site of one run"},
			{"danescan report runs/2026-* -o site --canary canaries.csv", "a series"},
			{"danescan report --redact domains runs/2026-11 -o site", "the same for a list that may not be republished"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			f := &reportFlags{}
			f.declare(flags)
			return f.run
		},
	}
}

type reportFlags struct {
	out    string
	redact string
	canary string
	force  bool
}

func (f *reportFlags) declare(flags *pflag.FlagSet) {
	flags.StringVarP(&f.out, "output", "o", "", "`DIR` of the site")
	flags.StringVar(&f.redact, "redact", "", "`WHAT` not to tell: domains (what would show that a domain is in the list)")
	flags.StringVar(&f.canary, "canary", "", "`FILE` of names with the verdict that each must have")
	flags.BoolVar(&f.force, "force", false, "exit 0 even if canaries or the share of errors raise an alarm")
}

func (f *reportFlags) run(ctx context.Context, e *env, args []string) error {
	if err := wantArgs(args, 1, -1, "the RUN directory"); err != nil {
		return err
	}
	if f.out == "" {
		return &usageError{text: "missing -o DIR: where the page is to be written"}
	}
	if f.redact != "" && f.redact != "domains" {
		return &usageError{text: fmt.Sprintf("--redact %s: only domains can be redacted", f.redact)}
	}
	made, err := report.Write(ctx, report.Config{Runs: args, Out: f.out, RedactDomains: f.redact == "domains", Canary: f.canary})
	if err != nil {
		return err
	}
	h := made.Headline
	fmt.Fprintf(e.stderr, "%d names, %d with mail, %d with proven MX records, %d with DANE, %d verified, %d failed, %d undecided\n",
		h.Names, h.WithMail, h.SignedMX, h.DANE, h.Verified, h.Failed, h.Undecided)
	fmt.Fprintln(e.stdout, made.Path)
	for _, alarm := range made.Alarms {
		fmt.Fprintln(e.stderr, printable(alarm))
	}
	if len(made.Alarms) > 0 && !f.force {
		return exitError(1)
	}
	return nil
}

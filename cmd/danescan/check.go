package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"danescan/datasets/run"
	"danescan/scanner"
)

func checkCommand() *command {
	return &command{
		name: "check", args: "DOMAIN...", summary: "look at a few domains and explain every step, verdict and remedy",
		about: `Exit status: 0 dane-verified; 4 dane-failed, or half-dane with a host that fails;
5 dns-error, dane-undecided, dane-unreachable or dane-not-tested; 3 any other verdict.
With several domains the gravest counts: 4, then 5, then 3.`,
		examples: []example{
			{"danescan check example.org", "what would a DANE sender do?"},
			{"danescan check --json example.org", "the rows of a scan, hosts and endpoints nested"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			f := &checkFlags{}
			flags.BoolVar(&f.json, "json", false, "an object per domain on stdout")
			flags.StringVar(&f.exclude, "exclude", "", "connect to no host or address that `FILE` lists, one a line")
			f.lookups.declare(flags)
			f.probes.declare(flags)
			f.with.declare(flags)
			f.logs.declare(flags)
			configFlag(flags)
			return f.check
		},
	}
}

type checkFlags struct {
	json    bool
	exclude string
	lookups lookupFlags
	probes  probeFlags
	with    withFlags
	logs    logFlags
}

func (f *checkFlags) check(ctx context.Context, e *env, args []string) error {
	if err := wantArgs(args, 1, -1, "the DOMAIN"); err != nil {
		return err
	}
	dns, err := f.lookups.config()
	if err != nil {
		return err
	}
	if dns.Log, err = f.logs.logger(e); err != nil {
		return err
	}
	job := scanner.Job{DNS: dns}
	if err := errors.Join(f.probes.fill(&job.Config), f.with.fill(&job.Config)); err != nil {
		return err
	}
	if job.Config.Exclude, err = readExclusions(f.exclude); err != nil {
		return err
	}
	if !e.flags.Changed("confirm") {
		job.Config.Confirm = 0 // somebody is waiting
	}
	checked, err := scanner.Check(ctx, job, args)
	if err != nil {
		return err
	}
	worst := 0
	encoder := run.NewNestedEncoder()
	for i, c := range checked {
		if f.json {
			nested := func(name string) (*run.Host, []run.Endpoint) { return c.Hosts[name], c.Endpoints[name] }
			fmt.Fprintf(e.stdout, "%s\n", encoder.Append(nil, &c.Domain, nested))
		} else {
			var text bytes.Buffer
			if c.Write(&text); i > 0 {
				fmt.Fprintln(e.stdout)
			}
			fmt.Fprint(e.stdout, printable(text.String()))
		}
		worst = graver(worst, checkStatus(c))
	}
	if worst != 0 {
		return exitError(worst)
	}
	return nil
}

// checkStatus is the exit status for a domain.
func checkStatus(c scanner.Checked) int {
	switch v := c.Domain.Verdict; {
	case v == run.DANEVerified:
		return 0
	case v == run.DANEFailed, v == run.HalfDANE && c.HostFailed():
		return 4
	case v == run.DNSError, v == run.DANEUndecided, v == run.DANEUnreachable, v == run.DANENotTested:
		return 5
	}
	return 3
}

// graver returns the graver of two statuses: 4, 5, 3, 0.
func graver(a, b int) int {
	weight := map[int]int{4: 3, 5: 2, 3: 1}
	if weight[b] > weight[a] {
		return b
	}
	return a
}

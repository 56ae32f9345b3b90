package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"danescan/scanner"
)

func probeCommand() *command {
	return &command{
		name: "probe", args: "RUN", summary: "connect to the hosts of a run that was made with --probe none",
		about: `For networks where lookups go out and mail does not: scan with --probe none, carry the
run to a machine that may connect to port 25, and probe there, today or another day.
The addresses and TLSA records of the hosts to which DANE applies are asked for
again, the hosts are connected to as in a scan, and the tables are replaced as a
whole. Interrupted, the same command goes on.`,
		examples: []example{
			{"danescan probe --contact 'https://example.org/scan' runs/2026-11", "iterating from the root"},
			{"danescan probe --resolver 127.0.0.1 --trust-ad runs/2026-11", "believing a local validating resolver"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			f := &probeCommandFlags{}
			f.declare(flags)
			return f.run
		},
	}
}

type probeCommandFlags struct {
	lookups   lookupFlags
	probes    probeFlags
	logs      logFlags
	contact   string
	exclude   string
	previous  string
	watch     watchFlags
	rate      float64
	perServer float64
}

func (f *probeCommandFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.contact, "contact", "", "`TEXT` that tells operators whom to ask (default: that of the run)")
	flags.StringVar(&f.exclude, "exclude", "", "leave alone what `FILE` lists, beside what the run left alone")
	previousFlag(flags, &f.previous)
	f.watch.declare(flags)
	flags.Float64Var(&f.rate, "dns-rate", 2000, "DNS queries per second in all; 0: unlimited")
	flags.Float64Var(&f.perServer, "dns-rate-per-server", 50, "DNS queries per second to one name server; 0: unlimited")
	f.lookups.declare(flags)
	f.probes.declare(flags)
	f.logs.declare(flags)
	configFlag(flags)
}

func (f *probeCommandFlags) run(ctx context.Context, e *env, args []string) error {
	if err := wantArgs(args, 1, 1, "the RUN directory"); err != nil {
		return err
	}
	job, err := f.job(e, args[0])
	if err != nil {
		return err
	}
	began := time.Now()
	stop, err := f.watch.follow(e, job.Config.Progress, nil)
	if err != nil {
		return err
	}
	summary, err := scanner.ProbeLater(ctx, job)
	stop()
	switch {
	case errors.Is(err, scanner.ErrInterrupted):
		e.interrupted(job.Dir, "")
		return errInterrupted
	case errors.Is(err, scanner.ErrNoContact):
		return fmt.Errorf("%w: operators who see the sessions must know whom to ask: give --contact TEXT", err)
	case err != nil:
		return hint(err)
	}
	e.finished(summary, takeToll(job.Config.Progress, job.Dir, began))
	fmt.Fprintln(e.stdout, job.Dir)
	return nil
}

func (f *probeCommandFlags) job(e *env, dir string) (scanner.ProbeJob, error) {
	dns, err := f.lookups.config()
	if err != nil {
		return scanner.ProbeJob{}, err
	}
	if f.rate < 0 || f.perServer < 0 {
		return scanner.ProbeJob{}, &usageError{text: "rates cannot be negative"}
	}
	dns.Rate, dns.RatePerServer = f.rate, f.perServer
	if dns.Log, err = f.logs.logger(e); err != nil {
		return scanner.ProbeJob{}, err
	}
	job := scanner.ProbeJob{
		DNS: dns, Dir: dir, Contact: f.contact, Previous: f.previous,
		Config: scanner.Config{Progress: new(scanner.Progress)},
	}
	job.HostName, _ = os.Hostname()
	if err := f.probes.fill(&job.Config); err != nil {
		return scanner.ProbeJob{}, err
	}
	if job.Config.Probe == scanner.ProbeNone {
		return scanner.ProbeJob{}, &usageError{text: "--probe=none: then there is nothing to do; dane or all"}
	}
	if job.Config.Exclude, err = readExclusions(f.exclude); err != nil {
		return scanner.ProbeJob{}, err
	}
	job.Settings = settingsOf(e.flags)
	return job, nil
}

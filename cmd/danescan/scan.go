package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner"
)

func scanCommand() *command {
	return &command{
		name: "scan", args: "LIST...", summary: "measure the domains of a list: lists in, a run directory out",
		about: scanAbout,
		examples: []example{
			{"danescan scan -o runs/2026-11 --contact 'https://example.org/scan' tranco.csv.zip", "the main job, iterating from the root"},
			{"danescan scan --estimate tranco.csv.zip", "what it would take; nothing is sent"},
			{"danescan scan -o try -n 100 tranco.csv.zip", "the first hundred names"},
			{"danescan scan -o runs/2026-11 --resume --contact 'https://example.org/scan' tranco.csv.zip", "go on after an interruption"},
			{"danescan scan -o se --only-signed --contact 'https://example.org/scan' se.zone.gz", "the signed delegations of a zone"},
			{"danescan scan -o sample --sample 1% --seed 1 --probe none --exclude opt-out.txt https://tranco-list.eu/download/K25GW/full", "one domain in a hundred, the same for everyone"},
			{"danescan scan -o dns --probe none --resolver 127.0.0.1 --trust-ad names.txt", "DNS alone, believing a local validating resolver"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			f := &scanFlags{}
			f.declare(flags)
			return f.scan
		},
	}
}

const scanAbout = `LIST is a file, an http or https URL, or - for standard input. Its form is found
from the content, but for Umbrella's, which looks like Tranco's: --format umbrella.
Several lists are read one after the other, as if they were one; a name that comes
twice counts where it came first.
The names' MX hosts and the hosts' TLSA records are looked up and validated; each
host to which DANE applies is connected to, shows its certificates after STARTTLS,
and is left with QUIT. Mail is never sent.

The pace adapts when iterating: between 16 and one and a half times
--dns-concurrency questions are out at a time, fewer where the network loses them;
a name server that stays silent is tried again after 1 s to 64 s, and lookups that
need it fail at once (server-silent); one that refuses everything is asked at a
quarter of --dns-rate-per-server at least. An address that times out or answers 421
is left alone for up to 16 times --smtp-gap; of one that answers nobody, five
sessions stand for the hosts behind it, for ten minutes.

The run directory holds Parquet tables and a manifest. It is never overwritten;
an interrupted run goes on with --resume and the same flags.`

// scanFlags are the flags of scan.
type scanFlags struct {
	lookups lookupFlags
	probes  probeFlags
	with    withFlags
	cross   crossFlags
	logs    logFlags
	profile profileFlags
	watch   watchFlags

	out         string
	format      string
	limit       int64
	sample      string
	onlySigned  bool
	shard       string
	exclude     string
	estimate    bool
	groupColumn int
	seed        uint64
	resume      bool
	contact     string
	listID      string
	listURL     string
	previous    string
	jsonl       string
	concurrency int
	rate        float64
	perServer   float64
}

func (f *scanFlags) declare(flags *pflag.FlagSet) {
	flags.StringVarP(&f.out, "output", "o", "", "run `DIR` to write")
	flags.StringVarP(&f.format, "format", "f", "auto", "`FORMAT` of the list: auto, or one that 'danescan lists' names")
	flags.Int64VarP(&f.limit, "limit", "n", 0, "take at most `N` names; 0: all")
	flags.StringVar(&f.sample, "sample", "", "take `P%` of the names, chosen by a hash of --seed and the name")
	flags.BoolVar(&f.onlySigned, "only-signed", false, "of a zone, take only delegations with DS")
	flags.StringVar(&f.shard, "shard", "", "look up part `I/N` of the list alone, in ranges of 16,384 lines, and the hosts named there")
	flags.StringVar(&f.exclude, "exclude", "", "leave alone what `FILE` lists: domains (with all below), MX hosts, addresses, CIDRs, one a line")
	flags.IntVar(&f.groupColumn, "group-column", 0, "keep column `N` of the list, from 1, as the names' group")
	flags.Uint64Var(&f.seed, "seed", 0, "of the order within each range of the list, and of --sample; 0: drawn")
	flags.BoolVar(&f.estimate, "estimate", false, "say what the scan would take, at this pace, and send nothing; --previous RUN: by the figures of that run")
	flags.BoolVar(&f.resume, "resume", false, "go on with the run in --output")
	flags.StringVar(&f.contact, "contact", "", "`TEXT` that tells operators whom to ask and how to opt out: needed to probe over 1,000 names")
	flags.StringVar(&f.listID, "list-id", "", "the publisher's `ID` of the list, for citation")
	flags.StringVar(&f.listURL, "list-url", "", "`URL` of the list, for citation")
	flags.StringVar(&f.jsonl, "jsonl", "", "write the domains to `FILE` as JSON Lines, too; - is stdout")
	flags.StringVar(&f.previous, "previous", "", "compare with the earlier `RUN`: is a record that of a certificate shown then?")
	flags.IntVar(&f.concurrency, "dns-concurrency", 1000, "domains looked up at a time, at most")
	flags.Float64Var(&f.rate, "dns-rate", 2000, "DNS queries per second in all; 0: unlimited")
	flags.Float64Var(&f.perServer, "dns-rate-per-server", 50, "DNS queries per second to one name server; 0: unlimited")
	f.watch.declare(flags)
	f.lookups.declare(flags)
	f.probes.declare(flags)
	f.with.declare(flags)
	f.cross.declare(flags)
	f.logs.declare(flags)
	f.profile.declare(flags)
	configFlag(flags)
}

// politeNames is how many names may be probed without saying whom to ask.
const politeNames = 1000

func (f *scanFlags) scan(ctx context.Context, e *env, args []string) error {
	if err := wantArgs(args, 1, -1, "the LIST"); err != nil {
		return err
	}
	job, err := f.job(e, args)
	if err != nil {
		return err
	}
	if f.estimate {
		return writeEstimate(ctx, e.stdout, job)
	}
	defer spareMemory(os.LookupEnv, job.Config.Progress.Names.Load)()
	profiled, err := f.profile.start()
	if err != nil {
		return err
	}
	began := time.Now()
	stop, err := f.watch.follow(e, job.Config.Progress, job.CountNames)
	if err != nil {
		return errors.Join(err, profiled())
	}
	summary, err := scanner.Scan(ctx, job)
	stop()
	err = errors.Join(err, profiled())
	if errors.Is(err, scanner.ErrInterrupted) {
		e.interrupted(f.out, resumeLine())
		return errInterrupted
	}
	if err != nil {
		return hint(err)
	}
	e.finished(summary, takeToll(job.Config.Progress, f.out, began))
	e.crossed(summary.CrossCheck)
	return f.results(e)
}

// results writes what goes to stdout: the run's directory, or its domains.
func (f *scanFlags) results(e *env) error {
	if f.jsonl == "" {
		fmt.Fprintln(e.stdout, f.out)
		return nil
	}
	r, err := run.Open(f.out)
	if err != nil {
		return err
	}
	defer r.Close()
	if f.jsonl == "-" {
		return r.Export(e.stdout, run.TableDomains, run.FormatJSONL)
	}
	file, err := os.Create(f.jsonl)
	if err != nil {
		return fmt.Errorf("--jsonl: %w", err)
	}
	fmt.Fprintln(e.stdout, f.out)
	return errors.Join(r.Export(file, run.TableDomains, run.FormatJSONL), file.Close())
}

// job checks the flags against each other and gathers them.
func (f *scanFlags) job(e *env, sources []string) (scanner.Job, error) {
	switch {
	case f.estimate && f.resume:
		return scanner.Job{}, &usageError{text: "--estimate is of a whole run: it does not know what --resume finds done"}
	case f.out == "" && !f.estimate:
		return scanner.Job{}, &usageError{text: "missing -o DIR: where the run is to be written"}
	case f.concurrency < 1 || f.rate < 0 || f.perServer < 0 || f.limit < 0 || f.groupColumn < 0:
		return scanner.Job{}, &usageError{text: "--dns-concurrency must be at least 1, and rates and limits cannot be negative"}
	case len(sources) > 1 && (f.listID != "" || f.listURL != ""):
		return scanner.Job{}, &usageError{text: "--list-id and --list-url are of one list, and several are given"}
	case f.contact == "" && !f.estimate && f.probes.probe != string(scanner.ProbeNone) && (f.limit == 0 || f.limit > politeNames):
		return scanner.Job{}, &usageError{text: fmt.Sprintf(
			"missing --contact TEXT: operators who see the scan must know whom to ask (not needed with --limit up to %d or --probe none)", politeNames)}
	}
	dns, err := f.lookups.config()
	if err != nil {
		return scanner.Job{}, err
	}
	dns.Rate, dns.RatePerServer = f.rate, f.perServer
	if dns.Log, err = f.logs.logger(e); err != nil {
		return scanner.Job{}, err
	}
	f.drawSeed(e)
	names, err := f.listConfig()
	if err != nil {
		return scanner.Job{}, err
	}
	job := scanner.Job{
		DNS: dns, Sources: sources, Dir: f.out, Resume: f.resume, List: names, Previous: f.previous,
		Version: version, Command: os.Args, ListID: f.listID, ListURL: f.listURL, Contact: f.contact,
		Config: scanner.Config{Seed: f.seed, DNSConcurrency: f.concurrency, Progress: new(scanner.Progress)},
	}
	job.HostName, _ = os.Hostname()
	if err := errors.Join(f.probes.fill(&job.Config), f.with.fill(&job.Config), f.cross.fill(e.flags, &job), f.share(&job.Config)); err != nil {
		return scanner.Job{}, err
	}
	job.Settings = settingsOf(e.flags)
	return job, nil
}

// drawSeed draws the seed where none was given. A run that goes on has one.
func (f *scanFlags) drawSeed(e *env) {
	if f.seed == 0 && f.resume {
		if m, err := run.ReadManifest(f.out); err == nil { // else the scan says what is wrong
			e.flags.Set("seed", m.Settings["seed"])
		}
	}
	if f.seed == 0 {
		e.flags.Set("seed", fmt.Sprint(rand.Uint64()>>1|1))
	}
}

// listConfig says how the list is to be read.
func (f *scanFlags) listConfig() (list.Config, error) {
	cfg := list.Config{
		Format: f.format, Limit: f.limit, Group: f.groupColumn, Seed: f.seed, OnlySigned: f.onlySigned,
	}
	if f.sample != "" {
		percent, err := strconv.ParseFloat(strings.TrimSuffix(f.sample, "%"), 64)
		if err != nil || !(percent > 0 && percent <= 100) {
			return cfg, &usageError{text: fmt.Sprintf("--sample %s: want a share such as 1%%, over 0 and up to 100%%", f.sample)}
		}
		cfg.Sample = percent
	}
	return cfg, nil
}

// share fills in which part of the work is ours, and what is left alone.
func (f *scanFlags) share(cfg *scanner.Config) error {
	var err error
	if cfg.Ranges, err = scanner.ParseShard(f.shard); err != nil {
		return &usageError{text: "--" + err.Error()}
	}
	cfg.Exclude, err = readExclusions(f.exclude)
	return err
}

// settingsOf are the effective values of all flags that say how to measure.
func settingsOf(flags *pflag.FlagSet) map[string]string {
	settings := map[string]string{}
	flags.VisitAll(func(f *pflag.Flag) {
		switch f.Name {
		case "help", "output", "resume", "estimate", "progress", "progress-every", "metrics", "config", "jsonl",
			"cpuprofile", "memprofile", "blockprofile", "mutexprofile":
		default:
			settings[f.Name] = f.Value.String()
		}
	})
	return settings
}

// resumeLine is this command line with --resume.
func resumeLine() string {
	var words []string
	resumes := false
	for _, arg := range os.Args {
		words = append(words, quote(arg))
		resumes = resumes || arg == "--resume"
	}
	if !resumes {
		words = append(words[:2:2], append([]string{"--resume"}, words[2:]...)...)
	}
	return printable(strings.Join(words, " "))
}

// quote writes a word so that a shell takes it as one.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,@%+", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// hint adds to an error what to do about it.
func hint(err error) error {
	switch {
	case errors.Is(err, run.ErrBusy):
		return fmt.Errorf("%w: wait for it, or choose another directory with -o", err)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w: choose a directory that you can write to with -o", err)
	}
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"danescan/scanner"
	"danescan/scanner/lab"
)

func labCommand() *command {
	return &command{
		name: "lab", args: "[COMMAND...]", summary: "serve a miniature signed Internet on loopback",
		about: `Root, top-level domains, zones and mail servers, good and broken, at addresses in
127.0.0.0/8: to try danescan, to test against, to learn DANE. The truth about each
domain is known. DIR gets the list (list.csv), the truth (truth.csv), the root
hints and the trust anchor.

With a COMMAND, the lab serves while it runs, with the environment set so that
danescan asks the lab, and ends with its exit status. Without, it serves until
interrupted and prints that environment.

With --compare RUN, nothing is served: the verdicts of a run of the same lab are
compared with the truth; any difference is named, and the exit status is 1.`,
		examples: []example{
			{"danescan lab --dir lab sh -c 'danescan scan -o run lab/list.csv'", "scan a lab"},
			{"danescan lab --dir lab --compare run", "and see whether the scanner was right"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			f := &labFlags{}
			f.declare(flags)
			return f.run
		},
	}
}

type labFlags struct {
	dir      string
	domains  int
	seed     uint64
	dnsPort  uint16
	smtpPort uint16
	latency  time.Duration
	loss     float64
	compare  string
}

func (f *labFlags) declare(flags *pflag.FlagSet) {
	flags.SetInterspersed(false)
	flags.StringVar(&f.dir, "dir", "lab", "`DIR` for list, truth, root hints and trust anchor")
	flags.IntVar(&f.domains, "domains", 0, "domains in all; 0: those of the table of cases")
	flags.Uint64Var(&f.seed, "seed", 1, "of everything")
	flags.Uint16Var(&f.dnsPort, "dns-port", lab.DNSPort, "`PORT` of all name servers; 0: any that is free")
	flags.Uint16Var(&f.smtpPort, "smtp-port", lab.SMTPPort, "`PORT` of all mail servers; 0: any that is free")
	flags.DurationVar(&f.latency, "latency", 0, "before each reply")
	flags.Float64Var(&f.loss, "loss", 0, "share of DNS packets to lose, 0 to 1")
	flags.StringVar(&f.compare, "compare", "", "compare the finished `RUN` with the truth")
}

func (f *labFlags) run(ctx context.Context, e *env, args []string) error {
	l, err := lab.New(lab.Config{
		Seed: f.seed, Domains: f.domains, DNSPort: int(f.dnsPort), SMTPPort: int(f.smtpPort),
		Latency: f.latency, Loss: f.loss,
	})
	if err != nil {
		return err
	}
	if f.compare != "" {
		return f.compareRun(e, l)
	}
	if err := l.Start(ctx); err != nil {
		return err
	}
	defer l.Close()
	if err := f.write(l); err != nil {
		return err
	}
	if len(args) > 0 {
		return f.serveFor(ctx, e, l, args)
	}
	for _, setting := range f.environment(l) {
		fmt.Fprintf(e.stdout, "export %s\n", quote(setting))
	}
	fmt.Fprintf(e.stderr, "Serving %d domains, see %s. Interrupt to end.\n", l.Len(), filepath.Join(f.dir, listName))
	<-ctx.Done()
	return nil
}

// Names of the files of a lab.
const (
	listName   = "list.csv"
	truthName  = "truth.csv"
	hintsName  = "root.hints"
	anchorName = "trust-anchor"
)

// write puts what a scanner needs to know into the lab's directory.
func (f *labFlags) write(l *lab.Lab) error {
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	in := func(name string) string { return filepath.Join(f.dir, name) }
	list, err := os.Create(in(listName))
	if err != nil {
		return err
	}
	truth, err := os.Create(in(truthName))
	if err != nil {
		return errors.Join(err, list.Close())
	}
	return errors.Join(
		l.WriteList(list), list.Close(),
		l.WriteTruth(truth), truth.Close(),
		os.WriteFile(in(hintsName), []byte(l.RootHints()), 0o644),
		os.WriteFile(in(anchorName), []byte(l.TrustAnchor()), 0o644),
	)
}

// environment turns every danescan that has it to the lab.
func (f *labFlags) environment(l *lab.Lab) []string {
	dir, err := filepath.Abs(f.dir)
	if err != nil {
		dir = f.dir
	}
	return []string{
		"DANESCAN_ROOT_HINTS=" + filepath.Join(dir, hintsName),
		"DANESCAN_TRUST_ANCHOR=" + filepath.Join(dir, anchorName),
		fmt.Sprintf("DANESCAN_DNS_PORT=%d", l.DNSPort()),
		fmt.Sprintf("DANESCAN_SMTP_PORT=%d", l.SMTPPort()),
		"DANESCAN_ALLOW_PRIVATE=true",
		"LAB_FRONT=" + l.Front().String(),
	}
}

// serveFor runs a command in the lab and ends as it does.
func (f *labFlags) serveFor(ctx context.Context, e *env, l *lab.Lab, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), f.environment(l)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, e.stdout, e.stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) && failed.ExitCode() >= 0 {
		return exitError(failed.ExitCode())
	}
	return err
}

// compareRun holds a run against the truth.
func (f *labFlags) compareRun(e *env, l *lab.Lab) error {
	c, err := scanner.CompareWithLab(f.compare, l)
	if err != nil {
		return err
	}
	for _, d := range c.Differences {
		fmt.Fprintln(e.stderr, printable(d))
	}
	if n := c.Wrong; n > 0 {
		fmt.Fprintf(e.stderr, "%d of %d domains differ from the truth%s\n", n, c.Domains, strings.Repeat(" (only some are named)", btoi(int(n) > len(c.Differences))))
		return exitError(1)
	}
	fmt.Fprintf(e.stderr, "All %d domains are as the lab's truth says.\n", c.Domains)
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

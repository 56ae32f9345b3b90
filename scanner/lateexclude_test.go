package scanner

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
	"danescan/scanner/smtp"
)

// Who asks between an interruption and --resume to be left alone is in the tables as if
// that had been asked from the start: the domain nowhere, the host and the address
// without what a session showed, and all of them counted.
func TestExcludedSinceTheInterruption(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 5, Domains: 300})
	job.DNS = frontOf(l)
	job.Config.rangeLines, job.Config.batchRows, job.Config.InferOff = 40, 20, true
	inner := job.Config.session
	ctx, cancel := context.WithCancel(t.Context())
	var held atomic.Int32
	job.Config.session = func(c context.Context, target smtp.Target, cfg smtp.Config) smtp.Session {
		if held.Add(1) == 130 { // of some 215
			cancel()
		}
		return inner(c, target, cfg)
	}
	if _, err := Scan(ctx, job); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("error %v", err)
	}
	asked := lateRequests(t, job.Dir)
	job.Config.session, job.Config.Progress, job.Resume = inner, new(Progress), true
	x, err := ReadExclusions(strings.NewReader(strings.Join(asked, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	job.Config.Exclude = x
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	resumed, late := openTest(t, job.Dir), job.Dir

	job.Dir, job.Config.Progress, job.Resume = job.Dir+"-whole", new(Progress), false
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	got, want := lateTables(t, resumed), lateTables(t, openTest(t, job.Dir))
	for table := range want {
		if !slices.Equal(got[table], want[table]) {
			t.Errorf("%s:\n%s\n", table, differences(got[table], want[table]))
		}
	}
	if got, want := exclusionsOf(t, late), exclusionsOf(t, job.Dir); got != want || got.Domains != 1 || got.Hosts == 0 {
		t.Errorf("counted %+v, from the start %+v", got, want)
	}
	t.Logf("asked later: %q", asked)
}

// lateRequests picks from an interrupted run what is asked to be left alone: a domain
// with mail hosts of its own below it, one host that was connected to, and an address
// of another one.
func lateRequests(t *testing.T, dir string) []string {
	t.Helper()
	r := runOf(t, dir)
	defer r.Close()
	spool, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	connected := map[string]string{}
	for e, err := range spool.Endpoints() {
		if err != nil {
			t.Fatal(err)
		}
		if e.HandshakeComplete && e.Base == e.Host {
			connected[strings.Clone(e.Host)] = strings.Clone(e.Address)
		}
	}
	domain, hosts := "", []string{}
	for d, err := range spool.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		for _, mx := range d.MX {
			below := strings.HasSuffix(mx.Host, "."+d.Domain)
			switch _, there := connected[mx.Host]; {
			case there && below && domain == "" && len(d.MX) == 1:
				domain = strings.Clone(d.Domain)
			case there && !strings.HasSuffix(mx.Host, "."+domain) && len(hosts) < 2 && !slices.Contains(hosts, mx.Host):
				hosts = append(hosts, strings.Clone(mx.Host))
			}
		}
	}
	if domain == "" || len(hosts) < 2 {
		t.Fatalf("domain %q and hosts %q: the interruption came too early", domain, hosts)
	}
	return []string{domain, hosts[0], connected[hosts[1]]}
}

// lateTables are the rows of a run that exclusions change, as text.
func lateTables(t *testing.T, r *run.Run) map[string][]string {
	t.Helper()
	tables := map[string][]string{}
	add := func(err error, table, format string, values ...any) {
		if err != nil {
			t.Fatal(err)
		}
		tables[table] = append(tables[table], fmt.Sprintf(format, values...))
	}
	for d, err := range r.Domains() {
		add(err, "domains", "%s %s %d of %d", d.Domain, d.Verdict, d.HostsVerified, d.HostsTotal)
	}
	for h, err := range r.Hosts() {
		add(err, "hosts", "%s %s %s %d", h.Host, h.Verdict, h.Reason, h.Domains)
	}
	for e, err := range r.Endpoints() {
		add(err, "endpoints", "%s %s %s %d %s %s %d", e.Base, e.Address, e.Algorithm, e.Attempt, e.NotTried, e.Verdict, len(e.Chain))
	}
	for c, err := range r.Certificates() {
		add(err, "certificates", "%s", hex.EncodeToString(c.SHA256))
	}
	return tables
}

// differences are the lines that only one of two lists has.
func differences(got, want []string) string {
	var b strings.Builder
	for _, line := range got {
		if !slices.Contains(want, line) {
			fmt.Fprintln(&b, "+", line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			fmt.Fprintln(&b, "-", line)
		}
	}
	return b.String()
}

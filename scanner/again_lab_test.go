package scanner

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/datasets/run"
	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
	"danescan/scanner/lab"
	"danescan/scanner/resolver"
)

// downAtFirst is a way to name servers that lose every third name's questions for MX
// until somebody comes back for those that failed. From then on it counts what the
// root is asked.
type downAtFirst struct {
	exchange.Exchanger
	progress *Progress
	names    map[string]bool
	roots    []netip.Addr
	asked    *atomic.Int64
}

func (d downAtFirst) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	if q.Type == dns.TypeMX && d.names[q.Name] && d.progress.Again.Load() == 0 {
		return exchange.Reply{}, &exchange.Error{Kind: exchange.Timeout, Server: server, Queries: 1, Err: errors.New("down")}
	}
	if d.progress.Again.Load() > 0 && slices.Contains(d.roots, server.Addr()) {
		d.asked.Add(1)
	}
	return d.Exchanger.Exchange(ctx, server, q, opt)
}

// rootsOf are the addresses of a lab's root servers.
func rootsOf(t *testing.T, l *lab.Lab) []netip.Addr {
	t.Helper()
	hints, err := resolver.ParseHints(l.RootHints())
	if err != nil {
		t.Fatal(err)
	}
	var roots []netip.Addr
	for _, s := range hints.Servers {
		roots = append(roots, s.Addrs...)
	}
	return roots
}

// Where name servers are down for the first look and back for the second, the
// verdicts are the lab's truth, and the run says what happened. Second looks do not
// believe the delegations of the first, and ask the root for new ones together.
func TestServersThatComeBack(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 17, Domains: 300})
	job.Config.Progress, job.Config.Confirm, job.Config.rangeLines = new(Progress), 100*time.Millisecond, 64
	job.Config.DNSConcurrency = 6
	down := map[string]bool{}
	n := 0
	for c := range l.Truth() {
		if n++; n%3 == 0 && c.Verdict != string(run.DNSError) {
			down[dns.CanonicalName(c.Domain)] = true
		}
	}
	var root atomic.Int64
	to := job.DNS.via
	job.DNS.via = func(next exchange.Exchanger) exchange.Exchanger {
		return downAtFirst{to(next), job.Config.Progress, down, rootsOf(t, l), &root}
	}
	s, err := Scan(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	c, err := CompareWithLab(job.Dir, l)
	if err != nil {
		t.Fatal(err)
	}
	if c.Domains != int64(l.Len()) || c.Wrong != 0 {
		t.Errorf("%d of %d domains are wrong: %q", c.Wrong, c.Domains, c.Differences)
	}
	r := openTest(t, job.Dir)
	var saved, dead, other int
	for d, err := range r.Domains() {
		switch {
		case err != nil:
			t.Fatal(err)
		case down[dns.CanonicalName(d.Domain)] && d.FirstLook != nil && d.Attempts == 2 && d.FirstLook.Outcome == run.Timeout:
			saved++
		case d.Verdict == run.DNSError && d.FirstLook != nil && d.Attempts == 2:
			dead++
		case d.FirstLook != nil || d.Attempts != 1:
			other++
		}
	}
	t.Logf("%d domains answered later, %d never, of %d", saved, dead, c.Domains)
	if saved != len(down) || saved < 80 || dead < 5 || other != 0 || s.Again != (run.Again{Domains: int64(saved + dead), Answered: int64(saved)}) {
		t.Errorf("%d were down at first; %d others; summary %+v", len(down), other, s.Again)
	}
	t.Logf("the root was asked %d times for them", root.Load())
	if n := root.Load(); n == 0 || n > 40 { // ten workers at a time, and few top-level domains
		t.Errorf("the root was asked %d times for %d domains", n, s.Again.Domains)
	}
	if slices.Contains([]int64{0, s.Again.Domains}, job.Config.Progress.Answered.Load()) {
		t.Errorf("%d were counted as answered", job.Config.Progress.Answered.Load())
	}
}

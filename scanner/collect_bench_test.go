//go:build linux

package scanner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
	"danescan/scanner/lab"
	"danescan/scanner/resolver"
)

// BenchmarkCollect looks the domains of a lab up, from the root down, validates, and
// writes the parts: all that a scan does but for the network and the sessions. What
// the lab's servers say is recorded first and then comes from memory, so that the
// scanner alone is measured. It does so with one processor and with two by turns,
// and reports how much faster two are. -cpu cannot do that: a benchmark by b.Loop runs
// with as many as there are the first time, whatever -cpu says. Where
// the machine is shared, "speedup" says who else was there, and "speedup-alone" more.
func BenchmarkCollect(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("needs two processors")
	}
	rec := recordLab(b, 60_000)
	var of [3]onePass // by processors
	for b.Loop() {
		for _, processors := range []int{1, 2} {
			got := rec.pass(b, processors)
			rec.check(b, got)
			of[processors].add(got)
		}
	}
	one, two := &of[1], &of[2]
	one.report(b, "1")
	two.report(b, "2")
	domains := float64(two.summary.Domains)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(two.queries)/domains, "queries/domain")
	b.ReportMetric(float64(two.missed)/domains, "asked-lab/domain")
	b.ReportMetric(float64(two.signatures.Verified)/domains, "verified/domain")
	b.ReportMetric(float64(two.signatures.Tabled)/domains, "tabled/domain")
	b.ReportMetric(one.wall.Seconds()/two.wall.Seconds(), "speedup")
	b.ReportMetric(one.best.Seconds()/two.best.Seconds(), "speedup-best")
	b.ReportMetric(2*two.busy()/one.busy()*one.cpu.Seconds()/two.cpu.Seconds(), "speedup-alone")
}

// onePass is what came of one Collect.
type onePass struct {
	summary    Summary
	queries    int64
	missed     int // questions that had to be put to the lab
	signatures dnssec.Stats

	wall, cpu time.Duration
	best      time.Duration // wall of the quickest
	had, idle time.Duration // of the processors of the Go scheduler, those without work
}

func (p *onePass) add(q onePass) {
	p.summary.Domains += q.summary.Domains
	p.queries += q.queries
	p.missed += q.missed
	p.signatures.Verified += q.signatures.Verified
	p.signatures.Tabled += q.signatures.Tabled
	p.wall, p.cpu = p.wall+q.wall, p.cpu+q.cpu
	if p.best == 0 || q.wall < p.best {
		p.best = q.wall
	}
	p.had, p.idle = p.had+q.had, p.idle+q.idle
}

// busy is the share of their time that processors had work to do. From it and from
// the CPU time follows how fast the same would be with the machine to itself: other
// work on it makes a scan slower, but hardly leaves its processors without work.
func (p *onePass) busy() float64 { return 1 - p.idle.Seconds()/p.had.Seconds() }

func (p *onePass) report(b *testing.B, processors string) {
	domains := float64(p.summary.Domains)
	b.ReportMetric(float64(p.wall.Nanoseconds())/domains, "wall-ns/domain-"+processors)
	b.ReportMetric(float64(p.cpu.Microseconds())/domains, "cpu-us/domain-"+processors)
	b.ReportMetric(p.busy(), "busy-"+processors)
}

// scheduled is how much time the processors of the Go scheduler had so far, and how
// much of it they had nothing to do.
func scheduled() (had, idle time.Duration) {
	runtime.GC() // which brings the figures up to date
	s := []metrics.Sample{{Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	metrics.Read(s)
	return time.Duration(s[0].Value.Float64() * 1e9), time.Duration(s[1].Value.Float64() * 1e9)
}

// recording is a lab from memory.
type recording struct {
	list    string
	hints   resolver.Zone
	anchors []dnssec.Anchor
	port    uint16
	at      time.Time
	first   onePass // over the network

	lab     exchange.Exchanger // over the network
	replies map[put]said       // what is known: only read

	mu     sync.Mutex
	late   map[put]said // what the lab was asked since
	missed int
}

// put is a question as it was put to a server.
type put struct {
	server netip.AddrPort
	q      dnssec.Question
	opt    exchange.Options
}

// said is how a server answered.
type said struct {
	reply exchange.Reply // without the message
	wire  []byte         // the message: in this form the collector of garbage does not look into it
	err   error
}

// unpacked reads the message, as an exchanger does.
func (s said) unpacked() (exchange.Reply, error) {
	if s.err != nil {
		return s.reply, s.err
	}
	var err error
	s.reply.Msg, err = dnssec.Unpack(s.wire)
	return s.reply, err
}

// Exchange implements exchange.Exchanger. All servers are as far away as one that
// nothing is known of, so that chance does not decide which of them is asked. What
// is asked of which zone is still up to who comes first, at the beginning: what was
// not asked before is asked now.
func (rec *recording) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	key := put{server, q, opt}
	if s, ok := rec.replies[key]; ok {
		return s.unpacked()
	}
	var s said
	s.reply, s.err = rec.lab.Exchange(ctx, server, q, opt)
	if s.err == nil {
		m := s.reply.Msg.Msg()
		m.Question, m.Compress = []dns.Question{{Name: q.Name, Qtype: q.Type, Qclass: dns.ClassINET}}, true
		s.wire, s.err = m.Pack()
	}
	s.reply.Msg, s.reply.RTT = nil, 50*time.Millisecond
	rec.mu.Lock()
	rec.late[key] = s
	rec.missed++
	rec.mu.Unlock()
	return s.unpacked()
}

// learn moves what the lab was asked to what is known.
func (rec *recording) learn() {
	maps.Copy(rec.replies, rec.late)
	clear(rec.late)
}

// recordLab scans a lab over the network and keeps what its servers say.
func recordLab(b *testing.B, domains int) *recording {
	b.Helper()
	l, err := lab.New(lab.Config{Seed: 1, Domains: domains})
	if err != nil {
		b.Fatal(err)
	}
	if err := l.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	client := exchange.New(exchange.Config{Timeout: patience, Retries: -1})
	b.Cleanup(func() { client.Close() })
	rec := &recording{
		list: answered(l), port: uint16(l.DNSPort()), at: l.Now(),
		lab: unsilent{client, l}, replies: map[put]said{}, late: map[put]said{},
	}
	hints, errHints := resolver.ParseHints(l.RootHints())
	anchors, errAnchors := dnssec.ParseAnchors(l.TrustAnchor())
	if err := errors.Join(errHints, errAnchors); err != nil {
		b.Fatal(err)
	}
	rec.hints, rec.anchors = hints, anchors
	rec.first = rec.pass(b, 2)
	for _, processors := range []int{1, 2} {
		rec.pass(b, processors) // as it goes from memory
	}
	return rec
}

// answered lists the domains whose truth does not depend on servers that are
// silent: these only take time.
func answered(l *lab.Lab) string {
	var names strings.Builder
	for c := range l.Truth() {
		waits := c.Verdict == "dns-error" || c.Verdict == "dane-undecided"
		for _, mx := range c.MX {
			waits = waits || mx.Verdict == "lookup-failed"
		}
		if !waits {
			fmt.Fprintln(&names, c.Domain)
		}
	}
	return names.String()
}

// unsilent is a lab whose silent servers need not be waited for.
type unsilent struct {
	exchange.Exchanger
	lab *lab.Lab
}

func (n unsilent) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	if n.lab.SilentDNS(server.Addr(), q.Name, q.Type) {
		return exchange.Reply{}, &exchange.Error{Kind: exchange.Timeout, Server: server, Queries: 1, Err: errors.New("silent")}
	}
	return n.Exchanger.Exchange(ctx, server, q, opt)
}

// pass collects with some processors into a run of its own, and judges what came of
// it.
func (rec *recording) pass(b *testing.B, processors int) onePass {
	b.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	r := benchRun(b)
	rec.missed = 0
	had, idle := scheduled()
	cpu, began := cpuUsed(b), time.Now()
	p := rec.collect(b, r)
	p.wall, p.cpu, p.missed = time.Since(began), cpuUsed(b)-cpu, rec.missed
	p.had, p.idle = scheduled()
	p.had, p.idle = p.had-had, p.idle-idle
	rec.learn()
	p.summary = finishSpool(b, r)
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
	return p
}

// collect is what a scan without sessions does between its list and its parts, with
// nothing known at first.
func (rec *recording) collect(b *testing.B, r *run.Run) onePass {
	b.Helper()
	names, errNames := list.NewReader(strings.NewReader(rec.list), list.Config{})
	spool, errSpool := r.Spool()
	now := DNS{At: rec.at}.now()
	v, errValidator := dnssec.New(dnssec.Config{Anchors: rec.anchors, Now: now})
	it, errIterate := resolver.NewIterate(resolver.IterateConfig{
		Exchanger: exchange.NewGovernor(rec, exchange.GovernorConfig{}), Validator: v, Zones: []resolver.Zone{rec.hints},
		Port: rec.port, AllowPrivate: true, Now: now, Random: func() float64 { return 0.5 },
	})
	if err := errors.Join(errNames, errSpool, errValidator, errIterate); err != nil {
		b.Fatal(err)
	}
	cfg := Config{
		Resolver: resolver.NewCached(it, resolver.CacheConfig{Now: now}), ZoneFacts: it.ZoneFacts,
		Probe: ProbeNone, AllowAny: true, Seed: 1, Now: now, Progress: new(Progress),
	}
	if err := Collect(b.Context(), cfg, names, spool); err != nil {
		b.Fatal(err)
	}
	return onePass{queries: cfg.Progress.Queries.Load(), signatures: v.Stats()}
}

// check compares what came from memory with what came over the network, and that
// with what it has to be at the least. How often servers are asked depends a little
// on who comes first: as long as nobody knows of a zone, each lookup under way asks
// for it.
func (rec *recording) check(b *testing.B, got onePass) {
	b.Helper()
	want := &rec.first
	if !maps.Equal(got.summary.Verdicts, want.summary.Verdicts) || !maps.Equal(got.summary.HostVerdicts, want.summary.HostVerdicts) {
		b.Fatalf("verdicts %v %v, want %v %v", got.summary.Verdicts, got.summary.HostVerdicts, want.summary.Verdicts, want.summary.HostVerdicts)
	}
	if n := int64(strings.Count(rec.list, "\n")); got.summary.Domains != n || got.summary.Verdicts[run.DANENotTested] < n/100 || got.summary.HostVerdicts[run.None] < n/5 {
		b.Fatalf("%d of %d domains, %v %v", got.summary.Domains, n, got.summary.Verdicts, got.summary.HostVerdicts)
	}
	near := func(got, want, by int64) bool { return max(got-want, want-got) <= by }
	atATime := int64(Config{}.withDefaults().DNSConcurrency)
	if !near(got.queries, want.queries, 2*atATime) || !near(got.signatures.Verified, want.signatures.Verified, atATime) || int64(got.missed) > atATime {
		b.Fatalf("%d queries, %d of them not recorded, and %+v; want %d and %+v", got.queries, got.missed, got.signatures, want.queries, want.signatures)
	}
}

package scanner

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/dnssec"
	"danescan/scanner/judge"
	"danescan/scanner/resolver"
	"danescan/scanner/smtp"
)

// farm is a world of many domains dN.test with a host each, mxN.provider.test,
// all of which are at few addresses.
type farm struct {
	address func(n int) string
	tlsa    func(n int) string
	provide func(n int) string // registrable domain of the host
	show    func(n int, second bool) smtp.Session

	mu       sync.Mutex
	sessions map[netip.Addr]int
	running  map[netip.Addr]int
	ended    map[netip.Addr]time.Time
	gap      time.Duration // that must be kept
	problems []string
}

func (f *farm) Lookup(_ context.Context, name string, qtype uint16) resolver.Answer {
	a := resolver.Answer{
		Question: dnssec.Question{Name: dns.Fqdn(name), Type: qtype}, Status: dnssec.Secure, Outcome: resolver.NoData,
		EDE: -1, TTL: time.Hour, Queries: 1,
	}
	var n int
	text := ""
	switch name = strings.TrimSuffix(name, "."); qtype {
	case dns.TypeMX:
		if _, err := fmt.Sscanf(name, "d%d.", &n); err == nil {
			text = fmt.Sprintf("MX 10 mx%d.%s.", n, f.provide(n))
		}
	case dns.TypeA:
		if _, err := fmt.Sscanf(name, "mx%d.", &n); err == nil {
			text = "A " + f.address(n)
		}
	case dns.TypeTLSA:
		if _, err := fmt.Sscanf(name, "_25._tcp.mx%d.", &n); err == nil {
			text = f.tlsa(n)
		}
	}
	for line := range strings.Lines(text) {
		rr, err := dns.NewRR(dns.Fqdn(name) + " 3600 IN " + line)
		if err != nil {
			panic(err)
		}
		a.Outcome, a.Records = resolver.Found, append(a.Records, rr)
	}
	return a
}

// session holds a session that takes a second, and watches the manners.
func (f *farm) session(ctx context.Context, target smtp.Target, _ smtp.Config) smtp.Session {
	addr := target.Address.Addr()
	f.mu.Lock()
	f.sessions[addr]++
	if f.running[addr]++; f.running[addr] > 1 {
		f.problems = append(f.problems, fmt.Sprintf("%d sessions with %v at a time", f.running[addr], addr))
	}
	if end, ok := f.ended[addr]; ok && time.Since(end) < f.gap {
		f.problems = append(f.problems, fmt.Sprintf("%v after the last session with %v", time.Since(end), addr))
	}
	f.mu.Unlock()
	var n int
	fmt.Sscanf(target.SNI, "mx%d.", &n)
	s := f.show(n, target.Algorithm != "")
	s.Started = time.Now()
	if f.gap > 0 {
		time.Sleep(time.Second) // a fake clock
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running[addr]--
	f.ended[addr] = time.Now()
	return s
}

// shows is a good session that ends in a chain.
func shows(chain ...[]byte) smtp.Session {
	return smtp.Session{
		Connected: true, GreetingCode: 220, EHLOCode: 250, STARTTLS: true, STARTTLSCode: 220, Stage: smtp.StageDone,
		HandshakeComplete: true, Alert: -1, Stack: smtp.StackGo, Chain: chain,
	}
}

// farmed is what came of scanning a farm.
type farmed struct {
	hosts    map[string]run.Host
	ends     map[string][]run.Endpoint
	sessions int
	log      string
}

// prepare points a collector at the farm.
func (f *farm) prepare(cfg *Config, log io.Writer) {
	f.sessions, f.running, f.ended = map[netip.Addr]int{}, map[netip.Addr]int{}, map[netip.Addr]time.Time{}
	if f.provide == nil {
		f.provide = func(int) string { return "provider.test" }
	}
	cfg.Resolver, cfg.session, cfg.Log = f, f.session, textLog(log)
	cfg.AllowAny, cfg.SMTPPerAddress, cfg.DNSConcurrency = true, 1, 8
	if cfg.Algorithms == nil {
		cfg.Algorithms = []run.KeyAlgorithm{}
	}
}

// scan collects and judges the first n domains of a farm.
func (f *farm) scan(t *testing.T, n int, cfg Config) farmed {
	t.Helper()
	var log lockedBuffer
	f.prepare(&cfg, &log)
	r := collected(t, n, cfg)
	defer r.Close()
	out := farmed{hosts: map[string]run.Host{}, ends: map[string][]run.Endpoint{}, log: log.String()}
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		out.hosts[h.Host] = h
	}
	for e, err := range r.Endpoints() {
		if err != nil {
			t.Fatal(err)
		}
		out.ends[e.Host] = append(out.ends[e.Host], e)
	}
	for _, k := range f.sessions {
		out.sessions += k
	}
	for _, p := range f.problems[:min(len(f.problems), 5)] {
		t.Error(p)
	}
	return out
}

// collected is a finished run over d0.test, d1.test ...
func collected(t *testing.T, n int, cfg Config) *run.Run {
	t.Helper()
	id, err := run.NewRunID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Create(t.TempDir()+"/run", run.Manifest{RunID: id, SchemaVersion: run.SchemaVersion, Started: time.Now().UTC()})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "d%d.test\n", i)
	}
	names, err := list.NewReader(strings.NewReader(text.String()), list.Config{Format: "plain"})
	if err != nil {
		t.Fatal(err)
	}
	spool, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	if err := Collect(t.Context(), cfg, names, spool); err != nil {
		t.Fatal(err)
	}
	if _, err := finishRun(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// tally counts hosts by verdict, and endpoints that are inferred.
func (f farmed) tally() (verdicts map[run.Verdict]int, inferred int) {
	verdicts = map[run.Verdict]int{}
	for _, h := range f.hosts {
		verdicts[h.Verdict]++
	}
	for _, ends := range f.ends {
		for _, e := range ends {
			if e.Inferred {
				inferred++
			}
		}
	}
	return verdicts, inferred
}

// Thousands of host names of one provider on one address, with the same records:
// twenty sessions, one at a time, the gap between them, and a verdict for each.
func TestInferenceSparesAnAddress(t *testing.T) {
	der, record := testCertificate(t)
	const n = 3000
	f := &farm{
		gap:     3 * time.Second,
		address: func(int) string { return "192.0.2.1" },
		tlsa:    func(int) string { return record },
		show:    func(int, bool) smtp.Session { return shows(der) },
	}
	for _, tc := range []struct {
		off      bool
		sessions int
	}{{false, sampleHosts}, {true, n}} {
		var c *collector
		var took time.Duration
		spool, err := run.OpenSpool(t.TempDir()+"/spool", run.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		inBubble(t, func(t *testing.T) {
			begin := time.Now()
			c = f.holdAll(t, spool, n, Config{SMTPGap: f.gap, InferOff: tc.off})
			took = time.Since(begin)
		})
		// So many sessions of a second, and gaps of three between them.
		if want := time.Duration(tc.sessions)*4*time.Second - f.gap; took != want {
			t.Errorf("took %v, want %v", took, want)
		}
		if got := f.sessions[netip.MustParseAddr("192.0.2.1")]; got != tc.sessions {
			t.Errorf("%d sessions, want %d", got, tc.sessions)
		}
		checkJudged(t, c, n, n-tc.sessions)
	}
}

// holdAll collects the first n hosts of a farm, and writes nothing. It may run in
// a bubble of synctest, which the compressor of the tables may not.
func (f *farm) holdAll(t *testing.T, spool *run.Spool, n int, cfg Config) *collector {
	t.Helper()
	f.prepare(&cfg, io.Discard)
	cfg.batchRows = n + 1
	c, err := newCollector(cfg.withDefaults(), spool)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := c.queueHost(fmt.Sprintf("mx%d.%s", i, f.provide(i))); err != nil {
			t.Fatal(err)
		}
	}
	c.hosts.close()
	g, ctx := errgroup.WithContext(t.Context())
	g.Go(func() error {
		defer c.plan.close()
		return crowd(8, func() error { return c.hostWorker(ctx) })
	})
	c.holdSessions(ctx, g)
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, p := range f.problems[:min(len(f.problems), 5)] {
		t.Error(p)
	}
	return c
}

// checkJudged judges what waits to be written: n hosts that verify, so many of
// them inferred, each with one session of its own.
func checkJudged(t *testing.T, c *collector, n, inferred int) {
	t.Helper()
	certs, ends := certificates{}, map[string][]run.Endpoint{}
	for _, row := range c.out.certificates.All() {
		certs[[32]byte(row.SHA256)] = row.DER
	}
	for _, e := range c.out.endpoints.All() {
		ends[e.Host] = append(ends[e.Host], run.Endpoint{EndpointEvidence: e})
	}
	verified := 0
	for _, h := range c.out.hosts.All() {
		row := run.Host{HostEvidence: h}
		if err := (judge.Judge{}).Host(&row, ends[h.Host], certs); err != nil {
			t.Fatal(err)
		}
		e := ends[h.Host][0]
		if len(ends[h.Host]) == 1 && e.Base == h.Host && row.Verdict == run.Verified && e.Inferred == row.Inferred {
			verified++
		}
		if row.Inferred {
			inferred--
		}
	}
	if verified != n || inferred != 0 || len(certs) != 1 {
		t.Errorf("%d of %d hosts verified, %d more should be inferred, %d certificates", verified, n, inferred, len(certs))
	}
}

// What is not alike is not inferred.
func TestInferenceOnlyWhereItHolds(t *testing.T) {
	der, record := testCertificate(t)
	other, otherRecord := testCertificate(t)
	const n = 60
	one := func(text string) func(int) string { return func(int) string { return text } }
	good := func(int, bool) smtp.Session { return shows(der) }
	for _, tc := range []struct {
		name               string
		farm               *farm
		cfg                Config
		sessions, inferred int
		verdicts           map[run.Verdict]int
	}{
		{"alike", &farm{show: good}, Config{}, 20, 40, map[run.Verdict]int{run.Verified: n}},
		{"switched off", &farm{show: good}, Config{InferOff: true}, 60, 0, map[run.Verdict]int{run.Verified: n}},
		{"a chain for each name", &farm{show: func(i int, _ bool) smtp.Session {
			if i%2 == 0 {
				return shows(other)
			}
			return shows(der)
		}}, Config{}, 60, 0, map[run.Verdict]int{run.Verified: n / 2, run.Mismatch: n / 2}},
		{"two sets of records", &farm{show: good, tlsa: func(i int) string {
			return []string{record, otherRecord, record + "\n" + otherRecord}[i%3]
		}}, Config{}, 60, 0, map[run.Verdict]int{run.Verified: 40, run.Mismatch: 20}},
		{"three addresses", &farm{show: good, address: func(i int) string { return fmt.Sprint("192.0.2.", i%3) }},
			Config{}, 60, 0, map[run.Verdict]int{run.Verified: n}},
		{"many providers", &farm{show: good, provide: func(i int) string { return fmt.Sprintf("p%d.test", i) }},
			Config{}, 60, 0, map[run.Verdict]int{run.Verified: n}},
		{"no STARTTLS", &farm{show: func(int, bool) smtp.Session {
			return smtp.Session{Connected: true, GreetingCode: 220, EHLOCode: 250, Stage: smtp.StageEHLO, Failure: smtp.FailNotOffered, Alert: -1}
		}}, Config{}, 60, 0, map[run.Verdict]int{run.NoSTARTTLS: n}},
		{"a chain, then the door", &farm{show: func(int, bool) smtp.Session {
			s := shows(der)
			s.Stage, s.Failure, s.Alert, s.AlertFrom = smtp.StageHandshake, smtp.FailAlert, 42, smtp.FromServer
			s.HandshakeComplete, s.CertificateSeenBeforeAlert = false, true
			return s
		}}, Config{}, 60, 0, map[run.Verdict]int{run.TLSFailure: n}},
		{"nobody there", &farm{show: func(int, bool) smtp.Session {
			return smtp.Session{Stage: smtp.StageConnect, Failure: smtp.FailRefused, Alert: -1}
		}}, Config{}, hushAfter, n - hushAfter, map[run.Verdict]int{run.Unreachable: n}},
		{"the wrong chain for all", &farm{show: func(int, bool) smtp.Session { return shows(other) }},
			Config{}, 20, 40, map[run.Verdict]int{run.Mismatch: n}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := tc.farm
			if f.address == nil {
				f.address = one("192.0.2.1")
			}
			if f.tlsa == nil {
				f.tlsa = one(record)
			}
			got := f.scan(t, n, tc.cfg)
			verdicts, inferred := got.tally()
			if got.sessions != tc.sessions || inferred != tc.inferred || fmt.Sprint(verdicts) != fmt.Sprint(tc.verdicts) {
				t.Errorf("%d sessions, %d inferred, %v; want %d, %d, %v", got.sessions, inferred, verdicts, tc.sessions, tc.inferred, tc.verdicts)
			}
		})
	}
}

// A DANE-TA chain is inferred, and judged by each host's own name.
func TestInferenceJudgesByOwnName(t *testing.T) {
	leaf, anchor, record := testIssued(t, "mx1.provider.test", "mx2.provider.test", "mx40.provider.test")
	f := &farm{
		address: func(int) string { return "192.0.2.1" },
		tlsa:    func(int) string { return record },
		show:    func(int, bool) smtp.Session { return shows(leaf, anchor) },
	}
	got := f.scan(t, 60, Config{})
	if got.sessions != sampleHosts {
		t.Errorf("%d sessions", got.sessions)
	}
	for host, h := range got.hosts {
		want := "mismatch:name"
		if host == "mx1.provider.test" || host == "mx2.provider.test" || host == "mx40.provider.test" {
			want = "verified:"
		}
		if is := fmt.Sprintf("%s:%s", h.Verdict, h.Reason); is != want {
			t.Errorf("%s: %s, want %s", host, is, want)
		}
	}
}

// The certificate of the other algorithm is inferred with the first.
func TestInferenceOfTheOtherAlgorithm(t *testing.T) {
	first, record := testCertificate(t)
	second, otherRecord := testRSA(t)
	fetched := shows(second)
	fetched.Stack, fetched.HandshakeComplete, fetched.Stage = smtp.StackFetcher, false, smtp.StageHandshake
	none := smtp.Session{Connected: true, Stage: smtp.StageHandshake, Failure: smtp.FailAlert, Stack: smtp.StackFetcher, Alert: 40}
	unsure := smtp.Session{Connected: true, Stage: smtp.StageGreeting, Failure: smtp.FailTimeout, Stack: smtp.StackFetcher, Alert: -1}
	both := []run.KeyAlgorithm{run.KeyRSA, run.KeyECDSA}
	for _, tc := range []struct {
		name     string
		second   smtp.Session
		tlsa     string
		sessions int
		rows     int // of each host
		verdict  run.Verdict
	}{
		{"both", fetched, record + "\n" + otherRecord, 40, 2, run.Verified},
		{"one is not covered", fetched, record, 40, 2, run.Mixed},
		{"there is none", none, record, 40, 1, run.Verified},
		{"who knows", unsure, record, 120, 1, run.Verified},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := &farm{
				address: func(int) string { return "192.0.2.1" },
				tlsa:    func(int) string { return tc.tlsa },
				show: func(_ int, other bool) smtp.Session {
					if other {
						return tc.second
					}
					return shows(first)
				},
			}
			got := f.scan(t, 60, Config{Algorithms: both})
			verdicts, _ := got.tally()
			if got.sessions != tc.sessions || verdicts[tc.verdict] != 60 {
				t.Errorf("%d sessions, %v; want %d, all %s", got.sessions, verdicts, tc.sessions, tc.verdict)
			}
			for host, ends := range got.ends {
				if len(ends) != tc.rows {
					t.Fatalf("%s: %d rows, want %d", host, len(ends), tc.rows)
				}
			}
		})
	}
}

// Samples that are too old are taken anew, and a second look is inferred from
// samples of its own.
func TestInferenceFromTheSameMoment(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGroups()
		key := groupKey{1}
		sampleAll := func() {
			for range sampleHosts {
				v := &visit{}
				if shown, waits := g.join(v, key); shown != nil || waits {
					t.Fatal("not sampled")
				}
				v.sample.rows = []run.EndpointEvidence{{Stage: run.StageDone, Chain: [][]byte{{1}}}}
				v.sample.chains = [][][]byte{{{1}}}
				g.conclude(v.sample)
			}
		}
		sampleAll()
		time.Sleep(maxEvidenceAge)
		if shown, _ := g.join(&visit{}, key); shown == nil {
			t.Error("not inferred from samples that are young enough")
		}
		time.Sleep(time.Second)
		sampleAll()
		if shown, _ := g.join(&visit{}, key); shown == nil {
			t.Error("not inferred from the new samples")
		}
	})
}

// Groups are bounded: of many, those that nobody waits for are forgotten.
func TestGroupsAreBounded(t *testing.T) {
	g := newGroups()
	g.limit = 100
	for i := range 10000 {
		v := &visit{}
		g.join(v, groupKey{byte(i), byte(i >> 8)})
		if v.sample != nil && i%200 != 0 { // some stay under way
			g.conclude(v.sample)
		}
		if len(g.all) > g.limit {
			t.Fatalf("%d groups", len(g.all))
		}
	}
	busy := newGroups()
	busy.limit = 1
	busy.join(&visit{}, groupKey{1})
	v := &visit{}
	if shown, waits := busy.join(v, groupKey{2}); shown != nil || waits || v.sample != nil {
		t.Error("a visit that finds no room for its group is not simply held")
	}
}

// lockedBuffer is a buffer for several writers.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

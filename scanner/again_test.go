package scanner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/dnssec"
	"danescan/scanner/resolver"
	"danescan/scanner/smtp"
)

// flakyWorld is a dnsWorld whose lookups fail at first: "name TYPE" to how often, or
// by a rule of its own.
type flakyWorld struct {
	dnsWorld
	fails  map[string]int
	silent map[string]int // how often after that nobody was even asked
	takes  time.Duration  // a lookup that fails

	mu    sync.Mutex
	times map[string][]time.Time         // of the questions
	asked func(key string, question int) // told of each question, from 1
}

func newFlakyWorld(sets map[string]string) *flakyWorld {
	w := &flakyWorld{
		dnsWorld: dnsWorld{sets: map[string][]string{}, asked: map[string]int{}},
		fails:    map[string]int{}, silent: map[string]int{}, times: map[string][]time.Time{},
	}
	for key, set := range sets {
		w.sets[key] = []string{set}
	}
	return w
}

func (w *flakyWorld) Lookup(ctx context.Context, name string, qtype uint16) resolver.Answer {
	key := strings.TrimSuffix(name, ".") + " " + dns.TypeToString[qtype]
	w.mu.Lock()
	w.times[key] = append(w.times[key], time.Now())
	n := len(w.times[key])
	w.mu.Unlock()
	if w.asked != nil {
		w.asked(key, n)
	}
	a := resolver.Answer{
		Question: dnssec.Question{Name: dns.Fqdn(name), Type: qtype}, Outcome: resolver.Timeout,
		Status: dnssec.Indeterminate, Reason: dnssec.ReasonNoReply, Rcode: -1, EDE: 22, Queries: 3,
	}
	switch {
	case n <= w.fails[key]:
		time.Sleep(w.takes)
		return a
	case n <= w.fails[key]+w.silent[key]:
		a.Reason, a.Queries = dnssec.ReasonSilent, 0
		return a
	}
	return w.dnsWorld.Lookup(ctx, name, qtype)
}

// questions are how often something was asked for.
func (w *flakyWorld) questions(key string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.times[key])
}

// runOf begins a run in a directory, or opens the one that is there.
func runOf(t *testing.T, dir string) *run.Run {
	t.Helper()
	r, err := run.Open(dir)
	if errors.Is(err, run.ErrNotRun) {
		r, err = run.Create(dir, run.Manifest{RunID: "again", SchemaVersion: run.SchemaVersion, RulesVersion: "1", Started: noon, List: run.List{SHA256: "ab"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// collectTo collects names into a run directory.
func collectTo(ctx context.Context, t *testing.T, cfg Config, dir string, names ...string) error {
	t.Helper()
	r := runOf(t, dir)
	defer r.Close()
	reader, err := list.NewReader(strings.NewReader(strings.Join(names, "\n")+"\n"), list.Config{Format: "plain"})
	if err != nil {
		t.Fatal(err)
	}
	spool, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	return Collect(ctx, cfg, reader, spool)
}

// finishedTables finishes what was collected, and gives it with its domains.
func finishedTables(t *testing.T, dir string) (Summary, []run.Domain) {
	t.Helper()
	r := runOf(t, dir)
	defer r.Close()
	s, err := finishRun(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, rowsOfDomains(t, r)
}

func rowsOfDomains(t *testing.T, r *run.Run) []run.Domain {
	t.Helper()
	var all []run.Domain
	for d, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// sessionShowing is a session that shows a certificate.
func sessionShowing(der []byte) func(context.Context, smtp.Target, smtp.Config) smtp.Session {
	return func(context.Context, smtp.Target, smtp.Config) smtp.Session {
		return smtp.Session{
			Started: time.Now(), Connected: true, GreetingCode: 220, EHLOCode: 250, STARTTLS: true, STARTTLSCode: 220,
			Stage: smtp.StageDone, HandshakeComplete: true, Alert: -1, Stack: "go", Chain: [][]byte{der},
		}
	}
}

// Domains whose lookups fail at first are looked at once more, each half an hour
// after its first look and no sooner, and what that shows counts. The host that it
// names for the first time is looked up and connected to; one that was known is not.
func TestSecondLookAtDomains(t *testing.T) {
	der, record := testCertificate(t)
	dir := t.TempDir() + "/run"
	world := newFlakyWorld(map[string]string{
		"a.test MX": "MX 10 mx.known.test.", "b.test MX": "MX 10 mx.new.test.", "c.test MX": "MX 10 mx.known.test.", "bare.test A": "A 127.0.0.8",
		"mx.known.test A": "A 127.0.0.9", "mx.new.test A": "A 127.0.0.10",
		"_25._tcp.mx.known.test TLSA": record, "_25._tcp.mx.new.test TLSA": record,
	})
	world.fails = map[string]int{"b.test MX": 1, "c.test MX": 1, "bare.test A": 1, "dead.test MX": 9, "slow.test MX": 1}
	world.silent = map[string]int{"slow.test MX": 1}
	world.takes = 20 * time.Second
	progress := new(Progress)
	inBubble(t, func(t *testing.T) {
		cfg := Config{
			Resolver: world, AllowAny: true, Confirm: 30 * time.Minute, Algorithms: []run.KeyAlgorithm{}, InferOff: true, session: sessionShowing(der), Progress: progress,
		}
		if err := collectTo(t.Context(), t, cfg, dir, "a.test", "b.test", "c.test", "bare.test", "dead.test", "slow.test"); err != nil {
			t.Fatal(err)
		}
	})
	wantWait(t, world, "b.test MX", 30*time.Minute+20*time.Second)
	wantWait(t, world, "dead.test MX", 30*time.Minute+20*time.Second)
	for key, want := range map[string]int{"a.test MX": 1, "b.test MX": 2, "bare.test A": 3, "bare.test MX": 2, "dead.test MX": 2, "slow.test MX": 3, "mx.known.test A": 1, "mx.new.test A": 1} {
		if got := world.questions(key); got != want {
			t.Errorf("%s was asked for %d times, want %d", key, got, want)
		}
	}
	if again, answered, failures := progress.Again.Load(), progress.Answered.Load(), progress.Failures.Load(); again != 0 || answered != 4 || failures != 5 {
		t.Errorf("%d left, %d answered, %d failed", again, answered, failures)
	}
	s, domains := finishedTables(t, dir)
	var got []string
	for _, d := range domains {
		got = append(got, fmt.Sprintf("%s %s %d %s", d.Domain, d.Verdict, d.Attempts, firstText(d.FirstLook)))
	}
	want := []string{
		"a.test dane-verified 1 -", "b.test dane-verified 2 MX timeout no-reply 22", "c.test dane-verified 2 MX timeout no-reply 22",
		"bare.test not-dane 2 A timeout no-reply 22", "dead.test dns-error 2 MX timeout no-reply 22", "slow.test no-mail 2 MX timeout no-reply 22",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if s.Again != (run.Again{Domains: 5, Answered: 4}) || s.Hosts != 3 || s.Sessions != 2 {
		t.Errorf("summary %+v", s)
	}
	if d := domains[1]; d.Queries != 4 || d.ElapsedMS != 20_000 || d.ScannedAt.Sub(d.FirstLook.ScannedAt) != 30*time.Minute+20*time.Second {
		t.Errorf("%d queries, %d ms, looked at %v and %v", d.Queries, d.ElapsedMS, d.FirstLook.ScannedAt, d.ScannedAt)
	}
	wantRejudged(t, dir, s)
}

func firstText(f *run.FirstLook) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%s %s %s %d", f.Type, f.Outcome, f.Reason, *f.EDE)
}

// wantWait checks the time from the first question to the second.
func wantWait(t *testing.T, w *flakyWorld, key string, want time.Duration) {
	t.Helper()
	if at := w.times[key]; len(at) < 2 || at[1].Sub(at[0]) != want {
		t.Errorf("%s was asked for at %v, want %v between", key, at, want)
	}
}

// wantRejudged checks that judging the finished run again gives what it is.
func wantRejudged(t *testing.T, dir string, want Summary) {
	t.Helper()
	got, err := Finish(t.Context(), dir, dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := run.ReadManifest(dir)
	if err != nil || got.Again != want.Again || m.Counts.Again == nil || *m.Counts.Again != want.Again {
		t.Errorf("judged again %+v, manifest %+v, %v", got.Again, m.Counts.Again, err)
	}
}

// Without --confirm nobody comes back, and nothing is counted.
func TestNoSecondLookWithoutConfirm(t *testing.T) {
	dir := t.TempDir() + "/run"
	world := newFlakyWorld(nil)
	world.fails["b.test MX"] = 1
	if err := collectTo(t.Context(), t, Config{Resolver: world}, dir, "a.test", "b.test"); err != nil {
		t.Fatal(err)
	}
	s, domains := finishedTables(t, dir)
	if len(domains) != 2 || domains[1].Verdict != run.DNSError || domains[1].Attempts != 1 || domains[1].FirstLook != nil || s.Again != (run.Again{}) {
		t.Errorf("domains %+v, summary %+v", domains, s)
	}
	if m, err := run.ReadManifest(dir); err != nil || m.Counts.Again != nil {
		t.Errorf("manifest %+v, %v", m.Counts, err)
	}
}

// manyFailing is a world of n domains, of which all but each fourth fail at first.
// Each has a host of its own.
func manyFailing(n int) (*flakyWorld, []string) {
	world := newFlakyWorld(nil)
	var names []string
	for i := range n {
		name := fmt.Sprintf("d%03d.test", i)
		names = append(names, name)
		world.sets[name+" MX"] = []string{"MX 10 mx." + name + "."}
		world.sets["mx."+name+" A"] = []string{"A 127.0.0.9"}
		if i%4 > 0 {
			world.fails[name+" MX"] = 1
		}
	}
	return world, names
}

// wantAnswered finishes a run of manyFailing and checks that nothing is lost.
func wantAnswered(t *testing.T, dir string, names []string) {
	t.Helper()
	s, domains := finishedTables(t, dir)
	if len(domains) != len(names) || s.Hosts != int64(len(names)) || s.Again.Answered != int64(len(names)*3/4) || s.Again.Answered != s.Again.Domains {
		t.Errorf("%d domains, summary %+v", len(domains), s)
	}
	for i, d := range domains {
		looks := int32(2)
		if i%4 == 0 {
			looks = 1
		}
		if d.Domain != names[i] || d.Verdict != run.NotDANE || d.Attempts != looks {
			t.Errorf("%s: %s, %d looks", d.Domain, d.Verdict, d.Attempts)
		}
	}
}

// An interrupt in the middle of the second looks seals those that are done. Going
// on repeats none of them, and loses none of the hosts that they were the first to
// name.
func TestInterruptBetweenSecondLooks(t *testing.T) {
	world, names := manyFailing(64)
	dir := t.TempDir() + "/run"
	ctx, interrupt := context.WithCancel(t.Context())
	seconds := 0
	world.asked = func(key string, question int) {
		if strings.HasSuffix(key, " MX") && question == 2 {
			if seconds++; seconds == 21 {
				interrupt()
			}
		}
	}
	cfg := Config{Resolver: world, Confirm: time.Millisecond, DNSConcurrency: 1, rangeLines: 16, batchRows: 16}
	if err := collectTo(ctx, t, cfg, dir, names...); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	if sealed := secondLooksIn(t, dir); sealed != 20 {
		t.Errorf("%d second looks were sealed, want 20", sealed)
	}
	world.asked = nil
	if err := collectTo(t.Context(), t, cfg, dir, names...); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, name := range names {
		asked += world.questions(name + " MX")
	}
	if asked != 64+48+1 { // the one that the interrupt cut short was asked for twice
		t.Errorf("%d questions for MX", asked)
	}
	wantAnswered(t, dir, names)
}

// secondLooksIn counts the domains of an unfinished run that were looked at twice.
func secondLooksIn(t *testing.T, dir string) int {
	t.Helper()
	r := runOf(t, dir)
	defer r.Close()
	spool, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for d, err := range spool.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		if d.Attempts > 1 {
			n++
		}
	}
	return n
}

// What a process that is killed between two second looks leaves behind is enough to
// go on: the ranges that were finished are not looked at a third time.
func TestKilledBetweenSecondLooks(t *testing.T) {
	for _, at := range []int{1, 13, 48} {
		world, names := manyFailing(64)
		dir := t.TempDir() + "/run"
		left := dir + "-left"
		ctx, end := context.WithCancel(t.Context())
		seconds := 0
		world.asked = func(key string, question int) {
			if !strings.HasSuffix(key, " MX") || question != 2 {
				return
			}
			if seconds++; seconds == at { // what is on disk now is what a kill leaves
				if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
					t.Error(err)
				}
				end()
			}
		}
		cfg := Config{Resolver: world, Confirm: time.Millisecond, DNSConcurrency: 1, rangeLines: 16, batchRows: 1000}
		if err := collectTo(ctx, t, cfg, dir, names...); !errors.Is(err, context.Canceled) {
			t.Fatalf("killed: %v", err)
		}
		finished := secondLooksIn(t, left)
		if want := (at - 1) / 12 * 12; finished != want {
			t.Errorf("killed in second look %d, %d are finished, want %d", at, finished, want)
		}
		world.asked = nil
		if err := collectTo(t.Context(), t, cfg, left, names...); err != nil {
			t.Fatal(err)
		}
		asked := 0
		for _, name := range names {
			asked += world.questions(name + " MX")
		}
		if want := 64 + at + 48 - finished; asked != want {
			t.Errorf("killed in second look %d: %d questions for MX, want %d", at, asked, want)
		}
		wantAnswered(t, left, names)
	}
}

// Ranges come in the order in which they are due, not in that of the list, and of a
// range its domains; what was looked at twice, and what is well, does not come.
func TestSecondLooksInDueOrder(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := failedSpool(t, 3, func(line int64, d *run.DomainEvidence) {
			part := (line - 1) / 10
			d.ScannedAt = time.Now().Add(-time.Duration(part)*time.Hour - time.Duration(line%10)*time.Minute).UTC()
			d.MXKind = []run.MXKind{run.MXError, run.MXFound, run.MXError}[line%3]
			if line%5 == 0 {
				d.Attempts = 2
			}
		})
		ranges, err := c.failedRanges(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range ranges {
			got = append(got, fmt.Sprintf("%d: %d from %v", r.number, r.domains, time.Until(r.due)))
		}
		want := []string{"2: 6 from -1h39m0s", "1: 5 from -38m0s", "0: 5 from 21m0s"}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		s, err := newAgain(c, ranges).load(t.Context(), ranges[2])
		if err != nil {
			t.Fatal(err)
		}
		var lines []int64
		for _, l := range s.order {
			lines = append(lines, s.look(l.row).Line)
		}
		if !slices.Equal(lines, []int64{9, 8, 6, 3, 2}) {
			t.Errorf("lines %v", lines)
		}
	})
}

// failedSpool is a collector with a spool of some parts of ten lines.
func failedSpool(t *testing.T, parts int, change func(line int64, d *run.DomainEvidence)) *collector {
	t.Helper()
	r := runOf(t, filepath.Join(t.TempDir(), "run"))
	spool, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	for part := range parts {
		var rows []run.DomainEvidence
		for i := range 10 {
			line := int64(part*10 + i + 1)
			d := run.DomainEvidence{Line: line, Domain: fmt.Sprintf("d%d.test", line), TLD: "test", ScannedAt: noon, MXKind: run.MXError, Attempts: 1}
			change(line, &d)
			rows = append(rows, d)
		}
		if err := spool.WriteDomains(part, rows); err != nil {
			t.Fatal(err)
		}
	}
	c, err := newCollector(Config{Resolver: newFlakyWorld(nil), Confirm: 30 * time.Minute, rangeLines: 10}.withDefaults(), spool)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// However many ranges have failed, the rows of three are in memory.
func TestFewRangesAreOpenAtATime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := failedSpool(t, 7, func(_ int64, d *run.DomainEvidence) { d.ScannedAt = time.Now().Add(-time.Hour).UTC() })
		world := c.cfg.Resolver.(*flakyWorld)
		hold := make(chan struct{})
		world.asked = func(string, int) { <-hold }
		ranges, err := c.failedRanges(t.Context())
		if err != nil || len(ranges) != 7 {
			t.Fatalf("%d ranges, %v", len(ranges), err)
		}
		a := newAgain(c, ranges)
		done := make(chan error)
		go func() { done <- a.run(t.Context()) }()
		synctest.Wait()
		if len(a.open) != spansInFlight || c.cfg.Progress.Again.Load() != 70 {
			t.Errorf("%d ranges are open, want %d; %d to do", len(a.open), spansInFlight, c.cfg.Progress.Again.Load())
		}
		close(hold)
		if err := <-done; err != nil || len(a.open) != 0 || c.cfg.Progress.Again.Load() != 0 {
			t.Errorf("%v, %d ranges open, %d to do", err, len(a.open), c.cfg.Progress.Again.Load())
		}
	})
}

// Who asks between the looks to be left alone is not looked at again.
func TestExcludedBetweenTheLooks(t *testing.T) {
	dir := t.TempDir() + "/run"
	world := newFlakyWorld(nil)
	world.fails["a.test MX"], world.fails["b.test MX"] = 1, 1
	cfg := Config{Resolver: world}
	if err := collectTo(t.Context(), t, cfg, dir, "a.test", "b.test"); err != nil {
		t.Fatal(err)
	}
	cfg.Confirm, cfg.Progress = time.Millisecond, new(Progress)
	cfg.Exclude = &Exclusions{names: map[string]struct{}{"a.test": {}}}
	if err := collectTo(t.Context(), t, cfg, dir, "a.test", "b.test"); err != nil {
		t.Fatal(err)
	}
	if world.questions("a.test MX") != 1 || world.questions("b.test MX") != 2 || cfg.Progress.Again.Load() != 0 {
		t.Errorf("asked %v, %d left", world.times, cfg.Progress.Again.Load())
	}
}

// createShard creates the run of the n-th of two shards of a list.
func createShard(t *testing.T, at string, n int) (dir string) {
	t.Helper()
	dir = filepath.Join(at, fmt.Sprint(n))
	r, err := run.Create(dir, run.Manifest{
		RunID: fmt.Sprint("shard-", n), SchemaVersion: run.SchemaVersion, RulesVersion: "1", Started: noon,
		List: run.List{Source: "list", SHA256: "ab"}, Settings: map[string]string{"shard": fmt.Sprintf("%d/2", n)},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	return dir
}

// Shards look at their own domains again, and merged they are what one run is.
func TestMergeOfSecondLooks(t *testing.T) {
	world, names := manyFailing(64)
	at := t.TempDir()
	var shards []string
	for n := 1; n <= 2; n++ {
		dir := createShard(t, at, n)
		shards = append(shards, dir)
		cfg := Config{Resolver: world, Confirm: time.Millisecond, rangeLines: 16, Ranges: Shard{n, 2}}
		if err := collectTo(t.Context(), t, cfg, dir, names...); err != nil {
			t.Fatal(err)
		}
		if s, _ := finishedTables(t, dir); s.Again != (run.Again{Domains: 24, Answered: 24}) {
			t.Errorf("shard %d: %+v", n, s)
		}
	}
	s, err := Finish(t.Context(), filepath.Join(at, "merged"), shards...)
	if err != nil || s.Again != (run.Again{Domains: 48, Answered: 48}) || s.Hosts != 64 {
		t.Errorf("merged %+v, %v", s, err)
	}
	r := runOf(t, filepath.Join(at, "merged"))
	for i, d := range rowsOfDomains(t, r) {
		if (d.FirstLook == nil) != (i%4 == 0) {
			t.Errorf("%s: first look %+v", d.Domain, d.FirstLook)
		}
	}
}

// What second looks share is asked for anew when they begin and every five minutes; of
// sessions that do not match every five minutes alone.
func TestRenewals(t *testing.T) {
	at := func(clock string) time.Time {
		moment, err := time.Parse(time.DateTime, "2026-11-22 "+clock)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, tt := range []struct{ began, now, want string }{
		{"", "10:04:59", "10:00:00"},
		{"", "10:05:00", "10:05:00"},
		{"10:02:30", "10:02:30", "10:02:30"},
		{"10:02:30", "10:04:59", "10:02:30"},
		{"10:02:30", "10:05:01", "10:05:00"},
		{"10:02:30", "13:59:59", "13:55:00"},
	} {
		c := collector{cfg: Config{Now: func() time.Time { return at(tt.now) }}}
		if tt.began != "" {
			c.confirming = at(tt.began)
		}
		if got := c.renewed(); !got.Equal(at(tt.want)) {
			t.Errorf("began %q, at %s: %v, want %s", tt.began, tt.now, got, tt.want)
		}
	}
}

package scanner

import (
	"slices"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

// Rates are those of late, and what an earlier process did is in none of them.
func TestPaceLooksBackNoFurtherThanItsSpan(t *testing.T) {
	began := time.Unix(1_800_000_000, 0)
	p, pace := new(Progress), NewPace(time.Minute, began)
	p.Total.Store(10_000)
	p.Domains.Store(4000) // of which the earlier process did all
	p.Resumed.Store(4000)
	s := pace.Look(began.Add(10*time.Second), p)
	if s.NamesPerSecond != 0 || s.LeftKnown || s.Names != 4000 || s.Total != 10_000 {
		t.Errorf("nothing done yet: %+v", s)
	}
	for i, want := range []struct {
		names, queries int64 // done by then
		rate, asked    float64
		left           time.Duration
	}{
		{6000, 20_000, 100, 1000, 40 * time.Second}, // in the first 20 s
		{6600, 20_600, 43.333333333333336, 343.3333333333333, 78461538461 * time.Nanosecond},
		{6630, 20_630, 10.5, 10.5, 320952380952 * time.Nanosecond}, // 630 in the minute since the first
		{6660, 20_660, 0.5, 0.5, 6680 * time.Second},
	} {
		p.Domains.Store(want.names)
		p.Queries.Store(want.queries)
		at := []time.Duration{20 * time.Second, 60 * time.Second, 80 * time.Second, 140 * time.Second}[i]
		s := pace.Look(began.Add(at), p)
		if s.NamesPerSecond != want.rate || s.QueriesPerSecond != want.asked || !s.LeftKnown || s.Left != want.left || s.Elapsed != at {
			t.Errorf("after %s: %v names/s, %v queries/s, %v left (known: %v)", at, s.NamesPerSecond, s.QueriesPerSecond, s.Left, s.LeftKnown)
		}
	}
}

// Hosts take their own time, which may be the longer one; and where it cannot be
// known, nothing is said.
func TestPaceOfHosts(t *testing.T) {
	began := time.Unix(1_800_000_000, 0)
	for _, tc := range []struct {
		about string
		set   func(*Progress)
		left  time.Duration
		known bool
	}{
		{"the list is not counted", func(p *Progress) { p.Domains.Store(100) }, 0, false},
		{"the list is read to its end", func(p *Progress) {
			p.Domains.Store(100)
			p.Names.Store(300)
			p.ListRead.Store(true)
		}, 20 * time.Second, true},
		{"hosts are slower: 60 will be found, 5 are done", func(p *Progress) {
			p.Domains.Store(100)
			p.Total.Store(300)
			p.Hosts.Store(20)
			p.HostsDone.Store(5)
		}, 110 * time.Second, true},
		{"no host is done", func(p *Progress) {
			p.Domains.Store(300)
			p.Total.Store(300)
			p.Hosts.Store(20)
		}, 0, false},
		{"all is done", func(p *Progress) {
			p.Domains.Store(300)
			p.Total.Store(300)
			p.Hosts.Store(20)
			p.HostsDone.Store(20)
		}, 0, true},
		{"hosts alone, 10 of them from before", func(p *Progress) {
			p.Hosts.Store(40)
			p.HostsKept.Store(10)
			p.HostsDone.Store(20)
		}, 20 * time.Second, true},
	} {
		p, pace := new(Progress), NewPace(time.Minute, began)
		tc.set(p)
		s := pace.Look(began.Add(10*time.Second), p)
		if s.Left != tc.left || s.LeftKnown != tc.known {
			t.Errorf("%s: %v left (known: %v), want %v (%v)", tc.about, s.Left, s.LeftKnown, tc.left, tc.known)
		}
	}
}

func TestPaceRemembersSoMuch(t *testing.T) {
	began := time.Unix(1_800_000_000, 0)
	p, pace := new(Progress), NewPace(time.Hour, began)
	for i := range 10 * maxPoints {
		pace.Look(began.Add(time.Duration(i+1)*time.Second), p)
	}
	if len(pace.seen) != maxPoints {
		t.Errorf("%d points are kept, want %d", len(pace.seen), maxPoints)
	}
}

// What a session came to is told apart: that a server has no second certificate,
// or asks to come back, is no failure.
func TestSessionsAreCountedByOutcome(t *testing.T) {
	p := new(Progress)
	for _, s := range []struct {
		session smtp.Session
		second  bool
	}{
		{smtp.Session{Stage: smtp.StageDone, HandshakeComplete: true}, false},
		{smtp.Session{Stage: smtp.StageDone, HandshakeComplete: true}, true},
		{smtp.Session{Stage: smtp.StageConnect, Failure: smtp.FailTimeout}, false},
		{smtp.Session{Stage: smtp.StageEHLO, Failure: smtp.FailNotOffered}, false},
		{smtp.Session{Stage: smtp.StageGreeting, Failure: smtp.FailCode, GreetingCode: 421}, false},
		{smtp.Session{Stage: smtp.StageHandshake, Failure: smtp.FailAlert, Stack: smtp.StackFetcher}, true},
		{smtp.Session{Stage: smtp.StageHandshake, Failure: smtp.FailAlert, Stack: smtp.StackFetcher}, false},
	} {
		p.countSession(&s.session, s.second)
	}
	want := []Sample{
		{"done", 2}, {"connect", 1}, {"greeting", 0}, {"ehlo", 1}, {"starttls", 0}, {"handshake", 1}, {"deferred", 1}, {"no-such-certificate", 1},
	}
	if got := p.readOutcomes(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if p.Sessions.Load() != 7 || p.SessionsFailed() != 3 || p.Deferred() != 1 || p.NoSecond() != 1 {
		t.Errorf("%d sessions, %d failed, %d deferred, %d without a second certificate", p.Sessions.Load(), p.SessionsFailed(), p.Deferred(), p.NoSecond())
	}
}

func TestHistogram(t *testing.T) {
	p := new(Progress)
	for _, ms := range []int64{0, 10, 11, 300, 301, 99_000, 200_000} {
		p.countDomain(&run.DomainEvidence{MXKind: run.MXError, ElapsedMS: ms, Queries: 3})
	}
	s := p.lookups.read()
	if want := []int64{2, 3, 3, 4, 5, 5, 5, 5, 6}; !slices.Equal(s.Below, want) || s.Count != 7 || s.Sum != 299.622 {
		t.Errorf("%+v, want %v", s, want)
	}
	if p.Queries.Load() != 21 || p.Failures.Load() != 7 || p.readKinds()[4] != (Sample{"error", 7}) {
		t.Errorf("%d queries, %d failures, %v", p.Queries.Load(), p.Failures.Load(), p.readKinds())
	}
}

// Counting costs no memory: it happens for every domain.
func TestCountingAllocatesNothing(t *testing.T) {
	p := new(Progress)
	d, s := run.DomainEvidence{MXKind: run.MXFound, ElapsedMS: 5}, smtp.Session{Stage: smtp.StageDone}
	if n := testing.AllocsPerRun(100, func() { p.countDomain(&d); p.countSession(&s, false) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMetricsHaveNamesThatPrometheusLikes(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Metrics() {
		total := strings.HasSuffix(m.Name, "_total")
		switch {
		case seen[m.Name], m.Help == "", strings.ContainsAny(m.Help, "|\n"), (m.Read == nil) == (m.Spread == nil):
			t.Errorf("%+v", m)
		case total != (m.Kind == Counter), (m.Kind == Histogram) != strings.HasSuffix(m.Name, "_seconds"), (m.Spread != nil) != (m.Kind == Histogram):
			t.Errorf("%s is a %s", m.Name, m.Kind)
		}
		seen[m.Name] = true
		if m.Read == nil {
			continue
		}
		for _, s := range m.Read(new(Progress)) {
			if (s.Label == "") != (m.Label == "") || s.Value != 0 {
				t.Errorf("%s: %+v", m.Name, s)
			}
		}
	}
}

// What a scan under way counted is, at its end, what it did.
func TestProgressOfAScan(t *testing.T) {
	t.Parallel()
	job := steadyLab(t, 3, 200)
	job.Config.Progress = new(Progress)
	summary, err := Scan(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	p := job.Config.Progress
	if p.DomainsNow.Load()+p.HostsNow.Load()+p.SessionsNow.Load()+p.Planned.Load()+p.HostsWaiting() != 0 {
		t.Errorf("still under way: %d domains, %d hosts, %d sessions; waiting: %d sessions, %d hosts",
			p.DomainsNow.Load(), p.HostsNow.Load(), p.SessionsNow.Load(), p.Planned.Load(), p.HostsWaiting())
	}
	var kinds, ends int64
	for _, s := range p.readKinds() {
		kinds += s.Value
	}
	for _, s := range p.readOutcomes() {
		ends += s.Value
	}
	if kinds != summary.Domains || p.HostsDone.Load() != p.Hosts.Load() || p.lookups.read().Count != kinds {
		t.Errorf("%d domains by kind, want %d; %d of %d hosts done", kinds, summary.Domains, p.HostsDone.Load(), p.Hosts.Load())
	}
	if ends != p.Sessions.Load() || ends < summary.Sessions || summary.Sessions < 20 || p.sessions.read().Count != ends {
		t.Errorf("%d sessions by outcome, %d held, %d in the tables", ends, p.Sessions.Load(), summary.Sessions)
	}
	if w := p.Work(); w.Verified < 100 || w.Verified != p.Verified.Load() {
		t.Errorf("%d signatures verified, %d at the end", w.Verified, p.Verified.Load())
	}
}

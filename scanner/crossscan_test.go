package scanner

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/datasets/run"
	"danescan/scanner/lab"
	"danescan/scanner/nettest"
)

// secondServer is a second resolver for a test: it passes questions to the lab's
// front and what comes back through a lie. A nil reply is none.
type secondServer struct {
	front string
	lie   func(q dns.Question, cd bool, reply *dns.Msg) *dns.Msg

	mu    sync.Mutex
	asked int
}

func (s *secondServer) ServeDNS(w dns.ResponseWriter, m *dns.Msg) {
	s.mu.Lock()
	s.asked++
	s.mu.Unlock()
	reply, _, err := (&dns.Client{Net: "tcp", Timeout: patience}).Exchange(m, s.front)
	if err != nil {
		return
	}
	if reply = s.lie(m.Question[0], m.CheckingDisabled, reply); reply == nil {
		return
	}
	if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
		reply.Truncate(1232)
	}
	w.WriteMsg(reply)
}

// start serves over UDP and TCP, and returns the address.
func (s *secondServer) start(t *testing.T) string {
	t.Helper()
	udp, tcp := nettest.Listen(t, "127.0.0.1")
	for _, server := range []*dns.Server{{PacketConn: udp, Handler: s}, {Listener: tcp, Handler: s}} {
		started, ended := make(chan struct{}), make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() { defer close(ended); server.ActivateAndServe() }()
		<-started
		t.Cleanup(func() { server.Shutdown(); <-ended })
	}
	return udp.LocalAddr().String()
}

// lies is what the second resolver of a test says instead of the truth.
func lies(q dns.Question, cd bool, m *dns.Msg) *dns.Msg {
	name := strings.ToLower(q.Name)
	switch {
	case name == "ee-spki.optout." && q.Qtype == dns.TypeMX:
		m.AuthenticatedData = false
	case name == "half.unsigned." && q.Qtype == dns.TypeMX:
		m.AuthenticatedData = true
	case name == "ee-cert.nsec." && q.Qtype == dns.TypeMX:
		m.Answer[0].(*dns.MX).Preference = 99
	case name == "ee-sha512.nsec." && q.Qtype == dns.TypeMX && !cd:
		m.Rcode, m.Answer = dns.RcodeServerFailure, nil
	case name == "mx.ta-key.optout." && q.Qtype == dns.TypeA:
		m.Answer = nil
	case name == "_25._tcp.mx.ta-cert.nsec." && q.Qtype == dns.TypeTLSA:
		m.Answer[0].(*dns.TLSA).Usage = 3
	case name == "rollover-next.nsec." && q.Qtype == dns.TypeMX:
		m.Rcode, m.Answer = dns.RcodeRefused, nil
	}
	return m
}

// A second resolver that lies is found out, lie by lie, and nowhere else.
func TestCrossCheckFindsLies(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 5})
	second := &secondServer{front: l.Front().String(), lie: lies}
	job.Cross = Cross{Resolver: second.start(t), Percent: 100, wait: patience}
	job.Config.Probe, job.Config.DNSConcurrency = ProbeNone, 100
	var log strings.Builder
	job.DNS.Log = slog.New(slog.NewTextHandler(&log, nil))
	summary, err := Scan(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"ee-spki.optout MX":             "status secure insecure",
		"half.unsigned MX":              "status insecure secure",
		"ee-cert.nsec MX":               "data secure secure",
		"ee-sha512.nsec MX":             "status secure bogus",
		"mx.ta-key.optout A":            "data secure secure",
		"_25._tcp.mx.ta-cert.nsec TLSA": "data secure secure",
	}
	got := map[string]string{}
	for _, d := range summary.CrossCheck.Disagreements {
		got[d.Name+" "+d.Type] = strings.Join([]string{string(d.Outcome), string(d.Ours), string(d.Theirs)}, " ")
		if !strings.Contains(log.String(), "name="+d.Name) {
			t.Errorf("%s is not in the log", d.Name)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("disagreements:\n%v\nwant\n%v\n%+v", got, want, summary.CrossCheck.Disagreements)
	}
	sum := outcomesOf(t, summary.CrossCheck)
	t.Logf("%v, %d queries", sum, summary.CrossCheck.Queries)
	if sum[run.CrossAgree] < 300 || sum[run.CrossNotAsked] != 0 || sum[run.CrossTheirsFailed] < 1 || sum[run.CrossBothFailed] < 5 {
		t.Errorf("%v", sum)
	}
	wantCrossManifest(t, job.Dir, summary.CrossCheck)
	if text := log.String(); strings.Count(text, "the second resolver disagrees") != len(want) {
		t.Errorf("the log says\n%s", text)
	}
}

// outcomesOf adds counts up by outcome, and checks that they are all.
func outcomesOf(t *testing.T, c *run.CrossChecks) map[run.CrossOutcome]int64 {
	t.Helper()
	sum, all := map[run.CrossOutcome]int64{}, int64(0)
	for _, n := range c.Counts {
		sum[n.Outcome] += n.Questions
		all += n.Questions
	}
	if all != c.Questions {
		t.Errorf("%d questions by outcome, %d in all", all, c.Questions)
	}
	return sum
}

// wantCrossManifest: the manifest says what the rows say.
func wantCrossManifest(t *testing.T, dir string, want *run.CrossChecks) {
	t.Helper()
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := r.Manifest().CrossCheck
	if got == nil || !slices.Equal(got.Counts, want.Counts) || !slices.Equal(got.Resolvers, want.Resolvers) || got.Share != want.Share {
		t.Errorf("manifest %+v, want %+v", got, want)
	}
	rows := int64(0)
	for d, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		rows += int64(len(d.CrossCheck))
	}
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		rows += int64(len(h.CrossCheck))
	}
	if rows != want.Questions {
		t.Errorf("%d questions in the rows, %d in the manifest", rows, want.Questions)
	}
}

// A scan that is interrupted and resumed has put the same questions, and counts each
// once.
func TestCrossCheckAddsUpOverInterruptions(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 5, Domains: 500})
	job.Config.Probe, job.Config.DNSConcurrency = ProbeNone, 50
	job.Config.rangeLines, job.Config.batchRows = 64, 16
	honest := func(_ dns.Question, _ bool, m *dns.Msg) *dns.Msg { return m }
	undisturbed := job
	undisturbed.Dir += "-undisturbed"
	undisturbed.Cross = Cross{Resolver: (&secondServer{front: l.Front().String(), lie: honest}).start(t), Percent: 30, wait: patience}
	want, err := Scan(t.Context(), undisturbed)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	second := &secondServer{front: l.Front().String(), lie: honest}
	second.lie = func(_ dns.Question, _ bool, m *dns.Msg) *dns.Msg {
		second.mu.Lock()
		defer second.mu.Unlock()
		if second.asked >= 60 {
			cancel()
		}
		return m
	}
	job.Cross = Cross{Resolver: second.start(t), Percent: 30, wait: patience}
	if _, err := Scan(ctx, job); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("not interrupted: %v", err)
	}
	job.Resume = true
	got, err := Scan(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d questions, %d of %d domains", got.CrossCheck.Questions, want.CrossCheck.Questions, want.Domains)
	if got.CrossCheck.Questions != want.CrossCheck.Questions || want.CrossCheck.Questions < 200 {
		t.Errorf("%d questions, %d undisturbed", got.CrossCheck.Questions, want.CrossCheck.Questions)
	}
	if n := len(got.CrossCheck.Disagreements); n != 0 {
		t.Errorf("%d disagreements: %+v", n, got.CrossCheck.Disagreements)
	}
	outcomesOf(t, got.CrossCheck)
}

// A second resolver that cannot be relied on is refused before anything is sent
// anywhere else.
func TestCrossCheckPreflight(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Count: true})
	blind := &secondServer{front: l.Front().String(), lie: func(_ dns.Question, _ bool, m *dns.Msg) *dns.Msg {
		m.AuthenticatedData = false
		return m
	}}
	mute := &secondServer{front: l.Front().String(), lie: func(dns.Question, bool, *dns.Msg) *dns.Msg { return nil }}
	for _, tc := range []struct{ resolver, want string }{
		{blind.start(t), "it does not validate"},
		{"second.example", `--cross-check "second.example": want an address`},
		{mute.start(t), "it does not answer"},
	} {
		job.Cross = Cross{Resolver: tc.resolver, Percent: 1}
		if tc.want == "it does not answer" {
			job.DNS.Timeout = 3 * time.Second // enough for the lab, too, be this machine busy
		}
		_, err := Scan(t.Context(), job)
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "--cross-check") {
			t.Errorf("%s: %v, want %q", tc.resolver, err, tc.want)
		}
		if err := run.Free(job.Dir); err != nil {
			t.Errorf("%s: a run was begun: %v", tc.resolver, err)
		}
	}
}

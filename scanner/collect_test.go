package scanner

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/datasets/run"
	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
	"danescan/scanner/lab"
	"danescan/scanner/smtp"
)

// startLab serves a lab for a test and returns it with a job that scans it, at a
// pace that is nobody's business but this machine's.
func startLab(t *testing.T, cfg lab.Config) (*lab.Lab, Job) {
	t.Helper()
	l, err := lab.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	dir := t.TempDir()
	names, err := os.Create(filepath.Join(dir, "list.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.WriteList(names), names.Close()); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return l, Job{
		Sources: []string{names.Name()}, Dir: filepath.Join(dir, "run"), Version: "test",
		DNS: DNS{
			RootHints: write("hints", l.RootHints()), TrustAnchor: write("anchor", l.TrustAnchor()),
			Port: uint16(l.DNSPort()), Timeout: patience, AllowPrivate: true, via: toLab(t, l),
		},
		Config: Config{
			SMTPPort: uint16(l.SMTPPort()), Seed: 1, RetryDelay: 10 * time.Millisecond, session: sessionsOf(l),
			// As many at a time as are answered soon, and fit the lab's buffers.
			DNSConcurrency: 50, SMTPConcurrency: 20,
			SMTP: smtp.Config{EHLO: "test.example", ConnectTimeout: patience, GreetingTimeout: patience, CommandTimeout: patience},
		},
	}
}

// How long a test waits for a server of the lab: as long as it takes where it will
// answer, however busy this machine is, and not long where it was made to be silent.
const (
	patience   = 50 * time.Second
	impatience = 100 * time.Millisecond
)

// labNet is the way to the name servers of a lab.
type labNet struct {
	exchange.Exchanger
	lab   *lab.Lab
	hasty exchange.Exchanger
}

func toLab(t *testing.T, l *lab.Lab) func(exchange.Exchanger) exchange.Exchanger {
	hasty := exchange.New(exchange.Config{Timeout: impatience, Retries: -1})
	t.Cleanup(func() { hasty.Close() })
	return func(next exchange.Exchanger) exchange.Exchanger { return labNet{next, l, hasty} }
}

func (n labNet) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	if n.lab.SilentDNS(server.Addr(), q.Name, q.Type) {
		return n.hasty.Exchange(ctx, server, q, opt)
	}
	return n.Exchanger.Exchange(ctx, server, q, opt)
}

// sessionsOf holds sessions with the mail servers of a lab.
func sessionsOf(l *lab.Lab) func(context.Context, smtp.Target, smtp.Config) smtp.Session {
	return func(ctx context.Context, target smtp.Target, cfg smtp.Config) smtp.Session {
		if l.SilentMail(target.Address.Addr()) {
			cfg.GreetingTimeout = impatience
		}
		return smtp.Probe(ctx, target, cfg)
	}
}

// What many domains share is looked up and probed once, counted at the servers.
func TestEachHostOnceEachEndpointOnce(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 7, Domains: 1500, Count: true})
	job.DNS = frontOf(l)
	summary, err := Scan(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	if summary.Domains != int64(l.Len()) {
		t.Errorf("%d domains, want %d", summary.Domains, l.Len())
	}
	r, err := run.Open(job.Dir)
	if err != nil {
		t.Fatal(err)
	}
	shared := checkLookups(t, r, l.Counters())
	checkSessions(t, r, l.Counters())
	if shared < 50 {
		t.Errorf("only %d hosts are shared by several domains: the test shows nothing", shared)
	}
	if n := l.Counters().MailCommands(); n != 0 {
		t.Errorf("%d commands of mail delivery were sent", n)
	}
}

// checkLookups compares each host's row with what the front was asked, and counts
// the hosts that several domains name.
func checkLookups(t *testing.T, r *run.Run, asked *lab.Counters) (shared int) {
	t.Helper()
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		if h.Domains > 1 {
			shared++
		}
		if h.A == nil || h.A.Outcome.Failed() || h.AAAA.Outcome.Failed() {
			continue // asked again on purpose
		}
		for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
			if n := asked.AskedFront(h.Host, qtype); n != 1 && !namedInList(t, r, h.Host) {
				t.Errorf("%s %s was asked for %d times", h.Host, dns.TypeToString[qtype], n)
			}
		}
		for _, c := range h.TLSACandidates {
			if c.Lookup.Outcome.Failed() || len(c.Lookup.Chain) > 0 || *c.Lookup.Size > 1232 {
				continue // asked again on purpose: past a failure, link by link, over TCP
			}
			least, most := 1, 1
			switch h.Verdict {
			case run.Mismatch:
				least, most = 2, 2 // once more, past every cache, before it is called that
			case run.Mixed:
				most = 2
			}
			if n := asked.AskedFront(c.QName, dns.TypeTLSA); n < least || n > most {
				t.Errorf("%s TLSA was asked for %d times, want %d to %d", c.QName, n, least, most)
			}
		}
	}
	return shared
}

// namedInList reports whether a host is itself a domain of the list: then its
// address may have been asked for in place of an MX.
func namedInList(t *testing.T, r *run.Run, host string) bool {
	t.Helper()
	for d, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		if d.Domain == host {
			return true
		}
	}
	return false
}

// checkSessions compares the endpoint rows with the handshakes that the mail
// servers saw.
func checkSessions(t *testing.T, r *run.Run, seen *lab.Counters) {
	t.Helper()
	shakes := seen.Handshakes()
	completed := 0
	for e, err := range r.Endpoints() {
		if err != nil {
			t.Fatal(err)
		}
		if !e.HandshakeComplete {
			continue
		}
		completed++
		want := 1
		if e.Inferred { // from others: nobody connected
			want = 0
		}
		key := lab.Shake{Addr: netip.MustParseAddr(e.Address), Name: e.Base}
		if shakes[key] != want {
			t.Errorf("%d handshakes with %s at %s, want %d", shakes[key], e.Base, e.Address, want)
		}
		delete(shakes, key)
	}
	if completed < 50 {
		t.Errorf("only %d handshakes", completed)
	}
	for key, n := range shakes {
		t.Logf("no completed row for %d handshakes with %s at %s", n, key.Name, key.Addr)
	}
}

// Iterating from the lab's root and validating gives the lab's truth.
func TestVerdictsEqualTheTruth(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 11, Domains: 400})
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	c, err := CompareWithLab(job.Dir, l)
	if err != nil {
		t.Fatal(err)
	}
	if c.Domains != int64(l.Len()) || c.Wrong != 0 {
		t.Errorf("%d of %d domains are wrong:", c.Wrong, c.Domains)
		for _, d := range c.Differences {
			t.Error(d)
		}
	}
}

// An interrupted scan keeps what is done, and resuming gives the same verdicts.
func TestInterruptAndResume(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 3})
	ctx, cancel := context.WithCancel(t.Context())
	inner := job.Config.session
	job.Config.session = func(c context.Context, target smtp.Target, cfg smtp.Config) smtp.Session {
		cancel()                          // in the middle of the first session
		return smtp.Probe(c, target, cfg) // one with a tarpit takes long unless it ends, too
	}
	began := time.Now()
	if _, err := Scan(ctx, job); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("error %v", err)
	}
	if took := time.Since(began); took >= patience {
		t.Errorf("ended %v after it began", took)
	}
	if _, err := Scan(t.Context(), job); !errors.Is(err, run.ErrExists) {
		t.Errorf("without Resume: %v", err)
	}
	job.Config.session, job.Resume = inner, true
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	c, err := CompareWithLab(job.Dir, l)
	if err != nil || c.Wrong != 0 {
		t.Errorf("%v: %d wrong: %q", err, c.Wrong, c.Differences)
	}
	m, err := run.ReadManifest(job.Dir)
	if err != nil || len(m.Interruptions) != 1 {
		t.Errorf("manifest: %v, %v", m.Interruptions, err)
	}
}

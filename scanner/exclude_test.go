package scanner

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
	"danescan/scanner/smtp"
)

const exclusions = "\ufeff# asked for by mail\n\nExample.com  # and all below\r\nmx.Bücher.example.\n192.0.2.7\n198.51.100.77/24\n2001:db8::1\n2001:db8:1::/48\n::ffff:203.0.113.0/124\n"

func TestExclusions(t *testing.T) {
	x, err := ReadExclusions(strings.NewReader(exclusions))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"example.com": true, "a.b.example.com": true, "notexample.com": false, "com": false, "example.com.org": false,
		"mx.xn--bcher-kva.example": true, "xn--bcher-kva.example": false, "": false, ".": false,
	} {
		if got := x.Name(name); got != want {
			t.Errorf("name %q: %v", name, got)
		}
	}
	for address, want := range map[string]bool{
		"192.0.2.7": true, "192.0.2.8": false, "198.51.100.0": true, "198.51.100.255": true, "198.51.101.0": false,
		"2001:db8::1": true, "2001:db8::2": false, "2001:db8:1:ffff::": true, "2001:db8:2::": false,
		"203.0.113.15": true, "203.0.113.16": false, "::ffff:192.0.2.7": true,
	} {
		if got := x.Address(netip.MustParseAddr(address)); got != want {
			t.Errorf("address %s: %v", address, got)
		}
	}
	var none *Exclusions
	if none.Name("example.com") || none.Address(netip.MustParseAddr("192.0.2.7")) || x.Address(netip.Addr{}) {
		t.Error("no exclusions exclude something")
	}
}

// An exclusion that would have no effect is refused.
func TestBadExclusions(t *testing.T) {
	const tail = ": neither a domain name, an address, nor a CIDR such as 192.0.2.0/24"
	for text, want := range map[string]string{
		"example.com\n10.0.0.256":          `line 2: "10.0.0.256"` + tail,
		"192.0.2":                          `line 1: "192.0.2"` + tail,
		"192.0.2.0/33":                     `line 1: "192.0.2.0/33"` + tail,
		"https://example.com":              `line 1: "https://example.com"` + tail,
		"example.com, example.org":         `line 1: "example.com, example.org"` + tail,
		"fe80::1%eth0":                     `line 1: "fe80::1%eth0"` + tail,
		"a..example":                       `line 1: "a..example"` + tail,
		"*.example.com":                    `line 1: "*.example.com": a domain is excluded with all below it: leave the asterisk out`,
		"a\n" + strings.Repeat("x", 1<<17): "after line 1: bufio.Scanner: token too long",
	} {
		if _, err := ReadExclusions(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%.40q: error %v, want %s", text, err, want)
		}
	}
}

func FuzzExclusions(f *testing.F) {
	f.Add(exclusions, "a.example.com", "192.0.2.7")
	f.Fuzz(func(t *testing.T, text, name, address string) {
		x, err := ReadExclusions(strings.NewReader(text))
		if err != nil {
			return
		}
		x.Name(name)
		if a, err := netip.ParseAddr(address); err == nil {
			x.Address(a)
		}
	})
}

// What is excluded is not looked up, or not connected to, as the servers of a lab
// have counted; and it is counted, not named.
func TestExcludedAreLeftAlone(t *testing.T) {
	t.Parallel()
	const seed, domains = 5, 300
	first, job := startLab(t, lab.Config{Seed: seed, Domains: domains, Count: true})
	job.DNS = frontOf(first)
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	victims := pickVictims(t, job.Dir, first.Counters().AllSessions())
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	l, job := startLab(t, lab.Config{Seed: seed, Domains: domains, Count: true})
	job.DNS = frontOf(l)
	x, err := ReadExclusions(strings.NewReader(strings.Join([]string{victims.domain, victims.host, victims.address.String()}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	job.Config.Exclude = x
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if n := l.Counters().AskedFront(victims.domain, 15); n != 0 { // MX
		t.Errorf("MX of the excluded domain was asked for %d times", n)
	}
	for _, address := range append(victims.hostAddresses, victims.address) {
		if n := l.Counters().Sessions(address); n != 0 {
			t.Errorf("%d connections to an excluded mail server at %s", n, address)
		}
	}
	if n := l.Counters().AskedFront(victims.host, 1); n == 0 {
		t.Error("the address of the excluded host was not asked for")
	}
	if n := l.Counters().TotalSessions(); n < 50 {
		t.Errorf("only %d connections: the test shows nothing", n)
	}
	checkExcludedRows(t, job.Dir, victims)
}

// frontOf asks the lab's resolver, which is quick.
func frontOf(l *lab.Lab) DNS {
	return DNS{Resolvers: []string{l.Front().String()}, TrustAD: true, AllowPrivate: true, Timeout: patience}
}

// victims are what the test excludes: a domain, a host that is verified at
// addresses of its own, and an address of another host.
type victims struct {
	domain, host  string
	hostAddresses []netip.Addr
	address       netip.Addr
	addressHost   string
}

// pickVictims finds hosts that were connected to, and a domain that names neither.
func pickVictims(t *testing.T, dir string, sessions map[netip.Addr]int) victims {
	t.Helper()
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var v victims
	listed := listedIn(t, dir)
	shared := map[string]int{} // hosts at an address
	var hosts []run.Host
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range h.Addresses {
			shared[a]++
		}
		hosts = append(hosts, h)
	}
	for _, h := range hosts {
		if h.Verdict != run.Verified || h.TLSABase != h.Host || slices.Contains(listed, h.Host) || !slices.ContainsFunc(h.Addresses, func(a string) bool { return shared[a] == 1 && sessions[netip.MustParseAddr(a)] > 0 }) {
			continue
		}
		if v.host == "" && !slices.ContainsFunc(h.Addresses, func(a string) bool { return shared[a] > 1 }) {
			v.host = h.Host
			for _, a := range h.Addresses {
				v.hostAddresses = append(v.hostAddresses, netip.MustParseAddr(a))
			}
		} else if v.addressHost == "" && len(h.Addresses) == 1 {
			v.addressHost, v.address = h.Host, netip.MustParseAddr(h.Addresses[0])
		}
	}
	for d, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		mine := slices.ContainsFunc(d.MX, func(m run.MX) bool {
			return m.Host == v.host || m.Host == v.addressHost || strings.HasSuffix(m.Host, d.Domain)
		})
		if !mine && d.Verdict == run.DANEVerified {
			v.domain = d.Domain
		}
	}
	if v.domain == "" || v.host == "" || v.addressHost == "" {
		t.Fatalf("the lab has nothing fit to exclude: %+v", v)
	}
	return v
}

// checkExcludedRows looks for the excluded in the tables and in the manifest.
func checkExcludedRows(t *testing.T, dir string, v victims) {
	t.Helper()
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for d, err := range r.Domains() {
		if err != nil || d.Domain == v.domain {
			t.Errorf("domains: %s, %v", d.Domain, err)
		}
	}
	verdicts := map[string]run.Verdict{}
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		verdicts[h.Host] = h.Verdict
		if (h.Host == v.host || h.Host == v.addressHost) && (h.Verdict != run.NotTested || h.Reason != run.ReasonExcluded || len(h.TLSA) == 0) {
			t.Errorf("%s: %s (%s), %d TLSA records", h.Host, h.Verdict, h.Reason, len(h.TLSA))
		}
	}
	if verdicts[v.host] == "" || verdicts[v.addressHost] == "" {
		t.Error("an excluded host has no row")
	}
	rows := 0
	for e, err := range r.Endpoints() {
		if err != nil {
			t.Fatal(err)
		}
		if e.Host == v.host || e.Host == v.addressHost {
			rows++
			if e.NotTried != run.ReasonExcluded || e.Connected {
				t.Errorf("%s at %s: not tried %q", e.Host, e.Address, e.NotTried)
			}
		}
	}
	if rows != len(v.hostAddresses)+1 {
		t.Errorf("%d rows of excluded endpoints", rows)
	}
	if got, want := r.Manifest().Exclusions, (run.Exclusions{Domains: 1, Hosts: 1, Addresses: 1}); got != want {
		t.Errorf("manifest: %+v, want %+v", got, want)
	}
	text, err := os.ReadFile(filepath.Join(dir, run.ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{v.domain, v.host, v.address.String()} {
		if strings.Contains(string(text), name) {
			t.Errorf("the manifest names %s", name)
		}
	}
}

// What was excluded before an interruption counts as much as what is excluded
// after it.
func TestExclusionsAreCountedAcrossAnInterruption(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 3, Domains: 400})
	job.DNS = frontOf(l)
	job.Config.rangeLines, job.Config.batchRows = 40, 20
	x, err := ReadExclusions(strings.NewReader("nsec\n127.21.0.0/26\n"))
	if err != nil {
		t.Fatal(err)
	}
	job.Config.Exclude = x
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	whole := exclusionsOf(t, job.Dir)

	ctx, cancel := context.WithCancel(t.Context())
	job.Dir += "-again"
	job.Config.Progress = new(Progress)
	held, inner := new(atomic.Int32), job.Config.session
	job.Config.session = func(c context.Context, target smtp.Target, cfg smtp.Config) smtp.Session {
		if held.Add(1) == 30 {
			cancel()
		}
		return inner(c, target, cfg)
	}
	if _, err := Scan(ctx, job); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("error %v", err)
	}
	job.Config.session, job.Config.Progress, job.Resume = inner, new(Progress), true
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if got := exclusionsOf(t, job.Dir); got != whole {
		t.Errorf("%+v after an interruption, %+v without", got, whole)
	}
	if whole.Domains < 20 || whole.Hosts < 1 || whole.Addresses < 20 {
		t.Errorf("%+v: the test shows nothing", whole)
	}
}

func exclusionsOf(t *testing.T, dir string) run.Exclusions {
	t.Helper()
	m, err := run.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	return m.Exclusions
}

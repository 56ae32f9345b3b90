package report

import (
	"context"
	"errors"
	"flag"
	"iter"
	"os"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
)

var update = flag.Bool("update", false, "write the golden pages anew")

// fake is a run in memory.
type fake struct {
	manifest run.Manifest
	domains  []run.Domain
	hosts    []run.Host
	err      error
}

func (f fake) Manifest() run.Manifest                { return f.manifest }
func (f fake) Domains() iter.Seq2[run.Domain, error] { return rows(f.domains, f.err) }
func (f fake) Hosts() iter.Seq2[run.Host, error]     { return rows(f.hosts, nil) }

func rows[T any](all []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, row := range all {
			if !yield(row, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

func domain(name string, verdict run.Verdict, kind run.MXKind, secure bool, withTLSA int32, hosts ...string) run.Domain {
	d := run.Domain{}
	d.Domain, d.MXKind, d.Verdict, d.MXSecure, d.HostsWithTLSA = name, kind, verdict, secure, withTLSA
	d.MXDNSSEC = run.Insecure
	if secure {
		d.MXDNSSEC = run.Secure
	}
	for _, h := range hosts {
		d.MX = append(d.MX, run.MX{Host: h})
		d.Provider = h[strings.IndexByte(h, '.')+1:]
	}
	return d
}

func host(name string, verdict run.Verdict, state run.TLSAState, records ...run.TLSA) run.Host {
	h := run.Host{}
	h.Host, h.Verdict, h.TLSAState, h.TLSA = name, verdict, state, records
	h.Provider = name[strings.IndexByte(name, '.')+1:]
	return h
}

// small is a run in which every figure has something to show.
func small() fake {
	finished := time.Date(2026, 11, 1, 12, 30, 0, 0, time.UTC)
	good := run.TLSA{Usage: 3, Selector: 1, MatchingType: 1}
	broken := host("mx.broken.example", run.Mismatch, run.TLSAUsable, good, run.TLSA{Usage: 2, Selector: 1, MatchingType: 1})
	broken.Findings = []run.Finding{{Code: "mismatch", Detail: "x"}, {Code: "mismatch", Detail: "y"}}
	undecided := domain("undecided.example", run.DANEUndecided, run.MXFound, true, 0, "mx.silent.example")
	primary := domain("good.example", run.DANEVerified, run.MXFound, true, 1, "mx.good.example")
	primary.PrimaryVerified = true
	return fake{
		manifest: run.Manifest{
			RunID: "20261101T120000Z-0011223344556677", SchemaVersion: 1, RulesVersion: "1",
			Tool:     run.Tool{Name: "danescan", Version: "v0", GoVersion: "go1"},
			List:     run.List{Source: "tranco.csv", ID: "XYZ", SHA256: "abcd", Rows: 8, Taken: 7, Skipped: map[string]int64{"bytes": 1}},
			Resolver: run.Resolver{Mode: "iterate", SHA1: "validate"}, Vantage: run.Vantage{EHLO: "scan.example", Contact: "https://scan.example/"},
			Settings: map[string]string{"retries": "2"}, Finished: &finished,
		},
		domains: []run.Domain{
			primary,
			domain("second.example", run.DANEVerified, run.MXFound, true, 1, "mx.good.example"),
			domain("broken.example", run.DANEFailed, run.MXFound, true, 1, "mx.broken.example"),
			undecided,
			domain("half.example", run.HalfDANE, run.MXFound, false, 1, "mx.good.example"),
			domain("plain.example", run.NotDANE, run.MXFound, false, 0, "mx.plain.example"),
			domain("null.example", run.NoMail, run.MXNull, true, 0),
		},
		hosts: []run.Host{
			broken,
			host("mx.good.example", run.Verified, run.TLSAUsable, good, good),
			host("mx.plain.example", run.None, run.TLSANone),
			host("mx.silent.example", run.LookupFailed, run.TLSAError),
		},
	}
}

func page(t *testing.T, f fake) (*gathered, string) {
	t.Helper()
	g, err := gather(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	html, err := render(g)
	if err != nil {
		t.Fatal(err)
	}
	return g, string(html)
}

func TestHeadline(t *testing.T) {
	g, _ := page(t, small())
	want := Headline{
		Names: 7, WithMail: 6, SignedMX: 4, DANE: 3, Verified: 2, PrimaryVerified: 1, Failed: 1, Undecided: 1, HalfDANE: 1,
		Hosts: 4, HostsWithTLSA: 2, HostsVerified: 1,
	}
	if got := g.quoted(); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Figures count what the rows say: a host once under each of its parameters, a
// domain once under each finding of its own or of its hosts.
func TestCounts(t *testing.T) {
	g, _ := page(t, small())
	for _, tc := range []struct {
		about string
		got   count
		want  count
	}{
		{"3 1 1", *g.parameters.at("3 1 1"), count{domains: 4, hosts: 2}},
		{"2 1 1", *g.parameters.at("2 1 1"), count{domains: 1, hosts: 1}},
		{"mismatch", *g.findings.at("mismatch"), count{domains: 1, hosts: 1}},
		{"good.example", *g.providers.at("good.example"), count{domains: 3, hosts: 1}},
		{"secure", *g.mxDNSSEC.at("secure"), count{domains: 5}},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.about, tc.got, tc.want)
		}
	}
	if g.providerDANE["good.example"] != 2 {
		t.Errorf("verified with the provider: %d", g.providerDANE["good.example"])
	}
}

func TestGoldenPage(t *testing.T) {
	_, html := page(t, small())
	const golden = "testdata/small.html"
	if *update {
		if err := os.WriteFile(golden, []byte(html), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if html != string(want) {
		t.Errorf("the page is not %s; look at the difference, then go test ./report -update", golden)
	}
}

// Names, banners and settings are made by strangers: none may become markup.
func TestHostileStringsAreInert(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	f := small()
	f.manifest.List.Source, f.manifest.List.ID = evil, evil
	f.manifest.Vantage.EHLO, f.manifest.Vantage.Contact = evil, "javascript:"+evil
	f.manifest.Settings = map[string]string{evil: evil}
	f.manifest.List.Skipped = map[string]int64{evil: 1}
	f.domains[0].Provider, f.domains[0].Verdict = evil, run.Verdict(evil)
	f.hosts[0].Provider = evil
	f.hosts[0].Findings = []run.Finding{{Code: evil}}
	_, html := page(t, f)
	for _, bad := range []string{"<script", "<img", "onerror=alert(1)>", `href="javascript`} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if !strings.Contains(html, "&lt;script&gt;") {
		t.Error("the hostile text is not shown at all")
	}
}

// The page asks nothing of any server.
func TestNothingIsFetched(t *testing.T) {
	_, html := page(t, small())
	for _, bad := range []string{"<script", "<link", "<iframe", "src=", "@import", "url("} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

func TestWarnsOfBelievedResolvers(t *testing.T) {
	f := small()
	f.manifest.Resolver.Mode = "trust-ad"
	if _, html := page(t, f); !strings.Contains(html, "DNSSEC was not validated here") {
		t.Error("no warning")
	}
}

func TestErrorsOfTablesAreErrorsOfThePage(t *testing.T) {
	f := small()
	f.err = errors.New("a part is damaged")
	if _, err := gather(t.Context(), f); !errors.Is(err, f.err) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := gather(ctx, small()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestShare(t *testing.T) {
	for _, tc := range []struct {
		part, whole int64
		want        string
	}{
		{0, 0, "–"}, {0, 5, "0 %"}, {5, 5, "100 %"}, {1, 2, "50.0 %"}, {1, 1000, "0.10 %"}, {1, 1_000_000, "< 0.01 %"},
		{999_999, 1_000_000, "> 99.99 %"}, {995, 1000, "99.50 %"},
	} {
		if got := share(tc.part, tc.whole); got != tc.want {
			t.Errorf("share(%d, %d) = %s, want %s", tc.part, tc.whole, got, tc.want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestTallyIsBounded(t *testing.T) {
	small := newTally[int]()
	for i := range maxKeys + 10 {
		small.domain(i)
	}
	if len(small.counts) != maxKeys || small.lost.domains != 10 {
		t.Errorf("%d keys, %d lost", len(small.counts), small.lost.domains)
	}
}

func BenchmarkGather(b *testing.B) {
	f := small()
	for range 10 {
		f.domains = append(f.domains, f.domains...)
	}
	b.ReportAllocs()
	for b.Loop() {
		g, err := gather(b.Context(), f)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := render(g); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(f.domains)), "ns/domain")
}

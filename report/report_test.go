package report

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"danescan/datasets/run"
)

func TestHeadline(t *testing.T) {
	want := Headline{
		Names: 7, WithMail: 6, SignedMX: 4, DANE: 3, Verified: 2, PrimaryVerified: 1, Failed: 1, Undecided: 1, HalfDANE: 1,
		Hosts: 4, HostsWithTLSA: 2, HostsVerified: 1,
	}
	if got := summarise(t, small()).headline(); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Figures count what the rows say: a thing each time, a host once under each of its
// keys, a domain once under each key of its own or of its hosts.
func TestCounts(t *testing.T) {
	s := summarise(t, small())
	for _, tc := range []struct {
		figure string
		key    string // parts between |
		want   string
	}{
		{"tlsa-records", "3 1 1", "[3 2 4]"}, // mx.good twice, mx.broken once
		{"tlsa-records", "2 1 1", "[1 1 1]"},
		{"tlsa-sets", "2 1 1 + 3 1 1", "[1 1]"},
		{"tlsa-domains", "2 1 1 + 3 1 1", "[1]"},
		{"tlsa-domains", "3 1 1", "[3]"},
		{"findings", "mismatch", "[1 1]"},
		{"mx-dnssec", "secure|", "[5]"},
		{"mx-coverage", "primary only", "[1]"},
		{"mx-coverage", "all hosts", "[1]"},
		{"mx-coverage", "none", "[1]"},
		{"half-dane", "none verified", "[1]"},
		{"policies", "dane|deferred", "[1]"},
		{"policies", "dane|not tested", "[5]"},
		{"answers", "A|no answer", "[1 1 1]"},
		{"answers", "MX|answered", "[7 0 7]"},
		{"rrsig-lifetimes", "TLSA|3 to 7 days", "[2 2 4]"},
		{"rollover", "unknown", "[1 3]"},
		{"combinations", "3 1 1", "[1 1]"},
		{"combinations", "all match", "[1 3]"},
		{"starttls", "verified|", "[2 1 3]"}, // the first attempt at 192.0.2.2 does not count
		{"tls-versions", "1.3", "[3 2 4]"},
		{"certificate-keys", "rsa 2048", "[3 2 4]"},
		{"issuers", "CN=Example CA", "[3 2 4]"},
		{"expiry", "dates matter|7 to 14 days", "[3 2 4]"},
		{"verdicts", "dane-undecided", "[1]"},
		{"verdicts", "dane-not-tested", "[0]"}, // shown where nobody has it
		{"broken-hosts", "mx.broken.example|broken.example|mismatch|no-match|192.0.2.1|2 1 1 + 3 1 1|mismatch", "[1 1]"},
		{"broken-hosts", "mx.silent.example|silent.example|lookup-failed|tlsa|||", "[1 1]"},
		{"finding-hosts", "mismatch|mx.broken.example|broken.example", "[1]"},
		{"providers", "good.example", "[3 3 2 2 2 1 0 0 0 0 0 0 1 0 1]"},
		{"ranks", "1 to 1,000", "[1 1 1 1 1 1 0 0 0 0 0 0 0 0 1]"},
		{"groups", "bank", "[2 2 2 2 1 1 0 1 0 0 0 0 0 0 2]"},
		{"tlds", "test", "[1 1 1 1 1 0 0 0 0 0 0 0 0 0 1]"},
	} {
		table := s.table(tc.figure)
		i := slices.IndexFunc(table.Rows, func(r dataRow) bool { return strings.Join(r.Key, "|") == tc.key })
		if i < 0 {
			t.Errorf("%s: no row %q", tc.figure, tc.key)
			continue
		}
		if got := fmt.Sprint(table.Rows[i].Counts); got != tc.want {
			t.Errorf("%s %q: %s, want %s", tc.figure, tc.key, got, tc.want)
		}
	}
}

// Unknown is never folded into failed: no figure counts an undecided name, or a
// host whose lookup failed, among the failed.
func TestUndecidedIsNotFailed(t *testing.T) {
	s := summarise(t, small())
	if s.of("failed") != 1 || s.of("undecided") != 1 {
		t.Errorf("%d failed, %d undecided", s.of("failed"), s.of("undecided"))
	}
	for _, page := range []string{"index.html", "tlds.html", "tld/example.html"} {
		if text := site(t, s)[page]; !strings.Contains(strings.ToLower(text), "undecided") {
			t.Errorf("%s does not show what is undecided", page)
		}
	}
}

const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

// hostile is a run of which every string is made by an enemy.
func hostile() fake {
	f := small()
	f.manifest.List.Source, f.manifest.List.ID, f.manifest.List.Citation = evil, evil, evil
	f.manifest.Vantage.EHLO, f.manifest.Vantage.Contact = evil, "javascript:"+evil
	f.manifest.Settings = map[string]string{evil: evil}
	f.manifest.List.Skipped = map[string]int64{evil: 1}
	f.manifest.Tool.Version, f.manifest.RunID = evil, evil
	d := &f.domains[2]
	d.Provider, d.TLD, d.Group, d.DNSOperator = "../../"+evil, evil, "=cmd|' /C calc'!A0", "+"+evil
	d.MXLookup.Reason = evil
	h := &f.hosts[0]
	h.Addresses = []string{evil}
	h.Provider, h.Host, h.TLSABase, h.Reason = "../../"+evil, "@"+evil, evil, run.Reason(evil)
	h.Findings = []run.Finding{{Code: evil}, {Code: "mismatch", Detail: evil}}
	d.MX[0].Host = h.Host
	e := &f.endpoints[0]
	e.Base, e.TLSVersion, e.Cipher, e.KeyExchange, e.Greeting = evil, evil, evil, evil, []byte(evil)
	f.certificates[0].Issuer = "-" + evil
	return f
}

// Names, banners, issuers and settings are made by strangers: none may become
// markup, a formula, or a path out of the site.
func TestHostileStringsAreInert(t *testing.T) {
	s := summarise(t, hostile())
	all := site(t, s)
	shown := false
	for name, text := range pagesOf(all) {
		for _, bad := range []string{"<script", "<img", `href="javascript`, `="">`} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %q", name, bad)
			}
		}
		shown = shown || strings.Contains(text, "&lt;script&gt;")
	}
	if !shown {
		t.Error("the hostile text is not shown at all")
	}
	for name, text := range all {
		if path.Clean(name) != name || strings.HasPrefix(name, "..") || strings.HasPrefix(name, "/") || !regexp.MustCompile(`^[a-z0-9._/-]+$`).MatchString(name) {
			t.Errorf("a file is named %q", name)
		}
		if strings.HasSuffix(name, ".csv") && regexp.MustCompile(`(?m)(^|,|")[=+@-][^0-9]`).MatchString(text) {
			t.Errorf("%s has a cell that may run:\n%s", name, text)
		}
	}
}

// The pages ask nothing of any server, and every link within the site leads to a
// file that is there.
func TestNothingIsFetchedAndLinksHold(t *testing.T) {
	all := site(t, summarise(t, small()))
	href := regexp.MustCompile(`href="([^"]*)"`)
	links := 0
	for name, text := range pagesOf(all) {
		for _, bad := range []string{"<script", "<link", "<iframe", " src=", "@import", "url(", " style="} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %q", name, bad)
			}
		}
		for _, m := range href.FindAllStringSubmatch(text, -1) {
			to, _, _ := strings.Cut(m[1], "#")
			if to == "" {
				continue
			}
			links++
			if _, ok := all[path.Join(path.Dir(name), to)]; !ok {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d links", links)
	}
}

// Pages stay small however large the run is, and so do their number and the data.
func TestPagesAreBounded(t *testing.T) {
	f := small()
	for i := range maxRows + 500 {
		name := fmt.Sprintf("mx.%s-%05d.example", strings.Repeat("long-label-", 5), i)
		h := host(name, run.Mismatch, run.TLSAUsable, run.TLSA{Usage: int32(i % 256), Selector: int32(i / 256), MatchingType: 1})
		h.Findings = []run.Finding{{Code: "mismatch"}}
		for k := range 3 * maxAddresses {
			h.Addresses = append(h.Addresses, fmt.Sprintf("2001:db8:1111:2222:3333:4444:5555:%x", 0x1000+k))
		}
		d := domain(fmt.Sprintf("d%05d.tld%05d", i, i), run.DANEFailed, run.MXFound, true, 1, name)
		d.MX[0].Verdict, d.Group, d.DNSOperator = run.Mismatch, d.TLD, d.Provider
		f.hosts, f.domains = append(f.hosts, h), append(f.domains, d)
	}
	all := site(t, summarise(t, f))
	pages := pagesOf(all)
	if len(pages) > 3*maxPages+20 {
		t.Errorf("%d pages", len(pages))
	}
	for name, text := range pages {
		if len(text) > 300_000 {
			t.Errorf("%s has %d octets", name, len(text))
		}
	}
	for _, name := range []string{"providers", "tlds", "groups", "broken-hosts", "tlsa-records"} {
		if n := strings.Count(all["data/"+name+".csv"], "\n"); n != maxRows+1 {
			t.Errorf("%s.csv has %d lines", name, n)
		}
	}
}

// With --redact domains nothing names a host or a provider that few names have.
func TestRedaction(t *testing.T) {
	f := small()
	for i := range fewest {
		f.domains = append(f.domains, domain(fmt.Sprintf("customer%d.example", i), run.DANEVerified, run.MXFound, true, 1, "mx.good.example"))
	}
	g, err := gather(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	g.redacted = true
	known := false
	for name, text := range site(t, g.summary()) {
		for _, secret := range []string{"broken.example", "silent.example", "plain.example", "customer0"} {
			if strings.Contains(text, secret) || strings.Contains(name, secret) {
				t.Errorf("%s tells of %s", name, secret)
			}
		}
		known = known || strings.Contains(text, "good.example")
	}
	if !known {
		t.Error("not even the provider of many is named")
	}
	if total := g.summary().table("providers"); total.at("names", hidden) != 3 || total.Folded != 3 {
		t.Errorf("%d names in %d rows are folded", total.at("names", hidden), total.Folded)
	}
}

func TestWarnsOfBelievedResolvers(t *testing.T) {
	f := small()
	f.manifest.Resolver.Mode = "trust-ad"
	for name, text := range pagesOf(site(t, summarise(t, f))) {
		if !strings.Contains(text, "DNSSEC was not validated here") {
			t.Errorf("%s: no warning", name)
		}
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

// Every figure has its SQL, a sentence and a page that there is, and no SQL is left
// over.
func TestFiguresAreWhole(t *testing.T) {
	s := summarise(t, small())
	shown := map[string]bool{"": true}
	for _, e := range s.nav() {
		shown[e.Name] = true
	}
	names := map[string]bool{}
	for _, f := range figures() {
		if names[f.Name] {
			t.Errorf("two figures are named %s", f.Name)
		}
		names[f.Name] = true
		if f.sql() == "" || f.Says(s) == "" || f.Title == "" || !shown[f.Page] {
			t.Errorf("%s: SQL %q, sentence %q, page %q", f.Name, f.sql(), f.Says(s), f.Page)
		}
	}
	files, err := sqlFiles.ReadDir("sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !file.IsDir() && !names[strings.TrimSuffix(file.Name(), ".sql")] {
			t.Errorf("%s belongs to no figure", file.Name())
		}
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
		if got := strings.ReplaceAll(share(tc.part, tc.whole), "\u00a0", " "); got != tc.want {
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

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"com": "com", "xn--p1ai": "xn--p1ai", "..": "_2e.", "../x": "_2e._2fx", "A B": "_41_20_42", "é": "_c3_a9", "index.html": "index.html",
	} {
		if got := slug(name); got != want {
			t.Errorf("slug(%q) = %q, want %q", name, got, want)
		}
	}
	if a, b := slug(strings.Repeat("a", 500)), slug(strings.Repeat("a", 501)); a == b || len(a) > 140 {
		t.Errorf("long names: %q, %q", a, b)
	}
}

func TestTallyIsBounded(t *testing.T) {
	tally := newTally(1, nil, new(int32))
	tally.limit = 3
	for i := range 5 {
		tally.at(fmt.Sprint(i)).counts[0]++
	}
	if len(tally.rows) != 3 || tally.lost.counts[0] != 2 {
		t.Errorf("%d keys, %d lost", len(tally.rows), tally.lost.counts[0])
	}
	shared := newMeetings()
	shared.limit = 2
	for _, name := range []string{"a", "b", "a", "c", "b"} {
		shared.first(&row{id: 1}, name)
	}
	if len(shared.seen) != 2 || shared.lost != 1 {
		t.Errorf("%d meetings, %d lost", len(shared.seen), shared.lost)
	}
	broken := newBrokenHosts()
	broken.limit = 1
	for _, name := range []string{"mx.a.example", "mx.b.example"} {
		h := host(name, run.Mismatch, run.TLSAUsable)
		broken.host(&h)
	}
	if len(broken.hosts) != 1 || broken.lost != 1 {
		t.Errorf("%d broken hosts, %d lost", len(broken.hosts), broken.lost)
	}
}

func BenchmarkGather(b *testing.B) {
	f := small()
	for range 12 {
		f.domains = append(f.domains, f.domains...)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gather(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(f.domains)), "ns/domain")
}

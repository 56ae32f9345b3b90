package report

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
)

// store makes a run directory out of a run in memory.
func store(t *testing.T, f fake) string {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	m := f.manifest
	finished := m.Finished
	m.Finished = nil
	r, err := run.Create(filepath.Join(t.TempDir(), "run"), m)
	check(err)
	defer r.Close()
	final, err := r.Final(m)
	check(err)
	for i, d := range f.domains {
		d.Line = int64(i + 1)
		check(final.Domains.Write(d))
	}
	for _, h := range f.hosts {
		check(final.Hosts.Write(h))
	}
	for _, e := range f.endpoints {
		check(final.Endpoints.Write(e))
	}
	for _, c := range f.certificates {
		check(final.Certificates.Write(c))
	}
	m.Finished = finished
	check(final.Commit(m))
	return r.Dir()
}

// later is the small run some days after, of which nothing but the time changed.
func later(days int) fake {
	f := small()
	f.manifest.Started = f.manifest.Started.AddDate(0, 0, days)
	f.manifest.RunID = fmt.Sprintf("%s-%016d", f.manifest.Started.Format("20060102T150405Z"), days)
	return f
}

// trio is a year ago, a month ago and now. Since a month ago good.example failed,
// plain.example left the list and new.example joined it.
func trio(t *testing.T) []string {
	now := later(365)
	now.domains[0].Verdict, now.domains[0].PrimaryVerified = run.DANEFailed, false
	now.domains[0].MX[0].Verdict = run.Mismatch
	now.domains[5] = domain("new.example", run.DANEVerified, run.MXFound, true, 1, "mx.good.example")
	return []string{store(t, later(335)), store(t, now), store(t, later(0))} // in any order
}

func TestSeries(t *testing.T) {
	cfg := Config{Runs: trio(t), Out: t.TempDir()}
	made, err := Write(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if h := made.Headline; h.Verified != 2 || h.Failed != 2 || len(made.Alarms) != 0 {
		t.Errorf("headline of the latest run: %+v, alarms %q", h, made.Alarms)
	}
	var p struct{ Pairs []pair }
	if err := readJSON(filepath.Join(cfg.Out, "data", "series.json"), &p); err != nil || len(p.Pairs) != 2 {
		t.Fatalf("%d pairs, error %v", len(p.Pairs), err)
	}
	last := p.Pairs[1]
	if got, want := fmt.Sprint(last.Both["names"], last.Both["verified"], last.Both["failed"], last.Joined["names"], last.Joined["dane"], last.Left["names"], last.Left["dane"]),
		"{6 6} {2 1} {1 2} 1 1 1 0"; got != want {
		t.Errorf("names in both, verified, failed, joined, left: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(last.Moves, last.Blame), "[{dane-verified dane-failed 1}] [{mx.good.example 1}]"; got != want {
		t.Errorf("moves and blame: %s, want %s", got, want)
	}
	checkSeriesPage(t, cfg.Out)
}

func checkSeriesPage(t *testing.T, dir string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Join(strings.Fields(string(data)), " ")
	for _, want := range []string{
		`<code>good.example</code></th><td class="n">3</td><td class="n">2</td><td class="n">2</td>`, // the survey's table
		`<td class="t">dane-failed</td><td class="n">1</td>`,
		`2 → 1<small>−1</small>`,
		// The same names: 3 of 6 with DANE, and a month later 3 of 5 in common and then 2 of 5, whatever joined.
		`<title id="same-trend-title">`, `from 2 October 2027 to 1 November 2027: 60.0 %, then 60.0 %`,
		`href="runs/`, `<polyline class="good" points="60.00,`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	for _, bad := range []string{"<script", "<link", " src=", "Dashed"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
}

// Adding a run makes its own pages and no others.
func TestSeriesRedoesOnlyWhatChanges(t *testing.T) {
	dirs, out := trio(t), t.TempDir()
	if _, err := Write(t.Context(), Config{Runs: []string{dirs[0], dirs[2]}, Out: out}); err != nil {
		t.Fatal(err)
	}
	old := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	var kept []string
	err := filepath.Walk(out, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			kept = append(kept, path)
			err = os.Chtimes(path, old, old)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), Config{Runs: dirs, Out: out}); err != nil {
		t.Fatal(err)
	}
	again := 0
	for _, path := range kept {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if !info.ModTime().Equal(old) {
			again++
			if rel, _ := filepath.Rel(out, path); !slices.Contains([]string{"index.html", "data/series.csv", "data/series.json", "data/site.json", "data/same.csv", "data/survey.csv", "data/moves.csv", "data/blame.csv"}, rel) {
				t.Errorf("%s was made again", rel)
			}
		}
	}
	if again != 8 || len(kept) < 100 {
		t.Errorf("%d of %d files were made again", again, len(kept))
	}
}

// A change of rules or program breaks the line; the page says where and why.
func TestChangeOfRulesBreaksTheLine(t *testing.T) {
	a, b, c := later(0), later(30), later(60)
	b.manifest.RulesVersion, c.manifest.RulesVersion = "2", "2"
	out := t.TempDir()
	if _, err := Write(t.Context(), Config{Runs: []string{store(t, a), store(t, b), store(t, c)}, Out: out}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(out, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	if n := strings.Count(page, "<polyline"); n != 6 { // two charts, two curves, a piece of two runs; the whole list and the same names the same way
		t.Errorf("%d pieces of lines, want 6", n)
	}
	if !strings.Contains(page, "Dashed: rules 2, before 1") {
		t.Error("the page does not say why")
	}
}

func TestShareOfErrorsRaisesAnAlarm(t *testing.T) {
	a, b := later(0), later(30)
	for i := range 100 {
		verdict := run.NotDANE
		if i < 30 {
			verdict = run.DNSError
		}
		name := fmt.Sprintf("d%d.example", i)
		a.domains = append(a.domains, domain(name, run.NotDANE, run.MXFound, false, 0, "mx.plain.example"))
		b.domains = append(b.domains, domain(name, verdict, run.MXFound, false, 0, "mx.plain.example"))
	}
	out := t.TempDir()
	made, err := Write(t.Context(), Config{Runs: []string{store(t, a), store(t, b)}, Out: out})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Alarms) != 1 || !strings.Contains(made.Alarms[0], "hang on a lookup without an answer") {
		t.Fatalf("alarms %q", made.Alarms)
	}
	data, err := os.ReadFile(filepath.Join(out, "index.html"))
	if err != nil || !strings.Contains(string(data), "the measurement itself may have changed") {
		t.Errorf("the page does not show the alarm: %v", err)
	}
}

func TestCanaries(t *testing.T) {
	dir := store(t, small())
	for _, tc := range []struct{ file, want string }{
		{"# a comment\n\ngood.example, dane-verified\nNULL.example.,no-mail\n", "[] <nil>"},
		{"good.example,dane-failed\n", "[The canary good.example is dane-verified: it should be dane-failed.] <nil>"},
		{"missing.example,dane-failed\n", "[The canary missing.example is not in the run: it should be dane-failed.] <nil>"},
		{"good.example\n", "[] FILE:1: not a name, a comma and a verdict"},
		{strings.Repeat("#\n", maxCanaries) + "good.example,dane-verified\n", fmt.Sprintf("[] FILE: over %d lines", maxCanaries)},
	} {
		file := filepath.Join(t.TempDir(), "canaries")
		if err := os.WriteFile(file, []byte(tc.file), 0o600); err != nil {
			t.Fatal(err)
		}
		alarms, err := canaries(file, dir)
		if got := strings.ReplaceAll(fmt.Sprint(alarms, err), file, "FILE"); got != tc.want && got != strings.Replace(tc.want, "] ", "]", 1) {
			t.Errorf("%.40q: %s, want %s", tc.file, got, tc.want)
		}
	}
}

func TestUnfinishedAndMissingRunsAreRefused(t *testing.T) {
	f := small()
	r, err := run.Create(filepath.Join(t.TempDir(), "run"), func() run.Manifest { m := f.manifest; m.Finished = nil; return m }())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, dirs := range [][]string{nil, {r.Dir()}, {t.TempDir()}, {store(t, f), r.Dir()}} {
		if _, err := Write(t.Context(), Config{Runs: dirs, Out: t.TempDir()}); err == nil {
			t.Errorf("%d runs: no error", len(dirs))
		}
	}
}

// What strangers named stays text on the page of a series, too.
func TestHostileSeriesIsInert(t *testing.T) {
	a, b := hostile(), hostile()
	b.manifest.RunID, b.manifest.Started = "later"+evil, b.manifest.Started.AddDate(0, 1, 0)
	b.manifest.RulesVersion = evil
	a.domains[2].Verdict = run.Verdict(evil)
	a.domains[0].Provider = evil
	b.domains[0].Provider = evil
	cfg := Config{Runs: []string{store(t, a), store(t, b)}, Out: t.TempDir()}
	if _, err := Write(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(cfg.Out, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "<img"} {
		if strings.Contains(string(data), bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	if n := strings.Count(string(data), "&lt;script&gt;"); n < 4 {
		t.Errorf("the hostile text is shown %d times", n)
	}
}

// A canary is a name of the list: with --redact domains the page keeps it to
// itself, and only who runs the report is told.
func TestCanariesAreNotToldWhereNamesAreNot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "canaries")
	if err := os.WriteFile(file, []byte("second.test,dane-failed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, runs := range [][]string{{store(t, small())}, {store(t, later(1)), store(t, later(2))}} {
		out := t.TempDir()
		made, err := Write(t.Context(), Config{Runs: runs, Out: out, Canary: file, RedactDomains: true})
		if err != nil || len(made.Alarms) != 1 || !strings.Contains(made.Alarms[0], "second.test") {
			t.Fatalf("alarms %q, error %v", made.Alarms, err)
		}
		data, err := os.ReadFile(filepath.Join(out, "index.html"))
		if err != nil || strings.Contains(string(data), "second.test") || !strings.Contains(string(data), "1 of the names with a known verdict") {
			t.Errorf("%d runs: the page tells too much or too little (%v)", len(runs), err)
		}
	}
}

// The page of the longest series stays small, with a change of rules in every run.
func TestSeriesPageIsBounded(t *testing.T) {
	var x series
	for i := range maxSeries {
		e := entry{RunID: fmt.Sprintf("run-%04d-%s", i, strings.Repeat("x", 30)), Rules: fmt.Sprint(i), Tool: fmt.Sprintf("v1.%d.0", i), List: "list ABCD",
			Started: noon().AddDate(0, 0, i), Measures: map[string]int64{"names": 1e6, "with_mail": 9e5, "dane": int64(1e4 + i*17), "verified": int64(9e3 + i*13)}}
		for k := range maxProviders {
			e.Providers = append(e.Providers, providerLine{fmt.Sprintf("provider-%d.example", k), int64(maxProviders - k)})
		}
		x.runs = append(x.runs, e)
		if i > 0 {
			x.steps = append(x.steps, pair{Both: map[string]both{"names": {1e6, 1e6}, "with_mail": {9e5, 9e5}, "dane": {10, 20}}})
		}
	}
	last := &x.steps[len(x.steps)-1]
	for i := range maxBlamed {
		last.Blame = append(last.Blame, blame{fmt.Sprintf("mx%d.%s.example", i, strings.Repeat("long-label.", 20)), 1})
		last.Moves = append(last.Moves, move{"dane-verified", fmt.Sprint(i), 1})
	}
	for _, rules := range []bool{true, false} {
		all, err := layouts()
		if err != nil {
			t.Fatal(err)
		}
		page, err := x.page().render(x.shell(), all)
		if err != nil || len(page) > 300_000 || !strings.Contains(string(page), "940 earlier ones are in the data.") {
			t.Errorf("breaks %t: %d octets, error %v", rules, len(page), err)
		}
		for i := range x.runs {
			x.runs[i].Rules, x.runs[i].Tool = "1", "v1"
		}
	}
}

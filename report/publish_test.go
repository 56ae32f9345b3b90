package report

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
)

// writeRuns makes a site, or fails the test.
func writeRuns(t *testing.T, out, canary string, dirs ...string) Report {
	t.Helper()
	made, err := Write(t.Context(), Config{Runs: dirs, Out: out, Canary: canary})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func readText(t *testing.T, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func there(path ...string) bool {
	_, err := os.Lstat(filepath.Join(path...))
	return !errors.Is(err, fs.ErrNotExist)
}

// A site that is made again deletes the pages that it no longer has, and not one
// file of anybody else, whatever its list says.
func TestStalePagesAreDeletedAndNothingElse(t *testing.T) {
	out := t.TempDir()
	writeRuns(t, out, "", store(t, small()))
	outside := filepath.Join(t.TempDir(), "other.html")
	foreign := map[string]string{outside: "", filepath.Join(out, "CNAME"): "", filepath.Join(out, "provider", "mine.html"): "", filepath.Join(out, "tld", "note.txt"): ""}
	for path := range foreign {
		if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(out, "linked")); err != nil {
		t.Fatal(err)
	}
	list := strings.Replace(readText(t, out, listPath), `"files": [`,
		`"files": ["../`+filepath.Base(filepath.Dir(outside))+`/other.html", "`+outside+`", "linked/other.html", "CNAME", "provider/../CNAME", "tld", `, 1)
	if err := os.WriteFile(filepath.Join(out, listPath), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	gone := []string{"provider/broken.example.html", "provider/broken.example-broken.csv", "group/bank.html", "groups.html"}
	for _, name := range gone {
		if !there(out, name) {
			t.Fatalf("%s was never there", name)
		}
	}
	f := small()
	f.domains = slices.Delete(f.domains, 2, 3)
	f.domains[0].Group = ""
	f.hosts = f.hosts[1:]
	writeRuns(t, out, "", store(t, f))
	for _, name := range gone {
		if there(out, name) {
			t.Errorf("%s is still there", name)
		}
	}
	for path := range foreign {
		if readText(t, path) != "mine" {
			t.Errorf("%s was touched", path)
		}
	}
	if there(out, "group") || !there(out, "provider") {
		t.Error("empty directories are to go, and only those")
	}
}

// stamp sets the time of every file of a site to long ago.
func stamp(t *testing.T, out string) (old time.Time, files []string) {
	t.Helper()
	old = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	err := filepath.Walk(out, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			files = append(files, path)
			err = os.Chtimes(path, old, old)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return old, files
}

// A run that was judged again has the same name and other figures: what is kept of
// it is never shown for them, nor what is kept of the pairs that it is in.
func TestJudgedAgainIsCountedAgain(t *testing.T) {
	out, first, third := t.TempDir(), store(t, later(0)), store(t, later(60))
	writeRuns(t, out, "", first, store(t, later(30)), third)
	again := later(30)
	again.domains[0].Verdict, again.domains[0].PrimaryVerified = run.DANEFailed, false
	again.domains[0].MX[0].Verdict = run.Mismatch
	writeRuns(t, out, "", first, store(t, again), third)
	var series struct {
		Runs  []entry
		Pairs []pair
	}
	if err := readJSON(filepath.Join(out, "data", "series.json"), &series); err != nil {
		t.Fatal(err)
	}
	if n := series.Runs[1].of("failed"); n != 2 {
		t.Errorf("%d failed in the series, want 2", n)
	}
	if a, b := series.Pairs[0].Both["failed"], series.Pairs[1].Both["failed"]; a != (both{1, 2}) || b != (both{2, 1}) {
		t.Errorf("failed in pairs: %v, %v", a, b)
	}
	if page := readText(t, out, filepath.FromSlash(series.Runs[1].site()), "data", "headline.csv"); !strings.Contains(page, "failed,2,3") {
		t.Errorf("the run's own pages:\n%s", page)
	}
}

// Another program may make other pages; what is missing is made; and where nothing
// changed nothing is written.
func TestWhatIsKeptIsWhole(t *testing.T) {
	out, dirs := t.TempDir(), []string{store(t, later(0)), store(t, later(30))}
	writeRuns(t, out, "", dirs...)
	cfg := Config{Runs: dirs, Out: out, program: "this"}
	x, err := stubs(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if other, _ := stubs(Config{Runs: dirs, Out: out, program: "that"}); other.runs[0].Fingerprint == x.runs[0].Fingerprint {
		t.Error("another program, the same fingerprint")
	}
	if other, _ := stubs(Config{Runs: dirs, Out: out, program: "this", RedactDomains: true}); other.runs[0].Fingerprint == x.runs[0].Fingerprint {
		t.Error("redacted, the same fingerprint")
	}
	old, files := stamp(t, out)
	missing := filepath.Join(out, filepath.FromSlash(x.runs[0].site()), "tlsa.html")
	if err := os.Remove(missing); err != nil {
		t.Fatal(err)
	}
	writeRuns(t, out, "", dirs...)
	for _, path := range files {
		if info, err := os.Stat(path); err != nil || info.ModTime().Equal(old) == (path == missing) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Alarms stand on the pages of the run that they are about, and go with their
// reason.
func TestAlarmsStandOnThePagesOfTheRun(t *testing.T) {
	out, file := t.TempDir(), filepath.Join(t.TempDir(), "canaries")
	dirs := []string{store(t, later(0)), store(t, later(30))}
	pages := []string{"index.html", filepath.Join("runs", slug(later(30).manifest.RunID), "problems.html")}
	for _, tc := range []struct {
		verdict string
		alarm   bool
	}{{"dane-failed", true}, {"dane-verified", false}} {
		if err := os.WriteFile(file, []byte("good.example,"+tc.verdict+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		made := writeRuns(t, out, file, dirs...)
		if (len(made.Alarms) > 0) != tc.alarm {
			t.Errorf("%s: alarms %q", tc.verdict, made.Alarms)
		}
		for _, page := range pages {
			if strings.Contains(readText(t, out, page), "The canary good.example") != tc.alarm {
				t.Errorf("%s on %s: not as it should be", tc.verdict, page)
			}
		}
		if earlier := filepath.Join("runs", slug(later(0).manifest.RunID), "index.html"); strings.Contains(readText(t, out, earlier), "canary") {
			t.Error("the earlier run has the alarm")
		}
	}
}

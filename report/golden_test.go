package report

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pages anew")

// matters is what a golden page keeps of a page: its main part, the SQL cut, since
// each has a file of its own. The dictionary keeps one of its tables.
func matters(page string) string {
	if _, rest, ok := strings.Cut(page, `<section aria-labelledby="lookup">`); ok {
		page = "<main>" + rest
	}
	if _, main, ok := strings.Cut(page, "<main"); ok {
		main, _, _ = strings.Cut(main, "</main>")
		page = "<main" + main + "</main>\n"
	}
	return regexp.MustCompile(`(?s)<pre[ >].*?</pre>`).ReplaceAllString(page, "<pre/>")
}

// golden compares files with those in a folder of testdata, all of it.
func golden(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	dir := filepath.Join("testdata", folder)
	if *update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path, text := filepath.Join(dir, strings.ReplaceAll(name, "/", "-")), files[name]
		if strings.HasSuffix(name, ".html") {
			text = matters(text)
		}
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if text != string(want) {
			t.Errorf("%s is not %s; look at the difference, then go test ./report -update", name, path)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != len(files) {
		t.Errorf("%s has %d files, want %d (%v)", dir, len(entries), len(files), err)
	}
}

// pick takes files out of a site.
func pick(t *testing.T, all map[string]string, names ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range names {
		text, ok := all[name]
		if !ok {
			t.Fatalf("the site has no %s", name)
		}
		out[name] = text
	}
	return out
}

// Every kind of page of a run, and one of each kind of data.
func TestGoldenRun(t *testing.T) {
	golden(t, "run", pick(t, site(t, summarise(t, small())),
		"index.html", "tlds.html", "groups.html", "providers.html", "tld/test.html", "group/bank.html", "provider/broken.example.html",
		"adoption.html", "dns.html", "tlsa.html", "tls.html", "problems.html", "hosts.html", "method.html", "dictionary.html", "downloads.html",
		"group/bank-broken.csv", "data/broken-hosts.csv", "data/findings.json"))
}

// What an enemy named, on the pages that show most of it.
func TestGoldenHostile(t *testing.T) {
	all := site(t, summarise(t, hostile()))
	golden(t, "hostile", pick(t, all, "index.html", "tls.html", "problems.html", "hosts.html", "method.html", "data/broken-hosts.csv", "data/issuers.csv"))
}

// What is left where the names of the list must not be told.
func TestGoldenRedacted(t *testing.T) {
	g, err := gather(t.Context(), small())
	if err != nil {
		t.Fatal(err)
	}
	g.redacted = true
	golden(t, "redacted", pick(t, site(t, g.summary()), "providers.html", "hosts.html", "problems.html", "data/broken-hosts.csv"))
}

// A series with an alarm, and the pages of its latest run.
func TestGoldenSeries(t *testing.T) {
	out, canaries := t.TempDir(), filepath.Join(t.TempDir(), "canaries")
	if err := os.WriteFile(canaries, []byte("good.example,dane-verified\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	writeRuns(t, out, canaries, trio(t)...)
	latest := filepath.Join("runs", slug(later(365).manifest.RunID), "index.html")
	golden(t, "series", map[string]string{
		"index.html": readText(t, out, "index.html"), "latest.html": readText(t, out, latest), "series.csv": readText(t, out, "data", "series.csv"),
	})
}

//go:build interop

package report

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// runNotebook executes a notebook, assertions and all, keeps no output, and prints
// how many charts were drawn. Each must be a drawing that needs nothing else.
const runNotebook = `
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(book, timeout=None, kernel_name='python3').execute()
data = [o.data for c in book.cells if c.cell_type == 'code' for o in c.outputs if o.output_type in ('display_data', 'execute_result')]
drawn = [d['image/svg+xml'] for d in data if 'image/svg+xml' in d]
for svg in drawn:
    assert '<svg' in svg and '<script' not in svg and 'src=' not in svg, svg[:500]
    assert svg.count('http') == svg.count('http://www.w3.org/'), 'a drawing names an address'
assert not any('<script' in str(d) for d in data), 'an output has a script'
print(len(drawn))
`

// breakNotebook runs the cells of a notebook as a program, then its last cell again
// and again: with the published file as it is, and with one number in it changed,
// each time another. It prints what became of each change as JSON.
const breakNotebook = `
import json, sys, nbformat
from pathlib import Path
cells = [c.source for c in nbformat.read(sys.argv[1], as_version=4).cells if c.cell_type == 'code']
told, world = {}, {}
for cell in cells[:-1]:
    exec(cell, world)
for change in json.loads(sys.argv[2]):
    path = Path(change['file'])
    whole = path.read_text()
    data = json.loads(whole)
    at = data
    for step in change['at'][:-1]:
        at = at[step]
    at[change['at'][-1]] += 1
    exec(cells[-1], world)
    path.write_text(json.dumps(data))
    try:
        exec(cells[-1], world)
        told[change['name']] = 'held'
    except AssertionError:
        told[change['name']] = 'failed'
    path.write_text(whole)
print(json.dumps(told))
`

// numberAt is one number in a published file.
type numberAt struct {
	Name string `json:"name"`
	File string `json:"file"`
	At   []any  `json:"at"`
}

// notebooks are the notebooks with numbers that each holds its own against.
func notebooks(site, series string) map[string][]numberAt {
	data := func(dir, name string) string { return filepath.Join(dir, "data", name) }
	all := data(series, "series.json")
	return map[string][]numberAt{
		"explore-a-run.ipynb": {
			{"a verdict", data(site, "verdicts.json"), []any{"rows", 0, "domains"}},
			{"the names", data(site, "headline.json"), []any{"rows", 0, "count"}},
		},
		"adoption.ipynb": {
			{"a rank", data(site, "ranks.json"), []any{"rows", 0, "dane"}},
			{"a provider", data(site, "providers.json"), []any{"rows", 1, "verified"}},
		},
		"two-runs.ipynb": {
			{"a provider now", all, []any{"runs", 1, "providers", 2, "dane"}},
			{"a provider before", all, []any{"runs", 0, "providers", 0, "dane"}},
			{"names in both", all, []any{"pairs", 0, "both", "names", "after"}},
			{"failed in both", all, []any{"pairs", 0, "both", "failed", "before"}},
			{"a move", all, []any{"pairs", 0, "moves", 0, "names"}},
		},
	}
}

// TestInteropNotebooks runs the notebooks on a run of the lab and an earlier one,
// where there is no network: they hold, draw their charts, and hold no more once a
// published number is another.
func TestInteropNotebooks(t *testing.T) {
	python := pythonWith(t)
	now := labRun(t, lab.Config{Seed: 4, Domains: 1500})
	before := earlier(t, now)
	site, series := t.TempDir(), t.TempDir()
	for out, runs := range map[string][]string{site: {now}, series: {before, now}} {
		if _, err := Write(t.Context(), Config{Runs: runs, Out: out}); err != nil {
			t.Fatal(err)
		}
	}
	env := append(os.Environ(), "DANESCAN_RUN="+now, "DANESCAN_OLD="+before, "DANESCAN_SITE="+site, "DANESCAN_SERIES="+series)
	books := notebooks(site, series)
	if found, err := filepath.Glob("../notebooks/*.ipynb"); err != nil || len(found) != len(books) {
		t.Fatalf("%d notebooks, want %d, error %v", len(found), len(books), err)
	}
	for name, numbers := range books {
		book := filepath.Join("..", "notebooks", name)
		if drawn := offline(t, env, python, "-c", runNotebook, book); strings.TrimSpace(drawn) == "0" {
			t.Errorf("%s: no chart was drawn", name)
		}
		given, err := json.Marshal(numbers)
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]string{}
		if err := json.Unmarshal([]byte(offline(t, env, python, "-c", breakNotebook, book, string(given))), &told); err != nil {
			t.Fatal(err)
		}
		for _, n := range numbers {
			if told[n.Name] != "failed" {
				t.Errorf("%s: with %s changed its assertions %q", name, n.Name, told[n.Name])
			}
		}
	}
}

// offline runs a program in a network of its own, which has nothing but loopback.
func offline(t *testing.T, env []string, program string, args ...string) string {
	t.Helper()
	inside := append([]string{"--map-root-user", "--net", "sh", "-c", `ip link set lo up && exec "$@"`, "sh", program}, args...)
	cmd := exec.CommandContext(t.Context(), "unshare", inside...)
	cmd.Env = env
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints.String())
	}
	return string(out)
}

// TestInteropNotebooksHaveNoOutputs reads them as they are committed.
func TestInteropNotebooksHaveNoOutputs(t *testing.T) {
	for name := range notebooks("", "") {
		data, err := os.ReadFile(filepath.Join("..", "notebooks", name))
		if err != nil {
			t.Fatal(err)
		}
		var book struct {
			Cells []struct {
				CellType string            `json:"cell_type"`
				Outputs  []json.RawMessage `json:"outputs"`
				Count    *int              `json:"execution_count"`
				Source   []string          `json:"source"`
			}
		}
		if err := json.Unmarshal(data, &book); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, c := range book.Cells {
			if len(c.Outputs) > 0 || c.Count != nil {
				t.Errorf("%s: cell %d is committed with what it gave", name, i)
			}
		}
		if last := book.Cells[len(book.Cells)-1]; last.CellType != "code" || !strings.Contains(strings.Join(last.Source, ""), "assert ") {
			t.Errorf("%s does not end in assertions", name)
		}
	}
}

// earlier makes a run a month before another: some names are missing, some of those
// that are verified now had failed, and some that failed were verified.
func earlier(t *testing.T, dir string) string {
	t.Helper()
	return monthsBefore(t, dir, 1, 9)
}

// monthsBefore is a run of so many months before another, without every nth line of
// its list, where some verdicts were others.
func monthsBefore(t *testing.T, dir string, months int, nth int64) string {
	t.Helper()
	in, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := fake{manifest: in.Manifest()}
	m := &f.manifest
	m.RunID, m.Started, m.Finished, m.Parts = fmt.Sprintf("%d-months-earlier", months), m.Started.AddDate(0, -months, 0), ptr(m.Finished.AddDate(0, -months, 0)), nil
	for d, err := range in.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		if d.Line%nth == 0 {
			continue
		}
		switch {
		case d.Line%4 == 0 && d.Verdict == run.DANEVerified:
			d.Verdict = run.DANEFailed
		case d.Line%2 == 0 && d.Verdict == run.DANEFailed:
			d.Verdict = run.DANEVerified
		}
		f.domains = append(f.domains, d)
	}
	for h, err := range in.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		f.hosts = append(f.hosts, h)
	}
	return store(t, f)
}

//go:build interop

package report

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// runNotebook executes a notebook, assertions and all, and keeps no output.
const runNotebook = `
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
assert all(not c.get('outputs') for c in book.cells), 'committed with outputs'
NotebookClient(book, timeout=120, kernel_name='python3').execute()
`

// TestInteropNotebooks runs the notebooks on a run of the lab and an earlier one.
func TestInteropNotebooks(t *testing.T) {
	python := pythonWith(t, "duckdb==1.5.6", "pandas", "altair", "nbclient", "ipykernel")
	now := labRun(t, lab.Config{Seed: 4, Domains: 1500})
	before := earlier(t, now)
	site, series := t.TempDir(), t.TempDir()
	for out, runs := range map[string][]string{site: {now}, series: {before, now}} {
		if _, err := Write(t.Context(), Config{Runs: runs, Out: out}); err != nil {
			t.Fatal(err)
		}
	}
	books, err := filepath.Glob("../notebooks/*.ipynb")
	if err != nil || len(books) != 3 {
		t.Fatalf("%d notebooks, error %v", len(books), err)
	}
	for _, book := range books {
		cmd := exec.CommandContext(t.Context(), python, "-c", runNotebook, book)
		cmd.Env = append(os.Environ(), "DANESCAN_RUN="+now, "DANESCAN_OLD="+before, "DANESCAN_SITE="+site, "DANESCAN_SERIES="+series)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(book), err, out)
		}
	}
}

// earlier makes a run a month before another: some names are missing, and some of
// those that are verified now had failed.
func earlier(t *testing.T, dir string) string {
	t.Helper()
	in, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := fake{manifest: in.Manifest()}
	m := &f.manifest
	m.RunID, m.Started, m.Finished, m.Parts = "earlier", m.Started.AddDate(0, -1, 0), ptr(m.Finished.AddDate(0, -1, 0)), nil
	for d, err := range in.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		if d.Line%9 == 0 {
			continue
		}
		if d.Line%4 == 0 && d.Verdict == run.DANEVerified {
			d.Verdict = run.DANEFailed
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

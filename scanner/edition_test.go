package scanner

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/lab"
)

const editionText = "1,www.verified.nsec\n2,mail.verified.nsec\n3,no such name\n4,a.b.no-tlsa.nsec\n5,unsigned\n"

// The manifest of a run says which edition of a list it read, and how to cite it.
func TestEditionOfAFetchedList(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", "Sat, 21 Nov 2026 23:59:00 GMT")
		w.Header().Set("Content-Disposition", "attachment; filename=tranco_K25GW.csv")
		w.Write([]byte(editionText))
	}))
	defer server.Close()
	l, job := startLab(t, lab.Config{Seed: 2})
	job.DNS, job.Config.Probe = frontOf(l), ProbeNone
	job.Sources, job.List = []string{server.URL + "/latest"}, list.Config{Format: "tranco"}

	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(editionText))
	want := run.List{
		Source: server.URL + "/latest", ID: "K25GW", URL: server.URL + "/latest", Date: "2026-11-21",
		SHA256: hex.EncodeToString(sum[:]), Rows: 5, Taken: 4,
	}
	m, err := run.ReadManifest(job.Dir)
	if err != nil {
		t.Fatal(err)
	}
	got := m.List
	if !maps.Equal(got.Skipped, map[string]int64{"bytes": 1}) {
		t.Errorf("skipped %v", got.Skipped)
	}
	if line := "Tranco list, K25GW, edition of 2026-11-21, https://tranco-list.eu/list/K25GW, SHA-256 " + want.SHA256 + ". V. Le Pochat, "; !strings.HasPrefix(got.Citation, line) {
		t.Errorf("citation %s", got.Citation)
	}
	got.Skipped, got.Citation = nil, ""
	if got.Source != want.Source || got.ID != want.ID || got.URL != want.URL || got.Date != want.Date || got.SHA256 != want.SHA256 || got.Rows != want.Rows || got.Taken != want.Taken {
		t.Errorf("list %+v, want %+v", got, want)
	}
}

// Folded names are counted, and each domain stands in the tables once.
func TestUmbrellaIsFolded(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 2})
	job.DNS, job.Config.Probe = frontOf(l), ProbeNone
	job.Sources = []string{writeList(t, "umbrella.csv", editionText)}
	job.List = list.Config{Format: "umbrella"}
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(listedIn(t, job.Dir), " "), "verified.nsec no-tlsa.nsec unsigned"; got != want {
		t.Errorf("domains %s, want %s", got, want)
	}
	m, err := run.ReadManifest(job.Dir)
	if err != nil || m.List.Folded != 3 || m.List.Taken != 4 {
		t.Errorf("list %+v, %v", m.List, err)
	}
}

// A list that changed under its name ends an attempt to go on.
func TestResumeWithAnotherEdition(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 2})
	job.DNS, job.Config.Probe = frontOf(l), ProbeNone
	job.Sources = []string{writeList(t, "test.zone", "test. IN SOA a. b. 7 1 1 1 1\nx.test. NS a.\n")}
	r, err := run.Create(job.Dir, run.Manifest{
		RunID: "20261122T000000Z-0000000000000001", SchemaVersion: run.SchemaVersion, RulesVersion: "1", Started: l.Now(),
		List: run.List{Source: job.Sources[0], ID: "zone test. serial 6"},
	})
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	job.Resume = true
	_, err = Scan(t.Context(), job)
	if err == nil || !strings.HasSuffix(err.Error(), "the run was begun with another edition of the list (\"zone test. serial 6\" of \"\", now \"zone test. serial 7\" of \"\"): give that one, or begin another run") {
		t.Errorf("error %v", err)
	}
}

func writeList(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

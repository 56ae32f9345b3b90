package run

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func sampleManifest() Manifest {
	return Manifest{
		RunID: "run-1", SchemaVersion: SchemaVersion, RulesVersion: "1",
		Tool:     Tool{"danescan", "v0.1.0", "abc", "go1.26.8"},
		Command:  []string{"danescan", "scan", "list.csv"},
		Settings: map[string]string{"probe": "dane"},
		List:     List{Source: "list.csv", ID: "K25VW", Rows: 4, Taken: 3, Skipped: map[string]int64{"bad name": 1}},
		Resolver: Resolver{Mode: "iterate"}, DigestOrder: []string{"sha512", "sha256"},
		Vantage: Vantage{EHLO: "probe.example"}, Started: sampleTime,
		Interruptions: []Interruption{{nil, sampleTime.Add(time.Minute)}},
		Counts:        Counts{Domains: map[Verdict]int64{DANEVerified: 3}},
	}
}

// finish writes final tables of the given lines and commits them.
func finish(t testing.TB, r *Run, lines ...int64) {
	t.Helper()
	m := r.Manifest()
	f, err := r.final(m, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range lines {
		if err := f.Domains.Write(fullDomain(n)); err != nil {
			t.Fatal(err)
		}
	}
	err = errors.Join(f.Hosts.Write(fullHost("a"), emptyHost("b")), f.Endpoints.Write(fullEndpoint("a", 1)), f.Certificates.Write(fullCertificate(1)))
	if err != nil {
		t.Fatal(err)
	}
	m.Finished = ptr(sampleTime.Add(time.Hour))
	if err := f.Commit(m); err != nil {
		t.Fatal(err)
	}
}

func linesOf(t *testing.T, r *Run) []int64 {
	t.Helper()
	lines := []int64{}
	for _, d := range collect(t, r.Domains()) {
		lines = append(lines, d.Line)
	}
	return lines
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// A run from its beginning to a second judgement.
func TestRunLife(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "one")
	r, err := Create(dir, sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteDomains(0, evidence(1, 2, 3)); err != nil {
		t.Fatal(err)
	}
	if err := firstError(r.Domains()); !errors.Is(err, ErrUnfinished) {
		t.Errorf("tables before the end: %v", err)
	}
	finish(t, r, 1, 2, 3)
	if got := names(t, dir); !slices.Equal(got, []string{"certificates", "datapackage.json", "domains", "endpoints", "hosts", "manifest.json"}) {
		t.Errorf("the finished run holds %v", got)
	}
	r.Close()

	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := linesOf(t, again); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("lines %v", got)
	}
	checkParts(t, again)
	if got := collect(t, again.Hosts()); !reflect.DeepEqual(got, []Host{fullHost("a"), emptyHost("b")}) {
		t.Errorf("hosts %+v", got)
	}
	if err := again.Verify(context.Background()); err != nil {
		t.Error(err)
	}
	finish(t, again, 2, 3)
	if got := linesOf(t, again); !slices.Equal(got, []int64{2, 3}) {
		t.Errorf("judged again: lines %v", got)
	}
}

func checkParts(t *testing.T, r *Run) {
	t.Helper()
	var got []string
	for _, p := range r.Manifest().Parts {
		got = append(got, p.Name)
		if info, err := os.Stat(r.path(p.Name)); err != nil || info.Size() != p.Bytes {
			t.Errorf("%s: %v bytes, %v", p.Name, p.Bytes, err)
		}
	}
	want := []string{"domains/part-000000.parquet", "domains/part-000001.parquet", "hosts/part-000000.parquet",
		"endpoints/part-000000.parquet", "certificates/part-000000.parquet"}
	if !slices.Equal(got, want) {
		t.Errorf("parts %v", got)
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	r, err := Create(dir, sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = Create(dir, sampleManifest())
	if !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), "--resume") || !strings.Contains(err.Error(), "-o") {
		t.Errorf("another run: %v", err)
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "thesis.tex"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(full, sampleManifest()); err == nil || !strings.Contains(err.Error(), "not empty (thesis.tex)") {
		t.Errorf("a directory in use: %v", err)
	}
	if got := names(t, full); !slices.Equal(got, []string{"thesis.tex"}) {
		t.Errorf("it now holds %v", got)
	}
	if _, err := Create(filepath.Join(full, "thesis.tex"), sampleManifest()); err == nil {
		t.Error("a file as a directory was taken")
	}
}

func TestOnlyOneWriter(t *testing.T) {
	dir := t.TempDir()
	r, err := Create(dir, sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Spool(); !errors.Is(err, ErrBusy) {
		t.Errorf("a second writer: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Spool(); err != nil {
		t.Errorf("after the first: %v", err)
	}
	other.Close()
}

func TestManifestRoundTrip(t *testing.T) {
	m := sampleManifest()
	r, err := Create(t.TempDir(), m)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m.Counts.Rows = map[Table]int64{TableHosts: 2}
	if err := r.WriteManifest(m); err != nil {
		t.Fatal(err)
	}
	got, err := ReadManifest(r.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, m) {
		t.Errorf("%+v\nnot\n%+v", got, m)
	}
	m.RunID = "run-2"
	if err := r.WriteManifest(m); !errors.Is(err, ErrManifest) {
		t.Errorf("the manifest of another run: %v", err)
	}
}

func TestManifestRefused(t *testing.T) {
	const start = `"started":"2026-11-21T12:00:00Z"`
	for _, c := range []struct {
		name, text string
		want       error
		says       string
	}{
		{"newer", `{"schema_version":99,"new":1}`, ErrVersion, "schema version 99, this program knows 3"},
		{"unknown field", `{"schema_version":1,"run_id":"a",` + start + `,"colour":1}`, ErrManifest, "colour"},
		{"no id", `{"schema_version":1,` + start + `}`, ErrManifest, "run_id"},
		{"no version", `{"run_id":"a",` + start + `}`, ErrManifest, "schema version 0"},
		{"no start", `{"schema_version":1,"run_id":"a"}`, ErrManifest, "start"},
		{"not JSON", `hello`, ErrManifest, "invalid"},
		{"empty", ``, ErrManifest, "unexpected end"},
		{"cut short", `{"schema_version":1,"run_id":`, ErrManifest, "unexpected end"},
		{"two values", `{"schema_version":1,"run_id":"a",` + start + `} {}`, ErrManifest, "invalid"},
		{"a part elsewhere", `{"schema_version":1,"run_id":"a",` + start + `,"parts":[{"name":"domains/../../x/part-000000.parquet"}]}`, ErrManifest, "no part"},
		{"an absolute part", `{"schema_version":1,"run_id":"a",` + start + `,"parts":[{"name":"/etc/passwd"}]}`, ErrManifest, "no part"},
		{"a part of no table", `{"schema_version":1,"run_id":"a",` + start + `,"parts":[{"name":"spool/part-000000.parquet"}]}`, ErrManifest, "no part"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ManifestName), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNotRun) {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestNewRunID(t *testing.T) {
	id, err := NewRunID(sampleTime.In(time.FixedZone("", 3600)), bytes.NewReader([]byte{1, 2, 3, 4, 5, 6, 7, 255}))
	if err != nil || id != "20261121T120000Z-01020304050607ff" {
		t.Errorf("%q, %v", id, err)
	}
	if _, err := NewRunID(sampleTime, bytes.NewReader(nil)); err == nil {
		t.Error("no randomness was enough")
	}
}

// A part that is whole but not the manifest's is refused.
func TestPartNotTheManifests(t *testing.T) {
	r, err := Create(t.TempDir(), sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	finish(t, r, 1, 2, 3)
	path := r.path("domains/part-000001.parquet")
	data, err := os.ReadFile(r.path("domains/part-000000.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	var named *PartError
	if err := firstError(r.Domains()); !errors.As(err, &named) || named.Path != path || !errors.Is(err, ErrDamaged) {
		t.Errorf("reading: %v", err)
	}
	if err := r.Verify(context.Background()); !errors.As(err, &named) || named.Path != path {
		t.Errorf("verifying: %v", err)
	}
	if got := collect(t, r.Hosts()); len(got) != 2 {
		t.Errorf("another table suffered: %d rows", len(got))
	}
}

func TestEmptyTables(t *testing.T) {
	r, err := Create(t.TempDir(), sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m := r.Manifest()
	f, err := r.Final(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(m); err == nil {
		t.Fatal("commit of a run that has no end")
	}
	if f, err = r.Final(m); err != nil {
		t.Fatal(err)
	}
	m.Finished = ptr(sampleTime)
	if err := f.Commit(m); err != nil {
		t.Fatal(err)
	}
	if got := linesOf(t, r); len(got) != 0 {
		t.Errorf("lines %v", got)
	}
	if len(r.Manifest().Parts) != 4 {
		t.Errorf("parts %v", r.Manifest().Parts)
	}
}

func TestAbort(t *testing.T) {
	r, err := Create(t.TempDir(), sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	finish(t, r, 1)
	f, err := r.Final(r.Manifest())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Domains.Write(fullDomain(7)), f.Abort()); err != nil {
		t.Fatal(err)
	}
	if err := f.Domains.Write(fullDomain(8)); err == nil {
		t.Error("a row for a table that was given up")
	}
	if got := linesOf(t, r); !slices.Equal(got, []int64{1}) {
		t.Errorf("lines %v", got)
	}
	if got := names(t, r.Dir()); slices.Contains(got, finishName) {
		t.Errorf("left behind: %v", got)
	}
}

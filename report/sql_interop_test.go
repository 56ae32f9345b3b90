//go:build interop

package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
	"danescan/scanner"
	"danescan/scanner/lab"
	"danescan/scanner/smtp"
)

// labDomains is how large the lab run is that the figures and their SQL count.
const labDomains = 20_000

// TestInteropSQLGivesThePublishedNumbers runs each figure's SQL in DuckDB, on a run
// of the lab, and compares it with the figure's published rows, cell by cell.
func TestInteropSQLGivesThePublishedNumbers(t *testing.T) {
	python := pythonWith(t)
	dir := labRun(t, lab.Config{Seed: 9, Domains: labDomains})
	grouped := withGroups(t, dir)
	compareSQL(t, python, grouped)
}

func compareSQL(t *testing.T, python, dir string) {
	s, err := read(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	answers := askDuckDB(t, python, askAll, "sql", dir)
	cells, empty := 0, 0
	for i := range s.tables {
		table := &s.tables[i]
		got, want := answers[table.Name], asText(table)
		if len(want) < 2 {
			empty++
			t.Logf("%s has no rows in this run", table.Name)
		}
		if len(got) != len(want) {
			t.Errorf("%s: SQL gives %d rows, the report %d", table.Name, len(got), len(want))
		}
		for r := range min(len(got), len(want)) {
			cells += len(want[r])
			if strings.Join(got[r], "|") != strings.Join(want[r], "|") {
				t.Errorf("%s, row %d:\nSQL    %q\nreport %q", table.Name, r, got[r], want[r])
				break
			}
		}
	}
	t.Logf("%d figures, %d cells, %d figures without rows", len(s.tables), cells, empty)
	if cells < 5000 || empty > 3 {
		t.Errorf("%d cells, %d figures without rows: the test shows too little", cells, empty)
	}
}

// asText is a table as text, its heading first.
func asText(t *table) [][]string {
	all := [][]string{append(append([]string{}, t.Keys...), t.Counts...)}
	for _, r := range t.Rows {
		cells := append([]string{}, r.Key...)
		for _, n := range r.Counts {
			cells = append(cells, fmt.Sprint(n))
		}
		all = append(all, cells)
	}
	return all
}

// askAll runs every query and prints the answers as one JSON object.
const askAll = `
import duckdb, glob, json, os, sys
sql, run = sys.argv[1:3]
con = duckdb.connect()
out = {}
for path in sorted(glob.glob(os.path.join(sql, '*.sql'))):
    text = open(path).read().replace("'RUN/", "'" + run + "/")
    done = con.execute(text)
    rows = [[c[0] for c in done.description]]
    rows += [['' if v is None else str(v) for v in row] for row in done.fetchall()]
    out[os.path.basename(path)[:-4]] = rows
json.dump(out, sys.stdout)
`

// askDuckDB runs a script of Python and reads the answers that it prints.
func askDuckDB(t *testing.T, python, script string, args ...string) map[string][][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), python, append([]string{"-c", script}, args...)...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	answers := map[string][][]string{}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// pythonWith gives a Python with what notebooks/requirements.txt pins: the one that
// DANESCAN_PYTHON names, or one made for this test.
func pythonWith(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("DANESCAN_PYTHON"); named != "" {
		return named
	}
	dir := filepath.Join(t.TempDir(), "python")
	python := filepath.Join(dir, "bin", "python")
	for _, args := range [][]string{
		{"python3", "-m", "venv", dir},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "../notebooks/requirements.txt"},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			missing(t, fmt.Sprintf("%s: %v\n%s", strings.Join(args, " "), err, out))
		}
	}
	return python
}

// labRun scans a lab and returns the run's directory.
func labRun(t *testing.T, cfg lab.Config) string {
	t.Helper()
	l, err := lab.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	write := func(name string, fill func(*os.File) error) string {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(fill(f), f.Close()); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	text := func(s string) func(*os.File) error {
		return func(f *os.File) error { _, err := f.WriteString(s); return err }
	}
	job := scanner.Job{
		Sources: []string{write("list.csv", func(f *os.File) error { return l.WriteList(f) })}, Dir: filepath.Join(dir, "run"), Version: "test",
		DNS: scanner.DNS{
			RootHints: write("hints", text(l.RootHints())), TrustAnchor: write("anchor", text(l.TrustAnchor())),
			Port: uint16(l.DNSPort()), Timeout: 400 * time.Millisecond, Retries: 1, AllowPrivate: true,
		},
		Settings: map[string]string{"with": "[mta-sts,tlsrpt]"}, Cross: scanner.Cross{Resolver: l.Front().String(), Percent: 5},
		Config: scanner.Config{
			MTASTS: true, TLSRPT: true,
			SMTPPort: uint16(l.SMTPPort()), Seed: 1, RetryDelay: 10 * time.Millisecond,
			SMTP: smtp.Config{EHLO: "test.example", ConnectTimeout: time.Second, GreetingTimeout: time.Second, CommandTimeout: time.Second},
		},
	}
	if _, err := scanner.Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	return job.Dir
}

// withGroups gives the domains of a run what its list did not: groups, DNS
// operators and algorithms, ranks of every range, and names that are no names.
func withGroups(t *testing.T, dir string) string {
	t.Helper()
	in, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := in.Manifest()
	m.Parts, m.Finished, m.Counts = nil, nil, run.Counts{Again: &run.Again{}}
	out, err := run.Create(filepath.Join(t.TempDir(), "grouped"), m)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	final, err := out.Final(m)
	if err != nil {
		t.Fatal(err)
	}
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for d, err := range in.Domains() {
		check(err)
		check(final.Domains.Write(changed(d)))
	}
	for h, err := range in.Hosts() {
		check(err)
		check(final.Hosts.Write(h))
	}
	for e, err := range in.Endpoints() {
		check(err)
		check(final.Endpoints.Write(e))
	}
	for c, err := range in.Certificates() {
		check(err)
		check(final.Certificates.Write(c))
	}
	now := time.Now()
	m.Finished = &now
	check(final.Commit(m))
	return out.Dir()
}

func changed(d run.Domain) run.Domain {
	d.Group = []string{"bank", "=1+1", "", "état", `"quoted", too`}[d.Line%5]
	d.DNSOperator = []string{"", "dns.example", "-dns.example"}[d.Line%3]
	d.DNSKEYAlgorithms = [][]int32{nil, {8}, {8, 13}, {13}}[d.Line%4]
	if d.Line%7 == 0 {
		d.Attempts, d.FirstLook = 2, &run.FirstLook{ScannedAt: d.ScannedAt, Type: []string{"MX", "A"}[d.Line%2], Outcome: []run.Outcome{run.Timeout, run.ServFail, ""}[d.Line%3]}
	}
	d.Rank = []int64{0, d.Rank, d.Rank * 100, d.Rank * 1000, d.Rank * 10000}[d.Line%5]
	return d
}

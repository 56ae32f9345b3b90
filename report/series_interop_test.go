//go:build interop

package report

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"danescan/scanner/lab"
)

// askSeries runs every query of a series and prints the answers as one JSON object.
const askSeries = `
import duckdb, glob, json, os, sys
sql, now, previous = sys.argv[1:4]
con = duckdb.connect()
out = {}
for path in sorted(glob.glob(os.path.join(sql, '*.sql'))):
    text = open(path).read().replace("'NOW/", "'" + now + "/").replace("'PREVIOUS/", "'" + previous + "/")
    done = con.execute(text)
    rows = [[c[0] for c in done.description]]
    rows += [['' if v is None else str(v) for v in row] for row in done.fetchall()]
    out[os.path.basename(path)[:-4]] = rows
json.dump(out, sys.stdout)
`

// TestInteropSQLGivesTheNumbersOfASeries runs the SQL of each figure of a series in
// DuckDB on two runs, and compares it with the published CSV, cell by cell.
func TestInteropSQLGivesTheNumbersOfASeries(t *testing.T) {
	python := pythonWith(t)
	now := labRun(t, lab.Config{Seed: 5, Domains: 1500})
	before, out := earlier(t, now), t.TempDir()
	writeRuns(t, out, "", before, now)
	told, err := exec.CommandContext(t.Context(), python, "-c", askSeries, filepath.Join("sql", "series"), now, before).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	answers := map[string][][]string{}
	if err := json.Unmarshal(told, &answers); err != nil {
		t.Fatal(err)
	}
	cells := 0
	for name, from := range map[string]int{"same": 2, "survey": 0, "moves": 0, "blame": 0} {
		f, err := os.Open(filepath.Join(out, "data", name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		published, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		got := answers[name]
		if len(got) != len(published) || len(got) < 2 {
			t.Errorf("%s: SQL gives %d rows, the page %d", name, len(got), len(published))
			continue
		}
		for i := range got {
			want := published[i][from:][:len(got[i])]
			cells += len(want)
			if strings.Join(got[i], "|") != strings.Join(want, "|") {
				t.Errorf("%s, row %d:\nSQL  %q\npage %q", name, i, got[i], want)
			}
		}
	}
	if cells < 120 {
		t.Errorf("%d cells: the test shows too little", cells)
	}
}

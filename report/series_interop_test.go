//go:build interop

package report

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
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
	answers := askDuckDB(t, python, askSeries, filepath.Join("sql", "series"), now, before)
	cells := 0
	for name, from := range map[string]int{"same": 2, "survey": 0, "moves": 0, "blame": 0} {
		published := publishedRows(t, out, name)
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
	checkYearAgo(t, python, now, before)
}

// checkYearAgo publishes a third run, of a year ago, and compares the survey's column
// of it with what the query gives for that run in place of the previous one.
func checkYearAgo(t *testing.T, python, now, before string) {
	t.Helper()
	year, out := monthsBefore(t, now, 12, 3), t.TempDir()
	writeRuns(t, out, "", year, before, now)
	published := publishedRows(t, out, "survey")
	if want := []string{"provider", "now", "previous", "year_ago"}; !slices.Equal(published[0], want) {
		t.Fatalf("the survey has the columns %q, not %q", published[0], want)
	}
	known, differ := 0, 0
	for column, than := range map[int]string{2: before, 3: year} {
		got := askDuckDB(t, python, askSeries, filepath.Join("sql", "series"), now, than)["survey"]
		if len(got) != len(published) {
			t.Fatalf("survey: SQL gives %d rows, the page %d", len(got), len(published))
		}
		for i := 1; i < len(got); i++ {
			if row := published[i]; got[i][0] != row[0] || got[i][1] != row[1] || got[i][2] != row[column] {
				t.Errorf("survey, row %d, column %s:\nSQL  %q\npage %q", i, published[0][column], got[i], row)
			}
			if column == 3 && published[i][3] != "" {
				known++
			}
			if column == 3 && published[i][3] != published[i][2] {
				differ++
			}
		}
	}
	if known < 10 || differ < 3 {
		t.Errorf("of a year ago %d numbers are known, and %d differ from the previous ones: the test shows too little", known, differ)
	}
}

// publishedRows reads the CSV of a figure.
func publishedRows(t *testing.T, out, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(out, "data", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %d rows, %v", name, len(rows), err)
	}
	return rows
}

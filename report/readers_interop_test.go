//go:build interop

package report

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// readAll reads each table with three libraries that people use and tells what
// each saw: rows, columns, and a few values of kinds that readers get wrong
// (lists of structs, null structs, timestamps, bytes).
const readAll = `
import glob, json, sys
import duckdb, pandas, polars
seen = {}
for table in ("domains", "hosts", "endpoints", "certificates"):
    files = sys.argv[1] + "/" + table + "/*.parquet"
    pd = pandas.concat([pandas.read_parquet(f) for f in sorted(glob.glob(files))])
    pl = polars.read_parquet(files)
    dk = duckdb.sql("SELECT * FROM read_parquet('" + files + "')")
    seen[table] = {"pandas": [len(pd), len(pd.columns)], "polars": [pl.height, pl.width],
                   "duckdb": [duckdb.sql("SELECT count(*) FROM dk").fetchone()[0], len(dk.columns)]}
domains, hosts = sys.argv[1] + "/domains/*.parquet", sys.argv[1] + "/hosts/*.parquet"
pl, pd = polars.read_parquet(domains), pandas.concat([pandas.read_parquet(f) for f in sorted(glob.glob(domains))])
seen["mx"] = {
    "duckdb": duckdb.sql("SELECT sum(len(mx)) FROM read_parquet('" + domains + "')").fetchone()[0],
    "polars": pl["mx"].list.len().sum(), "pandas": int(sum(len(x) for x in pd["mx"])),
}
seen["verified"] = {
    "duckdb": duckdb.sql("SELECT count(*) FROM read_parquet('" + domains + "') WHERE verdict = 'dane-verified'").fetchone()[0],
    "polars": pl.filter(polars.col("verdict") == "dane-verified").height, "pandas": int((pd["verdict"] == "dane-verified").sum()),
}
seen["tlsa"] = {
    "duckdb": duckdb.sql("SELECT count(*) FROM (SELECT unnest(tlsa) AS r FROM read_parquet('" + hosts + "')) WHERE r.usage = 3 AND octet_length(r.data) = 32").fetchone()[0],
    "polars": polars.read_parquet(hosts).explode("tlsa").unnest("tlsa").filter((polars.col("usage") == 3) & (polars.col("data").bin.size() == 32)).height,
    "pandas": int(sum(1 for rows in pandas.concat([pandas.read_parquet(f) for f in sorted(glob.glob(hosts))])["tlsa"] for r in rows if r["usage"] == 3 and len(r["data"]) == 32)),
}
seen["scanned"] = {
    "duckdb": duckdb.sql("SELECT min(year(scanned_at)) FROM read_parquet('" + domains + "')").fetchone()[0],
    "polars": pl["scanned_at"].dt.year().min(), "pandas": int(pd["scanned_at"].dt.year.min()),
}
json.dump(seen, sys.stdout)
`

// TestInteropReaders reads the tables of a run with DuckDB, Polars and pandas, and
// holds what they see against what danescan reads.
func TestInteropReaders(t *testing.T) {
	python := pythonWith(t)
	dir := labRun(t, lab.Config{Seed: 17, Domains: 300})
	out, err := exec.CommandContext(t.Context(), python, "-c", readAll, dir).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	var tables map[string]json.RawMessage
	if err := json.Unmarshal(out, &tables); err != nil {
		t.Fatal(err)
	}
	for name, want := range wantReaders(t, dir) {
		var seen map[string]any
		if err := json.Unmarshal(tables[name], &seen); err != nil {
			t.Fatal(err)
		}
		for _, reader := range []string{"duckdb", "polars", "pandas"} {
			got, _ := json.Marshal(seen[reader])
			if string(got) != want {
				t.Errorf("%s by %s: %s, want %s", name, reader, got, want)
			}
		}
	}
}

// wantReaders is what danescan itself reads.
func wantReaders(t *testing.T, dir string) map[string]string {
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	text := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	want := map[string]string{}
	for _, table := range run.Tables() {
		columns := 0
		for _, c := range run.Columns(table) {
			if !strings.Contains(c.Name, ".") {
				columns++
			}
		}
		want[string(table)] = text([]int64{r.Manifest().Counts.Rows[table], int64(columns)})
	}
	var mx, verified, tlsa, year int
	for d, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		mx += len(d.MX)
		if d.Verdict == run.DANEVerified {
			verified++
		}
		year = d.ScannedAt.Year()
	}
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range h.TLSA {
			if record.Usage == 3 && len(record.Data) == 32 {
				tlsa++
			}
		}
	}
	if mx < 250 || verified < 30 || tlsa < 30 {
		t.Errorf("the run shows little: %d MX, %d verified, %d records", mx, verified, tlsa)
	}
	want["mx"], want["verified"], want["tlsa"], want["scanned"] = text(mx), text(verified), text(tlsa), text(year)
	return want
}

//go:build interop

package run

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// countParts reads the parts of a spool as a person would who cannot wait for the end
// of the scan.
const countParts = `
import duckdb, sys
spool = sys.argv[1]
for table in ["domains", "hosts", "endpoints", "certificates"]:
    rows = "read_parquet('" + spool + "/" + table + "/*.parquet', union_by_name = true)"
    print(table, duckdb.sql("SELECT count(*) FROM " + rows).fetchone()[0], len(duckdb.sql("SELECT * FROM " + rows).columns))
first = "read_parquet('" + spool + "/domains/part-000000.parquet')"
print(*duckdb.sql("SELECT line, domain, tld, epoch_us(scanned_at), queries FROM " + first + " ORDER BY line").fetchall())
rows = "read_parquet('" + spool + "/domains/*.parquet', union_by_name = true)"
print(*duckdb.sql("SELECT line, len(mx), mx[2].host, mx_lookup.chain[1].target, first_look.type FROM " + rows + " ORDER BY line LIMIT 4").fetchall())
print(duckdb.sql("SELECT count(DISTINCT domain), count(zone), sum(elapsed_ms) FROM " + rows).fetchone())
`

// TestInteropPartsOfASpool reads parts that leave columns out, each by itself and all
// together, with DuckDB.
func TestInteropPartsOfASpool(t *testing.T) {
	s := newSpool(t)
	putDomains(t, s, 0, emptyDomain(1).DomainEvidence, emptyDomain(2).DomainEvidence)
	putDomains(t, s, 1)
	many := []DomainEvidence{fullDomain(3).DomainEvidence}
	for line := int64(4); line < 2000; line++ {
		many = append(many, usualDomain(line).DomainEvidence)
	}
	putDomains(t, s, 2, many...)
	for _, name := range []string{"a", "b"} {
		h, e, c := emptyHost(name).HostEvidence, emptyEndpoint(name, 1).EndpointEvidence, emptyCertificate(name[0])
		if name == "b" {
			h, e, c = fullHost(name).HostEvidence, fullEndpoint(name, 1).EndpointEvidence, fullCertificate(name[0])
		}
		if err := s.PutHosts(pileOf(t, []HostEvidence{h})); err != nil {
			t.Fatal(err)
		}
		if err := s.PutEndpoints(pileOf(t, []EndpointEvidence{e})); err != nil {
			t.Fatal(err)
		}
		if err := s.PutCertificates(pileOf(t, []Certificate{c})); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.Split(strings.TrimSpace(askPython(t, countParts, s.dir)), "\n")
	want := []string{
		"domains 1999 28", "hosts 2 11", "endpoints 2 36", "certificates 2 15",
		"(1, 'd1.example.org', 'org', 1795262400123456, 0) " +
			"(2, 'd2.example.org', 'org', 1795262400123456, 0)",
		"(1, None, None, None, None) (2, None, None, None, None) (3, 2, 'mx2.example.net', 'web.example.org', 'AAAA') " +
			"(4, 2, 'backup.mail.example', None, None)",
		"(1999, 1997, 499029)",
	}
	for i, line := range want {
		if i >= len(got) || got[i] != line {
			t.Errorf("DuckDB says\n%s\nnot\n%s", strings.Join(got, "\n"), line)
		}
	}
}

// askPython runs a script with DuckDB.
func askPython(t *testing.T, script string, args ...string) string {
	t.Helper()
	python := os.Getenv("DANESCAN_PYTHON")
	if python == "" {
		dir := filepath.Join(t.TempDir(), "python")
		python = filepath.Join(dir, "bin", "python")
		for _, c := range [][]string{
			{"python3", "-m", "venv", dir},
			{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "../../notebooks/requirements.txt"},
		} {
			if out, err := exec.CommandContext(t.Context(), c[0], c[1:]...).CombinedOutput(); err != nil {
				if os.Getenv("DANESCAN_STRICT") == "1" {
					t.Fatalf("%v: %v\n%s", c, err, out)
				}
				t.Skipf("no Python with DuckDB: %v: %v\n%s", c, err, out)
			}
		}
	}
	out, err := exec.CommandContext(t.Context(), python, append([]string{"-c", script}, args...)...).Output()
	if err != nil {
		text := ""
		if failed, ok := err.(*exec.ExitError); ok {
			text = string(failed.Stderr)
		}
		t.Fatalf("%v\n%s", err, text)
	}
	return string(out)
}

package scanner

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// steadyList leaves out the domains whose truth depends on servers that stay
// silent: they only take time.
func steadyList(t *testing.T, job Job, seed uint64, domains int) string {
	l, err := lab.New(lab.Config{Seed: seed, Domains: domains})
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	for c := range l.Truth() {
		waits := c.Verdict == "dns-error" || c.Verdict == "dane-undecided" || c.Verdict == "dane-unreachable"
		for _, mx := range c.MX {
			waits = waits || mx.Verdict == "unreachable" || mx.Verdict == "lookup-failed" || mx.Reason == "timeout"
		}
		if !waits {
			fmt.Fprintln(&list, c.Domain)
		}
	}
	path := filepath.Join(filepath.Dir(job.Sources[0]), "steady.txt")
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// floors are how many rows of each table a comparison must have seen.
type floors struct{ domains, hosts, endpoints, certificates int }

// equalRuns compares the tables of two runs by their columns that are not
// volatile.
func equalRuns(t *testing.T, a, b string, least floors) {
	t.Helper()
	x, errX := run.Open(a)
	y, errY := run.Open(b)
	if err := errors.Join(errX, errY); err != nil {
		t.Fatal(err)
	}
	equalTable(t, x.Domains(), y.Domains(), least.domains)
	equalTable(t, x.Hosts(), y.Hosts(), least.hosts)
	equalTable(t, x.Endpoints(), y.Endpoints(), least.endpoints)
	equalTable(t, x.Certificates(), y.Certificates(), least.certificates)
}

func equalTable[T run.Row](t *testing.T, a, b iter.Seq2[T, error], least int) {
	t.Helper()
	lines := func(rows iter.Seq2[T, error]) []string {
		encoder := run.NewSteadyEncoder[T]()
		var all []string
		for row, err := range rows {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(encoder.Append(nil, &row)))
		}
		return all
	}
	x, y := lines(a), lines(b)
	if len(x) < least {
		t.Errorf("%T: only %d rows", *new(T), len(x))
	}
	if len(x) != len(y) {
		t.Errorf("%T: %d rows, want %d", *new(T), len(x), len(y))
	}
	wrong := 0
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] && wrong < 5 {
			wrong++
			t.Errorf("%T: row %d\n got %s\nwant %s", *new(T), i, x[i], y[i])
		}
	}
	if slices.Contains(x, "") {
		t.Error("an empty row")
	}
}

package run

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func newSpool(t testing.TB) *Spool {
	t.Helper()
	s, err := OpenSpool(filepath.Join(t.TempDir(), "spool"), testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func evidence(lines ...int64) []DomainEvidence {
	rows := []DomainEvidence{}
	for _, n := range lines {
		rows = append(rows, emptyDomain(n).DomainEvidence)
	}
	return rows
}

func TestSpoolDomains(t *testing.T) {
	s := newSpool(t)
	for _, part := range []struct {
		n     int
		lines []int64
	}{{2, []int64{40000, 39000}}, {0, []int64{3, 1, 2}}, {1, nil}} {
		if err := s.WriteDomains(part.n, evidence(part.lines...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.WriteDomains(1, nil); !errors.Is(err, ErrPartExists) {
		t.Errorf("a part written twice: %v", err)
	}
	again, err := OpenSpool(s.dir, testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := again.Parts(TableDomains)
	if err != nil || !slices.Equal(numbers, []int{0, 1, 2}) {
		t.Errorf("parts %v, %v", numbers, err)
	}
	var lines []int64
	for _, row := range collect(t, again.Domains()) {
		lines = append(lines, row.Line)
	}
	if !slices.Equal(lines, []int64{1, 2, 3, 39000, 40000}) {
		t.Errorf("lines %v", lines)
	}
	if rows := collect(t, again.DomainPart(0)); len(rows) != 3 {
		t.Errorf("part 0 has %d rows", len(rows))
	}
}

// Parts of ranges that overlap are an error, not rows lost.
func TestSpoolDomainsOutOfOrder(t *testing.T) {
	s := newSpool(t)
	for n, lines := range [][]int64{{5, 6}, {1}} {
		if err := s.WriteDomains(n, evidence(lines...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := firstError(s.Domains()); !errors.Is(err, ErrOrder) {
		t.Errorf("got %v", err)
	}
}

func TestSpoolNumbersGoOn(t *testing.T) {
	s := newSpool(t)
	putHosts(t, s, HostEvidence{Host: "b"})
	putHosts(t, s, HostEvidence{Host: "a"})
	putHosts(t, s)
	again, err := OpenSpool(s.dir, testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	putHosts(t, again, HostEvidence{Host: "c"})
	numbers, err := again.Parts(TableHosts)
	if err != nil || !slices.Equal(numbers, []int{0, 1, 2}) {
		t.Errorf("parts %v, %v", numbers, err)
	}
	if rows := collect(t, again.HostPart(1)); len(rows) != 1 || rows[0].Host != "a" {
		t.Errorf("part 1: %v", rows)
	}
}

// Of a host that was looked up twice, the later row stays.
func TestSpoolLatestHostStays(t *testing.T) {
	s := newSpool(t)
	for n := range 3 {
		putHosts(t, s, HostEvidence{Host: "b", Addresses: []string{fmt.Sprint(n)}}, HostEvidence{Host: fmt.Sprint("a", n)})
	}
	var got []string
	for _, row := range collect(t, s.Hosts()) {
		got = append(got, fmt.Sprint(row.Host, row.Addresses))
	}
	if want := []string{"a0[]", "a1[]", "a2[]", "b[2]"}; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}

// A merge of more parts than may be open at once takes passes, gives the same
// rows, and leaves nothing behind.
func TestMergeInPasses(t *testing.T) {
	s := newSpool(t)
	s.fanIn = 3
	const parts = 29 // 29, 10, 4, 2
	for n := range parts {
		putEndpoints(t, s,
			EndpointEvidence{Base: fmt.Sprintf("b%04d", (n*7919)%parts), Attempt: 1},
			EndpointEvidence{Base: "a", Address: "same", Attempt: 1, Port: int32(n)})
	}
	rows := collect(t, s.Endpoints())
	if len(rows) != parts+1 {
		t.Fatalf("%d rows, not %d", len(rows), parts+1)
	}
	if rows[0].Port != parts-1 {
		t.Errorf("of equal rows that of part %d stayed, not that of the last", rows[0].Port)
	}
	for i, row := range rows[1:] {
		if want := fmt.Sprintf("b%04d", i); row.Base != want {
			t.Fatalf("row %d is %s", i, row.Base)
		}
	}
	left, err := os.ReadDir(s.mergeDir())
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestMergeStreams(t *testing.T) {
	of := func(names ...string) iter.Seq2[Host, error] {
		return func(yield func(Host, error) bool) {
			for i, n := range names {
				if h := emptyHost(n); n == "!" && !yield(h, ErrDamaged) || n != "!" && !yield(h, nil) {
					return
				}
				_ = i
			}
		}
	}
	var got []string
	for _, h := range collect(t, Distinct(KeepFirst, Merge(of("a", "c", "e"), of(), of("b", "c", "d", "z")))) {
		got = append(got, h.Host)
	}
	if want := []string{"a", "b", "c", "d", "e", "z"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if err := firstError(Merge(of("a", "b"), of("a", "!"))); !errors.Is(err, ErrDamaged) {
		t.Errorf("the error of a stream: %v", err)
	}
	for h := range Merge(of("a", "b"), of("a", "b")) {
		if h.Host == "b" {
			break
		}
	}
	if err := firstError(Distinct(KeepLast, of("b", "a"))); !errors.Is(err, ErrOrder) {
		t.Errorf("an unsorted stream: %v", err)
	}
}

// Leftovers of a crash are swept and seen by nobody.
func TestSpoolSweeps(t *testing.T) {
	s := newSpool(t)
	left := filepath.Join(s.tableDir(TableHosts), partName(3)+tempSuffix)
	other := filepath.Join(s.tableDir(TableHosts), "notes.txt")
	for _, path := range []string{left, other} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := OpenSpool(s.dir, testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the leftover is still there: %v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("a file of somebody else is gone: %v", err)
	}
	if rows := collect(t, again.Hosts()); len(rows) != 0 {
		t.Errorf("rows from nowhere: %v", rows)
	}
}

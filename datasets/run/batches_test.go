package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// spoolOf writes domains as parts of a spool.
func spoolOf(t *testing.T, parts ...[]Domain) *Spool {
	t.Helper()
	s := newSpool(t)
	for n, rows := range parts {
		var evidence []DomainEvidence
		for _, d := range rows {
			evidence = append(evidence, d.DomainEvidence)
		}
		if err := s.WriteDomains(n, evidence); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// mixedDomains are rows of all kinds.
func mixedDomains(first int64, n int) []Domain {
	rows := usualDomains(n)
	for i := range rows {
		rows[i].Line = first + int64(i)
		if i%7 == 0 {
			rows[i] = emptyDomain(rows[i].Line)
		}
	}
	return rows
}

// The rows of batches are those of the stream, over parts of any length, each whole
// and none twice.
func TestBatchesAreTheStream(t *testing.T) {
	again := mixedDomains(4*selectRows, 3)
	s := spoolOf(t, mixedDomains(1, 2*selectRows), mixedDomains(2*selectRows+1, 77), nil, mixedDomains(2*selectRows+78, 2*selectRows-77),
		again, []Domain{again[2]}, []Domain{again[2], fullDomain(9000)})
	pile := NewPile[DomainEvidence]()
	for _, line := range []int64{1, 2, selectRows + 3, 2*selectRows - 1, 2 * selectRows} {
		second := fullDomain(line).DomainEvidence
		second.Domain = fmt.Sprintf("second.look.at.%d.example", line)
		pile.Add(&second)
	}
	if err := s.PutAgain(0, pile); err != nil {
		t.Fatal(err)
	}
	want := collect(t, s.Domains())
	if want[1].Domain != "second.look.at.2.example" {
		t.Fatalf("line 2 is %s", want[1].Domain)
	}
	var got []DomainEvidence
	for rows, err := range s.DomainBatches() {
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if !reflect.DeepEqual(rows[i].DomainVerdict, DomainVerdict{}) {
				t.Fatalf("line %d has a verdict", rows[i].Line)
			}
			got = append(got, newCopier[DomainEvidence]().copy(&rows[i].DomainEvidence))
		}
	}
	if len(want) < 4*selectRows || len(got) != len(want) {
		t.Fatalf("%d rows, not %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], newCopier[DomainEvidence]().copy(&want[i])) {
			t.Fatalf("row %d:\n%+v\n%+v", i, got[i], want[i])
		}
	}
	names := collect(t, owned(s.NamingBatches()))
	i := 0
	for rows, err := range s.NamingBatches() {
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if !reflect.DeepEqual(row, names[i]) {
				t.Fatalf("naming %d: %+v, not %+v", i, row, names[i])
			}
			i++
		}
	}
	if i != len(names) {
		t.Errorf("%d namings, not %d", i, len(names))
	}
}

// Who has enough stops, at any batch.
func TestBatchesStop(t *testing.T) {
	s := spoolOf(t, mixedDomains(1, 10*selectRows))
	seen := 0
	for rows := range s.DomainBatches() {
		if seen += len(rows); seen > selectRows {
			break
		}
	}
	if seen != 2*selectRows {
		t.Errorf("%d rows", seen)
	}
}

// Parts that do not follow each other, and damaged ones, are named.
func TestBatchesNameThePart(t *testing.T) {
	s := spoolOf(t, mixedDomains(100, 10), mixedDomains(50, 10))
	want := filepath.Join(s.tableDir(TableDomains), partName(1))
	check := func(is error) {
		t.Helper()
		var part *PartError
		for _, err := range s.DomainBatches() {
			if err != nil && (!errors.As(err, &part) || part.Path != want || !errors.Is(err, is)) {
				t.Errorf("got %v", err)
			}
		}
		if part == nil {
			t.Error("no error")
		}
	}
	check(ErrOrder)
	if err := os.Truncate(want, 500); err != nil {
		t.Fatal(err)
	}
	check(ErrDamaged)
}

// A finished run gives its evidence without its verdicts.
func TestBatchesOfAFinishedRun(t *testing.T) {
	r := finished(t, mixedDomains(1, 300), nil)
	seen := 0
	for rows, err := range r.DomainBatches() {
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if seen++; rows[i].Verdict != "" || rows[i].HostsTotal != 0 || rows[i].Line != int64(seen) {
				t.Fatalf("row %d: %+v", seen, rows[i])
			}
		}
	}
	if seen != 300 {
		t.Errorf("%d rows", seen)
	}
}

// A part has the same bytes however its rows came, and lent rows may change at
// once.
func TestLentRows(t *testing.T) {
	rows := mixedDomains(1, 3*selectRows+5)
	write := func(put func(w *partWriter[Domain]) error) string {
		t.Helper()
		w, err := createPart[Domain](disk{}, filepath.Join(t.TempDir(), partName(0)), testOrigin, grain{300, 4 << 10, spoolGrain.level, false})
		if err != nil {
			t.Fatal(err)
		}
		if err := put(w); err != nil {
			t.Fatal(err)
		}
		info, err := w.commit()
		if err != nil || info.Rows != int64(len(rows)) {
			t.Fatal(info, err)
		}
		return info.SHA256
	}
	want := write(func(w *partWriter[Domain]) error { return w.write(rows) })
	single := write(func(w *partWriter[Domain]) error {
		for i := range rows {
			if err := w.write(rows[i : i+1]); err != nil {
				return err
			}
		}
		return nil
	})
	lent := write(func(w *partWriter[Domain]) error {
		for some := range slices.Chunk(rows, 100) {
			borrowed := make([]Domain, len(some))
			for i := range some {
				borrowed[i] = newCopier[Domain]().copy(&some[i])
			}
			if err := w.writeLent(borrowed); err != nil {
				return err
			}
			for i := range borrowed {
				spoil(&borrowed[i])
			}
		}
		return nil
	})
	if single != want || lent != want {
		t.Errorf("SHA-256 %s at once, %s row by row, %s lent", want, single, lent)
	}
}

// spoil changes a row and what it points to.
func spoil(d *Domain) {
	if d.MXLookup != nil {
		*d.MXLookup = Lookup{Outcome: "spoilt"}
	}
	for i := range d.MX {
		d.MX[i].Host = "spoilt"
	}
	for i := range d.NS {
		d.NS[i] = "spoilt"
	}
	d.Domain = "spoilt"
}

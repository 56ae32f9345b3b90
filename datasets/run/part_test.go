package run

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

var testOrigin = Origin{SchemaVersion: SchemaVersion, RulesVersion: "1", ToolVersion: "v0", RunID: "run-1", ListID: "K25VW"}

// collect reads a stream to its end.
func collect[T any](t *testing.T, rows iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

// firstError reads a stream up to its error.
func firstError[T any](rows iter.Seq2[T, error]) error {
	for _, err := range rows {
		if err != nil {
			return err
		}
	}
	return nil
}

func roundTrip[T Row](t *testing.T, rows ...T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), partName(0))
	kept := append([]T(nil), rows...)
	if _, err := writePart(disk{}, path, testOrigin, rows); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(rows, kept) {
		t.Error("writing changed the rows")
	}
	got := collect(t, rowsOf[T](path, anyPart("run-1")))
	if len(got) != len(rows) {
		t.Fatalf("%d rows came back, not %d", len(got), len(rows))
	}
	for i := range rows {
		if !reflect.DeepEqual(got[i], rows[i]) {
			t.Errorf("row %d came back as\n%+v\nnot\n%+v", i, got[i], rows[i])
		}
	}
}

// A row comes back as it was, null as null, in the presence of rows that have a
// value there.
func TestRoundTrip(t *testing.T) {
	roundTrip(t, emptyDomain(1), fullDomain(2), emptyDomain(3))
	roundTrip(t, fullDomain(1).DomainEvidence, emptyDomain(2).DomainEvidence)
	roundTrip(t, emptyHost("a"), fullHost("b"), emptyHost("c"))
	roundTrip(t, fullHost("a").HostEvidence, emptyHost("b").HostEvidence)
	roundTrip(t, emptyEndpoint("a", 1), fullEndpoint("a", 2), emptyEndpoint("b", 1))
	roundTrip(t, fullEndpoint("a", 1).EndpointEvidence, emptyEndpoint("b", 2).EndpointEvidence)
	roundTrip(t, emptyCertificate(1), fullCertificate(2), emptyCertificate(3))
	roundTrip[Domain](t)
}

// Many row groups, pages and batches, and a reader that stops in the middle.
func TestManyRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), partName(0))
	w, err := createPart[Certificate](disk{}, path, testOrigin, grain{1000, 4096, zstd.SpeedFastest, true})
	if err != nil {
		t.Fatal(err)
	}
	const rows = 5003
	for i := range rows {
		c := fullCertificate(0)
		c.SHA256 = []byte{byte(i >> 8), byte(i)}
		if err := w.write([]Certificate{c}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.commit(); err != nil {
		t.Fatal(err)
	}
	got := collect(t, rowsOf[Certificate](path, anyPart("run-1")))
	if len(got) != rows {
		t.Fatalf("%d rows", len(got))
	}
	for i, c := range got {
		if c.SHA256[0] != byte(i>>8) || c.SHA256[1] != byte(i) {
			t.Fatalf("row %d is %x", i, c.SHA256)
		}
	}
	n := 0
	for range rowsOf[Certificate](path, anyPart("run-1")) {
		if n++; n == 70 {
			break
		}
	}
}

func TestPartSaysWhereItBelongs(t *testing.T) {
	path := filepath.Join(t.TempDir(), partName(0))
	rows := []Host{fullHost("a.example"), emptyHost("b.example")}
	if _, err := writePart(disk{}, path, testOrigin, rows); err != nil {
		t.Fatal(err)
	}
	r, err := openPart[Host](path, anyPart("run-1"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := testOrigin
	want.Table, want.Range = TableHosts, "a.example..b.example"
	if r.origin != want {
		t.Errorf("origin %+v, not %+v", r.origin, want)
	}
}

func TestPartRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, o Origin) string {
		path := filepath.Join(dir, name)
		if _, err := writePart(disk{}, path, o, []Host{fullHost("a")}); err != nil {
			t.Fatal(err)
		}
		return path
	}
	newer := testOrigin
	newer.SchemaVersion = SchemaVersion + 1
	good := write("good", testOrigin)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut")
	if err := os.WriteFile(cut, whole[:len(whole)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, id string
		want           error
	}{
		{"another run", good, "run-2", ErrForeign},
		{"newer schema", write("newer", newer), "run-1", ErrVersion},
		{"cut short", cut, "run-1", ErrDamaged},
		{"empty", empty, "run-1", ErrDamaged},
		{"not there", filepath.Join(dir, "none"), "run-1", os.ErrNotExist},
	} {
		_, err := openPart[Host](c.path, anyPart(c.id))
		var named *PartError
		if !errors.Is(err, c.want) || !errors.As(err, &named) || named.Path != c.path {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := openPart[Endpoint](good, anyPart("run-1")); !errors.Is(err, ErrForeign) {
		t.Errorf("another table: %v", err)
	}
}

// A final table reads as evidence too: rejudge begins there.
func TestFinalReadAsEvidence(t *testing.T) {
	path := filepath.Join(t.TempDir(), partName(0))
	if _, err := writePart(disk{}, path, testOrigin, []Domain{fullDomain(1), emptyDomain(2)}); err != nil {
		t.Fatal(err)
	}
	got := collect(t, rowsOf[DomainEvidence](path, anyPart("run-1")))
	want := []DomainEvidence{fullDomain(1).DomainEvidence, emptyDomain(2).DomainEvidence}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestPartOrderEnforced(t *testing.T) {
	w, err := createPart[Host](disk{}, filepath.Join(t.TempDir(), "p"), testOrigin, spoolGrain)
	if err != nil {
		t.Fatal(err)
	}
	defer w.abort()
	if err := w.write([]Host{emptyHost("b")}); err != nil {
		t.Fatal(err)
	}
	if err := w.write([]Host{emptyHost("a")}); !errors.Is(err, ErrOrder) {
		t.Errorf("got %v", err)
	}
}

func TestPartNumber(t *testing.T) {
	for name, want := range map[string]int{
		"part-000000.parquet": 0, "part-000042.parquet": 42, "part-1234567.parquet": 1234567,
		"part-42.parquet": -1, "part-000042.parquet.tmp": -1, "part-0000042.parquet": -1, "part-+00042.parquet": -1,
		"x": -1, "": -1, "part-.parquet": -1,
	} {
		n, ok := partNumber(name)
		if !ok {
			n = -1
		}
		if n != want {
			t.Errorf("%q: %d, not %d", name, n, want)
		}
	}
}

// What the bytes of a part are, reading them ends in rows or in an error.
func FuzzReadPart(f *testing.F) {
	path := filepath.Join(f.TempDir(), partName(0))
	if _, err := writePart(disk{}, path, testOrigin, []Certificate{fullCertificate(1), emptyCertificate(2)}); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(partOfPile(f, []Certificate{emptyCertificate(1), emptyCertificate(2)})) // leaves columns out
	f.Add([]byte("PAR1"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), partName(0))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := openPart[Certificate](path, anyPart("run-1"))
		if err != nil {
			return
		}
		defer r.Close()
		for {
			if _, err := r.Next(); err != nil {
				if err != io.EOF && !errors.Is(err, ErrDamaged) {
					t.Fatal(err)
				}
				return
			}
		}
	})
}

// Null stays null wherever it stands among values, at the top and in lists.
func TestNullsStayNull(t *testing.T) {
	const width = 8
	var rows []Host
	for pattern := range 1 << width {
		for i := range width {
			h := emptyHost(fmt.Sprintf("%04d", len(rows)))
			for j := range width {
				record := TLSA{Data: []byte{1}, RData: []byte{1}}
				if (pattern+i)>>j&1 == 1 {
					record.UnusableReason = "length"
				}
				h.TLSA = append(h.TLSA, record)
			}
			if pattern>>i&1 == 1 {
				h.Provider = "p"
			}
			rows = append(rows, h)
		}
	}
	checkNulls(t, rows)
}

func checkNulls(t *testing.T, rows []Host) {
	t.Helper()
	want := 0
	for _, r := range rows {
		if r.Provider != "" {
			want++
		}
		for _, record := range r.TLSA {
			if record.UnusableReason != "" {
				want++
			}
		}
	}
	path := filepath.Join(t.TempDir(), partName(0))
	if _, err := writePart(disk{}, path, testOrigin, rows); err != nil {
		t.Fatal(err)
	}
	r, err := openPart[Host](path, anyPart("run-1"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	provider, _ := r.file.Schema().Lookup("provider")
	reason, _ := r.file.Schema().Lookup("tlsa", "list", "element", "unusable_reason")
	got := 0
	raw := make([]parquet.Row, len(rows))
	n := 0
	for reader := parquet.NewReader(r.file); n < len(raw); {
		more, err := reader.ReadRows(raw[n:])
		if n += more; err != nil || more == 0 {
			break
		}
	}
	if n != len(rows) {
		t.Fatalf("%d rows of %d", n, len(rows))
	}
	for _, row := range raw[:n] {
		for _, v := range row {
			if (v.Column() == provider.ColumnIndex || v.Column() == reason.ColumnIndex) && !v.IsNull() {
				got++
			}
		}
	}
	if got != want {
		t.Errorf("%d values, not %d", got, want)
	}
}

package run

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A part written from a pile has the bytes of one written from rows, if no column is
// left out, and a row comes off the pile as it went on.
func TestPileIsTheRows(t *testing.T) {
	samePart(t, fullDomain(7).DomainEvidence, emptyDomain(2).DomainEvidence, fullDomain(3).DomainEvidence)
	samePart(t, fullDomain(2), emptyDomain(1), fullDomain(9))
	samePart(t, fullHost("b").HostEvidence, emptyHost("a").HostEvidence)
	samePart(t, fullHost("b"), emptyHost("a"), fullHost("c"))
	samePart(t, fullEndpoint("b", 2).EndpointEvidence, emptyEndpoint("b", 1).EndpointEvidence, emptyEndpoint("a", 3).EndpointEvidence)
	samePart(t, fullEndpoint("b", 2), emptyEndpoint("a", 1))
	samePart(t, fullCertificate(3), emptyCertificate(1))
}

func samePart[T Row](t *testing.T, rows ...T) {
	t.Helper()
	pileOf(t, rows)
	got := partOfPile(t, rows)
	sortRows(rows, layoutOf[T]().compare)
	if want := partOfRows(t, rows); !bytes.Equal(got, want) {
		t.Errorf("%T: a part of %d bytes from the pile, of %d from the rows, not the same", rows, len(got), len(want))
	}
}

// pileOf makes a pile of rows, which come off it as they went on.
func pileOf[T Row](t *testing.T, rows []T) *Pile[T] {
	t.Helper()
	pile := NewPile[T]()
	for i := range rows {
		pile.Add(&rows[i])
	}
	if pile.Len() != len(rows) {
		t.Fatalf("%d rows on the pile, not %d", pile.Len(), len(rows))
	}
	for i, got := range pile.All() {
		if !reflect.DeepEqual(got, rows[i]) {
			t.Errorf("row %d came off the pile as\n%+v\nnot\n%+v", i, got, rows[i])
		}
	}
	return pile
}

// partOfPile writes rows as a part from a pile.
func partOfPile[T Row](t testing.TB, rows []T) []byte {
	t.Helper()
	pile := NewPile[T]()
	for i := range rows {
		pile.Add(&rows[i])
	}
	with, err := newDraft[T](grainOf[T]())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), partName(0))
	if _, err := with.writePile(disk{}, path, testOrigin, pile); err != nil {
		t.Fatal(err)
	}
	return fileBytes(t, path)
}

// partOfRows writes rows as a part of all columns.
func partOfRows[T Row](t testing.TB, rows []T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), partName(0))
	if _, err := writePart(disk{}, path, testOrigin, rows); err != nil {
		t.Fatal(err)
	}
	return fileBytes(t, path)
}

func fileBytes(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A pile larger than a chunk, with more words than it learns and rows larger than
// a chunk, gives the part that its rows give.
func TestPileOfManyRows(t *testing.T) {
	rows := []HostEvidence{fullHost("full").HostEvidence}
	for i := range 3 * maxWords / 2 {
		h := emptyHost(fmt.Sprintf("h%05d", i*7919%100_000)).HostEvidence
		pair := i/4*2 + i%2 // each comes again two rows later
		h.Addresses = []string{fmt.Sprint("address ", pair), "always", fmt.Sprint("another ", pair)}
		rows = append(rows, h)
	}
	rows[5].Addresses = []string{strings.Repeat("long", pileChunk)}
	pile := pileOf(t, rows)
	if len(pile.words.texts) != maxWords || len(pile.chunks) < 3 {
		t.Errorf("%d words in %d chunks: the bounds were not reached", len(pile.words.texts), len(pile.chunks))
	}
	samePart(t, rows...)
}

// A column whose strings hardly come again is not asked for words any more; those of
// other columns are, and the rows are the same.
func TestPileGivesUpOnWords(t *testing.T) {
	rows := []HostEvidence{fullHost("full").HostEvidence}
	for i := range 2 * habitForms {
		h := emptyHost(fmt.Sprintf("h%05d", i)).HostEvidence
		h.Addresses = []string{fmt.Sprint("address ", i)}
		h.AddressZoneDNSSEC = []DNSSEC{Secure, Insecure, Bogus}[i%3]
		rows = append(rows, h)
	}
	pile := pileOf(t, rows)
	if n := len(pile.words.texts); n < habitForms || n > habitForms+100 {
		t.Errorf("%d words, with %d addresses", n, len(rows))
	}
	for _, want := range []DNSSEC{Secure, Insecure, Bogus} {
		if _, known := pile.words.index[string(want)]; !known {
			t.Errorf("%q is no word", want)
		}
	}
	samePart(t, rows...)
}

// Keys sort as the rows that they are of, whatever bytes are in them.
func TestSortKeys(t *testing.T) {
	texts := []string{"", "\x00", "\x00\x00", "\x00\x01", "\x00\xff", "a", "a\x00", "a\x00b", "a\x01", "a.b", "ab", "\xff"}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	pick := func() string { return texts[r.IntN(len(texts))] }
	equal := 0
	for range 20_000 {
		a := EndpointEvidence{Base: pick(), Address: pick(), Algorithm: KeyAlgorithm(pick()), Attempt: int32(r.IntN(5) - 2)}
		b := EndpointEvidence{Base: pick(), Address: pick(), Algorithm: KeyAlgorithm(pick()), Attempt: int32(r.IntN(5) - 2)}
		if r.IntN(2) == 0 {
			b.Base, b.Address = a.Base, a.Address
		}
		want := compareEndpoint(&a, &b)
		if got := bytes.Compare(appendSortKey(nil, &a), appendSortKey(nil, &b)); got != want {
			t.Fatalf("%+v and %+v compare as %d, want %d", a, b, got, want)
		}
		if want == 0 {
			equal++
		}
	}
	if equal < 10 {
		t.Errorf("only %d equal pairs", equal)
	}
	lines := []int64{1 << 40, -1, 0, 7, 1}
	slices.SortFunc(lines, func(a, b int64) int { return bytes.Compare(appendSortInt(nil, a), appendSortInt(nil, b)) })
	if want := []int64{-1, 0, 1, 7, 1 << 40}; !slices.Equal(lines, want) {
		t.Errorf("lines sort as %v, want %v", lines, want)
	}
}

func TestPutParts(t *testing.T) {
	s := newSpool(t)
	domains, hosts := NewPile[DomainEvidence](), NewPile[HostEvidence]()
	if err := s.PutHosts(hosts); err != nil {
		t.Fatal(err)
	}
	for _, line := range []int64{3, 1, 2} {
		d := emptyDomain(line).DomainEvidence
		domains.Add(&d)
	}
	hosts.Add(&HostEvidence{Host: "a", ScannedAt: sampleTime})
	if err := s.PutDomains(0, domains); err != nil {
		t.Fatal(err)
	}
	if err := s.PutHosts(hosts); err != nil {
		t.Fatal(err)
	}
	var lines []int64
	for _, d := range collect(t, s.Domains()) {
		lines = append(lines, d.Line)
	}
	if !slices.Equal(lines, []int64{1, 2, 3}) {
		t.Errorf("lines %v", lines)
	}
	if parts, err := s.Parts(TableHosts); err != nil || !slices.Equal(parts, []int{0}) {
		t.Errorf("host parts %v (%v): a pile without rows makes none", parts, err)
	}
	if err := s.PutDomains(0, domains); !errors.Is(err, ErrPartExists) {
		t.Errorf("part 0 was written again: %v", err)
	}
}

// A pile of more rows than a row group has gives the part that its rows give.
func TestPileOfRowGroups(t *testing.T) {
	rows := []EndpointEvidence{fullEndpoint("a", 1).EndpointEvidence}
	for i := range 2*int(mergeGrain.group) + 7 {
		rows = append(rows, EndpointEvidence{
			Host: "mx.example", Base: "b", Address: "192.0.2.1", Attempt: int32(i), ScannedAt: sampleTime, Stage: StageConnect,
			Failure: []string{"refused", "timeout", "network"}[i%3],
		})
	}
	samePart(t, rows...)
}

// After a part that could not be written, the next is as if that had not been.
func TestPutAfterAFailure(t *testing.T) {
	full := errors.New("disk full")
	failing := false
	s, err := openSpool(filepath.Join(t.TempDir(), "spool"), testOrigin, disk{func(at step, _ string) error {
		if failing && at == stepWrite {
			return full
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]DomainEvidence, 3000)
	for i := range rows {
		rows[i] = usualDomain(int64(i + 1)).DomainEvidence
	}
	pile := pileOf(t, rows)
	for _, failing = range []bool{false, true, true, false} {
		if err := s.PutDomains(0, pile); failing != errors.Is(err, full) {
			t.Fatalf("failing is %v, and the error %v", failing, err)
		}
		if !failing {
			wantRows(t, collect(t, s.DomainPart(0)), rows...)
			if err := os.Remove(filepath.Join(s.tableDir(TableDomains), partName(0))); err != nil {
				t.Fatal(err)
			}
		}
	}
}

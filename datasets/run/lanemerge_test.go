package run

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"syscall"
	"testing"
)

// hostSpool writes hosts as parts of a spool.
func hostSpool(t *testing.T, parts ...[]HostEvidence) *Spool {
	t.Helper()
	s := newSpool(t)
	for _, rows := range parts {
		putHosts(t, s, rows...)
	}
	return s
}

// scattered are parts with rows of all kinds, of which some hosts are in several parts
// and some twice in one, and what is to come of them: of each host the last row.
func scattered(r *rand.Rand, parts int) (all [][]HostEvidence, want []HostEvidence) {
	last := map[string]HostEvidence{}
	for range parts {
		var rows []HostEvidence
		for _, h := range manyHosts(40 + r.IntN(100)) {
			h.Host = fmt.Sprintf("mx%04d.example", r.IntN(parts*100))
			h.CrossCheck = []CrossCheck{{Name: fmt.Sprint(r.Uint64()), Type: "A", Outcome: CrossAgree}}
			rows = append(rows, h.HostEvidence)
			last[h.Host] = h.HostEvidence
		}
		all = append(all, rows)
	}
	for _, host := range slices.Sorted(maps.Keys(last)) {
		want = append(want, last[host])
	}
	return all, want
}

// lentFor reads batches and takes each for good only when it is about to be taken
// back: as the one after it comes.
func lentFor[T Row](t *testing.T, batches iter.Seq2[[]T, error]) (all []T, batchesSeen int) {
	t.Helper()
	c := newCopier[T]()
	var before []T
	keep := func() {
		for i := range before {
			all = append(all, c.copy(&before[i]))
		}
	}
	for rows, err := range batches {
		if err != nil {
			t.Fatal(err)
		}
		keep()
		before = rows
		batchesSeen++
	}
	keep()
	return all, batchesSeen
}

// Over any number of parts, in one pass and in several, the batches hold the last row
// of each host, by name, whole, and until the next batch but one.
func TestHostBatches(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for _, tc := range []struct{ parts, fanIn int }{{0, 4}, {1, 4}, {2, 4}, {4, 4}, {5, 4}, {maxFanIn, maxFanIn}, {5, 2}} {
		parts, want := scattered(r, tc.parts)
		s := hostSpool(t, parts...)
		s.fanIn = tc.fanIn
		got, batches := lentFor(t, s.HostBatches())
		if len(got) != len(want) || len(want) < 20*tc.parts {
			t.Fatalf("%d parts: %d rows, not %d", tc.parts, len(got), len(want))
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], newCopier[Host]().copy(&Host{HostEvidence: want[i]})) {
				t.Fatalf("%d parts, row %d:\n%+v\nnot\n%+v", tc.parts, i, got[i], want[i])
			}
		}
		if stream := collect(t, s.Hosts()); len(stream) != len(want) || len(want) > 0 && !reflect.DeepEqual(stream[0], got[0].HostEvidence) {
			t.Errorf("%d parts: the stream has %d rows", tc.parts, len(stream))
		}
		if least := len(want) / mergeRows; batches < least {
			t.Errorf("%d rows in %d batches", len(want), batches)
		}
		if left, err := os.ReadDir(s.mergeDir()); len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

// Rows of domains stay as long.
func TestDomainBatchesStay(t *testing.T) {
	parts := [][]Domain{mixedDomains(1, 3*selectRows+9), mixedDomains(4*selectRows, 5*selectRows)}
	got, batches := lentFor(t, spoolOf(t, parts...).DomainBatches())
	want := slices.Concat(parts...)
	if len(got) != len(want) || batches != 9 {
		t.Fatalf("%d rows in %d batches", len(got), batches)
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], newCopier[Domain]().copy(&Domain{DomainEvidence: want[i].DomainEvidence})) {
			t.Fatalf("row %d:\n%+v\nnot\n%+v", i, got[i], want[i])
		}
	}
}

// A part that holds one host again and again, more rows than all frames of a lane,
// ends the batches early and nothing else.
func TestMergeOfOneKey(t *testing.T) {
	same := make([]HostEvidence, 3*laneFrames*lanesRows)
	for i := range same {
		same[i] = HostEvidence{Host: "b", Addresses: []string{fmt.Sprint(i)}}
	}
	s := hostSpool(t, same, []HostEvidence{{Host: "a"}, {Host: "c"}})
	got, _ := lentFor(t, s.HostBatches())
	if len(got) != 3 || got[1].Host != "b" || got[1].Addresses[0] != fmt.Sprint(len(same)-1) {
		t.Errorf("%d rows: %+v", len(got), got)
	}
	first, err := openMerge[HostEvidence]([]string{s.hostPath(0), s.hostPath(1)}, anyPart("run-1"), leavesOf[HostEvidence](func(*leaf) bool { return true }), KeepFirst)
	if err != nil {
		t.Fatal(err)
	}
	defer first.close()
	rows, _ := lentFor(t, first.batches())
	if len(rows) != 3 || rows[1].Addresses[0] != "0" {
		t.Errorf("of equal rows the first: %+v", rows)
	}
}

func (s *Spool) hostPath(n int) string { return filepath.Join(s.tableDir(TableHosts), partName(n)) }

// Who has enough stops, and the files are closed.
func TestMergeStops(t *testing.T) {
	parts, want := scattered(rand.New(rand.NewPCG(1, 1)), 6)
	s := hostSpool(t, parts...)
	for _, batches := range []int{1, 2} {
		n, rows := 0, 0
		for some := range s.HostBatches() {
			rows += len(some)
			if n++; n == batches {
				break
			}
		}
		if n != batches || rows >= len(want) {
			t.Errorf("%d batches of %d rows, stopped after %d", n, rows, batches)
		}
	}
}

// A part that is damaged, of another run or out of order is named, and no row of it
// is given.
func TestMergeNamesThePart(t *testing.T) {
	parts, _ := scattered(rand.New(rand.NewPCG(2, 2)), 5)
	for name, tc := range map[string]struct {
		harm func(path string) error
		want error
	}{
		"cut short":   {func(path string) error { return os.Truncate(path, 300) }, ErrDamaged},
		"altered":     {flipMiddle, ErrDamaged},
		"another's":   {func(path string) error { return foreignPart(path) }, ErrForeign},
		"not there":   {os.Remove, nil},
		"empty":       {func(path string) error { return os.WriteFile(path, nil, 0o600) }, ErrDamaged},
		"a directory": {func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, nil},
	} {
		s := hostSpool(t, parts...)
		path := s.hostPath(3)
		if err := tc.harm(path); err != nil {
			t.Fatal(name, err)
		}
		rows := 0
		var got error
		for some, err := range s.HostBatches() {
			if got = err; err == nil {
				rows += len(some)
			}
		}
		var part *PartError
		switch {
		case tc.want == nil && got != nil: // no part of that name: as if it had never been
			t.Errorf("%s: %v", name, got)
		case tc.want != nil && (!errors.Is(got, tc.want) || !errors.As(got, &part) || part.Path != path || rows > 0):
			t.Errorf("%s: %d rows, %v", name, rows, got)
		}
	}
}

func flipMiddle(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	data[len(data)/2] ^= 4
	return os.WriteFile(path, data, 0o600)
}

// foreignPart puts a part of another run in the place of one.
func foreignPart(path string) error {
	origin := testOrigin
	origin.RunID = "run-2"
	_, err := writePart(disk{}, path, origin, []HostEvidence{{Host: "a"}})
	return err
}

// A merge that cannot write its longer parts says so and leaves none.
func TestMergeDiskFull(t *testing.T) {
	s := newSpool(t)
	for n := range 6 {
		putHosts(t, s, HostEvidence{Host: fmt.Sprint(n % 4)}, fullHost(fmt.Sprint("full ", n)).HostEvidence)
	}
	s.fanIn = 2
	for n := 0; ; n++ {
		f := &failingDisk{left: n, err: syscall.ENOSPC}
		s.disk = f.disk()
		err := firstError(s.HostBatches())
		if left, e := os.ReadDir(s.mergeDir()); len(left) > 0 || e != nil && !errors.Is(e, fs.ErrNotExist) {
			t.Errorf("after %d steps, left behind: %v, %v", n, left, e)
		}
		if !f.fired {
			if err != nil || n < 12 {
				t.Errorf("after %d steps: %v", n, err)
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("after %d steps: %v", n, err)
		}
	}
}

// Levels that no column can have are an error, whatever column leads.
func TestImpossibleLevels(t *testing.T) {
	type level struct{ rep, def int }
	columns := leavesOf[HostEvidence](func(l *leaf) bool {
		return l.within("tlsa_candidates.base") || l.within("tlsa_candidates.lookup.chain.name")
	})
	f, err := newFrame[HostEvidence](columns, 4)
	if err != nil {
		t.Fatal(err)
	}
	f.use([]partColumn{{assembler: &assembler{track: track{node: columns[0].last()}}}, {assembler: &assembler{track: track{node: columns[1].last()}}}})
	for _, tc := range []struct {
		column int
		levels []level
		ok     bool
	}{
		{0, []level{{0, 0}, {0, 1}, {1, 1}, {0, 1}}, true},
		{0, []level{{1, 1}}, false},         // within a row before the first
		{0, []level{{0, 0}, {1, 1}}, false}, // a second element of no list
		{0, []level{{0, 1}, {1, 0}}, false}, // a second element that is not there
		{0, []level{{0, 1}, {2, 1}}, false}, // deeper than the list
		{1, []level{{0, 0}, {0, 2}, {2, 2}, {1, 1}, {1, 2}, {0, 1}}, true},
		{1, []level{{0, 1}, {2, 2}}, false}, // a second element of an empty list
		{1, []level{{0, 0}, {2, 2}}, false},
		{1, []level{{0, 2}, {3, 2}}, false},
		{1, []level{{0, 2}, {0, 2}, {0, 2}, {0, 2}, {1, 2}, {1, 2}}, false}, // more elements than the column that leads has
	} {
		if tc.column == 1 { // led by the other, which has four elements
			lead := f.now[0]
			lead.start()
			for row := range 4 {
				if _, ok := lead.step(0, 1); !ok {
					t.Fatal(row)
				}
			}
			lead.end(4)
		}
		s := f.now[tc.column]
		s.start()
		ok := true
		for _, l := range tc.levels {
			if _, ok = s.step(l.rep, l.def); !ok {
				break
			}
		}
		if ok != tc.ok {
			t.Errorf("column %d, levels %v: %v", tc.column, tc.levels, ok)
		}
	}
}

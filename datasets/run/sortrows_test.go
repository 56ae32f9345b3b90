package run

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSortRows sorts rows with equal keys: they keep their order.
func TestSortRows(t *testing.T) {
	type row struct{ key, order int }
	compare := func(a, b *row) int { return cmp.Compare(a.key, b.key) }
	got := []row{{3, 0}, {1, 1}, {2, 2}, {1, 3}, {0, 4}, {3, 5}}
	sortRows(got, compare)
	if want := []row{{0, 4}, {1, 1}, {1, 3}, {2, 2}, {3, 0}, {3, 5}}; !slices.Equal(got, want) {
		t.Fatalf("sorted: %v, want %v", got, want)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for n := range 100 {
		rows := make([]row, n)
		for i := range rows {
			rows[i] = row{r.IntN(n/3 + 1), i}
		}
		want := slices.Clone(rows)
		slices.SortStableFunc(want, func(a, b row) int { return compare(&a, &b) })
		if sortRows(rows, compare); !slices.Equal(rows, want) {
			t.Fatalf("%d rows: %v, want %v", n, rows, want)
		}
	}
}

package run

import (
	"errors"
	"iter"
	"sync/atomic"
	"testing"
)

// counted is a stream of n hosts, then an error if there is one, that counts what
// was taken of it.
func counted(n int, end error, taken *atomic.Int64) iter.Seq2[Host, error] {
	return func(yield func(Host, error) bool) {
		for i := range n {
			taken.Add(1)
			if !yield(Host{HostVerdict: HostVerdict{Domains: int64(i)}}, nil) {
				return
			}
		}
		if end != nil {
			yield(Host{}, end)
		}
	}
}

func TestAhead(t *testing.T) {
	for _, n := range []int{0, 1, aheadRows - 1, aheadRows, aheadRows + 1, 10*aheadRows + 7} {
		for _, end := range []error{nil, ErrDamaged} {
			var taken atomic.Int64
			got := 0
			var last error
			for h, err := range Ahead(counted(n, end, &taken)) {
				if last = err; err != nil {
					break
				}
				if h.Domains != int64(got) {
					t.Fatalf("row %d is %d", got, h.Domains)
				}
				got++
			}
			if got != n || !errors.Is(last, end) {
				t.Errorf("%d rows of %d, %v", got, n, last)
			}
		}
	}
}

// A caller that stops is not followed: no more rows are taken than fit in the
// batches, and none after it.
func TestAheadStops(t *testing.T) {
	for _, stop := range []int{1, aheadRows, 3 * aheadRows} {
		var taken atomic.Int64
		got := 0
		for range Ahead(counted(1<<20, nil, &taken)) {
			if got++; got == stop {
				break
			}
		}
		if n := taken.Load(); n < int64(stop) || n > int64(stop+(aheadBatches+1)*aheadRows) {
			t.Errorf("stopped at row %d, %d were taken", stop, n)
		}
	}
}

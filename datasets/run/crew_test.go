package run

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// Every column is done once, by however many.
func TestCrewDoesEachOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 2, 64} {
		runtime.GOMAXPROCS(processors)
		c := newCrew()
		if want := min(processors, maxCrew); len(c.scratch) != want {
			t.Errorf("%d goroutines for %d processors", len(c.scratch), processors)
		}
		var done [100]atomic.Int32
		err := c.each(len(done), func(column int, values []parquet.Value) ([]parquet.Value, error) {
			done[column].Add(1)
			return append(values[:0], parquet.Int32Value(int32(column))), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for column := range done {
			if n := done[column].Load(); n != 1 {
				t.Errorf("column %d was done %d times", column, n)
			}
		}
	}
}

// The first error ends the work.
func TestCrewFails(t *testing.T) {
	full := errors.New("disk full")
	var done atomic.Int32
	err := newCrew().each(1_000_000, func(column int, values []parquet.Value) ([]parquet.Value, error) {
		if done.Add(1); column == 3 {
			return values, full
		}
		return values, nil
	})
	if !errors.Is(err, full) || done.Load() == 1_000_000 {
		t.Errorf("error %v after %d columns", err, done.Load())
	}
}

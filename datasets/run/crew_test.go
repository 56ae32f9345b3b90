package run

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
)

// Every column is done once, by however many.
func TestCrewDoesEachOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 2, 64} {
		runtime.GOMAXPROCS(processors)
		c := newCrew()
		if want := min(processors, maxCrew); len(c.presses) != want {
			t.Errorf("%d goroutines for %d processors", len(c.presses), processors)
		}
		var done [100]atomic.Int32
		err := c.each(len(done), func(column int, p *press) error {
			done[column].Add(1)
			p.page = append(p.page[:0], byte(column)) // the race detector sees if two have one
			return nil
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
	err := newCrew().each(1_000_000, func(column int, _ *press) error {
		if done.Add(1); column == 3 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) || done.Load() == 1_000_000 {
		t.Errorf("error %v after %d columns", err, done.Load())
	}
}

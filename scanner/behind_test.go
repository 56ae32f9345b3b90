package scanner

import (
	"errors"
	"slices"
	"testing"
)

// Batches are written in their order, one at a time, each while the next is made.
func TestBehindKeepsTheOrder(t *testing.T) {
	var got []int
	b := newBehind(func(rows []int) error { got = append(got, rows...); return nil })
	for n := range 100 {
		if err := b.put([]int{2 * n, 2*n + 1}); err != nil {
			t.Fatal(err)
		}
	}
	err := b.wait()
	if err != nil || len(got) != 200 || !slices.IsSorted(got) {
		t.Errorf("%v; %d rows: %v", err, len(got), got)
	}
	if err := b.wait(); err != nil {
		t.Errorf("nothing to wait for: %v", err)
	}
}

// The next batch can be made while one is written, and not put before that is.
func TestBehindWritesMeanwhile(t *testing.T) {
	begun, goOn := make(chan int), make(chan struct{})
	b := newBehind(func(rows []int) error { begun <- rows[0]; <-goOn; return nil })
	for n := range 3 {
		if err := b.put([]int{n}); err != nil {
			t.Fatal(err)
		}
		if at := <-begun; at != n { // the writer waits, the caller does not
			t.Fatalf("batch %d is written, not %d", at, n)
		}
		goOn <- struct{}{}
	}
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
}

// After a batch that could not be written none is.
func TestBehindFails(t *testing.T) {
	full := errors.New("disk full")
	written := 0
	b := newBehind(func(rows []int) error {
		if written++; written == 2 {
			return full
		}
		return nil
	})
	var errs []error
	for range 3 {
		errs = append(errs, b.put([]int{1}))
	}
	if errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], full) || written != 2 || b.wait() != nil {
		t.Errorf("%v, %d written", errs, written)
	}
}

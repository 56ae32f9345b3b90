package scanner

import (
	"errors"
	"slices"
	"testing"
)

func TestBehindKeepsTheOrder(t *testing.T) {
	const rows = behindRows*behindBatches*3 + 7
	var got []int
	b := newBehind(func(rows []int) error { got = append(got, rows...); return nil })
	var want []int
	for n := range rows {
		want = append(want, n)
		if !b.put(n) {
			t.Fatalf("row %d refused", n)
		}
	}
	if err := b.close(); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v; %d rows of %d, or out of order", err, len(got), rows)
	}
}

// A writer that fails ends the making of rows: no caller waits for it for ever.
func TestBehindFails(t *testing.T) {
	full := errors.New("disk full")
	written := 0
	b := newBehind(func(rows []int) error {
		if written += len(rows); written > 3*behindRows {
			return full
		}
		return nil
	})
	put := 0
	for b.put(put) {
		if put++; put > 2*behindRows*behindBatches {
			t.Fatal("still taking rows")
		}
	}
	if err := b.close(); !errors.Is(err, full) || written != 4*behindRows {
		t.Errorf("error %v after %d rows", err, written)
	}
}

package run

import (
	"iter"
	"sync"
)

// Rows that Ahead holds at most: aheadBatches of aheadRows, one at the reader and
// one at the caller.
const (
	aheadRows    = 64
	aheadBatches = 4
)

// batch is rows on their way from the reader to the caller, with the error that
// ended the stream after them.
type batch[T Row] struct {
	rows []T
	err  error
}

// Ahead reads a stream in a goroutine of its own, a few hundred rows ahead, so
// that reading and what is done with the rows share the work of two processors.
// When the caller stops, it waits for the goroutine.
func Ahead[T Row](rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		full := make(chan batch[T], aheadBatches)
		free := make(chan []T, aheadBatches)
		stop := make(chan struct{})
		var reader sync.WaitGroup
		defer reader.Wait()
		defer close(stop)
		for range aheadBatches {
			free <- make([]T, 0, aheadRows)
		}
		reader.Go(func() {
			defer close(full)
			readAhead(rows, full, free, stop)
		})
		for b := range full {
			for i := range b.rows {
				if !yield(b.rows[i], nil) {
					return
				}
			}
			if b.err != nil {
				var none T
				yield(none, b.err)
				return
			}
			clear(b.rows)
			free <- b.rows[:0]
		}
	}
}

// readAhead fills batches until the stream ends or the caller stops.
func readAhead[T Row](rows iter.Seq2[T, error], full chan<- batch[T], free <-chan []T, stop <-chan struct{}) {
	var open []T
	for row, err := range rows {
		if open == nil {
			select {
			case open = <-free:
			case <-stop:
				return
			}
		}
		if err != nil {
			full <- batch[T]{open, err} // there is room: no more batches than free ones
			return
		}
		open = append(open, row)
		if len(open) == cap(open) {
			full <- batch[T]{rows: open}
			open = nil
		}
	}
	if len(open) > 0 {
		full <- batch[T]{rows: open}
	}
}

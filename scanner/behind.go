package scanner

import "golang.org/x/sync/errgroup"

// Rows that behind holds at most: behindBatches of behindRows, one at the caller
// and one at the writer.
const (
	behindRows    = 64
	behindBatches = 4
)

// behind writes rows in a goroutine of its own, in their order, so that making and
// writing them share the work of two processors. Its zero value is of no use.
type behind[T any] struct {
	open   []T
	full   chan []T
	free   chan []T
	writer errgroup.Group
	failed chan struct{}
}

func newBehind[T any](write func([]T) error) *behind[T] {
	b := &behind[T]{full: make(chan []T, behindBatches), free: make(chan []T, behindBatches), failed: make(chan struct{})}
	for range behindBatches {
		b.free <- make([]T, 0, behindRows)
	}
	b.writer.Go(func() error {
		for rows := range b.full {
			if err := write(rows); err != nil {
				close(b.failed)
				return err
			}
			clear(rows)
			b.free <- rows[:0]
		}
		return nil
	})
	return b
}

// put hands a row over. It is false once a row could not be written: what more is
// put is lost, and close says why.
func (b *behind[T]) put(row T) bool {
	if b.open == nil {
		select {
		case b.open = <-b.free:
		case <-b.failed:
			return false
		}
	}
	b.open = append(b.open, row)
	if len(b.open) == cap(b.open) {
		b.full <- b.open // there is room: no more batches than free ones
		b.open = nil
	}
	return true
}

// close waits until all is written.
func (b *behind[T]) close() error {
	if len(b.open) > 0 {
		b.full <- b.open
	}
	close(b.full)
	return b.writer.Wait()
}

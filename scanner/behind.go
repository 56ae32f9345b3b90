package scanner

// behind writes batches of rows in a goroutine of its own, each while the next is made.
// Its zero value is of no use.
type behind[T any] struct {
	write func([]T) error
	done  chan error // of the batch that is being written; nil: none is
}

func newBehind[T any](write func([]T) error) *behind[T] { return &behind[T]{write: write} }

// put begins to write a batch, which must stay as it is until the next put or wait is
// over, when the one before is written. The error is that of the one before: then this
// one is not.
func (b *behind[T]) put(rows []T) error {
	if err := b.wait(); err != nil {
		return err
	}
	done := make(chan error, 1)
	b.done = done
	go func() { done <- b.write(rows) }()
	return nil
}

// wait waits until all is written.
func (b *behind[T]) wait() error {
	if b.done == nil {
		return nil
	}
	err := <-b.done
	b.done = nil
	return err
}

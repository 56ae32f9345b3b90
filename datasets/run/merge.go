package run

import (
	"container/heap"
	"fmt"
	"io"
	"iter"
)

// cursor gives the rows of one sorted source, one after the other.
type cursor[T Row] interface {
	Next() (*T, error) // io.EOF after the last; the row is good until the next call
	Close() error
}

// merger gives the rows of several cursors in the order of their key. Rows of
// one key come in the order of the cursors.
type merger[T Row] struct {
	compare func(a, b *T) int
	heads   []head[T]
	started bool
	all     []cursor[T]
}

// head is the row that a cursor stands at.
type head[T Row] struct {
	row   *T
	from  cursor[T]
	order int
}

func newMerger[T Row, C cursor[T]](cursors []C) *merger[T] {
	m := &merger[T]{compare: layoutOf[T]().compare}
	for _, c := range cursors {
		m.all = append(m.all, c)
	}
	return m
}

func (m *merger[T]) Len() int { return len(m.heads) }

func (m *merger[T]) Less(i, j int) bool {
	if c := m.compare(m.heads[i].row, m.heads[j].row); c != 0 {
		return c < 0
	}
	return m.heads[i].order < m.heads[j].order
}

func (m *merger[T]) Swap(i, j int) { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }

func (m *merger[T]) Push(x any) { m.heads = append(m.heads, x.(head[T])) }

func (m *merger[T]) Pop() any {
	last := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return last
}

// Next gives the least row. The cursor that gave the one before moves on only
// now, so that a row stays good until the next call.
func (m *merger[T]) Next() (*T, error) {
	if err := m.advance(); err != nil {
		return nil, err
	}
	if len(m.heads) == 0 {
		return nil, io.EOF
	}
	return m.heads[0].row, nil
}

func (m *merger[T]) advance() error {
	if !m.started {
		m.started = true
		return m.start()
	}
	if len(m.heads) == 0 {
		return nil
	}
	row, err := m.heads[0].from.Next()
	if err == io.EOF {
		heap.Pop(m)
		return nil
	}
	if err != nil {
		return err
	}
	m.heads[0].row = row
	heap.Fix(m, 0)
	return nil
}

func (m *merger[T]) start() error {
	for i, c := range m.all {
		row, err := c.Next()
		if err == io.EOF {
			continue
		}
		if err != nil {
			return err
		}
		m.heads = append(m.heads, head[T]{row, c, i})
	}
	heap.Init(m)
	return nil
}

// Close closes all cursors.
func (m *merger[T]) Close() error { return closeAll(m.all) }

func closeAll[T Row, C cursor[T]](cursors []C) error {
	var first error
	for _, c := range cursors {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// stream makes an iterator of a cursor and closes it at the end.
func stream[T Row](open func() (cursor[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		c, err := open()
		if err != nil {
			yield(none, err)
			return
		}
		defer c.Close()
		for {
			row, err := c.Next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(none, err)
				return
			}
			if !yield(*row, nil) {
				return
			}
		}
	}
}

// pulled makes a cursor of an iterator.
type pulled[T Row] struct {
	next func() (T, error, bool)
	stop func()
	row  T
}

func (p *pulled[T]) Next() (*T, error) {
	row, err, ok := p.next()
	if !ok {
		return nil, io.EOF
	}
	p.row = row
	return &p.row, err
}

func (p *pulled[T]) Close() error {
	p.stop()
	return nil
}

// Merge joins sorted streams of one table into one, say those of the shards of
// a run. Rows of one key come in the order of the streams.
func Merge[T Row](streams ...iter.Seq2[T, error]) iter.Seq2[T, error] {
	return stream(func() (cursor[T], error) {
		cursors := make([]cursor[T], len(streams))
		for i, s := range streams {
			next, stop := iter.Pull2(s)
			cursors[i] = &pulled[T]{next: next, stop: stop}
		}
		return newMerger(cursors), nil
	})
}

// Keep says which of the rows of one key stays.
type Keep int

// What Distinct keeps.
const (
	KeepFirst Keep = iota
	KeepLast
)

// Distinct drops all but one of the rows of each key from a sorted stream, and
// ends with ErrOrder if the stream is not sorted.
func Distinct[T Row](keep Keep, rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var kept T
		l := layoutOf[T]()
		held := false
		for row, err := range rows {
			if err != nil {
				yield(row, err)
				return
			}
			order := -1
			if held {
				order = l.compare(&kept, &row)
			}
			switch {
			case order > 0:
				err := fmt.Errorf("%w in %s: %s after %s", ErrOrder, l.table, l.keyText(&row), l.keyText(&kept))
				yield(row, err)
				return
			case order == 0 && keep == KeepLast, !held:
				kept, held = row, true
			case order < 0:
				if !yield(kept, nil) {
					return
				}
				kept = row
			}
		}
		if held {
			yield(kept, nil)
		}
	}
}

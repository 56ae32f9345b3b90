package run

import (
	"container/heap"
	"fmt"
	"iter"
	"slices"
)

// mergeRows is how many rows a batch of a merge has at most.
const mergeRows = 256

// laneMerge gives the rows of several parts in the order of their key, many at a time,
// and of the rows of one key one: the first or the last in the order of the parts.
type laneMerge[T Row] struct {
	layout[T]
	keep   Keep
	lanes  []*lane[T]
	heads  []*lane[T] // that are not at their end: a heap
	copier *copier[T]
	held   []T // the last row, whose key may come again; or none
}

// loan is a batch, with the frames that hold what its rows point to.
type loan[T Row] struct {
	rows   []T
	frames []lentFrame[T]
}

type lentFrame[T Row] struct {
	*frame[T]
	of *lane[T]
}

// openMerge opens a merge of no more parts than may be open at once.
func openMerge[T Row](paths []string, want expected, columns []leaf, keep Keep) (*laneMerge[T], error) {
	lanes, err := openLanes[T](paths, want, columns)
	if err != nil {
		return nil, err
	}
	return &laneMerge[T]{layout: layoutOf[T](), keep: keep, lanes: lanes, copier: newCopier[T]()}, nil
}

func (m *laneMerge[T]) close() error { return closeLanes(m.lanes) }

// batches gives the rows. They are the caller's until the next batch but one.
func (m *laneMerge[T]) batches() iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		if err := m.start(); err != nil {
			yield(nil, err)
			return
		}
		var loans [2]loan[T]
		for n := 0; len(m.heads) > 0; n++ {
			b := &loans[n%2]
			b.giveBack()
			err := m.fill(b)
			if !yield(b.rows, err) || err != nil {
				return
			}
		}
	}
}

// start begins to read all parts.
func (m *laneMerge[T]) start() error {
	for _, l := range m.lanes {
		l.start(l.read)
	}
	for _, l := range m.lanes {
		more, err := l.turn()
		if err != nil {
			return err
		}
		if more {
			m.heads = append(m.heads, l)
		}
	}
	heap.Init(m)
	return nil
}

// giveBack returns the frames.
func (b *loan[T]) giveBack() {
	for _, f := range b.frames {
		f.of.free <- f.frame // there is room for all that a lane has
	}
	b.frames, b.rows = b.frames[:0], b.rows[:0]
}

// fill makes a batch. It ends where one more frame of a lane would have to be lent
// than may be. The last row is held, as a copy, until the next is of another key.
func (m *laneMerge[T]) fill(b *loan[T]) error {
	for _, l := range m.lanes {
		l.lent = 0
	}
	b.rows = append(b.rows, m.held...)
	m.held = m.held[:0]
	for room := true; room && len(m.heads) > 0; {
		l := m.heads[0]
		if err := m.take(b, l.row()); err != nil {
			return err
		}
		if err := m.advance(b, l); err != nil {
			return err
		}
		room = l.lent < laneLent && len(b.rows) <= mergeRows
	}
	if len(m.heads) > 0 {
		last := len(b.rows) - 1
		m.held = append(m.held, m.copier.copy(&b.rows[last]))
		b.rows = b.rows[:last]
	}
	return nil
}

// take puts a row behind the others, or in the place of the last, if that is of the
// same key.
func (m *laneMerge[T]) take(b *loan[T], row *T) error {
	last := len(b.rows) - 1
	if last < 0 {
		b.rows = append(slices.Grow(b.rows, mergeRows+1), *row)
		return nil
	}
	switch order := m.compare(&b.rows[last], row); {
	case order > 0:
		return fmt.Errorf("%w in %s: %s after %s", ErrOrder, m.table, m.keyText(row), m.keyText(&b.rows[last]))
	case order < 0:
		b.rows = append(b.rows, *row)
	case m.keep == KeepLast:
		b.rows[last] = *row
	}
	return nil
}

// advance moves the first of the heads to its next row, and lends the batch the frame
// of which that was the last.
func (m *laneMerge[T]) advance(b *loan[T], l *lane[T]) error {
	if l.next++; l.next < l.now.used {
		heap.Fix(m, 0)
		return nil
	}
	b.frames = append(b.frames, lentFrame[T]{l.now, l})
	l.lent++
	more, err := l.turn()
	switch {
	case err != nil:
		return err
	case more:
		heap.Fix(m, 0)
	default:
		heap.Pop(m)
	}
	return nil
}

// Len, Less, Swap, Push and Pop are those of a heap.

func (m *laneMerge[T]) Len() int { return len(m.heads) }

func (m *laneMerge[T]) Less(i, j int) bool {
	a, b := m.heads[i], m.heads[j]
	if c := m.compare(a.row(), b.row()); c != 0 {
		return c < 0
	}
	return a.order < b.order
}

func (m *laneMerge[T]) Swap(i, j int) { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }

func (m *laneMerge[T]) Push(x any) { m.heads = append(m.heads, x.(*lane[T])) }

func (m *laneMerge[T]) Pop() any {
	last := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return last
}

// owned gives the rows of batches one by one, each the caller's for good.
func owned[T Row](batches iter.Seq2[[]T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		c := newCopier[T]()
		for rows, err := range batches {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for i := range rows {
				if !yield(c.copy(&rows[i]), nil) {
					return
				}
			}
		}
	}
}

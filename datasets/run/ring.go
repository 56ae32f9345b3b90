package run

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// ring is frames on their way from a reader, in a goroutine of its own, to a caller,
// and back to be filled again.
type ring[T Row] struct {
	columns []leaf // that are wanted
	rows    int    // of a frame
	full    chan filled[T]
	free    chan *frame[T]
	stop    chan struct{}
	reader  sync.WaitGroup
}

// filled is a frame on its way to the caller, or the error that ended the stream.
type filled[T Row] struct {
	*frame[T]
	err error
}

// newRing makes a ring of so many frames of so many rows.
func newRing[T Row](columns []leaf, frames, rows int) *ring[T] {
	r := &ring[T]{columns: columns, rows: rows, full: make(chan filled[T], frames+1), free: make(chan *frame[T], frames), stop: make(chan struct{})}
	for range frames {
		r.free <- nil
	}
	return r
}

// start begins to read. The frames end with the reading, or with its error.
func (r *ring[T]) start(read func() error) {
	r.reader.Go(func() {
		defer close(r.full)
		if err := read(); err != nil && err != errStopped {
			r.full <- filled[T]{err: err} // there is room for it
		}
	})
}

// close ends the reading, at any frame, and waits for it.
func (r *ring[T]) close() {
	close(r.stop)
	r.reader.Wait()
}

// errStopped says that the caller wants no more.
var errStopped = fmt.Errorf("the reader stopped")

// part reads an open part. Each frame is given to each when it is filled; nil: to
// nobody but the caller.
func (r *ring[T]) part(p *partReader[T], each func(*frame[T]) error) error {
	p.columns = slices.DeleteFunc(p.columns, func(c partColumn) bool {
		return !slices.ContainsFunc(r.columns, func(l leaf) bool { return l.last().first == c.node.first })
	})
	return shield(func() error {
		for group, rg := range p.file.RowGroups() {
			if err := checkGroup(p.f, p.file, group, p.indexes()); err != nil {
				return err
			}
			if err := r.group(p, rg, each); err != nil {
				return err
			}
		}
		return nil
	})
}

// group reads a row group, a frame at a time.
func (r *ring[T]) group(p *partReader[T], rg parquet.RowGroup, each func(*frame[T]) error) error {
	vectors := make([]vector, len(p.columns))
	defer func() {
		for i := range vectors {
			vectors[i].close()
		}
	}()
	chunks := rg.ColumnChunks()
	for i, c := range p.columns {
		vectors[i].open(chunks[c.index], c.last())
	}
	for left := rg.NumRows(); left > 0; {
		f, err := r.frame(p)
		if err != nil {
			return err
		}
		n := int(min(left, int64(r.rows)))
		if err := f.fill(vectors, n); err != nil {
			return damaged(err)
		}
		left -= int64(n)
		if each != nil {
			if err := each(f); err != nil {
				return err
			}
		}
		r.full <- filled[T]{frame: f} // there is room: no more are full than there are
	}
	return nil
}

// frame gives a frame that the caller is done with, ready for the columns of a part.
func (r *ring[T]) frame(p *partReader[T]) (*frame[T], error) {
	select {
	case <-r.stop:
		return nil, errStopped
	case f := <-r.free:
		var err error
		if f == nil {
			if f, err = newFrame[T](r.columns, r.rows); err != nil {
				return nil, err
			}
		}
		f.use(p.columns)
		return f, nil
	}
}

// fill sets the columns of the next n rows.
func (f *frame[T]) fill(vectors []vector, n int) error {
	f.clear()
	f.used = n
	for i := range vectors {
		var err error
		if v := &vectors[i]; v.node.rep == 0 {
			err = v.flat(f.now[i], n)
		} else {
			err = v.list(f.now[i], n)
		}
		if err == io.ErrUnexpectedEOF {
			err = fmt.Errorf("%w: the column %v is too short", ErrDamaged, f.now[i].path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

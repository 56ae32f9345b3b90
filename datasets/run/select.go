package run

import (
	"fmt"
	"io"
	"iter"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// Frames that Select has, and the rows of each: one is filled while the caller
// works on another.
const (
	selectFrames = 3
	selectRows   = 256
)

// Select streams some columns of a final table in the order of its key: those
// named, as in Columns, and those below them. The rest of a row is zero. It reads
// ahead in a goroutine of its own, a few hundred rows, and waits for it when the
// caller stops.
//
// A row, and all that it points to, is the caller's until the next row; only its
// strings are his for good, and keep a page in memory each: who keeps one should
// clone it. Lists within lists cannot be selected.
func Select[T Row](r *Run, columns ...string) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		if !r.Finished() {
			yield(nil, fmt.Errorf("%s: %w", r.dir, ErrUnfinished))
			return
		}
		s := selection[T]{r: r, columns: columns, full: make(chan filled[T], selectFrames+1), free: make(chan *frame[T], selectFrames), stop: make(chan struct{})}
		for range selectFrames {
			s.free <- nil
		}
		var reader sync.WaitGroup
		defer reader.Wait()
		defer close(s.stop)
		reader.Go(func() {
			defer close(s.full)
			if err := s.read(); err != nil {
				s.full <- filled[T]{err: err} // there is room for it
			}
		})
		for f := range s.full {
			if f.err != nil {
				yield(nil, f.err)
				return
			}
			for i := range f.rows[:f.used] {
				if !yield(&f.rows[i], nil) {
					return
				}
			}
			s.free <- f.frame
		}
	}
}

// filled is a frame on its way to the caller, or the error that ended the stream.
type filled[T Row] struct {
	*frame[T]
	err error
}

// selection is a Select at work.
type selection[T Row] struct {
	r       *Run
	columns []string
	full    chan filled[T]
	free    chan *frame[T]
	stop    chan struct{}
}

// errStopped says that the caller wants no more.
var errStopped = fmt.Errorf("the reader stopped")

func (s *selection[T]) read() error {
	if err := knownColumns[T](s.columns); err != nil {
		return err
	}
	for _, p := range s.r.parts(layoutOf[T]().table) {
		path := s.r.path(p.Name)
		err := s.part(path, inManifest(s.r.manifest.RunID, p))
		if err == errStopped {
			return nil
		}
		if err != nil {
			return &PartError{path, plain(err)}
		}
	}
	return nil
}

// knownColumns says whether there are columns of these names.
func knownColumns[T Row](names []string) error {
	leaves := shapeOf(reflect.TypeFor[T]()).leaves()
	for _, name := range names {
		if !slices.ContainsFunc(leaves, func(l leaf) bool { return l.within(name) }) {
			return fmt.Errorf("the table %s has no column %q", layoutOf[T]().table, name)
		}
	}
	return nil
}

// within says whether a leaf is the column of this name or stands below it.
func (l *leaf) within(name string) bool {
	own := strings.ReplaceAll(strings.Join(l.path, "."), ".list.element", "")
	return own == name || strings.HasPrefix(own, name+".")
}

// part reads the columns of one part.
func (s *selection[T]) part(path string, want expected) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return shield(func() error {
		p := &partReader[T]{path: path, f: f}
		if err := p.open(want); err != nil {
			return err
		}
		p.columns = slices.DeleteFunc(p.columns, func(c partColumn) bool {
			return !slices.ContainsFunc(s.columns, c.within)
		})
		for group, rg := range p.file.RowGroups() {
			if err := checkGroup(f, p.file, group, p.indexes()); err != nil {
				return err
			}
			if err := s.group(p, rg); err != nil {
				return err
			}
		}
		return nil
	})
}

// group reads the columns of one row group, a frame at a time.
func (s *selection[T]) group(p *partReader[T], rg parquet.RowGroup) error {
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
		f, err := s.frame(p)
		if err != nil {
			return err
		}
		n := int(min(left, selectRows))
		if err := f.fill(vectors, n); err != nil {
			return damaged(err)
		}
		left -= int64(n)
		s.full <- filled[T]{frame: f} // there is room: no more are full than there are
	}
	return nil
}

// frame gives a frame that the caller is done with, made for the columns of a part.
func (s *selection[T]) frame(p *partReader[T]) (*frame[T], error) {
	select {
	case <-s.stop:
		return nil, errStopped
	case f := <-s.free:
		if f != nil && f.part == p {
			return f, nil
		}
		return newFrame(p)
	}
}

// fill sets the columns of the next n rows.
func (f *frame[T]) fill(vectors []vector, n int) error {
	f.clear()
	f.used = n
	for i := range vectors {
		var err error
		if v := &vectors[i]; v.node.rep == 0 {
			err = v.flat(f.sinks[i], n)
		} else {
			err = v.list(f.sinks[i], n)
		}
		if err == io.ErrUnexpectedEOF {
			err = fmt.Errorf("%w: the column %v is too short", ErrDamaged, f.sinks[i].path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

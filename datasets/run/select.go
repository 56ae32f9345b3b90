package run

import (
	"errors"
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
		sources, err := r.sources(layoutOf[T]().table)
		if err == nil {
			err = knownColumns[T](columns)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		s := newSelection[T](sources, func(l *leaf) bool { return slices.ContainsFunc(columns, l.within) })
		for rows, err := range s.batches() {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range rows {
				if !yield(&rows[i], nil) {
					return
				}
			}
		}
	}
}

// source is a part to read.
type source struct {
	path  string
	again string // the part whose rows take the place of some; empty, or not there: none do
	want  expected
}

// sources lists the parts of a final table.
func (r *Run) sources(t Table) ([]source, error) {
	if !r.Finished() {
		return nil, fmt.Errorf("%s: %w", r.dir, ErrUnfinished)
	}
	var all []source
	for _, p := range r.parts(t) {
		all = append(all, source{r.path(p.Name), "", inManifest(r.manifest.RunID, p)})
	}
	return all, nil
}

// filled is a frame on its way to the caller, or the error that ended the stream.
type filled[T Row] struct {
	*frame[T]
	err error
}

// selection reads some columns of parts, of which each goes on where the one before
// ends.
type selection[T Row] struct {
	sources []source
	wanted  func(*leaf) bool
	columns []leaf                // that are
	each    func(*frame[T]) error // is given each frame when it is filled; nil: nothing
	full    chan filled[T]
	free    chan *frame[T]
	stop    chan struct{}
}

func newSelection[T Row](sources []source, wanted func(*leaf) bool) *selection[T] {
	s := &selection[T]{sources: sources, wanted: wanted}
	for _, l := range shapeOf(reflect.TypeFor[T]()).leaves() {
		if wanted(&l) {
			s.columns = append(s.columns, l)
		}
	}
	s.full, s.free, s.stop = make(chan filled[T], selectFrames+1), make(chan *frame[T], selectFrames), make(chan struct{})
	for range selectFrames {
		s.free <- nil
	}
	return s
}

// batches gives the rows a frame at a time. They are the caller's until the next.
func (s *selection[T]) batches() iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
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
			if !yield(f.rows[:f.used], nil) {
				return
			}
			s.free <- f.frame
		}
	}
}

// errStopped says that the caller wants no more.
var errStopped = fmt.Errorf("the reader stopped")

func (s *selection[T]) read() error {
	for _, p := range s.sources {
		err := s.part(p)
		if err == errStopped {
			return nil
		}
		if part := (*PartError)(nil); errors.As(err, &part) {
			return err // it names another part
		}
		if err != nil {
			return &PartError{p.path, plain(err)}
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
func (s *selection[T]) part(of source) error {
	f, err := os.Open(of.path)
	if err != nil {
		return err
	}
	defer f.Close()
	again, err := openSeconds[T](of)
	if err != nil {
		return err
	}
	defer again.close()
	return shield(func() error {
		p := &partReader[T]{path: of.path, f: f}
		if err := p.open(of.want); err != nil {
			return err
		}
		p.columns = slices.DeleteFunc(p.columns, func(c partColumn) bool {
			return !s.wanted(&c.leaf)
		})
		for group, rg := range p.file.RowGroups() {
			if err := checkGroup(f, p.file, group, p.indexes()); err != nil {
				return err
			}
			if err := s.group(p, rg, again); err != nil {
				return err
			}
		}
		return nil
	})
}

// group reads the columns of one row group, a frame at a time.
func (s *selection[T]) group(p *partReader[T], rg parquet.RowGroup, again *seconds[T]) error {
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
		if err := again.replace(f); err != nil {
			return err
		}
		if s.each != nil {
			if err := s.each(f); err != nil {
				return err
			}
		}
		s.full <- filled[T]{frame: f} // there is room: no more are full than there are
	}
	return nil
}

// frame gives a frame that the caller is done with, ready for the columns of a part.
func (s *selection[T]) frame(p *partReader[T]) (*frame[T], error) {
	select {
	case <-s.stop:
		return nil, errStopped
	case f := <-s.free:
		var err error
		if f == nil {
			if f, err = newFrame[T](s.columns); err != nil {
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

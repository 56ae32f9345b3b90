package run

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
)

// Frames that a reader has, and the rows of each: two are with the caller, one is
// being filled and one is full.
const (
	selectFrames = 4
	selectRows   = 256
)

// Select streams some columns of a final table in the order of its key: those
// named, as in Columns, and those below them. The rest of a row is zero. It reads
// ahead in a goroutine of its own, a few hundred rows, and waits for it when the
// caller stops.
//
// A row, and all that it points to, is the caller's until the next row; only its
// strings are his for good, and keep a page in memory each: who keeps one should
// clone it.
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

// selection reads some columns of parts, of which each goes on where the one before
// ends.
type selection[T Row] struct {
	*ring[T]
	sources []source
	each    func(*frame[T]) error // is given each frame when it is filled; nil: nothing
}

func newSelection[T Row](sources []source, wanted func(*leaf) bool) *selection[T] {
	return &selection[T]{ring: newRing[T](leavesOf[T](wanted), selectFrames, selectRows), sources: sources}
}

// leavesOf lists the columns of a row type that are wanted.
func leavesOf[T Row](wanted func(*leaf) bool) []leaf {
	return slices.DeleteFunc(shapeOf(reflect.TypeFor[T]()).leaves(), func(l leaf) bool { return !wanted(&l) })
}

// batches gives the rows a frame at a time. They are the caller's until the next but
// one.
func (s *selection[T]) batches() iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		s.start(s.read)
		defer s.close()
		var before *frame[T]
		for f := range s.full {
			if f.err != nil {
				yield(nil, f.err)
				return
			}
			if !yield(f.rows[:f.used], nil) {
				return
			}
			if before != nil {
				s.free <- before
			}
			before = f.frame
		}
	}
}

func (s *selection[T]) read() error {
	for _, p := range s.sources {
		err := s.source(p)
		if err == errStopped {
			return err
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

// source reads one part.
func (s *selection[T]) source(of source) error {
	p, err := openPart[T](of.path, of.want)
	if err != nil {
		return err
	}
	defer p.Close()
	again, err := openSeconds[T](of)
	if err != nil {
		return err
	}
	defer again.close()
	return s.part(p, func(f *frame[T]) error {
		if err := again.replace(f); err != nil || s.each == nil {
			return err
		}
		return s.each(f)
	})
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

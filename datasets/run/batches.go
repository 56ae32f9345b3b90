package run

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// DomainBatches streams the spool's domains by line, a few hundred rows at a time,
// as Domains does, with room for a verdict in each: it is zero. It reads ahead in a
// goroutine of its own and waits for it when the caller stops.
//
// The rows, and all that they point to, are the caller's until the next batch but one,
// to change and to move as he likes, so that he may write some while he works on the
// next; only strings are his for good, and keep a page in memory each: who keeps one
// should clone it.
func (s *Spool) DomainBatches() iter.Seq2[[]Domain, error] {
	return batchesOf[Domain](s.chain, evidenceOf[DomainEvidence]())
}

// DomainBatches streams the evidence of the final table domains as that of a spool
// does.
func (r *Run) DomainBatches() iter.Seq2[[]Domain, error] {
	return batchesOf[Domain](r.sources, evidenceOf[DomainEvidence]())
}

// NamingBatches streams the spool's namings as DomainBatches does domains.
func (s *Spool) NamingBatches() iter.Seq2[[]Naming, error] {
	return batchesOf[Naming](s.chain, evidenceOf[Naming]())
}

// NamingBatches streams the final table domains as that of a spool does.
func (r *Run) NamingBatches() iter.Seq2[[]Naming, error] {
	return batchesOf[Naming](r.sources, evidenceOf[Naming]())
}

// HostBatches streams the spool's hosts by name, as Hosts and as DomainBatches do. Each
// part is read in a goroutine of its own.
func (s *Spool) HostBatches() iter.Seq2[[]Host, error] {
	return mergeParts[Host, HostEvidence](s, KeepLast)
}

// HostBatches streams the evidence of the final table hosts as that of a spool does.
func (r *Run) HostBatches() iter.Seq2[[]Host, error] {
	return batchesOf[Host](r.sources, evidenceOf[HostEvidence]())
}

// chain lists the domain parts, which follow each other, with the second looks at
// domains of each.
func (s *Spool) chain(t Table) ([]source, error) {
	numbers, err := s.Parts(t)
	var all []source
	for _, n := range numbers {
		all = append(all, source{filepath.Join(s.tableDir(t), partName(n)), s.againPath(n), anyPart(s.origin.RunID)})
	}
	return all, err
}

// seconds puts second looks in the place of rows of a part, frame by frame.
type seconds[T Row] struct {
	overlay[T]
	lent lentRows[T] // what it lies over: the rows of a frame
}

// lentRows is a cursor over the rows of a frame.
type lentRows[T Row] struct {
	rows []T
	next int
}

func (l *lentRows[T]) Next() (*T, error) {
	l.next++
	return &l.rows[l.next-1], nil
}

func (l *lentRows[T]) Close() error { return nil }

// openSeconds opens the second looks at rows of a part; nil: there are none.
func openSeconds[T Row](of source) (*seconds[T], error) {
	if of.again == "" {
		return nil, nil
	}
	if _, err := os.Lstat(of.again); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	again, err := openPart[T](of.again, of.want)
	if err != nil {
		return nil, err
	}
	s := &seconds[T]{}
	s.overlay = overlay[T]{first: &s.lent, again: again, compare: layoutOf[T]().compare}
	return s, nil
}

// replace goes on to the rows of the next frame.
func (s *seconds[T]) replace(f *frame[T]) error {
	if s == nil {
		return nil
	}
	s.lent = lentRows[T]{rows: f.rows[:f.used]}
	for i := range s.lent.rows {
		row, err := s.Next()
		if err != nil {
			return err
		}
		if row != &f.rows[i] {
			f.rows[i] = *row
		}
	}
	return nil
}

func (s *seconds[T]) close() {
	if s != nil {
		_ = s.overlay.Close() // nothing was written
	}
}

// evidenceOf says whether a column of rows is one of their evidence too.
func evidenceOf[E Row]() func(*leaf) bool {
	all := map[string]bool{}
	for _, l := range shapeOf(reflect.TypeFor[E]()).leaves() {
		all[strings.Join(l.path, ".")] = true
	}
	return func(l *leaf) bool { return all[strings.Join(l.path, ".")] }
}

// batchesOf streams those columns of a table. Of rows of one key, the first stays.
func batchesOf[T Row](sources func(Table) ([]source, error), wanted func(*leaf) bool) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		parts, err := sources(layoutOf[T]().table)
		if err != nil {
			yield(nil, err)
			return
		}
		s := newSelection[T](parts, wanted)
		s.each = (&sequence[T]{layout: layoutOf[T]()}).keep
		for rows, err := range s.batches() {
			if !yield(rows, err) || err != nil {
				return
			}
		}
	}
}

// sequence is where a stream of frames stands.
type sequence[T Row] struct {
	layout layout[T]
	last   T
	begun  bool
}

// keep leaves of the rows of one key the first. The error is ErrOrder, where the
// rows are not in the order of their key.
func (s *sequence[T]) keep(f *frame[T]) error {
	kept := 0
	before := &s.last
	for i := range f.rows[:f.used] {
		row := &f.rows[i]
		if s.begun {
			switch order := s.layout.compare(before, row); {
			case order > 0:
				return fmt.Errorf("%w: %s after %s", ErrOrder, s.layout.keyText(row), s.layout.keyText(before))
			case order == 0:
				continue
			}
		}
		s.begun = true
		if kept < i {
			f.rows[kept] = *row
		}
		before = &f.rows[kept]
		kept++
	}
	s.last, f.used = *before, kept
	return nil
}

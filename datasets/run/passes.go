package run

import (
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
)

// maxFanIn bounds how many parts a merge has open at once. An open part holds a
// page of each of its columns; a run has thousands of parts. With more parts than
// this, groups of them are first merged into longer ones.
const maxFanIn = 16

// chainParts streams the domain parts one after the other: their ranges follow each
// other, so nothing need be merged but the second looks at domains of each.
func chainParts[T Row](s *Spool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		numbers, err := s.Parts(TableDomains)
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		var before T
		held := false
		l := layoutOf[T]()
		for _, n := range numbers {
			for row, err := range domainPart[T](s, n) {
				if err == nil && held && l.compare(&before, &row) > 0 {
					path := filepath.Join(s.tableDir(TableDomains), partName(n))
					err = &PartError{path, fmt.Errorf("%w: %s after %s", ErrOrder, l.keyText(&row), l.keyText(&before))}
				}
				if !yield(row, err) || err != nil {
					return
				}
				before, held = row, true
			}
		}
	}
}

// mergeParts streams the parts of a table in the order of the key.
func mergeParts[T Row](s *Spool) iter.Seq2[T, error] {
	return stream(func() (cursor[T], error) {
		paths, err := partPaths(s.tableDir(layoutOf[T]().table))
		if err != nil {
			return nil, err
		}
		return openMerge[T](s, paths)
	})
}

// merging is a merge with the temporary parts that it reads.
type merging[T Row] struct {
	*merger[T]
	disk disk
	temp string // directory; empty: none
}

// Close closes the parts and removes the temporary ones.
func (m *merging[T]) Close() error {
	err := m.merger.Close()
	m.discard()
	return err
}

// discard removes the temporary parts. A failure is nobody's loss: they go with
// the spool.
func (m *merging[T]) discard() {
	if m.temp != "" {
		_ = m.disk.removeAll(m.temp)
	}
}

// openMerge opens a merge over any number of parts, in as many passes as it
// takes to come down to the fan-in.
func openMerge[T Row](s *Spool, paths []string) (cursor[T], error) {
	m := &merging[T]{disk: s.disk}
	for level := 0; len(paths) > s.fanIn; level++ {
		if m.temp == "" {
			dir, err := s.mergeTemp(layoutOf[T]().table)
			if err != nil {
				return nil, err
			}
			m.temp = dir
		}
		longer, err := mergePass[T](s, paths, filepath.Join(m.temp, string(rune('a'+level))))
		if err != nil {
			m.discard()
			return nil, err
		}
		paths = longer
	}
	cursors, err := openAll[T](paths, anyPart(s.origin.RunID))
	if err != nil {
		m.discard()
		return nil, err
	}
	m.merger = newMerger(cursors)
	return m, nil
}

func (s *Spool) mergeTemp(t Table) (string, error) {
	if err := os.MkdirAll(s.mergeDir(), 0o755); err != nil {
		return "", err
	}
	return os.MkdirTemp(s.mergeDir(), string(t)+"-")
}

// mergePass merges groups of parts into one each, in dir, from the front and only
// as many as must be.
func mergePass[T Row](s *Spool, paths []string, dir string) ([]string, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	var longer []string
	for len(paths) > 0 {
		spare := len(longer) + len(paths) - s.fanIn // parts too many
		if spare <= 0 || len(paths) == 1 {
			return append(longer, paths...), nil
		}
		group := paths[:min(s.fanIn, spare+1, len(paths))]
		paths = paths[len(group):]
		path := filepath.Join(dir, partName(len(longer)))
		if err := mergeGroup[T](s, group, path); err != nil {
			return nil, err
		}
		longer = append(longer, path)
	}
	return longer, nil
}

func mergeGroup[T Row](s *Spool, group []string, path string) error {
	cursors, err := openAll[T](group, anyPart(s.origin.RunID))
	if err != nil {
		return err
	}
	m := newMerger(cursors)
	defer m.Close()
	codec, err := s.codecs.of(mergeGrain)
	if err != nil {
		return err
	}
	with := draftWith[T](mergeGrain, codec)
	w, err := with.create(s.disk, path, s.origin, there(with.schema.tops, cursors))
	if err != nil {
		return err
	}
	if err := copyRows(w, m); err != nil {
		w.abort()
		return err
	}
	_, err = w.commit()
	return err
}

// there lists those columns of a table that any of some parts has.
func there[T Row](tops []top, parts []*partReader[T]) []top {
	return slices.DeleteFunc(slices.Clone(tops), func(t top) bool {
		return !slices.ContainsFunc(parts, func(r *partReader[T]) bool {
			return slices.ContainsFunc(r.columns, func(c partColumn) bool { return t.first <= c.node.first && c.node.first < t.end })
		})
	})
}

func copyRows[T Row](w *partWriter[T], from cursor[T]) error {
	batch := make([]T, 0, readBatch)
	for {
		row, err := from.Next()
		if err != nil && err != io.EOF {
			return err
		}
		if err == nil {
			batch = append(batch, *row)
		}
		if err == io.EOF || len(batch) == cap(batch) {
			if err := w.write(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		if err == io.EOF {
			return nil
		}
	}
}

func openAll[T Row](paths []string, want expected) ([]*partReader[T], error) {
	cursors := make([]*partReader[T], 0, len(paths))
	for _, path := range paths {
		r, err := openPart[T](path, want)
		if err != nil {
			_ = closeAll(cursors)
			return nil, err
		}
		cursors = append(cursors, r)
	}
	return cursors, nil
}

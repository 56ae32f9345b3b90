package run

import (
	"fmt"
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

// mergeParts streams the evidence E of a table's parts, as rows T, in the order of the
// key, many at a time. They are the caller's until the next batch but one.
func mergeParts[T, E Row](s *Spool, keep Keep) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		m := passes[E]{spool: s, keep: keep, columns: leavesOf[E](func(*leaf) bool { return true })}
		defer m.discard()
		paths, err := m.longer()
		if err != nil {
			yield(nil, err)
			return
		}
		last, err := openMerge[T](paths, anyPart(s.origin.RunID), leavesOf[T](evidenceOf[E]()), keep)
		if err != nil {
			yield(nil, err)
			return
		}
		defer last.close()
		for rows, err := range last.batches() {
			if !yield(rows, err) || err != nil {
				return
			}
		}
	}
}

// passes merges parts, of which there are more than may be open at once, into longer
// ones, in as many passes as it takes to come down to the fan-in.
type passes[E Row] struct {
	spool   *Spool
	keep    Keep
	columns []leaf
	temp    string // directory of the longer parts; empty: none
}

// longer lists parts that hold what all parts do and may be open at once.
func (m *passes[E]) longer() ([]string, error) {
	s, table := m.spool, layoutOf[E]().table
	paths, err := partPaths(s.tableDir(table))
	if err != nil || len(paths) <= s.fanIn {
		return paths, err
	}
	if m.temp, err = s.mergeTemp(table); err != nil {
		return nil, err
	}
	for level := 0; len(paths) > s.fanIn; level++ {
		if paths, err = m.pass(paths, filepath.Join(m.temp, string(rune('a'+level)))); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// discard removes the longer parts. A failure is nobody's loss: they go with the spool.
func (m *passes[E]) discard() {
	if m.temp != "" {
		_ = m.spool.disk.removeAll(m.temp)
	}
}

func (s *Spool) mergeTemp(t Table) (string, error) {
	if err := os.MkdirAll(s.mergeDir(), 0o755); err != nil {
		return "", err
	}
	return os.MkdirTemp(s.mergeDir(), string(t)+"-")
}

// pass merges groups of parts into one each, in dir, from the front and only as many
// as must be.
func (m *passes[E]) pass(paths []string, dir string) ([]string, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	var longer []string
	for len(paths) > 0 {
		spare := len(longer) + len(paths) - m.spool.fanIn // parts too many
		if spare <= 0 || len(paths) == 1 {
			return append(longer, paths...), nil
		}
		group := paths[:min(m.spool.fanIn, spare+1, len(paths))]
		paths = paths[len(group):]
		path := filepath.Join(dir, partName(len(longer)))
		if err := m.group(group, path); err != nil {
			return nil, err
		}
		longer = append(longer, path)
	}
	return longer, nil
}

// group merges parts into one.
func (m *passes[E]) group(parts []string, path string) error {
	from, err := openMerge[E](parts, anyPart(m.spool.origin.RunID), m.columns, m.keep)
	if err != nil {
		return err
	}
	defer from.close()
	codec, err := m.spool.codecs.of(mergeGrain)
	if err != nil {
		return err
	}
	with := draftWith[E](mergeGrain, codec)
	w, err := with.create(m.spool.disk, path, m.spool.origin, from.there(with.schema.tops))
	if err != nil {
		return err
	}
	for rows, err := range from.batches() {
		if err == nil {
			err = w.writeLent(rows)
		}
		if err != nil {
			w.abort()
			return err
		}
	}
	_, err = w.commit()
	return err
}

// there lists those columns of a table that any of the parts has.
func (m *laneMerge[T]) there(tops []top) []top {
	return slices.DeleteFunc(slices.Clone(tops), func(t top) bool {
		return !slices.ContainsFunc(m.lanes, func(l *lane[T]) bool {
			return slices.ContainsFunc(l.open.columns, func(c partColumn) bool { return t.first <= c.node.first && c.node.first < t.end })
		})
	})
}

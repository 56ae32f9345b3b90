package run

import (
	"fmt"
	"iter"
	"os"

	"github.com/parquet-go/parquet-go"
)

// FindDomain looks one domain up in the final tables of the run in dir, without
// reading them through. The name is in A-labels, lower case, without a final
// dot. It is false if the run does not have it.
func FindDomain(dir, name string) (Domain, bool, error) {
	r, err := Open(dir)
	if err != nil {
		return Domain{}, false, err
	}
	return r.FindDomain(name)
}

// FindDomain looks one domain up by the bloom filters of its table.
func (r *Run) FindDomain(name string) (Domain, bool, error) {
	return findOne[Domain](r, "domain", name)
}

// FindHost looks one MX host up.
func (r *Run) FindHost(name string) (Host, bool, error) {
	return findOne[Host](r, "host", name)
}

// FindEndpoints gives the sessions with one TLSA base domain.
func (r *Run) FindEndpoints(base string) iter.Seq2[Endpoint, error] {
	return find[Endpoint](r, "base", []byte(base))
}

// FindCertificate looks one certificate up by the SHA-256 of its DER.
func (r *Run) FindCertificate(sha256 []byte) (Certificate, bool, error) {
	return findOne[Certificate](r, "sha256", string(sha256))
}

func findOne[T Row](r *Run, column, value string) (T, bool, error) {
	for row, err := range find[T](r, column, []byte(value)) {
		return row, err == nil, err
	}
	var none T
	return none, false, nil
}

// find streams the rows of a final table that have a value in a column of the
// top level with a bloom filter. It reads that column alone, of those row groups
// alone whose filter does not rule the value out, and then the rows.
func find[T Row](r *Run, column string, value []byte) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if !r.Finished() {
			yield(none, fmt.Errorf("%s: %w", r.dir, ErrUnfinished))
			return
		}
		for _, p := range r.parts(layoutOf[T]().table) {
			s := seeker[T]{path: r.path(p.Name), column: column, value: parquet.ByteArrayValue(value)}
			more := true
			err := s.search(inManifest(r.manifest.RunID, p).unread(), func(row T) bool {
				more = yield(row, nil)
				return more
			})
			if err != nil && more {
				yield(none, &PartError{s.path, plain(err)})
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// seeker looks for a value in one part.
type seeker[T Row] struct {
	path   string
	column string
	value  parquet.Value
}

func (s *seeker[T]) search(want expected, yield func(T) bool) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	return shield(func() error {
		r := &partReader[T]{path: s.path, f: f}
		if err := r.open(want); err != nil {
			return err
		}
		for group, rg := range r.file.RowGroups() {
			rows, err := s.rowsIn(r, group, rg)
			if err != nil {
				return damaged(err)
			}
			for _, n := range rows {
				row, err := r.rowAt(group, n)
				if err != nil {
					return damaged(err)
				}
				if !yield(row) {
					return nil
				}
			}
		}
		return nil
	})
}

// rowsIn gives the rows of a row group that have the value.
func (s *seeker[T]) rowsIn(r *partReader[T], group int, rg parquet.RowGroup) ([]int64, error) {
	leaf, ok := r.file.Schema().Lookup(s.column)
	if !ok {
		return nil, fmt.Errorf("%w: no column %s", ErrForeign, s.column)
	}
	chunk := rg.ColumnChunks()[leaf.ColumnIndex]
	if filter := chunk.BloomFilter(); filter != nil {
		if there, err := filter.Check(s.value); err != nil || !there {
			return nil, err
		}
	}
	if err := checkGroup(r.f, r.file, group, []int{leaf.ColumnIndex}); err != nil {
		return nil, err
	}
	var c columnReader
	c.open(chunk, true)
	defer c.close()
	var found []int64
	for n := range rg.NumRows() {
		values, err := c.row()
		if err != nil {
			return nil, err
		}
		if parquet.Equal(values[0], s.value) {
			found = append(found, n)
		}
	}
	return found, nil
}

// rowAt reads one row of a row group.
func (r *partReader[T]) rowAt(group int, n int64) (T, error) {
	rows := make([]T, 1)
	if err := checkGroup(r.f, r.file, group, r.indexes()); err != nil {
		return rows[0], err
	}
	defer r.closeGroup()
	chunks := r.file.RowGroups()[group].ColumnChunks()
	for i := range r.columns {
		c := &r.columns[i]
		if err := loadOffsets(r.f, r.file, group, c.index); err != nil {
			return rows[0], err
		}
		c.open(chunks[c.index], c.maxRep == 0)
		if err := c.pages.SeekToRow(n); err != nil {
			return rows[0], err
		}
		if err := fillColumn(c, rows); err != nil {
			return rows[0], err
		}
	}
	return rows[0], nil
}

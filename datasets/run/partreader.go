package run

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"reflect"
	"syscall"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// readBatch is how many rows are taken from a part at a time: enough to spread
// the cost of a call, little enough that hundreds of open parts fit in memory.
const readBatch = 32

// readBuffer is how much of a column is read from the file at a time, beside pages:
// every column of every open part has a buffer of its own.
const readBuffer = 1 << 10

// partReader streams the rows of one part. It needs memory for one page of each
// column and for a batch of rows.
type partReader[T Row] struct {
	path    string
	f       *os.File
	origin  Origin
	file    *parquet.File
	columns []partColumn
	group   int   // the next row group
	left    int64 // rows of the open row group
	batch   []T
	next    int // of batch
}

// partColumn is a column of the rows with where the part keeps it.
type partColumn struct {
	*assembler
	columnReader
	index int // in the part
}

// expected is what a part must be to be read.
type expected struct {
	runID string
	rows  int64                              // as the manifest says; -1: not known
	sum   func(f *os.File, size int64) error // compares the bytes with what was written
}

// inManifest expects a part as the manifest of run id has it.
func inManifest(id string, p PartInfo) expected {
	return expected{id, p.Rows, func(f *os.File, size int64) error {
		return checkSum(p.SHA256, io.NewSectionReader(f, 0, size))
	}}
}

// unread is for who will read but a few rows: the bytes are not all compared.
func (e expected) unread() expected {
	e.sum = func(*os.File, int64) error { return nil }
	return e
}

// anyPart expects a part of run id, of any length, that carries its checksum.
func anyPart(id string) expected { return expected{id, -1, checkOwnSum} }

// openPart opens the part at path. The error is a PartError.
func openPart[T Row](path string, want expected) (*partReader[T], error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &PartError{path, plain(err)}
	}
	r := &partReader[T]{path: path, f: f}
	if err := shield(func() error { return r.open(want) }); err != nil {
		f.Close()
		return nil, &PartError{path, err}
	}
	return r, nil
}

func (r *partReader[T]) open(want expected) error {
	file, err := openParquet(r.f, want, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(readBuffer))
	if err != nil {
		return err
	}
	if r.origin, err = originOf(file); err != nil {
		return err
	}
	if err := r.origin.accept(want.runID, layoutOf[T]().table); err != nil {
		return err
	}
	if want.rows >= 0 && want.rows != file.NumRows() {
		return fmt.Errorf("%w: %d rows, the manifest says %d", ErrForeign, file.NumRows(), want.rows)
	}
	r.file = file
	for _, t := range tracksOf(reflect.TypeFor[T]()) {
		column, err := locate(file, t.leaf)
		if err != nil {
			return err
		}
		if column != nil {
			r.columns = append(r.columns, partColumn{assembler: newAssembler(t), index: column.ColumnIndex})
		}
	}
	return nil
}

// openParquet reads the footer of a part, which stands at its end: a part that
// was cut short has none.
func openParquet(f *os.File, want expected, options ...parquet.FileOption) (*parquet.File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkFooter(f, info.Size()); err != nil {
		return nil, err
	}
	if err := want.sum(f, info.Size()); err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(f, info.Size(), options...)
	if err != nil {
		return nil, damaged(err)
	}
	return file, nil
}

// Next gives the next row, or io.EOF after the last. The row is the caller's
// until the next call; what it points to is his for good.
func (r *partReader[T]) Next() (*T, error) {
	if r.next == len(r.batch) {
		err := shield(r.fill)
		if err == io.EOF {
			return nil, err
		}
		if err != nil {
			return nil, &PartError{r.path, err}
		}
	}
	row := &r.batch[r.next]
	r.next++
	return row, nil
}

// fill reads the next batch of rows; io.EOF: there are no more.
func (r *partReader[T]) fill() error {
	for r.left == 0 {
		if err := r.openGroup(); err != nil {
			return err
		}
	}
	n := int(min(r.left, readBatch))
	r.left -= int64(n)
	if cap(r.batch) == 0 {
		r.batch = make([]T, readBatch)
	}
	r.batch, r.next = r.batch[:n], 0
	clear(r.batch)
	for c := range r.columns {
		if err := fillColumn(&r.columns[c], r.batch); err != nil {
			r.batch = r.batch[:0]
			return damaged(err)
		}
	}
	return nil
}

// fillColumn sets a column of some rows.
func fillColumn[T Row](c *partColumn, rows []T) error {
	var row T
	return c.fill(unsafe.Pointer(unsafe.SliceData(rows)), unsafe.Sizeof(row), len(rows))
}

// fill sets the column of n rows, which begin at p and have this size.
func (c *partColumn) fill(p unsafe.Pointer, size uintptr, n int) error {
	if c.flat {
		return c.fillFlat(p, size, n)
	}
	for i := range n {
		values, err := c.row()
		if err != nil {
			return err
		}
		if err := c.set(unsafe.Add(p, uintptr(i)*size), values); err != nil {
			return err
		}
	}
	return nil
}

// fillFlat does that for a column of which each row has one value.
func (c *partColumn) fillFlat(p unsafe.Pointer, size uintptr, n int) error {
	for i := 0; i < n; {
		if c.next == len(c.buffer) {
			if err := c.more(0); err != nil {
				return err
			}
		}
		some := c.buffer[c.next:min(len(c.buffer), c.next+n-i)]
		for k := range some {
			v := &some[k]
			def := v.DefinitionLevel()
			if def > c.maxDef || v.RepetitionLevel() > 0 {
				return fmt.Errorf("%w: column %v has impossible levels", ErrDamaged, c.path)
			}
			if def > 0 || c.maxDef == 0 {
				c.down(unsafe.Add(p, uintptr(i+k)*size), v, def)
			}
		}
		c.next += len(some)
		i += len(some)
	}
	return nil
}

// openGroup goes to the next row group; io.EOF: that was the last.
func (r *partReader[T]) openGroup() error {
	if err := r.closeGroup(); err != nil {
		return err
	}
	groups := r.file.RowGroups()
	if r.group == len(groups) {
		return io.EOF
	}
	if err := checkGroup(r.f, r.file, r.group, r.indexes()); err != nil {
		return err
	}
	group := groups[r.group]
	r.group++
	chunks := group.ColumnChunks()
	for i := range r.columns {
		c := &r.columns[i]
		c.open(chunks[c.index], c.maxRep == 0)
	}
	r.left = group.NumRows()
	return nil
}

// indexes lists where in the part the columns are.
func (r *partReader[T]) indexes() []int {
	indexes := make([]int, len(r.columns))
	for i := range r.columns {
		indexes[i] = r.columns[i].index
	}
	return indexes
}

func (r *partReader[T]) closeGroup() error {
	var first error
	for i := range r.columns {
		if err := r.columns[i].close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Close ends the reading, at any row.
func (r *partReader[T]) Close() error {
	return errors.Join(shield(r.closeGroup), r.f.Close())
}

// rowsOf streams a part and closes it.
func rowsOf[T Row](path string, want expected) iter.Seq2[T, error] {
	return stream(func() (cursor[T], error) { return openPart[T](path, want) })
}

// shield turns a panic into an error: in the library, damaged bytes can lead to
// one, and a damaged part must not end the program.
func shield(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	return f()
}

// damaged marks an error in the bytes of a part, as against one of the system.
func damaged(err error) error {
	var call *fs.PathError
	var code syscall.Errno
	if errors.As(err, &call) || errors.As(err, &code) || errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// plain drops the path from an error of a system call, where it stands beside.
func plain(err error) error {
	var call *fs.PathError
	if errors.As(err, &call) {
		return call.Err
	}
	return err
}

package run

import (
	"fmt"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

// Rows in a row group, which is what a reader reads at once at most and what a
// bloom filter speaks for.
const (
	spoolRowGroup = 16 << 10
	finalRowGroup = 64 << 10
)

// writeBatch is how many rows are turned into values at a time.
const writeBatch = 64

// bloomBits is the size of a bloom filter per row: about one false answer in a
// hundred.
const bloomBits = 10

// PartInfo is what the manifest says of one part of a final table.
type PartInfo struct {
	Name   string `json:"name"` // path below the run directory, with slashes
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of the file, in hex
}

// partWriter writes one part. Nothing is seen under the part's name before
// commit, and then the whole.
type partWriter[T Row] struct {
	layout layout[T]
	file   *durableFile
	w      *parquet.GenericWriter[T]
	shred  *shredder[T]
	group  int64 // rows in a row group
	rows   int64
	last   T
	first  string // key of the first row
}

// createPart begins a part at path with row groups of the given size.
func createPart[T Row](d disk, path string, origin Origin, rowGroup int64) (*partWriter[T], error) {
	file, err := d.create(path)
	if err != nil {
		return nil, err
	}
	l := layoutOf[T]()
	origin.Table = l.table
	options := append(origin.metadata(),
		parquet.Compression(&parquet.Zstd),
		parquet.BloomFilters(parquet.SplitBlockFilter(bloomBits, l.bloom)),
		parquet.SortingWriterConfig(parquet.SortingColumns(ascending(l.key)...)),
		parquet.CreatedBy("danescan", origin.ToolVersion, ""),
	)
	return &partWriter[T]{
		layout: l,
		file:   file,
		w:      parquet.NewGenericWriter[T](file, options...),
		shred:  newShredder[T](),
		group:  rowGroup,
	}, nil
}

func ascending(columns []string) []parquet.SortingColumn {
	sorting := make([]parquet.SortingColumn, len(columns))
	for i, name := range columns {
		sorting[i] = parquet.Ascending(name)
	}
	return sorting
}

// write appends rows, which must come in the order of their key.
func (w *partWriter[T]) write(rows []T) error {
	for len(rows) > 0 {
		n := min(len(rows), writeBatch, int(w.group-w.rows%w.group))
		if err := w.writeBatch(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// writeBatch writes rows that the open row group has room for.
func (w *partWriter[T]) writeBatch(rows []T) error {
	if err := w.checkOrder(rows); err != nil {
		return err
	}
	if w.rows == 0 {
		w.first = w.layout.keyText(&rows[0])
	}
	columns := w.w.ColumnWriters()
	for i, values := range w.shred.shred(rows) {
		if _, err := columns[i].WriteRowValues(values); err != nil {
			return err
		}
	}
	w.rows += int64(len(rows))
	w.last = rows[len(rows)-1]
	if w.rows%w.group == 0 {
		return w.w.Flush()
	}
	return nil
}

func (w *partWriter[T]) checkOrder(rows []T) error {
	before := &w.last
	for i := range rows {
		if (i > 0 || w.rows > 0) && w.layout.compare(before, &rows[i]) > 0 {
			return fmt.Errorf("%w: %s after %s", ErrOrder, w.layout.keyText(&rows[i]), w.layout.keyText(before))
		}
		before = &rows[i]
	}
	return nil
}

// commit finishes the part and gives it its name.
func (w *partWriter[T]) commit() (PartInfo, error) {
	span := ""
	if w.rows > 0 {
		span = w.first + ".." + w.layout.keyText(&w.last)
	}
	w.w.SetKeyValueMetadata("range", span)
	if err := w.w.Close(); err != nil {
		w.file.discard()
		return PartInfo{}, err
	}
	if err := w.file.commit(); err != nil {
		return PartInfo{}, err
	}
	return PartInfo{
		Name:   string(w.layout.table) + "/" + filepath.Base(w.file.path),
		Rows:   w.rows,
		Bytes:  w.file.size,
		SHA256: w.file.sha256(),
	}, nil
}

// abort gives the part up.
func (w *partWriter[T]) abort() { w.file.discard() }

// writePart writes a whole part at once.
func writePart[T Row](d disk, path string, origin Origin, rows []T) (PartInfo, error) {
	w, err := createPart[T](d, path, origin, spoolRowGroup)
	if err != nil {
		return PartInfo{}, err
	}
	if err := w.write(rows); err != nil {
		w.abort()
		return PartInfo{}, err
	}
	return w.commit()
}

package run

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// grain is how finely a part is cut.
type grain struct {
	group int64 // rows in a row group, for which one bloom filter speaks
	page  int   // bytes of a column in a page, which a reader holds in memory
	level zstd.EncoderLevel
	sum   bool // carries its own checksum: no manifest has it
}

// A writer holds an open page of each of a hundred and more columns, and a reader
// does. Parts that are merged are open by the dozen, so their pages are smaller
// still. What goes when the run is finished is compressed less well and faster.
var (
	spoolGrain = grain{16 << 10, 32 << 10, zstd.SpeedFastest, true}
	mergeGrain = grain{16 << 10, 8 << 10, zstd.SpeedFastest, true}
	finalGrain = grain{64 << 10, 64 << 10, zstd.SpeedDefault, false}
)

// pageChunk is how much memory the compressed pages of a column take at a time,
// until their row group is written. Most columns are null in most rows: all their
// pages together have some hundred bytes.
const pageChunk = 4 << 10

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
	crew   crew
	copier *copier[T]
	grain  grain

	rows    int64 // taken
	written int64 // of them, out of pending
	pending []T
	first   string // key of the first row
	last    T
}

// createPart begins a part at path.
func createPart[T Row](d disk, path string, origin Origin, g grain) (*partWriter[T], error) {
	zstandard, err := newCodec(g)
	if err != nil {
		return nil, err
	}
	file, err := d.create(path)
	if err != nil {
		return nil, err
	}
	origin.Table = layoutOf[T]().table
	options := append(origin.metadata(),
		parquet.Compression(zstandard),
		parquet.DataPageVersion(1), // its levels are under the checksum too
		parquet.PageBufferSize(g.page),
		parquet.ColumnPageBuffers(parquet.NewChunkBufferPool(pageChunk)),
		parquet.SortingWriterConfig(parquet.SortingColumns(ascending(layoutOf[T]().key)...)),
		parquet.CreatedBy("danescan", origin.ToolVersion, ""),
	)
	options = append(options, extrasOf[T](g)...)
	return &partWriter[T]{
		layout: layoutOf[T](),
		file:   file,
		w:      parquet.NewGenericWriter[T](file, options...),
		shred:  newShredder[T](),
		crew:   newCrew(),
		copier: newCopier[T](),
		grain:  g,
	}, nil
}

// extrasOf are what a part says beside its rows: a part of the spool its checksum,
// one of a final table what helps those who look for something.
func extrasOf[T Row](g grain) []parquet.WriterOption {
	if g.sum {
		options := []parquet.WriterOption{parquet.KeyValueMetadata(checksumKey, noChecksum), parquet.DataPageStatistics(false)}
		for _, l := range shapeOf(reflect.TypeFor[T]()).leaves() {
			options = append(options, parquet.SkipPageBounds(l.path...))
		}
		return options
	}
	l := layoutOf[T]()
	options := []parquet.WriterOption{parquet.BloomFilters(parquet.SplitBlockFilter(bloomBits, l.bloom))}
	for _, path := range unboundedColumns(l.table) {
		options = append(options, parquet.SkipPageBounds(path...))
	}
	return options
}

// unboundedColumns are columns of bytes of which the least and the greatest value,
// which would be kept for every page, help nobody.
func unboundedColumns(t Table) [][]string {
	switch t {
	case TableHosts:
		return [][]string{{"tlsa", "list", "element", "data"}, {"tlsa", "list", "element", "rdata"}}
	case TableEndpoints:
		return [][]string{{"greeting"}, {"injected"}}
	case TableCertificates:
		return [][]string{{"der"}}
	}
	return nil
}

func ascending(columns []string) []parquet.SortingColumn {
	sorting := make([]parquet.SortingColumn, len(columns))
	for i, name := range columns {
		sorting[i] = parquet.Ascending(name)
	}
	return sorting
}

// write appends rows, which must come in the order of their key. What they point
// to must stay as it is until commit.
func (w *partWriter[T]) write(rows []T) error {
	return w.append(rows, func(row *T) T { return *row })
}

// writeLent appends rows as write does, which may change after the call, with all
// that they point to: of those that wait for others it keeps copies.
func (w *partWriter[T]) writeLent(rows []T) error { return w.append(rows, w.copier.copy) }

// append writes rows in batches, and keeps those that do not fill one. What is in a
// page depends on the rows alone, not on how they came.
func (w *partWriter[T]) append(rows []T, keep func(*T) T) error {
	if err := w.checkOrder(rows); err != nil {
		return err
	}
	if len(w.pending) > 0 {
		n := min(len(rows), w.room()-len(w.pending))
		w.keep(rows[:n], keep)
		if rows = rows[n:]; len(w.pending) < w.room() {
			return nil
		}
		if err := w.flush(); err != nil {
			return err
		}
	}
	for len(rows) >= w.room() {
		n := min(len(rows), w.left())
		if n < w.left() {
			n -= n % writeBatch
		}
		if err := w.put(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	w.keep(rows, keep)
	return nil
}

// left is how many rows the open row group takes, room how many the next batch.
func (w *partWriter[T]) left() int { return int(w.grain.group - w.written%w.grain.group) }
func (w *partWriter[T]) room() int { return min(writeBatch, w.left()) }

func (w *partWriter[T]) keep(rows []T, keep func(*T) T) {
	for i := range rows {
		w.pending = append(w.pending, keep(&rows[i]))
	}
}

// flush writes the pending rows, for which the open row group has room.
func (w *partWriter[T]) flush() error {
	if err := w.put(w.pending); err != nil {
		return err
	}
	clear(w.pending)
	w.pending = w.pending[:0]
	return nil
}

// put writes rows, for which the open row group has room, column by column.
func (w *partWriter[T]) put(rows []T) error {
	columns := w.w.ColumnWriters()
	err := w.crew.each(len(columns), func(c int, values []parquet.Value) ([]parquet.Value, error) {
		for batch := range slices.Chunk(rows, writeBatch) {
			some := w.shred.nulls[:len(batch)]
			if !w.shred.nothing(c, batch) {
				values = w.shred.column(c, batch, values[:0])
				some = values
			}
			if _, err := columns[c].WriteRowValues(some); err != nil {
				return values, err
			}
		}
		return values, nil
	})
	if err != nil {
		return err
	}
	return w.wrote(len(rows))
}

// wrote counts rows of which all columns were written, and ends the row group when
// it is full.
func (w *partWriter[T]) wrote(rows int) error {
	w.written += int64(rows)
	if w.written%w.grain.group != 0 {
		return nil
	}
	return w.endGroup()
}

// endGroup writes the row group. The library would write the last page of each
// column one after the other.
func (w *partWriter[T]) endGroup() error {
	columns := w.w.ColumnWriters()
	err := w.crew.each(len(columns), func(c int, values []parquet.Value) ([]parquet.Value, error) {
		return values, columns[c].Flush()
	})
	if err != nil {
		return err
	}
	return w.w.Flush()
}

// putValues writes the values of some rows, for which the open row group has room.
func (w *partWriter[T]) putValues(values [][]parquet.Value, rows int) error {
	columns := w.w.ColumnWriters()
	for i := range values {
		if _, err := columns[i].WriteRowValues(values[i]); err != nil {
			return err
		}
	}
	return w.wrote(rows)
}

// writePile writes the rows of a pile, which are all that the part will have, in
// the order of their key.
func (w *partWriter[T]) writePile(p *Pile[T]) error {
	order := p.sorted()
	if len(order) == 0 {
		return nil
	}
	first := p.At(order[0])
	w.first, w.last, w.rows = w.layout.keyText(&first), p.At(order[len(order)-1]), int64(len(order))
	for len(order) > 0 {
		n := min(writeBatch, int(w.grain.group-w.written%w.grain.group), len(order))
		if err := w.putValues(p.shred(order[:n]), n); err != nil {
			return err
		}
		order = order[n:]
	}
	return nil
}

// checkOrder checks the order of rows to write, and counts them.
func (w *partWriter[T]) checkOrder(rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	if w.rows == 0 {
		w.first = w.layout.keyText(&rows[0])
	}
	before := &w.last
	for i := range rows {
		if w.rows > 0 && w.layout.compare(before, &rows[i]) > 0 {
			return fmt.Errorf("%w: %s after %s", ErrOrder, w.layout.keyText(&rows[i]), w.layout.keyText(before))
		}
		before = &rows[i]
		w.rows++
	}
	w.last = *before
	return nil
}

// commit finishes the part and gives it its name.
func (w *partWriter[T]) commit() (PartInfo, error) {
	span := ""
	if w.rows > 0 {
		span = w.first + ".." + w.layout.keyText(&w.last)
	}
	w.w.SetKeyValueMetadata("range", span)
	if err := w.finish(); err != nil {
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

// finish writes what is pending and the footer.
func (w *partWriter[T]) finish() error {
	if len(w.pending) > 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if w.written%w.grain.group > 0 {
		if err := w.endGroup(); err != nil {
			return err
		}
	}
	if err := w.w.Close(); err != nil || !w.grain.sum {
		return err
	}
	return w.file.setChecksum()
}

// abort gives the part up.
func (w *partWriter[T]) abort() { w.file.discard() }

// writePart writes a whole part of the spool at once.
func writePart[T Row](d disk, path string, origin Origin, rows []T) (PartInfo, error) {
	return wholePart(d, path, origin, func(w *partWriter[T]) error { return w.write(rows) })
}

// writePile writes a whole part of the spool from a pile.
func writePile[T Row](d disk, path string, origin Origin, p *Pile[T]) (PartInfo, error) {
	return wholePart(d, path, origin, func(w *partWriter[T]) error { return w.writePile(p) })
}

func wholePart[T Row](d disk, path string, origin Origin, write func(*partWriter[T]) error) (PartInfo, error) {
	g := mergeGrain
	if layoutOf[T]().table == TableDomains {
		g = spoolGrain
	}
	w, err := createPart[T](d, path, origin, g)
	if err != nil {
		return PartInfo{}, err
	}
	if err := write(w); err != nil {
		w.abort()
		return PartInfo{}, err
	}
	return w.commit()
}

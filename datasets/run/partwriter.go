package run

import (
	"fmt"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
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
	*draft[T]
	file *durableFile
	out  *partFile
	open []*chunk // columns that the part has

	rows    int64 // taken
	written int64 // of them, out of pending
	pending []T
	first   string // key of the first row
	last    T
}

// createPart begins a part at path, of all columns.
func createPart[T Row](d disk, path string, origin Origin, g grain) (*partWriter[T], error) {
	with, err := newDraft[T](g)
	if err != nil {
		return nil, err
	}
	return with.create(d, path, origin, with.schema.tops)
}

// create begins a part at path, of some columns. One part is written at a time.
func (d *draft[T]) create(on disk, path string, origin Origin, tops []top) (*partWriter[T], error) {
	file, err := on.create(path)
	if err != nil {
		return nil, err
	}
	d.reset()
	origin.Table = d.layout.table
	w := &partWriter[T]{draft: d, file: file, out: newPartFile(file)}
	for _, t := range tops {
		w.open = append(w.open, d.chunks[t.first:t.end]...)
	}
	w.out.begin(d.schema.elements(tops), w.open)
	w.out.footer.KeyValueMetadata = origin.metadata(d.grain.sum)
	w.out.footer.CreatedBy = "danescan version " + origin.ToolVersion + "(build )"
	return w, nil
}

// write appends rows, which must come in the order of their key. What they point
// to must stay as it is until commit. It gathers them, so that few may come at a time.
func (w *partWriter[T]) write(rows []T) error {
	if err := w.checkOrder(rows); err != nil {
		return err
	}
	if len(w.pending) == 0 && len(rows) > w.room() {
		some := len(rows) - len(rows)%writeBatch
		if err := w.putAll(rows[:some]); err != nil {
			return err
		}
		rows = rows[some:]
	}
	for len(rows) > 0 {
		n := min(len(rows), w.room()-len(w.pending))
		w.pending = append(w.pending, rows[:n]...)
		rows = rows[n:]
		if len(w.pending) < w.room() {
			continue
		}
		if err := w.flush(); err != nil {
			return err
		}
	}
	return nil
}

// writeLent appends rows as write does, which may change after the call, with all
// that they point to. It gathers none: many should come at a time.
func (w *partWriter[T]) writeLent(rows []T) error {
	if err := w.checkOrder(rows); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.putAll(rows)
}

// left is how many rows the open row group takes, room how many the next batch.
func (w *partWriter[T]) left() int { return int(w.grain.group - w.written%w.grain.group) }
func (w *partWriter[T]) room() int { return min(writeBatch, w.left()) }

// flush writes the pending rows, for which the open row group has room.
func (w *partWriter[T]) flush() error {
	if len(w.pending) == 0 {
		return nil
	}
	if err := w.put(w.pending); err != nil {
		return err
	}
	clear(w.pending)
	w.pending = w.pending[:0]
	return nil
}

// putAll writes rows, in as many row groups as it takes.
func (w *partWriter[T]) putAll(rows []T) error {
	for len(rows) > 0 {
		n := min(len(rows), w.left())
		if err := w.put(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// put writes rows, for which the open row group has room, column by column. A page may
// end with each batch of the row group: what is in a page depends on the rows alone,
// not on how they came.
func (w *partWriter[T]) put(rows []T) error {
	first := int(w.written % w.grain.group)
	err := w.crew.each(len(w.open), func(i int, p *press) error {
		c, at := w.open[i], first
		for rest := rows; len(rest) > 0; {
			n := min(len(rest), writeBatch-at%writeBatch)
			w.fill(c, rest[:n])
			rest, at = rest[n:], at+n
			if at%writeBatch > 0 {
				break
			}
			if err := w.press(c, p); err != nil {
				return err
			}
		}
		return nil
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

// endGroup writes the row group.
func (w *partWriter[T]) endGroup() error {
	err := w.crew.each(len(w.open), func(i int, p *press) error { return p.flush(w.open[i], w.codec) })
	if err != nil {
		return err
	}
	if err := w.out.group(w.open, w.layout.key, w.crew.presses[0], w.codec); err != nil {
		return err
	}
	w.reset()
	return nil
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
		row := int(w.written % w.grain.group)
		n := min(writeBatch, int(w.grain.group)-row, len(order))
		p.shred(order[:n], row, w.chunks)
		for _, c := range w.open {
			c.reach(row + n)
			if err := w.press(c, w.crew.presses[0]); err != nil {
				return err
			}
		}
		if err := w.wrote(n); err != nil {
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
	w.out.footer.KeyValueMetadata = append(w.out.footer.KeyValueMetadata, format.KeyValue{Key: "range", Value: span})
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
	if err := w.flush(); err != nil {
		return err
	}
	if w.written%w.grain.group > 0 {
		if err := w.endGroup(); err != nil {
			return err
		}
	}
	if err := w.out.close(); err != nil || !w.grain.sum {
		return err
	}
	return w.file.setChecksum()
}

// abort gives the part up.
func (w *partWriter[T]) abort() { w.file.discard() }

// writePart writes a whole part of the spool at once, of all columns.
func writePart[T Row](d disk, path string, origin Origin, rows []T) (PartInfo, error) {
	w, err := createPart[T](d, path, origin, grainOf[T]())
	if err != nil {
		return PartInfo{}, err
	}
	return w.whole(func() error { return w.write(rows) })
}

// writePile writes a whole part of the spool from a pile. Columns that are null or
// empty in all of its rows are left out: to a reader they are null or empty then.
func (d *draft[T]) writePile(on disk, path string, origin Origin, p *Pile[T]) (PartInfo, error) {
	w, err := d.create(on, path, origin, d.kept(p.unseen))
	if err != nil {
		return PartInfo{}, err
	}
	return w.whole(func() error { return w.writePile(p) })
}

// grainOf is that of the parts of the spool.
func grainOf[T Row]() grain {
	if layoutOf[T]().table == TableDomains {
		return spoolGrain
	}
	return mergeGrain
}

func (w *partWriter[T]) whole(write func() error) (PartInfo, error) {
	if err := write(); err != nil {
		w.abort()
		return PartInfo{}, err
	}
	return w.commit()
}

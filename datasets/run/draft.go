package run

import (
	"reflect"
	"slices"
	"unsafe"

	"github.com/klauspost/compress/zstd"
)

// draft is what it takes to write parts of a row type, one after the other: the
// buffers of the columns, compressors, and all that is worked out once.
type draft[T Row] struct {
	layout layout[T]
	grain  grain
	codec  *zstd.Encoder
	crew   crew
	tracks []track
	chunks []*chunk // by column
	schema skeleton
}

func newDraft[T Row](g grain) (*draft[T], error) {
	codec, err := newCodec(g)
	if err != nil {
		return nil, err
	}
	return draftWith[T](g, codec), nil
}

// draftWith makes a draft with a compressor for its grain, which others may use too.
func draftWith[T Row](g grain, codec *zstd.Encoder) *draft[T] {
	d := &draft[T]{
		layout: layoutOf[T](), grain: g, codec: codec, crew: newCrew(), tracks: tracksOf(reflect.TypeFor[T]()),
		schema: skeletonOf[T](),
	}
	unbounded, zeros := unboundedColumns(d.layout.table), make([]byte, g.pageRows())
	for _, t := range d.tracks {
		c := newChunk(t.leaf, d.schema.types[t.node.first], g, zeros)
		isPath := func(path []string) bool { return slices.Equal(path, c.path) }
		c.facts.bounded = !slices.ContainsFunc(unbounded, isPath)
		c.facts.hashed = c.facts.statistics && isPath([]string{d.layout.bloom})
		d.chunks = append(d.chunks, c)
	}
	return d
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

// reset forgets the row group.
func (d *draft[T]) reset() {
	for _, c := range d.chunks {
		c.reset()
	}
	for _, p := range d.crew.presses {
		p.shelf.clear()
	}
}

// fill appends the values of a column for some rows, no more than writeBatch.
func (d *draft[T]) fill(c *chunk, rows []T) {
	var row T
	d.tracks[c.node.first].fill(c, unsafe.Pointer(unsafe.SliceData(rows)), unsafe.Sizeof(row), len(rows))
}

// press ends the open page of a column if it is full.
func (d *draft[T]) press(c *chunk, p *press) error {
	if c.size() < c.full {
		return nil
	}
	return p.flush(c, d.codec)
}

// kept lists the columns of a table without some that are null or empty in all rows.
// Those of the key stay.
func (d *draft[T]) kept(without []outer) []top {
	return slices.DeleteFunc(slices.Clone(d.schema.tops), func(t top) bool {
		return !slices.Contains(d.layout.key, t.name) && slices.ContainsFunc(without, func(o outer) bool { return o.first == t.first })
	})
}

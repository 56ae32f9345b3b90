package run

import (
	"encoding/binary"
	"math/bits"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/rle"
)

// The columns of a part are filled by this package itself. The library takes a
// column as values of 24 octets with their levels and sorts them out again, null
// by null, and most columns of most rows are null. Here levels and values go where
// they will be encoded from. What a page is made of, its encodings and the structs
// of its header are the library's: a test holds the bytes of a part against those
// that the library writes.

// chunk is one column of the open row group of a part: the levels and the values of
// the open page, and the pages before it. A chunk is used again and again.
type chunk struct {
	leaf
	node    *node
	typ     parquet.Type
	full    int // octets of levels and values that end a page
	encoder encoding.Encoding

	rep, def []byte // levels; of a column without such levels none
	blank    bool   // they are all zero, and borrowed from zeros
	zeros    []byte // of all chunks, more than a page has
	own      levels // memory for those that are not
	rows     int    // of the open page
	total    int    // of the open row group
	text     []byte // of the values that are there, in one of these forms
	offsets  []uint32
	narrow   []int32 // of a dictionary: its codes
	wide     []int64
	bits     []byte
	flags    int         // bits
	words    *dictionary // nil: none

	done  [][]byte // pages, compressed, on the shelves of those who made them
	facts facts    // about them
}

// levels are the levels of a page.
type levels struct{ rep, def []byte }

// fullPage is how many octets of levels and values end a page, and pageRows how many
// rows it has at most, where the levels alone fill it.
func (g grain) fullPage() int { return int(float64(g.page) * 0.98) }
func (g grain) pageRows() int { return g.fullPage()/5 + 2*writeBatch }

// newChunk makes a chunk, which borrows zeros, pageRows of them.
func newChunk(l leaf, typ parquet.Type, g grain, zeros []byte) *chunk {
	c := &chunk{leaf: l, node: l.last(), typ: typ, full: g.fullPage(), encoder: &parquet.Plain, zeros: zeros, blank: true}
	switch {
	case c.node.dict:
		c.words, c.encoder = newDictionary(), &parquet.RLEDictionary
	case c.node.kind() == parquet.ByteArray:
		c.encoder = &parquet.DeltaLengthByteArray
	}
	c.facts.init(c, g)
	return c
}

// reset forgets the row group.
func (c *chunk) reset() {
	c.clearPage()
	c.total, c.done = 0, c.done[:0]
	if c.words != nil {
		c.words.reset()
	}
	c.facts.reset()
}

// clearPage forgets the open page.
func (c *chunk) clearPage() {
	if !c.blank {
		c.own = levels{c.rep[:0], c.def[:0]}
	}
	c.rep, c.def, c.blank, c.rows = nil, nil, true, 0
	c.text, c.offsets, c.narrow, c.wide = c.text[:0], c.offsets[:0], c.narrow[:0], c.wide[:0]
	c.bits, c.flags = c.bits[:0], 0
}

// level appends the levels of a value that is there, or of a null.
func (c *chunk) level(rep, def int) {
	if c.blank {
		c.settle()
	}
	if rep == 0 {
		c.rows++
		c.total++
	}
	if c.node.rep > 0 {
		c.rep = append(c.rep, byte(rep))
	}
	if c.node.def > 0 {
		c.def = append(c.def, byte(def))
	}
}

// settle gives the page levels of its own.
func (c *chunk) settle() {
	if c.own.def == nil && c.node.def > 0 {
		c.own.def = make([]byte, 0, len(c.zeros))
	}
	c.rep, c.def, c.blank = append(c.own.rep, c.rep...), append(c.own.def, c.def...), false
}

// skip appends rows that have nothing on the way to the column, no more than
// writeBatch.
func (c *chunk) skip(rows int) {
	c.rows += rows
	c.total += rows
	if c.blank {
		n := len(c.def) + rows
		c.def = c.zeros[:n:n] // who appends to it makes a copy
		if c.node.rep > 0 {
			c.rep = c.def
		}
		return
	}
	c.def = append(c.def, c.zeros[:rows]...)
	if c.node.rep > 0 {
		c.rep = append(c.rep, c.zeros[:rows]...)
	}
}

// reach appends such rows up to a number of rows of the row group.
func (c *chunk) reach(total int) {
	if c.total < total {
		c.skip(total - c.total)
	}
}

// addText appends a text or octets, without the level.
func (c *chunk) addText(b []byte) {
	if c.words != nil {
		c.narrow = append(c.narrow, c.words.code(b))
		return
	}
	c.offsets = append(c.offsets, uint32(len(c.text)))
	c.text = append(c.text, b...)
}

// addInt appends a number or a time.
func (c *chunk) addInt(n int64) {
	if c.node.wide || c.node.form == formTime {
		c.wide = append(c.wide, n)
		return
	}
	c.narrow = append(c.narrow, int32(n))
}

func (c *chunk) addBool(is bool) {
	if c.flags%8 == 0 {
		c.bits = append(c.bits, 0)
	}
	if is {
		c.bits[c.flags/8] |= 1 << (c.flags % 8)
	}
	c.flags++
}

// size is what the library takes for the size of a page in memory.
func (c *chunk) size() int {
	size := len(c.text) + 4*len(c.offsets) + 4*len(c.narrow) + 8*len(c.wide) + len(c.bits)
	switch {
	case c.node.rep > 0:
		return size + 8*c.rows + len(c.rep) + len(c.def)
	case c.node.def > 0:
		return size + 4*c.rows + len(c.def)
	}
	return size
}

// values gives the values of the open page that are there, and how many those are.
func (c *chunk) values() (encoding.Values, int) {
	switch {
	case c.words != nil:
		return encoding.Int32Values(c.narrow), len(c.narrow)
	case c.node.kind() == parquet.ByteArray:
		c.offsets = append(c.offsets, uint32(len(c.text)))
		text := c.text
		if len(text) == 0 {
			text = nil // the library gives such a page no bounds
		}
		return encoding.ByteArrayValues(text, c.offsets), len(c.offsets) - 1
	case c.node.form == formBool:
		return encoding.BooleanValues(c.bits), c.flags
	case c.node.kind() == parquet.Int64:
		return encoding.Int64Values(c.wide), len(c.wide)
	}
	return encoding.Int32Values(c.narrow), len(c.narrow)
}

// encode appends the values to a page.
func (c *chunk) encode(page []byte, values encoding.Values) ([]byte, error) {
	if c.words != nil {
		return encoding.EncodeInt32(page, values, c.encoder)
	}
	return c.typ.Encode(page, values, c.encoder)
}

// appendLevels appends levels as a page of version 1 has them: with their length.
func appendLevels(page, levels []byte, most int) ([]byte, error) {
	if most == 0 {
		return page, nil
	}
	start := len(page)
	page = append(page, 0, 0, 0, 0)
	e := rle.Encoding{BitWidth: bits.Len(uint(most))}
	encoded, err := e.EncodeLevels(page[len(page):], levels)
	page = append(page, encoded...)
	binary.LittleEndian.PutUint32(page[start:], uint32(len(page)-start-4))
	return page, err
}

package run

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// columnBatch is how many values of a column are decoded at a time.
const columnBatch = 64

// columnReader gives the values of one column of a row group, row by row.
type columnReader struct {
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buffer []parquet.Value
	next   int
	flat   bool // one value to a row
}

// open begins a column chunk.
func (c *columnReader) open(chunk parquet.ColumnChunk, flat bool) {
	c.pages, c.flat = chunk.Pages(), flat
	c.buffer, c.next = c.buffer[:0], 0
}

// close lets go of the chunk.
func (c *columnReader) close() error {
	if c.pages == nil {
		return nil
	}
	parquet.Release(c.page)
	err := c.pages.Close()
	c.pages, c.page, c.values = nil, nil, nil
	return err
}

// row gives the values of the next row. They are good until the next call.
func (c *columnReader) row() ([]parquet.Value, error) {
	if c.next == len(c.buffer) {
		if err := c.more(0); err != nil {
			return nil, err
		}
	}
	end := c.next + 1
	if !c.flat {
		var err error
		if end, err = c.rowEnd(end); err != nil {
			return nil, err
		}
	}
	values := c.buffer[c.next:end]
	c.next = end
	return values, nil
}

// rowEnd finds where the row ends: before the next value of repetition level 0,
// or with the chunk. Such a value may be in the next batch, even the next page.
func (c *columnReader) rowEnd(end int) (int, error) {
	for {
		for end < len(c.buffer) && c.buffer[end].RepetitionLevel() > 0 {
			end++
		}
		if end < len(c.buffer) {
			return end, nil
		}
		kept := len(c.buffer) - c.next
		err := c.more(kept)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return c.next + kept, nil
		}
		if err != nil {
			return 0, err
		}
		end = kept
	}
}

// more decodes the next batch behind the last kept values of the one before.
// io.ErrUnexpectedEOF: the chunk has no more.
func (c *columnReader) more(kept int) error {
	c.keep(kept)
	for {
		if c.values == nil {
			if err := c.turn(); err != nil {
				return err
			}
		}
		n, err := c.values.ReadValues(c.buffer[kept:cap(c.buffer)])
		if err != nil && err != io.EOF {
			return err
		}
		if err == io.EOF {
			c.values = nil
		}
		if n > 0 {
			c.buffer = c.buffer[:kept+n]
			return nil
		}
	}
}

// keep moves the last values to the front of the buffer and makes room behind.
func (c *columnReader) keep(kept int) {
	old := c.buffer[len(c.buffer)-kept:]
	if kept+columnBatch > cap(c.buffer) {
		c.buffer = append(make([]parquet.Value, 0, 2*kept+columnBatch), old...)
	} else {
		c.buffer = c.buffer[:copy(c.buffer[:kept], old)]
	}
	// The bytes of values kept are the page's, which may be let go of.
	for i := range c.buffer {
		c.buffer[i] = c.buffer[i].Clone()
	}
	c.next = 0
}

// turn goes to the next page.
func (c *columnReader) turn() error {
	parquet.Release(c.page)
	c.page = nil
	page, err := c.pages.ReadPage()
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	c.page, c.values = page, page.Values()
	return nil
}

// locate finds the column of a part that holds a leaf; nil: the part is from a
// time before that column.
func locate(file *parquet.File, l leaf) (*parquet.LeafColumn, error) {
	found, ok := file.Schema().Lookup(l.path...)
	if !ok {
		return nil, nil
	}
	n := l.last()
	if found.MaxDefinitionLevel != n.def || found.MaxRepetitionLevel != n.rep || found.Node.Type().Kind() != n.kind() {
		return nil, fmt.Errorf("%w: column %v is of another type", ErrForeign, l.path)
	}
	return &found, nil
}

// kind is how the file stores a leaf.
func (n *node) kind() parquet.Kind {
	switch n.form {
	case formBool:
		return parquet.Boolean
	case formTime:
		return parquet.Int64
	case formInt:
		if n.wide {
			return parquet.Int64
		}
		return parquet.Int32
	}
	return parquet.ByteArray
}

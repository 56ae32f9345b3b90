package run

import (
	"bytes"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// press makes pages. Each goroutine has one of its own, for any number of pages.
type press struct {
	page   []byte // not compressed
	packed []byte
	head   format.PageHeader
	header bytes.Buffer // encoded
	thrift *thrift.Encoder
	shelf  shelf
}

func newPress() *press {
	p := &press{}
	p.thrift = thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(&p.header))
	return p
}

// flush ends the open page of a column, if it holds anything.
func (p *press) flush(c *chunk, z *zstd.Encoder) error {
	if c.rows == 0 {
		return nil
	}
	values, there := c.values()
	if err := p.encode(c, values); err != nil {
		return err
	}
	least, greatest, bounded := c.bounds(values, there)
	h := &p.head
	*h = format.PageHeader{Type: format.DataPage}
	h.DataPageHeader.Valid = true
	h.DataPageHeader.V = format.DataPageHeader{
		NumValues: int32(c.length()), Encoding: c.encoder.Encoding(),
		DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
	}
	if c.facts.statistics {
		h.DataPageHeader.V.Statistics = pageStatistics(least, greatest, c.length()-there)
	}
	c.facts.hash(c)
	size, err := p.pack(z)
	if err != nil {
		return err
	}
	c.done = append(c.done, p.shelf.keep(p.header.Bytes(), p.packed))
	c.facts.page(c, h, pageFacts{size: size, there: there, least: least, greatest: greatest, bounded: bounded, text: textSize(values)})
	c.clearPage()
	return nil
}

// encode makes the page: levels and values.
func (p *press) encode(c *chunk, values encoding.Values) error {
	var err error
	if p.page, err = appendLevels(p.page[:0], c.rep, c.node.rep); err != nil {
		return err
	}
	if p.page, err = appendLevels(p.page, c.def, c.node.def); err != nil {
		return err
	}
	encoded, err := c.encode(p.page[len(p.page):], values)
	p.page = append(p.page, encoded...)
	return err
}

// pack compresses the page and encodes head, and gives the octets of both.
func (p *press) pack(z *zstd.Encoder) (pageSize, error) {
	h := &p.head
	p.packed = z.EncodeAll(p.page, p.packed[:0])
	h.UncompressedPageSize, h.CompressedPageSize = int32(len(p.page)), int32(len(p.packed))
	h.CRC = int32(crc32.ChecksumIEEE(p.packed))
	p.header.Reset()
	err := p.thrift.Encode(h)
	return pageSize{p.header.Len() + len(p.page), p.header.Len() + len(p.packed)}, err
}

// dictionary makes the page of the texts of a column, in header and packed.
func (p *press) dictionary(c *chunk, z *zstd.Encoder) error {
	encoded, err := c.typ.Encode(p.page[:0], c.words.values(), &parquet.Plain)
	if err != nil {
		return err
	}
	p.page = encoded
	h := &p.head
	*h = format.PageHeader{Type: format.DictionaryPage}
	h.DictionaryPageHeader.Valid = true
	h.DictionaryPageHeader.V = format.DictionaryPageHeader{NumValues: int32(c.words.len()), Encoding: format.Plain}
	size, err := p.pack(z)
	c.facts.count(h.Type, format.Plain, size)
	return err
}

// pageSize is what a page takes with its header.
type pageSize struct{ plain, packed int }

// length is how many values the open page has, there or not.
func (c *chunk) length() int {
	if c.node.def > 0 {
		return len(c.def)
	}
	return c.rows
}

func textSize(values encoding.Values) int64 {
	if values.Kind() != encoding.ByteArray {
		return 0
	}
	return values.Size()
}

// bounds gives the least and the greatest value of the open page. It is false where
// there is none, or nobody asks.
func (c *chunk) bounds(values encoding.Values, there int) (least, greatest parquet.Value, ok bool) {
	switch {
	case !c.facts.statistics || there == 0:
		return
	case c.words != nil:
		a, b := c.words.bounds(c.narrow)
		return parquet.ByteArrayValue(a), parquet.ByteArrayValue(b), true
	}
	return c.typ.NewPage(0, there, values).Bounds()
}

func pageStatistics(least, greatest parquet.Value, nulls int) format.Statistics {
	a, b := least.Bytes(), greatest.Bytes()
	return format.Statistics{Min: a, Max: b, MinValue: a, MaxValue: b, NullCount: int64(nulls)}
}

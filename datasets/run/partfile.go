package run

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// partFile writes the bytes of a Parquet file:
//
//	PAR1
//	row group: of each column the dictionary and the pages, then the bloom filters
//	...
//	of each row group and column the index of the pages, then where they are
//	the footer, its length, PAR1
type partFile struct {
	out    *bufio.Writer
	at     int64
	thrift *thrift.Encoder
	footer format.FileMetaData
	bounds [][]format.ColumnIndex // of each row group
	places [][]format.OffsetIndex
}

// fileBuffer is how much of a file is written at a time.
const fileBuffer = 32 << 10

// formatVersion is that of the Parquet format.
const formatVersion = 2

func newPartFile(w io.Writer) *partFile {
	f := &partFile{out: bufio.NewWriterSize(w, fileBuffer)}
	f.thrift = thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(f))
	f.footer.Version = formatVersion
	_, _ = f.Write(parquetMagic) // an error comes again
	return f
}

// Write appends bytes.
func (f *partFile) Write(b []byte) (int, error) {
	n, err := f.out.Write(b)
	f.at += int64(n)
	return n, err
}

// group writes the row group that some columns hold, of which no page is open.
func (f *partFile) group(chunks []*chunk, key []string, p *press, z *zstd.Encoder) error {
	g := format.RowGroup{
		NumRows: chunks[0].facts.rows, FileOffset: f.at, SortingColumns: sorting(key, chunks), Ordinal: int16(len(f.footer.RowGroups)),
	}
	for _, c := range chunks {
		if err := f.column(c, p, z); err != nil {
			return err
		}
	}
	for _, c := range chunks {
		if err := f.filter(c); err != nil {
			return err
		}
		g.TotalByteSize += c.facts.chunk.TotalUncompressedSize
		g.TotalCompressedSize += c.facts.chunk.TotalCompressedSize
		g.Columns = append(g.Columns, format.ColumnChunk{MetaData: c.facts.chunk})
	}
	f.footer.NumRows += g.NumRows
	f.footer.RowGroups = append(f.footer.RowGroups, g)
	f.index(chunks)
	return nil
}

// column writes the pages of a column.
func (f *partFile) column(c *chunk, p *press, z *zstd.Encoder) error {
	meta := &c.facts.chunk
	if c.words != nil {
		meta.DictionaryPageOffset = f.at
		if err := p.dictionary(c, z); err != nil {
			return err
		}
		if _, err := f.Write(p.header.Bytes()); err != nil {
			return err
		}
		if _, err := f.Write(p.packed); err != nil {
			return err
		}
	}
	meta.DataPageOffset = f.at
	for i := range c.facts.pages {
		c.facts.pages[i].Offset += f.at
	}
	c.facts.finish()
	for _, page := range c.done {
		if _, err := f.Write(page); err != nil {
			return err
		}
	}
	return nil
}

// filter writes the bloom filter of a column that has one.
func (f *partFile) filter(c *chunk) error {
	if !c.facts.hashed {
		return nil
	}
	filter := bloom.MakeSplitBlockFilter(make([]byte, bloom.BlockSize*bloom.NumSplitBlocksOf(c.facts.chunk.NumValues, bloomBits)))
	filter.InsertBulk(c.facts.hashes)
	h := format.BloomFilterHeader{NumBytes: int32(len(filter.Bytes()))}
	h.Algorithm.Value, h.Hash.Value, h.Compression.Value = &format.SplitBlockAlgorithm{}, &format.XxHash{}, &format.BloomFilterUncompressed{}
	c.facts.chunk.BloomFilterOffset = f.at
	if err := f.thrift.Encode(&h); err != nil {
		return err
	}
	_, err := f.Write(filter.Bytes())
	c.facts.chunk.BloomFilterLength = int32(f.at - c.facts.chunk.BloomFilterOffset)
	return err
}

// index keeps what will stand before the footer.
func (f *partFile) index(chunks []*chunk) {
	if !chunks[0].facts.statistics {
		return
	}
	var bounds []format.ColumnIndex
	var places []format.OffsetIndex
	for _, c := range chunks {
		index := c.facts.index.ColumnIndex()
		index.RepetitionLevelHistogram, index.DefinitionLevelHistogram = c.facts.pageRep, c.facts.pageDef
		bounds = append(bounds, index)
		places = append(places, format.OffsetIndex{PageLocations: c.facts.pages})
	}
	f.bounds, f.places = append(f.bounds, bounds), append(f.places, places)
}

// close writes what stands behind the row groups.
func (f *partFile) close() error {
	for g, bounds := range f.bounds {
		for c := range bounds {
			column := &f.footer.RowGroups[g].Columns[c]
			column.ColumnIndexOffset = f.at
			if err := f.thrift.Encode(&bounds[c]); err != nil {
				return err
			}
			column.ColumnIndexLength = int32(f.at - column.ColumnIndexOffset)
		}
	}
	for g, places := range f.places {
		for c := range places {
			column := &f.footer.RowGroups[g].Columns[c]
			column.OffsetIndexOffset = f.at
			if err := f.thrift.Encode(&places[c]); err != nil {
				return err
			}
			column.OffsetIndexLength = int32(f.at - column.OffsetIndexOffset)
		}
	}
	start := f.at
	if err := f.thrift.Encode(&f.footer); err != nil {
		return err
	}
	tail := binary.LittleEndian.AppendUint32(nil, uint32(f.at-start))
	if _, err := f.Write(append(tail, parquetMagic...)); err != nil {
		return err
	}
	return f.out.Flush()
}

// begin names the columns of the part.
func (f *partFile) begin(elements []format.SchemaElement, chunks []*chunk) {
	f.footer.Schema = elements
	for _, c := range chunks {
		f.footer.ColumnOrders = append(f.footer.ColumnOrders, *c.typ.ColumnOrder())
	}
}

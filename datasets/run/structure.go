package run

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Bounds of what a part may ask of memory. This package writes pages of some
// hundred kilobytes; another program may have rewritten the part.
const (
	maxFooter     = 64 << 20
	maxPage       = 256 << 20
	maxPageValues = 64 << 20
	maxPageHeader = 16 << 20 // the least and the greatest value stand in it
)

var parquetMagic = []byte("PAR1")

// checkFooter says whether the end of a file is the footer of a part: its length
// and every length in it.
func checkFooter(f *os.File, size int64) error {
	if size < 12 {
		return fmt.Errorf("%w: %d bytes", ErrDamaged, size)
	}
	var tail [8]byte
	if _, err := f.ReadAt(tail[:], size-8); err != nil {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(tail[:4]))
	if string(tail[4:]) != string(parquetMagic) {
		return fmt.Errorf("%w: it has no end", ErrDamaged)
	}
	if length > size-12 || length > maxFooter {
		return fmt.Errorf("%w: a footer of %d bytes in a file of %d", ErrDamaged, length, size)
	}
	footer := make([]byte, length)
	if _, err := f.ReadAt(footer, size-8-length); err != nil {
		return err
	}
	n, err := thriftLength(footer)
	if err == nil && int64(n) != length {
		err = fmt.Errorf("%w: a footer of %d bytes takes %d", ErrDamaged, length, n)
	}
	return err
}

// checkChunk says whether the pages of a column chunk follow each other and are
// of a size that can be read.
func checkChunk(f io.ReaderAt, size int64, chunk *format.ColumnChunk) error {
	m := &chunk.MetaData
	at := m.DataPageOffset
	if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < at {
		at = m.DictionaryPageOffset
	}
	if at < 0 || m.TotalCompressedSize < 0 || at > size || m.TotalCompressedSize > size-at {
		return fmt.Errorf("%w: a column lies outside of the file", ErrDamaged)
	}
	end := at + m.TotalCompressedSize
	var header format.PageHeader
	for at < end {
		n, err := readPageHeader(f, at, end, &header)
		if err != nil {
			return err
		}
		if err := checkPage(&header, end-at-n); err != nil {
			return err
		}
		at += n + int64(header.CompressedPageSize)
	}
	return nil
}

// checkPage says whether a page fits in what is left of its chunk, and in memory.
func checkPage(h *format.PageHeader, left int64) error {
	values := int32(0)
	switch h.Type {
	case format.DataPage:
		values = h.DataPageHeader.V.NumValues
	case format.DataPageV2:
		values = h.DataPageHeaderV2.V.NumValues
	case format.DictionaryPage:
		values = h.DictionaryPageHeader.V.NumValues
	}
	if h.CompressedPageSize < 0 || int64(h.CompressedPageSize) > left || h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage ||
		values < 0 || values > maxPageValues {
		return fmt.Errorf("%w: a page of impossible size", ErrDamaged)
	}
	return nil
}

// readPageHeader decodes the page header at an offset and gives its length. Most
// are short; it reads more only as it must.
func readPageHeader(f io.ReaderAt, at, end int64, header *format.PageHeader) (int64, error) {
	for room := int64(256); ; room *= 16 {
		b := make([]byte, min(room, end-at))
		if _, err := f.ReadAt(b, at); err != nil {
			return 0, err
		}
		n, err := thriftLength(b)
		if err == nil {
			*header = format.PageHeader{}
			return int64(n), thrift.Unmarshal(&thrift.CompactProtocol{}, b[:n], header)
		}
		if int64(len(b)) == end-at || room >= maxPageHeader {
			return 0, err
		}
	}
}

// checkGroup checks the chunks of the columns that will be read of a row group.
func checkGroup(f io.ReaderAt, file *parquet.File, group int, columns []int) error {
	chunks := file.Metadata().RowGroups[group].Columns
	for _, c := range columns {
		if err := checkChunk(f, file.Size(), &chunks[c]); err != nil {
			return err
		}
	}
	return nil
}

// loadOffsets makes the offsets of the pages of a column known to the library, so
// that it can go to a row without reading all pages before it.
func loadOffsets(f io.ReaderAt, file *parquet.File, group, column int) error {
	c := &file.Metadata().RowGroups[group].Columns[column]
	at, length := c.OffsetIndexOffset, int64(c.OffsetIndexLength)
	if at == 0 {
		return nil
	}
	if at < 0 || length < 0 || length > maxFooter || at > file.Size() || length > file.Size()-at {
		return fmt.Errorf("%w: an index lies outside of the file", ErrDamaged)
	}
	b := make([]byte, length)
	if _, err := f.ReadAt(b, at); err != nil {
		return err
	}
	if _, err := thriftLength(b); err != nil {
		return err
	}
	_, err := file.RowGroups()[group].ColumnChunks()[column].OffsetIndex()
	return err
}

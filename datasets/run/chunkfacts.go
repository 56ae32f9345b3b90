package run

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/format"
)

// indexedOctets bounds the octets of a bound in the index of pages.
const indexedOctets = 16

// facts are what a part says of a column of a row group. A part of the spool says
// what must be, one of a final table what helps those who look for something.
type facts struct {
	statistics bool // bounds, histograms of levels, an index of the pages
	bounded    bool // bounds beyond the headers of the pages
	hashed     bool // a bloom filter

	chunk    format.ColumnMetaData
	pages    []format.PageLocation
	rows     int64 // of the pages that are done
	index    parquet.ColumnIndexer
	text     int64   // octets of texts
	rep, def []int64 // how many values have a level
	pageRep  []int64 // the same of each page, one after the other
	pageDef  []int64
	least    parquet.Value
	greatest parquet.Value
	hashes   []uint64
}

// init sets what holds for all row groups.
func (f *facts) init(c *chunk, g grain) {
	f.chunk = format.ColumnMetaData{
		Type: format.Type(c.node.kind()), PathInSchema: c.path, Codec: format.Zstd,
	}
	encodings := []format.Encoding{c.encoder.Encoding()}
	if c.node.def > 0 {
		encodings = append(encodings, format.RLE)
	}
	if c.words != nil {
		encodings = append(encodings, format.Plain)
	}
	slices.Sort(encodings)
	f.chunk.Encoding = slices.Compact(encodings)
	if f.statistics = !g.sum; f.statistics {
		f.index = c.typ.NewColumnIndexer(indexedOctets)
		f.rep, f.def = histogram(c.node.rep), histogram(c.node.def)
	}
}

// histogram has a place for each level; nil: there are no levels.
func histogram(most int) []int64 {
	if most == 0 {
		return nil
	}
	return make([]int64, most+1)
}

func (f *facts) reset() {
	f.chunk.NumValues, f.chunk.TotalUncompressedSize, f.chunk.TotalCompressedSize = 0, 0, 0
	f.chunk.DataPageOffset, f.chunk.DictionaryPageOffset, f.chunk.BloomFilterOffset, f.chunk.BloomFilterLength = 0, 0, 0, 0
	f.chunk.Statistics, f.chunk.EncodingStats, f.chunk.SizeStatistics = format.Statistics{}, nil, format.SizeStatistics{}
	f.pages, f.rows, f.text = nil, 0, 0
	clear(f.rep)
	clear(f.def)
	f.pageRep, f.pageDef = nil, nil
	f.least, f.greatest = parquet.Value{}, parquet.Value{}
	f.hashes = f.hashes[:0]
	if f.index != nil {
		f.index.Reset()
	}
}

// finish sets what is known when all pages are.
func (f *facts) finish() {
	slices.SortFunc(f.chunk.EncodingStats, func(a, b format.PageEncodingStats) int {
		return cmp.Or(cmp.Compare(a.PageType, b.PageType), cmp.Compare(a.Encoding, b.Encoding))
	})
	if f.statistics {
		f.chunk.SizeStatistics = format.SizeStatistics{
			UnencodedByteArrayDataBytes: f.text, RepetitionLevelHistogram: slices.Clone(f.rep), DefinitionLevelHistogram: slices.Clone(f.def),
		}
	}
}

// pageFacts are what is known of a page that is done.
type pageFacts struct {
	size            pageSize
	there           int // values
	text            int64
	least, greatest parquet.Value
	bounded         bool
}

// page takes note of the open page of a column, which is done.
func (f *facts) page(c *chunk, h *format.PageHeader, p pageFacts) {
	nulls := int64(c.length() - p.there)
	f.chunk.NumValues += int64(c.length())
	f.chunk.Statistics.NullCount += nulls
	if f.statistics {
		f.pages = append(f.pages, format.PageLocation{
			Offset: f.chunk.TotalCompressedSize, CompressedPageSize: int32(p.size.packed), FirstRowIndex: f.rows,
		})
		if !f.bounded {
			p.least, p.greatest, p.bounded = parquet.Value{}, parquet.Value{}, false
		}
		f.index.IndexPage(int64(c.length()), nulls, p.least, p.greatest)
		f.widen(c, &p)
		f.text += p.text
		f.pageRep = tally(f.rep, f.pageRep, c.rep)
		f.pageDef = tally(f.def, f.pageDef, c.def)
	}
	f.rows += int64(c.rows)
	f.count(h.Type, h.DataPageHeader.V.Encoding, p.size)
}

// count takes note of the size of a page.
func (f *facts) count(t format.PageType, e format.Encoding, size pageSize) {
	f.chunk.TotalUncompressedSize += int64(size.plain)
	f.chunk.TotalCompressedSize += int64(size.packed)
	for i := range f.chunk.EncodingStats {
		if s := &f.chunk.EncodingStats[i]; s.PageType == t && s.Encoding == e {
			s.Count++
			return
		}
	}
	f.chunk.EncodingStats = append(f.chunk.EncodingStats, format.PageEncodingStats{PageType: t, Encoding: e, Count: 1})
}

// hash takes note of the texts of the open page for the bloom filter.
func (f *facts) hash(c *chunk) {
	if !f.hashed {
		return
	}
	for i, from := range c.offsets[:len(c.offsets)-1] {
		f.hashes = append(f.hashes, bloom.XXH64{}.Sum64(c.text[from:c.offsets[i+1]]))
	}
}

// widen extends the bounds of the column by those of a page.
func (f *facts) widen(c *chunk, p *pageFacts) {
	if !p.bounded {
		return
	}
	if f.greatest.IsNull() || c.typ.Compare(p.greatest, f.greatest) > 0 {
		f.greatest = p.greatest.Clone()
		f.chunk.Statistics.MaxValue = f.greatest.Bytes()
	}
	if f.least.IsNull() || c.typ.Compare(p.least, f.least) < 0 {
		f.least = p.least.Clone()
		f.chunk.Statistics.MinValue = f.least.Bytes()
	}
}

// tally counts levels in the histogram of the column, and in one for the page, which
// it appends. There are few levels, and to look for one of them is fast.
func tally(all, pages []int64, levels []byte) []int64 {
	left := int64(len(levels))
	for level := range all {
		n := left
		if level < len(all)-1 && left > 0 {
			n = int64(bytes.Count(levels, []byte{byte(level)}))
		}
		left -= n
		all[level] += n
		pages = append(pages, n)
	}
	return pages
}

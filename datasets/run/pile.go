package run

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"iter"
	"reflect"
	"slices"
	"unsafe"
)

// pileChunk is how much memory a pile takes at a time.
const pileChunk = 64 << 10

// Pile holds rows of one type in as little memory as is cheap: each is a run of
// bytes in a large block, about a fifth of what its struct takes with all that it
// points to, and nothing for the garbage collector to follow. A scan gathers the
// rows of its next parts in piles.
//
// A Pile must not be used by two goroutines at once.
type Pile[T any] struct {
	shape   *node
	words   words
	chunks  [][]byte
	places  []place
	scratch []byte
	unseen  []outer // columns of the table that were null or empty in all rows
}

// place is where a row of a pile stands: its key with its length before it, then
// the row.
type place struct{ chunk, at uint32 }

// NewPile returns a pile without rows.
func NewPile[T any]() *Pile[T] {
	shape := shapeOf(reflect.TypeFor[T]())
	return &Pile[T]{shape: shape, unseen: shape.outers(0)}
}

// Len is how many rows the pile has.
func (p *Pile[T]) Len() int { return len(p.places) }

// Add puts a copy of a row on the pile.
func (p *Pile[T]) Add(row *T) {
	b := appendSortKey(p.scratch[:0], row)
	key := len(b)
	at := unsafe.Pointer(row)
	b = p.shape.pack(b, at, &p.words)
	p.unseen = slices.DeleteFunc(p.unseen, func(o outer) bool { return !o.nothing(unsafe.Add(at, o.offset)) })
	p.scratch = b
	last := len(p.chunks) - 1
	size := binary.MaxVarintLen32 + len(b)
	if last < 0 || cap(p.chunks[last])-len(p.chunks[last]) < size {
		p.chunks = append(p.chunks, make([]byte, 0, max(pileChunk, size)))
		last++
	}
	chunk := p.chunks[last]
	p.places = append(p.places, place{uint32(last), uint32(len(chunk))})
	chunk = binary.AppendUvarint(chunk, uint64(key))
	p.chunks[last] = append(chunk, b...)
}

// At gives row i, in the order of adding, as the part reader would: an empty list
// is nil, a time is in UTC.
func (p *Pile[T]) At(i int) T {
	var row T
	_, b := p.split(i)
	p.shape.unpack(&packed{b}, unsafe.Pointer(&row), &p.words)
	return row
}

// All gives the rows with their numbers, in the order of adding.
func (p *Pile[T]) All() iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		for i := range p.places {
			if !yield(i, p.At(i)) {
				return
			}
		}
	}
}

// split gives the key of row i, and the row.
func (p *Pile[T]) split(i int) (key, row []byte) {
	at := p.places[i]
	b := p.chunks[at.chunk][at.at:]
	n, k := binary.Uvarint(b)
	return b[k : k+int(n)], b[k+int(n):]
}

// sorted lists the rows in the order of their key, equal ones in that of adding.
func (p *Pile[T]) sorted() []int {
	order := make([]int, len(p.places))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, _ := p.split(i)
		b, _ := p.split(j)
		return cmp.Or(bytes.Compare(a, b), cmp.Compare(i, j))
	})
	return order
}

// shred appends the values of some rows to the chunks of their columns. The first is
// number row of the row group.
func (p *Pile[T]) shred(rows []int, row int, columns []*chunk) {
	for n, i := range rows {
		_, b := p.split(i)
		p.shape.shred(&packed{b}, spot{row: row + n}, &p.words, columns)
	}
}

// outer is a column of a table, with all that is below it.
type outer struct {
	*node
	offset uintptr // in the row
}

// outers lists the columns of the table that can be null or empty. The node is a row
// or embedded in one.
func (n *node) outers(offset uintptr) []outer {
	var all []outer
	for _, child := range n.below {
		switch {
		case child.name == "":
			all = append(all, child.outers(offset+child.offset)...)
		case child.optional, child.form == formList:
			all = append(all, outer{child, offset + child.offset})
		}
	}
	return all
}

// appendSortKey appends the key of a row so that keys compare as bytes in the way
// that rows compare by layout.compare. A row that is no Row has none.
func appendSortKey(b []byte, row any) []byte {
	switch r := row.(type) {
	case *DomainEvidence:
		return appendSortInt(b, r.Line)
	case *Domain:
		return appendSortInt(b, r.Line)
	case *HostEvidence:
		return append(b, r.Host...)
	case *Host:
		return append(b, r.Host...)
	case *EndpointEvidence:
		return r.appendSortKey(b)
	case *Endpoint:
		return r.EndpointEvidence.appendSortKey(b)
	case *Certificate:
		return append(b, r.SHA256...)
	}
	return b
}

func (r *EndpointEvidence) appendSortKey(b []byte) []byte {
	for _, text := range []string{r.Base, r.Address, string(r.Algorithm)} {
		b = appendSortText(b, text)
	}
	return appendSortInt(b, int64(r.Attempt))
}

func appendSortInt(b []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(n)^1<<63)
}

// appendSortText appends a text with an end that sorts before all that could go on
// from there: 0, 1. A zero within is 0, 255.
func appendSortText(b []byte, text string) []byte {
	for i := range len(text) {
		if b = append(b, text[i]); text[i] == 0 {
			b = append(b, 0xff)
		}
	}
	return append(b, 0, 1)
}

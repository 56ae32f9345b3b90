package run

import (
	"encoding/binary"
	"reflect"
	"time"
	"unsafe"
)

// The packed form of a row, node by node in the order of the shape. It never leaves
// the memory of the process.
//
//	flag    0: null and nothing below follows; 1: there. Only of nodes that can be null and whose own bytes cannot say so
//	string  uvarint w<<1|1: word w; n<<1: n bytes follow
//	bytes   uvarint n, then n bytes
//	int     varint; time: varint of microseconds; bool: 0 or 1
//	list    uvarint n, then n elements

// flagged says whether a flag stands before a node. Zero is null for those without.
func (n *node) flagged() bool {
	if !n.optional {
		return false
	}
	return n.pointer || n.form != formString && n.form != formInt && n.form != formBool
}

// common says whether the strings of a leaf are likely to come again in other rows.
func (n *node) common() bool { return n.dict || n.rep > 0 }

// pack appends the packed form of the field that lies at p.
func (n *node) pack(b []byte, p unsafe.Pointer, w *words) []byte {
	if n.flagged() {
		if n.nothing(p) {
			return append(b, 0)
		}
		b = append(b, 1)
		if n.pointer {
			p = *(*unsafe.Pointer)(p)
		}
	}
	switch n.form {
	case formGroup:
		for _, child := range n.below {
			b = child.pack(b, unsafe.Add(p, child.offset), w)
		}
		return b
	case formList:
		list := (*slice)(p)
		b = binary.AppendUvarint(b, uint64(list.len))
		element := n.below[0]
		for i := range list.len {
			b = element.pack(b, unsafe.Add(list.data, uintptr(i)*element.size), w)
		}
		return b
	}
	return n.packLeaf(b, p, w)
}

// nothing says whether the field that lies at p is null or an empty list.
func (n *node) nothing(p unsafe.Pointer) bool {
	switch {
	case n.pointer, n.form == formList && n.optional:
		return *(*unsafe.Pointer)(p) == nil
	case n.form == formList:
		return (*slice)(p).len == 0
	}
	return n.optional && n.zeroAt(p)
}

func (n *node) packLeaf(b []byte, p unsafe.Pointer, w *words) []byte {
	switch n.form {
	case formString:
		text := *(*string)(p)
		if n.common() && text != "" {
			if number, known := w.word(n.first, text); known {
				return binary.AppendUvarint(b, number<<1|1)
			}
		}
		b = binary.AppendUvarint(b, uint64(len(text))<<1)
		return append(b, text...)
	case formBytes:
		octets := *(*[]byte)(p)
		b = binary.AppendUvarint(b, uint64(len(octets)))
		return append(b, octets...)
	case formBool:
		if *(*bool)(p) {
			return append(b, 1)
		}
		return append(b, 0)
	}
	i, _ := n.intAt(p)
	return binary.AppendVarint(b, i)
}

// packed reads the packed form.
type packed struct{ b []byte }

func (p *packed) uvarint() int {
	n, k := binary.Uvarint(p.b)
	p.b = p.b[k:]
	return int(n)
}

func (p *packed) varint() int64 {
	n, k := binary.Varint(p.b)
	p.b = p.b[k:]
	return n
}

func (p *packed) one() bool {
	is := p.b[0] == 1
	p.b = p.b[1:]
	return is
}

func (p *packed) bytes(n int) []byte {
	b := p.b[:n:n]
	p.b = p.b[n:]
	return b
}

// text gives a string of which either the word or the bytes are set.
func (p *packed) text(w *words) (word string, b []byte) {
	n := p.uvarint()
	if n&1 == 1 {
		return w.texts[n>>1], nil
	}
	return "", p.bytes(n >> 1)
}

// unpack sets the field that lies at to, which is zero, to what was packed.
func (n *node) unpack(p *packed, to unsafe.Pointer, w *words) {
	if n.flagged() {
		if !p.one() {
			return
		}
		if n.pointer {
			made := reflect.New(n.of.Elem()).UnsafePointer()
			*(*unsafe.Pointer)(to) = made
			to = made
		}
	}
	switch n.form {
	case formGroup:
		for _, child := range n.below {
			child.unpack(p, unsafe.Add(to, child.offset), w)
		}
	case formList:
		length := p.uvarint()
		if length == 0 {
			return
		}
		reflect.NewAt(n.of, to).Elem().Set(reflect.MakeSlice(n.of, length, length))
		data, element := (*slice)(to).data, n.below[0]
		for i := range length {
			element.unpack(p, unsafe.Add(data, uintptr(i)*element.size), w)
		}
	default:
		n.unpackLeaf(p, to, w)
	}
}

func (n *node) unpackLeaf(p *packed, to unsafe.Pointer, w *words) {
	switch n.form {
	case formString:
		word, b := p.text(w)
		if b != nil {
			word = string(b)
		}
		*(*string)(to) = word
	case formBytes:
		*(*[]byte)(to) = append([]byte{}, p.bytes(p.uvarint())...)
	case formBool:
		*(*bool)(to) = p.one()
	case formTime:
		*(*time.Time)(to) = time.UnixMicro(p.varint()).UTC()
	default:
		if i := p.varint(); n.wide {
			*(*int64)(to) = i
		} else {
			*(*int32)(to) = int32(i)
		}
	}
}

// shred appends the values of a packed field to the chunks of its columns, in row
// number row of the row group. Of a null that is a row of its own nothing is
// appended: chunk.reach does that for many rows at a time.
func (n *node) shred(p *packed, at spot, w *words, out []*chunk) {
	if n.flagged() && !p.one() {
		n.shredNull(at, n.def-1-n.listLevel(), out)
		return
	}
	switch n.form {
	case formGroup:
		for _, child := range n.below {
			child.shred(p, at, w, out)
		}
	case formList:
		length := p.uvarint()
		if length == 0 {
			n.shredNull(at, n.def-1, out)
		}
		for range length {
			n.below[0].shred(p, at, w, out)
			at.rep = n.rep
		}
	default:
		c := out[n.first]
		c.reach(at.row)
		n.shredLeaf(p, at.rep, w, c)
	}
}

// spot is where in a row group a value goes.
type spot struct{ row, rep int }

// listLevel is the part of a node's definition level that being a list adds.
func (n *node) listLevel() int {
	if n.form == formList {
		return 1
	}
	return 0
}

// shredNull appends a null to each column below, with the level of the last node
// that is there.
func (n *node) shredNull(at spot, def int, out []*chunk) {
	if def == 0 && at.rep == 0 {
		return
	}
	for _, c := range out[n.first:n.end] {
		c.reach(at.row)
		c.level(at.rep, def)
	}
}

func (n *node) shredLeaf(p *packed, rep int, w *words, c *chunk) {
	switch n.form {
	case formString:
		n.shredText(p, rep, w, c)
	case formBytes:
		c.level(rep, n.def)
		c.addText(p.bytes(p.uvarint()))
	case formBool:
		is := p.one()
		if !is && n.optional && !n.pointer {
			c.level(rep, n.def-1)
			return
		}
		c.level(rep, n.def)
		c.addBool(is)
	default:
		i := p.varint()
		if i == 0 && n.optional && !n.flagged() {
			c.level(rep, n.def-1)
			return
		}
		c.level(rep, n.def)
		c.addInt(i)
	}
}

func (n *node) shredText(p *packed, rep int, w *words, c *chunk) {
	k := p.uvarint()
	if k == 0 && n.optional && !n.pointer {
		c.level(rep, n.def-1)
		return
	}
	c.level(rep, n.def)
	switch {
	case k&1 == 0:
		c.addText(p.bytes(k >> 1))
	case c.words != nil:
		c.narrow = append(c.narrow, c.words.codeOfWord(k>>1, w))
	default:
		c.addText(bytesOf(w.texts[k>>1]))
	}
}

// copier copies rows with all that they point to. Its zero value is of no use.
type copier[T any] struct {
	shape   *node
	words   words
	scratch []byte
}

func newCopier[T any]() *copier[T] { return &copier[T]{shape: shapeOf(reflect.TypeFor[T]())} }

// copy gives a row as the part reader would: an empty list is nil, a time is in UTC.
func (c *copier[T]) copy(row *T) T {
	c.scratch = c.shape.pack(c.scratch[:0], unsafe.Pointer(row), &c.words)
	var own T
	c.shape.unpack(&packed{c.scratch}, unsafe.Pointer(&own), &c.words)
	return own
}

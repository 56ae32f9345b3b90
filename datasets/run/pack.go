package run

import (
	"encoding/binary"
	"reflect"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
)

// The packed form of a row, node by node in the order of the shape. It never leaves
// the memory of the process.
//
//	flag    0: null and nothing below follows; 1: there. Only of nodes that can be null and whose own bytes cannot say so
//	string  uvarint w<<1|1: word w; n<<1: n bytes follow
//	bytes   uvarint n, then n bytes
//	int     varint; time: varint of microseconds; bool: 0 or 1
//	list    uvarint n, then n elements

// maxWords bounds the words of a pile.
const maxWords = 4096

// words are strings that come often in a pile: each is kept once.
type words struct {
	index map[string]uint64
	texts []string
}

// word gives the number of a word, and learns it if there is room.
func (w *words) word(text string) (number uint64, known bool) {
	if number, known = w.index[text]; known || len(w.texts) == maxWords {
		return number, known
	}
	if w.index == nil {
		w.index = map[string]uint64{}
	}
	text = strings.Clone(text) // it may be a part of something large
	number = uint64(len(w.texts))
	w.index[text], w.texts = number, append(w.texts, text)
	return number, true
}

// flagged says whether a flag stands before a node. Zero is null for those without.
func (n *node) flagged() bool {
	if !n.optional {
		return false
	}
	return n.pointer || n.form != formString && n.form != formInt && n.form != formBool
}

// common says whether the strings of a leaf are likely to come again in other rows.
func (n *node) common() bool { return n.dict || n.rep > 0 }

// pack appends the packed form of a field.
func (n *node) pack(b []byte, v reflect.Value, w *words) []byte {
	if n.flagged() {
		if v.IsZero() {
			return append(b, 0)
		}
		b = append(b, 1)
		if n.pointer {
			v = v.Elem()
		}
	}
	switch n.form {
	case formGroup:
		for _, child := range n.below {
			b = child.pack(b, v.Field(child.field), w)
		}
		return b
	case formList:
		length := v.Len()
		b = binary.AppendUvarint(b, uint64(length))
		for i := range length {
			b = n.below[0].pack(b, v.Index(i), w)
		}
		return b
	}
	return n.packLeaf(b, v, w)
}

func (n *node) packLeaf(b []byte, v reflect.Value, w *words) []byte {
	switch n.form {
	case formString:
		text := v.String()
		if n.common() && text != "" {
			if number, known := w.word(text); known {
				return binary.AppendUvarint(b, number<<1|1)
			}
		}
		b = binary.AppendUvarint(b, uint64(len(text))<<1)
		return append(b, text...)
	case formBytes:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		return append(b, v.Bytes()...)
	case formBool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case formTime:
		return binary.AppendVarint(b, v.Addr().Interface().(*time.Time).UnixMicro())
	}
	return binary.AppendVarint(b, v.Int())
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

// unpack sets a field that is zero to what was packed.
func (n *node) unpack(b []byte, v reflect.Value, w *words) {
	p := packed{b}
	n.unpackFrom(&p, v, w)
}

func (n *node) unpackFrom(p *packed, v reflect.Value, w *words) {
	if n.flagged() {
		if !p.one() {
			return
		}
		if n.pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
	}
	switch n.form {
	case formGroup:
		for _, child := range n.below {
			child.unpackFrom(p, v.Field(child.field), w)
		}
	case formList:
		length := p.uvarint()
		if length == 0 {
			return
		}
		v.Grow(length)
		v.SetLen(length)
		for i := range length {
			n.below[0].unpackFrom(p, v.Index(i), w)
		}
	default:
		n.unpackLeaf(p, v, w)
	}
}

func (n *node) unpackLeaf(p *packed, v reflect.Value, w *words) {
	switch n.form {
	case formString:
		word, b := p.text(w)
		if b != nil {
			word = string(b)
		}
		v.SetString(word)
	case formBytes:
		v.SetBytes(append([]byte{}, p.bytes(p.uvarint())...))
	case formBool:
		v.SetBool(p.one())
	case formTime:
		*v.Addr().Interface().(*time.Time) = time.UnixMicro(p.varint()).UTC()
	default:
		v.SetInt(p.varint())
	}
}

// shredPacked appends the values of a packed field, as shred does of one that is
// not. They point into what is packed.
func (n *node) shredPacked(b []byte, rep int, w *words, out [][]parquet.Value) {
	p := packed{b}
	n.shredFrom(&p, rep, w, out)
}

func (n *node) shredFrom(p *packed, rep int, w *words, out [][]parquet.Value) {
	if n.flagged() && !p.one() {
		n.shredNull(rep, n.def-1-n.listLevel(), out)
		return
	}
	switch n.form {
	case formGroup:
		for _, child := range n.below {
			child.shredFrom(p, rep, w, out)
		}
	case formList:
		length := p.uvarint()
		if length == 0 {
			n.shredNull(rep, n.def-1, out)
		}
		for range length {
			n.below[0].shredFrom(p, rep, w, out)
			rep = n.rep
		}
	default:
		value, zero := n.packedValue(p, w)
		if zero && n.optional && !n.flagged() {
			n.shredNull(rep, n.def-1, out)
			return
		}
		out[n.first] = append(out[n.first], value.Level(rep, n.def, n.first))
	}
}

// packedValue gives the value of a leaf without its levels, and whether it is zero.
func (n *node) packedValue(p *packed, w *words) (v parquet.Value, zero bool) {
	switch n.form {
	case formString:
		word, b := p.text(w)
		if word != "" {
			b = bytesOf(word)
		}
		return parquet.ByteArrayValue(b), len(b) == 0
	case formBytes:
		b := p.bytes(p.uvarint())
		return parquet.ByteArrayValue(b), len(b) == 0
	case formBool:
		is := p.one()
		return parquet.BooleanValue(is), !is
	}
	i := p.varint()
	if n.form == formTime || n.wide {
		return parquet.Int64Value(i), i == 0
	}
	return parquet.Int32Value(int32(i)), i == 0
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
	c.scratch = c.shape.pack(c.scratch[:0], reflect.ValueOf(row).Elem(), &c.words)
	var own T
	c.shape.unpack(c.scratch, reflect.ValueOf(&own).Elem(), &c.words)
	return own
}

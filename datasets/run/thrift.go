package run

import (
	"encoding/binary"
	"fmt"
)

// The footer of a part and the headers of its pages are Thrift structs in the
// compact protocol. A reader that believes their lengths can be made to ask for
// more memory than there is, which ends a Go program. So the bytes are walked
// once before the library reads them: every length must fit in what is left.

// Types of the compact protocol (thrift-compact-protocol.md in the Thrift sources).
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// maxThriftDepth bounds how deep structs may be nested. Parquet needs six.
const maxThriftDepth = 16

// thriftLength gives how many bytes the struct at the front of b takes.
func thriftLength(b []byte) (int, error) {
	w := thriftWalk{b: b}
	w.structure(0)
	if w.bad {
		return 0, fmt.Errorf("%w: malformed metadata", ErrDamaged)
	}
	return w.at, nil
}

// thriftWalk goes through a struct without making anything of it.
type thriftWalk struct {
	b   []byte
	at  int
	bad bool
}

func (w *thriftWalk) octet() byte {
	if w.at >= len(w.b) {
		w.bad = true
		return 0
	}
	w.at++
	return w.b[w.at-1]
}

func (w *thriftWalk) varint() uint64 {
	v, n := binary.Uvarint(w.b[w.at:])
	if n <= 0 {
		w.bad = true
		return 0
	}
	w.at += n
	return v
}

func (w *thriftWalk) skip(n uint64) {
	if n > uint64(len(w.b)-w.at) {
		w.bad = true
		return
	}
	w.at += int(n)
}

func (w *thriftWalk) structure(depth int) {
	if depth > maxThriftDepth {
		w.bad = true
	}
	for !w.bad {
		head := w.octet()
		kind := head & 0x0f
		if kind == thriftStop {
			return
		}
		if head>>4 == 0 {
			w.varint() // the field's number in full
		}
		if kind != thriftTrue && kind != thriftFalse {
			w.value(kind, depth)
		}
	}
}

// value goes through a value that is not a boolean field, whose value is its type.
func (w *thriftWalk) value(kind byte, depth int) {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		w.octet()
	case thriftI16, thriftI32, thriftI64:
		w.varint()
	case thriftDouble:
		w.skip(8)
	case thriftBinary:
		w.skip(w.varint())
	case thriftList, thriftSet:
		w.list(depth + 1)
	case thriftMap:
		w.mapping(depth + 1)
	case thriftStruct:
		w.structure(depth + 1)
	default:
		w.bad = true
	}
}

// list goes through the elements of a list. Each takes a byte at least.
func (w *thriftWalk) list(depth int) {
	head := w.octet()
	size := uint64(head >> 4)
	if size == 15 {
		size = w.varint()
	}
	w.elements(size, depth, head&0x0f)
}

func (w *thriftWalk) mapping(depth int) {
	size := w.varint()
	if size == 0 {
		return
	}
	kinds := w.octet()
	w.elements(size, depth, kinds>>4, kinds&0x0f)
}

func (w *thriftWalk) elements(size uint64, depth int, kinds ...byte) {
	if size > uint64(len(w.b)-w.at) || depth > maxThriftDepth {
		w.bad = true
		return
	}
	for range size {
		for _, kind := range kinds {
			if w.bad {
				return
			}
			w.value(kind, depth)
		}
	}
}

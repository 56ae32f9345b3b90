package run

import (
	"reflect"
	"slices"
	"time"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// shredder turns rows into the values of their columns.
type shredder[T Row] struct {
	tracks []track
	nulls  [writeBatch]parquet.Value // of rows that have nothing on the way to a column
}

func newShredder[T Row]() *shredder[T] {
	return &shredder[T]{tracks: tracksOf(reflect.TypeFor[T]())}
}

// nothing says whether no row has anything on the way to a column: no list, or
// nothing behind a pointer. So are most columns most of the time.
func (s *shredder[T]) nothing(c int, rows []T) bool {
	hops := s.tracks[c].hops
	if len(hops) == 0 || hops[0].null.DefinitionLevel() > 0 {
		return false
	}
	for i := range rows {
		if !hops[0].nothing(unsafe.Pointer(&rows[i])) {
			return false
		}
	}
	return true
}

// column appends the values of one column for some rows, no more than writeBatch.
// They point into the rows. Columns may be shredded by several goroutines at once.
func (s *shredder[T]) column(c int, rows []T, out []parquet.Value) []parquet.Value {
	t := &s.tracks[c]
	var row T
	p, size := unsafe.Pointer(unsafe.SliceData(rows)), unsafe.Sizeof(row)
	if t.node.rep == 0 {
		out = slices.Grow(out, len(rows))
		t.flat(p, size, out[len(out):len(out)+len(rows)])
		return out[:len(out)+len(rows)]
	}
	first := &t.hops[0]
	for i := range rows {
		row := unsafe.Add(p, uintptr(i)*size)
		if first.nothing(row) {
			out = append(out, first.null) // most lists of most rows
			continue
		}
		out = t.shred(row, t.hops, 0, out)
	}
	return out
}

// nothing says whether the null of a hop stands for what is below it.
func (h *hop) nothing(p unsafe.Pointer) bool {
	if h.form == formList {
		return !h.optional && at[slice](p, h.offset).len == 0
	}
	return *at[unsafe.Pointer](p, h.offset) == nil
}

// flat sets the values of a column of which each row has one. The rows, which are
// no more than writeBatch, begin at p and have this size.
func (t *track) flat(p unsafe.Pointer, size uintptr, out []parquet.Value) {
	var room [writeBatch]unsafe.Pointer
	places := room[:len(out)]
	t.follow(p, size, places, out)
	n := t.node
	switch {
	case n.form == formString:
		for i, to := range places {
			if to != nil {
				s := *(*string)(to)
				out[i] = t.leveled(parquet.ByteArrayValue(bytesOf(s)), s == "")
			}
		}
	case n.form == formBool:
		for i, to := range places {
			if to != nil {
				is := *(*bool)(to)
				out[i] = t.leveled(parquet.BooleanValue(is), !is)
			}
		}
	case n.form == formInt && n.wide:
		for i, to := range places {
			if to != nil {
				number := *(*int64)(to)
				out[i] = t.leveled(parquet.Int64Value(number), number == 0)
			}
		}
	case n.form == formInt:
		for i, to := range places {
			if to != nil {
				number := *(*int32)(to)
				out[i] = t.leveled(parquet.Int32Value(number), number == 0)
			}
		}
	default:
		for i, to := range places {
			if to != nil {
				v, zero := n.valueAt(to)
				out[i] = t.leveled(v, zero)
			}
		}
	}
}

// follow goes from each row to where its value lies. Where the way ends before, the
// value is set to null, and the place is nil.
func (t *track) follow(p unsafe.Pointer, size uintptr, places []unsafe.Pointer, out []parquet.Value) {
rows:
	for i := range places {
		to := unsafe.Add(p, uintptr(i)*size)
		for k := range t.hops {
			h := &t.hops[k]
			if to = *at[unsafe.Pointer](to, h.offset); to == nil {
				places[i], out[i] = nil, h.null
				continue rows
			}
		}
		to = unsafe.Add(to, t.offset)
		if t.node.pointer {
			if to = *(*unsafe.Pointer)(to); to == nil {
				out[i] = t.null
			}
		}
		places[i] = to
	}
}

// leveled gives the value of the first of a row its levels, or the null for it.
func (t *track) leveled(v parquet.Value, zero bool) parquet.Value {
	if zero && t.zeroIsNull {
		return t.null
	}
	if t.node.def == 0 {
		return v // its levels are zero
	}
	return v.Level(0, t.node.def, t.node.first)
}

// shred appends the values behind some hops, the first of which has the repetition
// level rep.
func (t *track) shred(p unsafe.Pointer, hops []hop, rep int, out []parquet.Value) []parquet.Value {
	if len(hops) == 0 {
		return append(out, t.value(unsafe.Add(p, t.offset), rep))
	}
	h := &hops[0]
	if h.form != formList {
		to := *at[unsafe.Pointer](p, h.offset)
		if to == nil {
			return append(out, t.nothing(rep, h.def-1))
		}
		return t.shred(to, hops[1:], rep, out)
	}
	list := at[slice](p, h.offset)
	switch {
	case list.data == nil && h.optional:
		return append(out, t.nothing(rep, h.def-2))
	case list.len == 0:
		return append(out, t.nothing(rep, h.def-1))
	}
	for i := range list.len {
		out = t.shred(unsafe.Add(list.data, uintptr(i)*h.size), hops[1:], rep, out)
		rep = h.rep
	}
	return out
}

// nothing is a null with the level of the last node that is there.
func (l *leaf) nothing(rep, def int) parquet.Value {
	return parquet.Value{}.Level(rep, def, l.last().first)
}

// value gives the value that lies at p: null where it is optional and nil or zero.
func (t *track) value(p unsafe.Pointer, rep int) parquet.Value {
	n := t.node
	if n.pointer {
		if p = *(*unsafe.Pointer)(p); p == nil {
			return t.absent(rep)
		}
	}
	v, zero := n.valueAt(p)
	if zero && t.zeroIsNull {
		return t.absent(rep)
	}
	return v.Level(rep, n.def, n.first)
}

// absent is the null of a value that alone is missing.
func (t *track) absent(rep int) parquet.Value {
	if rep == 0 {
		return t.null
	}
	return t.nothing(rep, t.node.def-1)
}

// valueAt gives the value of a leaf without its levels, and whether it is zero.
func (n *node) valueAt(p unsafe.Pointer) (v parquet.Value, zero bool) {
	switch n.form {
	case formString:
		text := *(*string)(p)
		return parquet.ByteArrayValue(bytesOf(text)), text == ""
	case formBytes:
		b := *(*[]byte)(p)
		return parquet.ByteArrayValue(b), b == nil
	case formBool:
		is := *(*bool)(p)
		return parquet.BooleanValue(is), !is
	case formTime:
		t := (*time.Time)(p)
		return parquet.Int64Value(t.UnixMicro()), *t == time.Time{}
	}
	if n.wide {
		i := *(*int64)(p)
		return parquet.Int64Value(i), i == 0
	}
	i := *(*int32)(p)
	return parquet.Int32Value(i), i == 0
}

// listLevel is the part of a node's definition level that being a list adds.
func (n *node) listLevel() int {
	if n.form == formList {
		return 1
	}
	return 0
}

// shredNull appends a null to each column below, with the level of the last node
// that is there.
func (n *node) shredNull(rep, def int, out [][]parquet.Value) {
	null := parquet.Value{}.Level(rep, def, n.first)
	for c := n.first; c < n.end; c++ {
		out[c] = append(out[c], null)
	}
}

// bytesOf gives the bytes of a string without a copy. The library reads them and
// lets go of them before the rows change.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

package run

import (
	"reflect"
	"time"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// shredder turns rows into the values of their columns, a column at a time.
type shredder[T Row] struct {
	root    *node
	columns [][]parquet.Value
}

func newShredder[T Row]() *shredder[T] {
	root := shapeOf(reflect.TypeFor[T]())
	return &shredder[T]{root: root, columns: make([][]parquet.Value, root.end)}
}

// shred gives the values of each column for a batch of rows. They point into the
// rows and are good until the next call.
func (s *shredder[T]) shred(rows []T) [][]parquet.Value {
	for i := range s.columns {
		s.columns[i] = s.columns[i][:0]
	}
	batch := reflect.ValueOf(rows)
	for i := range rows {
		s.root.shredFields(batch.Index(i), 0, s.columns)
	}
	return s.columns
}

func (n *node) shredFields(v reflect.Value, rep int, out [][]parquet.Value) {
	for _, child := range n.below {
		child.shred(v.Field(child.field), rep, out)
	}
}

// shred appends the values of a field whose first value has the repetition
// level rep.
func (n *node) shred(v reflect.Value, rep int, out [][]parquet.Value) {
	if n.optional {
		if v.IsZero() {
			n.shredNull(rep, n.def-1-n.listLevel(), out)
			return
		}
		if n.pointer {
			v = v.Elem()
		}
	}
	switch n.form {
	case formGroup:
		n.shredFields(v, rep, out)
	case formList:
		n.shredList(v, rep, out)
	default:
		out[n.first] = append(out[n.first], n.value(v).Level(rep, n.def, n.first))
	}
}

// listLevel is the part of a node's definition level that being a list adds.
func (n *node) listLevel() int {
	if n.form == formList {
		return 1
	}
	return 0
}

// shredNull appends a null to each column below, with the level of the last node
// that is there. This is most of what there is to write.
func (n *node) shredNull(rep, def int, out [][]parquet.Value) {
	null := parquet.Value{}.Level(rep, def, n.first)
	for c := n.first; c < n.end; c++ {
		out[c] = append(out[c], null)
	}
}

func (n *node) shredList(v reflect.Value, rep int, out [][]parquet.Value) {
	length := v.Len()
	if length == 0 {
		n.shredNull(rep, n.def-1, out)
		return
	}
	for i := range length {
		n.below[0].shred(v.Index(i), rep, out)
		rep = n.rep
	}
}

// value gives the value of a leaf without its levels.
func (n *node) value(v reflect.Value) parquet.Value {
	switch n.form {
	case formString:
		return parquet.ByteArrayValue(bytesOf(v.String()))
	case formBytes:
		return parquet.ByteArrayValue(v.Bytes())
	case formBool:
		return parquet.BooleanValue(v.Bool())
	case formTime:
		return parquet.Int64Value(v.Addr().Interface().(*time.Time).UnixMicro())
	}
	if n.wide {
		return parquet.Int64Value(v.Int())
	}
	return parquet.Int32Value(int32(v.Int()))
}

// bytesOf gives the bytes of a string without a copy. The library reads them and
// lets go of them before the rows change.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

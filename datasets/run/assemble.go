package run

import (
	"fmt"
	"reflect"
	"time"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// maxInterned bounds the strings that a column remembers in order to give equal
// ones the same memory. Hundreds of columns of dozens of parts do so at a time.
const maxInterned = 256

// assembler sets one column of rows from its values.
type assembler struct {
	track
	maxRep   int
	maxDef   int
	index    []int // element at which each list on the way stands
	interned map[string]string
	recent   string
	spare    spare
}

// spare is room for values that pointers in rows will point to, a few at a time: one
// that is kept keeps the others of its handful in memory.
type spare struct {
	narrow []int32
	wide   []int64
	flags  []bool
	times  []time.Time
}

// handful is how many values are made at a time.
const handful = 8

func newAssembler(t track) *assembler {
	last := t.last()
	return &assembler{track: t, maxRep: last.rep, maxDef: last.def, index: make([]int, last.rep+1)}
}

// set sets the column of the row at p from all of its values there.
func (a *assembler) set(p unsafe.Pointer, values []parquet.Value) error {
	if len(values) == 1 && values[0].DefinitionLevel() == 0 && a.maxDef > 0 {
		return nil // most columns of most rows
	}
	for i := range values {
		v := &values[i]
		rep, def := v.RepetitionLevel(), v.DefinitionLevel()
		if def > a.maxDef || rep > a.maxRep || rep > 0 && i == 0 {
			return fmt.Errorf("%w: column %v has impossible levels", ErrDamaged, a.path)
		}
		if def == 0 && a.maxDef > 0 {
			continue
		}
		if !a.place(p, values[i:], rep, def) {
			return fmt.Errorf("%w: column %v does not fit its neighbours", ErrDamaged, a.path)
		}
	}
	return nil
}

// place goes down from the row at p to where the first of values belongs, makes
// what is missing on the way, and sets it. It is false if a list is not as long as
// the levels say.
func (a *assembler) place(p unsafe.Pointer, values []parquet.Value, rep, def int) bool {
	for i := range a.hops {
		h := &a.hops[i]
		if def < h.def {
			return true
		}
		if h.form == formList {
			if p = a.element(h, unsafe.Add(p, h.offset), values, rep); p == nil {
				return false
			}
			continue
		}
		to := at[unsafe.Pointer](p, h.offset)
		if *to == nil {
			*to = reflect.New(h.of.Elem()).UnsafePointer()
		}
		p = *to
	}
	if def == a.maxDef {
		a.assign(unsafe.Add(p, a.offset), &values[0])
	}
	return true
}

// element gives the element of the list at p that a value of repetition level rep
// is in, and makes the list, if this is its first column, as long as its values
// say. Nil: the list has no such element.
func (a *assembler) element(h *hop, p unsafe.Pointer, values []parquet.Value, rep int) unsafe.Pointer {
	list := (*slice)(p)
	switch {
	case rep < h.rep:
		a.index[h.rep] = 0
		if list.len == 0 {
			length := countElements(values, h.rep)
			reflect.NewAt(h.of, p).Elem().Set(reflect.MakeSlice(h.of, length, length))
		}
	case rep == h.rep:
		a.index[h.rep]++
	}
	i := a.index[h.rep]
	if i >= list.len {
		return nil
	}
	return unsafe.Add(list.data, uintptr(i)*h.size)
}

// countElements counts the elements of the list that values begin with.
func countElements(values []parquet.Value, level int) int {
	count := 1
	for _, v := range values[1:] {
		switch rep := v.RepetitionLevel(); {
		case rep < level:
			return count
		case rep == level:
			count++
		}
	}
	return count
}

// down goes from the row at p to where a value of repetition level 0 belongs, makes
// what is missing on the way, and sets it. The column is of no list.
func (a *assembler) down(p unsafe.Pointer, v *parquet.Value, def int) {
	for i := range a.hops {
		h := &a.hops[i]
		if def < h.def {
			return
		}
		to := at[unsafe.Pointer](p, h.offset)
		if *to == nil {
			*to = reflect.New(h.of.Elem()).UnsafePointer()
		}
		p = *to
	}
	if def == a.maxDef {
		a.assign(unsafe.Add(p, a.offset), v)
	}
}

// assign sets the leaf at p.
func (a *assembler) assign(p unsafe.Pointer, v *parquet.Value) {
	switch n := a.node; {
	case n.form == formString:
		*leafAt(p, n, new([]string)) = a.intern(v.ByteArray())
	case n.form == formBytes:
		*leafAt(p, n, new([][]byte)) = append([]byte{}, v.ByteArray()...)
	case n.form == formBool:
		*leafAt(p, n, &a.spare.flags) = v.Boolean()
	case n.form == formTime:
		*leafAt(p, n, &a.spare.times) = time.UnixMicro(v.Int64()).UTC()
	case n.wide:
		*leafAt(p, n, &a.spare.wide) = v.Int64()
	default:
		*leafAt(p, n, &a.spare.narrow) = v.Int32()
	}
}

// leafAt is where the value of a leaf at p goes: there, or what is taken of the spare
// for a pointer there to point to.
func leafAt[T any](p unsafe.Pointer, n *node, spare *[]T) *T {
	if !n.pointer {
		return (*T)(p)
	}
	if len(*spare) == 0 {
		*spare = make([]T, handful)
	}
	to := &(*spare)[0]
	*spare = (*spare)[1:]
	*(**T)(p) = to
	return to
}

// intern gives a string of these bytes, the same one for those that come often.
func (a *assembler) intern(b []byte) string {
	if a.recent != "" && a.recent == string(b) {
		return a.recent
	}
	s, ok := a.interned[string(b)]
	if !ok {
		s = string(b)
		if a.last().common() && len(a.interned) < maxInterned {
			if a.interned == nil {
				a.interned = make(map[string]string)
			}
			a.interned[s] = s
		}
	}
	a.recent = s
	return s
}

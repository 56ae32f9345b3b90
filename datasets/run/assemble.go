package run

import (
	"fmt"
	"reflect"
	"time"

	"github.com/parquet-go/parquet-go"
)

// maxInterned bounds the strings that a column remembers in order to give equal
// ones the same memory. Hundreds of columns of dozens of parts do so at a time.
const maxInterned = 256

// assembler sets one column of rows from its values.
type assembler struct {
	leaf
	maxRep   int
	maxDef   int
	index    []int // element at which each list on the way stands
	interned map[string]string
	recent   string
}

func newAssembler(l leaf) *assembler {
	last := l.last()
	return &assembler{leaf: l, maxRep: last.rep, maxDef: last.def, index: make([]int, last.rep+1)}
}

// set sets the column of one row from all of its values there.
func (a *assembler) set(row reflect.Value, values []parquet.Value) error {
	if len(values) == 1 && values[0].DefinitionLevel() == 0 && a.maxDef > 0 {
		return nil // most columns of most rows
	}
	for i := range values {
		v := values[i]
		rep, def := v.RepetitionLevel(), v.DefinitionLevel()
		if def > a.maxDef || rep > a.maxRep || rep > 0 && i == 0 {
			return fmt.Errorf("%w: column %v has impossible levels", ErrDamaged, a.path)
		}
		if def == 0 && a.maxDef > 0 {
			continue
		}
		if !a.place(row, values[i:], rep, def) {
			return fmt.Errorf("%w: column %v does not fit its neighbours", ErrDamaged, a.path)
		}
	}
	return nil
}

// place goes down from the row to where the first of values belongs, makes what
// is missing on the way, and sets it. It is false if a list is not as long as
// the levels say.
func (a *assembler) place(at reflect.Value, values []parquet.Value, rep, def int) bool {
	element := false
	for _, n := range a.way {
		if !element {
			at = at.Field(n.field)
		}
		element = false
		if n.optional {
			if def < n.def-n.listLevel() {
				return true
			}
			if n.pointer {
				if at.IsNil() {
					at.Set(reflect.New(at.Type().Elem()))
				}
				at = at.Elem()
			}
		}
		if n.form != formList {
			continue
		}
		if def < n.def {
			return true
		}
		if at = a.element(n, at, values, rep); !at.IsValid() {
			return false
		}
		element = true
	}
	a.assign(at, values[0])
	return true
}

// element gives the element of a list that a value of repetition level rep is
// in, and makes the list, if this is its first column, as long as its values say.
func (a *assembler) element(n *node, list reflect.Value, values []parquet.Value, rep int) reflect.Value {
	switch {
	case rep < n.rep:
		a.index[n.rep] = 0
		if list.Len() == 0 {
			length := countElements(values, n.rep)
			list.Grow(length)
			list.SetLen(length)
		}
	case rep == n.rep:
		a.index[n.rep]++
	}
	i := a.index[n.rep]
	if i >= list.Len() {
		return reflect.Value{}
	}
	return list.Index(i)
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

// assign sets a leaf.
func (a *assembler) assign(to reflect.Value, v parquet.Value) {
	switch n := a.last(); n.form {
	case formString:
		to.SetString(a.intern(v.ByteArray()))
	case formBytes:
		to.SetBytes(append([]byte{}, v.ByteArray()...))
	case formBool:
		to.SetBool(v.Boolean())
	case formTime:
		*to.Addr().Interface().(*time.Time) = time.UnixMicro(v.Int64()).UTC()
	default:
		if n.wide {
			to.SetInt(v.Int64())
		} else {
			to.SetInt(int64(v.Int32()))
		}
	}
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

package run

import (
	"fmt"
	"reflect"
	"unsafe"
)

// track is the way from a row in memory to the values of one column, as offsets:
// going along it costs a fraction of what reflection does, and a table has a
// hundred and more columns. Only this file, shred.go, assemble.go and pack.go go by
// offsets.
//
// The pointers are those of a row type that was compiled, into rows of that type.
type track struct {
	leaf
	hops   []hop   // the pointers and lists on the way
	offset uintptr // of the field that holds the value, in what the last hop leads to
	node   *node   // that holds the value

	zeroIsNull bool
}

// hop is a pointer to a struct, or a list.
type hop struct {
	*node
	offset uintptr      // in what the hop before leads to, or in the row
	of     reflect.Type // of the field: a pointer or a slice
	size   uintptr      // of an element of the list
	level  int          // definition level where nothing is behind it
}

// slice is how a slice lies in memory.
type slice struct {
	data     unsafe.Pointer
	len, cap int
}

// tracksOf compiles the ways to all columns of a row type, in order.
func tracksOf(t reflect.Type) []track {
	var all []track
	for _, l := range shapeOf(t).leaves() {
		all = append(all, trackOf(t, l))
	}
	return all
}

// trackOf compiles the way to one column.
func trackOf(t reflect.Type, l leaf) track {
	last := l.last()
	to := track{leaf: l, node: last, zeroIsNull: last.optional && !last.pointer}
	element := false
	for i, n := range l.way {
		if !element {
			f := t.Field(n.field)
			to.offset += f.Offset
			t = f.Type
		}
		element = false
		if i == len(l.way)-1 {
			break // a pointer to a value is the value's
		}
		switch {
		case n.form == formList:
			to.hops = append(to.hops, hop{n, to.offset, t, t.Elem().Size(), n.def - 1})
			to.offset, t, element = 0, t.Elem(), true
		case n.pointer:
			to.hops = append(to.hops, hop{n, to.offset, t, 0, n.def - 1})
			to.offset, t = 0, t.Elem()
		case n.optional:
			// A row type is part of this program: no input leads here.
			panic(fmt.Sprintf("the struct %v can be null and is no pointer", l.path))
		}
	}
	return to
}

// at is a value that lies n octets behind p.
func at[T any](p unsafe.Pointer, n uintptr) *T { return (*T)(unsafe.Add(p, n)) }

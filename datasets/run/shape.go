package run

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Rows are turned into the values of their columns, and back, by this package
// itself. The library's own way loses the difference between null and zero, as
// of version 0.32: in writing, where in a batch as many values as there were
// nulls before them are followed by nulls alone; in reading, where a pointer
// stands inside of an embedded struct (parquet-go issue 163).
//
// The levels are those of Dremel: the definition level of a value says how many
// of the optional and repeated nodes on the way to it are there, its repetition
// level at which of the repeated ones it begins a new element.

// form is what a node of a row type is.
type form int

const (
	formString form = iota
	formInt
	formBool
	formBytes
	formTime // microseconds
	formGroup
	formList
)

// node is a field of a row type with what is below it, ready for use.
type node struct {
	name     string       // of the column; empty: an embedded struct
	field    int          // index in the struct above
	offset   uintptr      // in the struct above
	of       reflect.Type // of the field or element: what a pointer is to, a list of
	size     uintptr      // of it in memory
	form     form
	wide     bool // of formInt: 64 bits
	optional bool // null where nil or zero
	dict     bool // of formString: a column of few distinct values
	pointer  bool
	first    int // leaf columns below: [first, end)
	end      int
	def, rep int     // levels of a value that is there
	below    []*node // fields of a group, or the one element of a list
}

// shapeOf compiles a row type.
func shapeOf(t reflect.Type) *node {
	n := &node{form: formGroup}
	n.compileFields(t)
	return n
}

func (n *node) compileFields(t reflect.Type) {
	n.end = n.first
	for i := range t.NumField() {
		f := t.Field(i)
		child := &node{field: i, offset: f.Offset, first: n.end, def: n.def, rep: n.rep}
		list := false
		if !f.Anonymous {
			list = child.readTag(f.Tag.Get("parquet"))
		}
		child.compile(f.Type, list)
		n.below = append(n.below, child)
		n.end = child.end
	}
}

// readTag takes the name and the options that matter here from a tag, and says
// whether the field is a list.
func (n *node) readTag(tag string) (list bool) {
	options := strings.Split(tag, ",")
	n.name = options[0]
	for _, o := range options[1:] {
		switch o {
		case "optional":
			n.optional = true
		case "dict":
			n.dict = true
		case "list":
			list = true
		}
	}
	return list
}

func (n *node) compile(t reflect.Type, list bool) {
	n.of, n.size = t, t.Size()
	if n.optional {
		n.def++
	}
	if t.Kind() == reflect.Pointer {
		n.pointer = true
		t = t.Elem()
	}
	n.end = n.first + 1
	switch {
	case list:
		n.form = formList
		n.def++
		n.rep++
		element := &node{first: n.first, def: n.def, rep: n.rep}
		element.compile(t.Elem(), false)
		n.below = []*node{element}
		n.end = element.end
	case t == reflect.TypeFor[time.Time]():
		n.form = formTime
	case t.Kind() == reflect.Struct:
		n.form = formGroup
		n.compileFields(t)
	default:
		n.form, n.wide = leafForm(t)
	}
}

func leafForm(t reflect.Type) (form, bool) {
	switch {
	case t.Kind() == reflect.String:
		return formString, false
	case t.Kind() == reflect.Int32:
		return formInt, false
	case t.Kind() == reflect.Int64:
		return formInt, true
	case t.Kind() == reflect.Bool:
		return formBool, false
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return formBytes, false
	}
	// A row type is part of this program: no input leads here.
	panic(fmt.Sprintf("no column can hold a %v", t))
}

// leaf is one column: the nodes on the way to it from the row.
type leaf struct {
	path []string // as in the schema
	way  []*node
}

// last is the node that holds the values.
func (l *leaf) last() *node { return l.way[len(l.way)-1] }

// leaves lists the columns below a node, in order.
func (n *node) leaves() []leaf {
	var all []leaf
	n.walk(nil, nil, func(l leaf) { all = append(all, l) })
	return all
}

func (n *node) walk(path []string, way []*node, visit func(leaf)) {
	for _, child := range n.below {
		p := path[:len(path):len(path)]
		switch {
		case n.form == formList:
			p = append(p, "list", "element")
		case child.name != "":
			p = append(p, child.name)
		}
		w := append(way[:len(way):len(way)], child)
		if child.below == nil {
			visit(leaf{p, w})
			continue
		}
		child.walk(p, w, visit)
	}
}

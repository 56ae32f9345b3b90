package run

import (
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// skeleton is the schema of a row type as the footer of a part has it, column by
// column, so that a part can leave columns out.
type skeleton struct {
	name  string
	tops  []top
	types []parquet.Type // of the leaf columns
}

// top is a column of the table: a value, or a struct or list with all below it.
type top struct {
	name       string
	first, end int // leaf columns
	elements   []format.SchemaElement
}

// skeletonOf takes the schema apart that the library makes of a row type.
func skeletonOf[T Row]() skeleton {
	var row T
	schema := parquet.SchemaOf(&row)
	s := skeleton{name: schema.Name()}
	first := 0
	for _, field := range schema.Fields() {
		t := top{name: field.Name(), first: first, end: first}
		t.add(field.Name(), field, &s.types)
		s.tops = append(s.tops, t)
		first = t.end
	}
	return s
}

// add appends a node and what is below it, and the types of its leaves.
func (t *top) add(name string, n parquet.Node, types *[]parquet.Type) {
	e := format.SchemaElement{Name: name, FieldID: int32(n.ID())}
	switch {
	case n.Required():
		e.RepetitionType = thrift.New(format.Required)
	case n.Optional():
		e.RepetitionType = thrift.New(format.Optional)
	case n.Repeated():
		e.RepetitionType = thrift.New(format.Repeated)
	}
	kind := n.Type()
	if l := kind.LogicalType(); l != nil {
		e.LogicalType = *l
	}
	if p := kind.PhysicalType(); p != nil {
		e.Type.Set(*p)
	}
	if c := kind.ConvertedType(); c != nil {
		e.ConvertedType.Set(*c)
	}
	if length := kind.Length(); length > 0 {
		e.TypeLength.Set(int32(length))
	}
	if n.Leaf() {
		t.end++
		*types = append(*types, kind)
	} else {
		e.NumChildren.Set(int32(len(n.Fields())))
	}
	t.elements = append(t.elements, e)
	for _, field := range n.Fields() {
		t.add(field.Name(), field, types)
	}
}

// elements gives the schema of a part with some of the columns.
func (s *skeleton) elements(tops []top) []format.SchemaElement {
	root := format.SchemaElement{Name: s.name}
	root.NumChildren.Set(int32(len(tops)))
	all := []format.SchemaElement{root}
	for _, t := range tops {
		all = append(all, t.elements...)
	}
	return all
}

// sorting says by which columns a part is sorted.
func sorting(key []string, chunks []*chunk) []format.SortingColumn {
	columns := make([]format.SortingColumn, len(key))
	for i, name := range key {
		at := slices.IndexFunc(chunks, func(c *chunk) bool { return len(c.path) == 1 && c.path[0] == name })
		columns[i] = format.SortingColumn{ColumnIdx: int32(at)}
	}
	return columns
}

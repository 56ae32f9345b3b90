package run

import (
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// Two faults of the library (as of 0.32) decide how rows go in and out here.
// Its fast way of writing structs turns some nulls into zeros, where in a batch
// as many values as there were nulls before them are followed by nulls only. And
// it cannot leave a pointer inside of an embedded struct nil, so that null comes
// back as zero (parquet-go issue 163). So each row goes through the values of
// its columns, and each embedded half of it by the schema of its own type.

// half is a run of columns of a row that make one struct.
type half struct {
	field  int // index of the embedded struct in the row type; -1: the row itself
	schema *parquet.Schema
	first  int // its first leaf column in the row
	end    int
}

// shape turns rows into the values of their columns and back.
type shape[T Row] struct {
	halves []half
	values parquet.Row
}

func newShape[T Row]() *shape[T] {
	t := reflect.TypeFor[T]()
	s := &shape[T]{}
	first := 0
	for i := range t.NumField() {
		if !t.Field(i).Anonymous {
			continue
		}
		schema := parquet.SchemaOf(reflect.Zero(t.Field(i).Type).Interface())
		end := first + len(schema.Columns())
		s.halves = append(s.halves, half{field: i, schema: schema, first: first, end: end})
		first = end
	}
	if len(s.halves) == 0 {
		schema := parquet.SchemaOf(reflect.Zero(t).Interface())
		s.halves = []half{{field: -1, schema: schema, end: len(schema.Columns())}}
	}
	return s
}

// part points to the struct that a half is about.
func (h half) part(row reflect.Value) any {
	if h.field < 0 {
		return row.Addr().Interface()
	}
	return row.Field(h.field).Addr().Interface()
}

// take appends the values of a row to values.
func (s *shape[T]) take(values parquet.Row, row *T) parquet.Row {
	v := reflect.ValueOf(row).Elem()
	for _, h := range s.halves {
		n := len(values)
		values = h.schema.Deconstruct(values, h.part(v))
		shift(values[n:], h.first)
	}
	return values
}

// fill sets a row from its values, which stand in the order of the columns.
func (s *shape[T]) fill(row *T, values parquet.Row) error {
	v := reflect.ValueOf(row).Elem()
	for _, h := range s.halves {
		n := 0
		for n < len(values) && values[n].Column() < h.end {
			n++
		}
		s.values = append(s.values[:0], values[:n]...)
		shift(s.values, -h.first)
		values = values[n:]
		if err := h.schema.Reconstruct(h.part(v), s.values); err != nil {
			return err
		}
	}
	return nil
}

// shift moves values by a number of columns.
func shift(values parquet.Row, by int) {
	if by == 0 {
		return
	}
	for i, x := range values {
		values[i] = x.Level(x.RepetitionLevel(), x.DefinitionLevel(), x.Column()+by)
	}
}

package run

import (
	"reflect"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// The columns and levels made here are those that the library makes of the tags:
// it writes the schema, this package the values.
func TestShapeIsTheSchema(t *testing.T) {
	for _, row := range []any{
		DomainEvidence{}, HostEvidence{}, EndpointEvidence{}, Certificate{}, Domain{}, Host{}, Endpoint{},
	} {
		schema := parquet.SchemaOf(row)
		leaves := shapeOf(reflect.TypeOf(row)).leaves()
		if len(leaves) != len(schema.Columns()) {
			t.Fatalf("%T: %d columns, not %d", row, len(leaves), len(schema.Columns()))
		}
		for i, l := range leaves {
			column, ok := schema.Lookup(l.path...)
			n := l.last()
			if !ok || !slices.Equal(l.path, schema.Columns()[i]) || n.first != i || column.ColumnIndex != i {
				t.Errorf("%T: column %d is %v, not %v", row, i, l.path, schema.Columns()[i])
				continue
			}
			if n.def != column.MaxDefinitionLevel || n.rep != column.MaxRepetitionLevel || n.kind() != column.Node.Type().Kind() {
				t.Errorf("%T %v: levels %d %d, not %d %d", row, l.path, n.def, n.rep, column.MaxDefinitionLevel, column.MaxRepetitionLevel)
			}
		}
	}
}

// A field of a type that no column can hold is a mistake in the program.
func TestShapeRefusesStrangers(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a channel became a column")
		}
	}()
	shapeOf(reflect.TypeFor[struct {
		C chan int `parquet:"c"`
	}]())
}

// Lists of every length around the batch of a column come back whole, whatever
// page and batch they fall across.
func TestLongLists(t *testing.T) {
	var rows []Host
	lengths := []int{0, 1, columnBatch - 1, columnBatch, columnBatch + 1, 0, 0, 5000, 1, 0}
	for i, n := range lengths {
		h := emptyHost(string(rune('a' + i)))
		for j := range n {
			f := Finding{Code: "c", Detail: string(rune('a' + j%26))}
			if j%3 == 0 {
				f.Detail = ""
			}
			h.Findings = append(h.Findings, f)
			c := TLSACandidate{Base: "b"}
			for range j % 4 {
				c.Lookup.Chain = append(c.Lookup.Chain, Alias{"a", "b", Secure})
			}
			c.LookedUpAt = sampleTime
			h.TLSACandidates = append(h.TLSACandidates, c)
		}
		rows = append(rows, h)
	}
	roundTrip(t, rows...)
}

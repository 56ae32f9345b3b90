package run

import (
	"encoding/csv"
	"io"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// Rows as CSV (RFC 4180, with a header and LF at the end of a line) for people
// with spreadsheets; for programs there are Parquet and JSON:
//
//   - structs are taken apart, with a dot in the name: mx_lookup.outcome;
//   - a list is one cell of JSON;
//   - null is an empty cell;
//   - bytes are lower-case hexadecimal, timestamps RFC 3339 in UTC;
//   - a text that a spreadsheet would take for a formula has an apostrophe before
//     it, and control characters are escaped: \n, \u001b.

// csvColumn is one cell of a row.
type csvColumn struct {
	name string
	way  []*node // from the row; the last is a leaf or a list
}

func csvColumns(n *node, prefix string, way []*node) []csvColumn {
	var columns []csvColumn
	for _, child := range n.below {
		w := append(way[:len(way):len(way)], child)
		switch {
		case child.form != formGroup:
			columns = append(columns, csvColumn{prefix + child.name, w})
		case child.name == "":
			columns = append(columns, csvColumns(child, prefix, w)...)
		default:
			columns = append(columns, csvColumns(child, prefix+child.name+".", w)...)
		}
	}
	return columns
}

// csvWriter writes rows of one type as CSV.
type csvWriter[T Row] struct {
	w       *csv.Writer
	columns []csvColumn
	cells   []string
	scratch []byte
}

// newCSVWriter begins with the header.
func newCSVWriter[T Row](w io.Writer) (*csvWriter[T], error) {
	c := &csvWriter[T]{w: csv.NewWriter(w), columns: csvColumns(shapeOf(reflect.TypeFor[T]()), "", nil)}
	c.cells = make([]string, len(c.columns))
	for i, column := range c.columns {
		c.cells[i] = column.name
	}
	return c, c.w.Write(c.cells)
}

func (c *csvWriter[T]) write(row *T) error {
	v := reflect.ValueOf(row).Elem()
	for i, column := range c.columns {
		c.cells[i] = c.cell(column, v)
	}
	return c.w.Write(c.cells)
}

func (c *csvWriter[T]) flush() error {
	c.w.Flush()
	return c.w.Error()
}

// cell gives the text of a column of a row.
func (c *csvWriter[T]) cell(column csvColumn, v reflect.Value) string {
	for _, n := range column.way {
		v = v.Field(n.field)
		if !n.optional {
			continue
		}
		if v.IsZero() {
			return ""
		}
		if n.pointer {
			v = v.Elem()
		}
	}
	b := c.scratch[:0]
	switch n := column.way[len(column.way)-1]; n.form {
	case formString:
		b = appendCell(b, v.String())
	case formList:
		b = n.appendList(b, v)
	case formBytes:
		b = appendHex(b, v.Bytes())
	case formBool:
		b = strconv.AppendBool(b, v.Bool())
	case formTime:
		b = appendTime(b, v)
	default:
		b = strconv.AppendInt(b, v.Int(), 10)
	}
	c.scratch = b
	return string(b)
}

// appendCell appends a text that a spreadsheet shows and does not run: a cell that
// begins with = + - @, in ASCII or in full width, is a formula to one or another.
// Where control characters would begin a formula, they are escaped already.
func appendCell(b []byte, s string) []byte {
	switch r, _ := utf8.DecodeRuneInString(s); r {
	case '=', '+', '-', '@', '\uff1d', '\uff0b', '\uff0d', '\uff20', '\t', '\r', '\n':
		b = append(b, '\'')
	}
	for _, r := range s {
		switch {
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r != '<' && r != '>' && r != '&' && unsafeRune(r):
			b = appendEscape(b, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

package run

import (
	"bufio"
	"fmt"
	"io"
	"iter"
)

// Format is a form in which a table can be exported.
type Format string

// The formats.
const (
	FormatCSV   Format = "csv"
	FormatJSONL Format = "jsonl"
)

// Export writes a final table to w.
func (r *Run) Export(w io.Writer, t Table, f Format) error {
	switch t {
	case TableDomains:
		return Export(w, f, r.Domains())
	case TableHosts:
		return Export(w, f, r.Hosts())
	case TableEndpoints:
		return Export(w, f, r.Endpoints())
	case TableCertificates:
		return Export(w, f, r.Certificates())
	}
	_, err := ParseTable(string(t))
	return err
}

// Export writes rows to w: as CSV with a header, or as JSON Lines.
func Export[T Row](w io.Writer, f Format, rows iter.Seq2[T, error]) error {
	switch f {
	case FormatCSV:
		return exportCSV(w, rows)
	case FormatJSONL:
		return exportJSON(w, rows)
	}
	return fmt.Errorf("no format %q: there are %s and %s", f, FormatCSV, FormatJSONL)
}

func exportCSV[T Row](w io.Writer, rows iter.Seq2[T, error]) error {
	c, err := newCSVWriter[T](w)
	if err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := c.write(&row); err != nil {
			return err
		}
	}
	return c.flush()
}

func exportJSON[T Row](w io.Writer, rows iter.Seq2[T, error]) error {
	out := bufio.NewWriterSize(w, 64<<10)
	e := NewEncoder[T]()
	var line []byte
	for row, err := range rows {
		if err != nil {
			return err
		}
		line = append(e.Append(line[:0], &row), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// csv gives the rows of a figure as a spreadsheet can open them.
func (t *table) csv() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(append(append([]string{}, t.Keys...), t.Counts...)); err != nil {
		return nil, err
	}
	for _, r := range t.Rows {
		var cells []string
		for _, key := range r.Key {
			cells = append(cells, cell(key))
		}
		for _, n := range r.Counts {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// cell makes text from outside a cell that a spreadsheet shows and does not run:
// what begins with = + - @, in ASCII or in full width, is a formula to one or
// another, also behind a tab or a line break.
func cell(s string) string {
	s = printable(s)
	switch r, _ := utf8.DecodeRuneInString(s); r {
	case '=', '+', '-', '@', '\uff1d', '\uff0b', '\uff0d', '\uff20':
		return "'" + s
	}
	return s
}

// printable replaces what controls a terminal, a spreadsheet or the direction of
// text by an escape.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// published is a figure as its JSON file has it.
type published struct {
	Figure   string           `json:"figure"`
	Title    string           `json:"title"`
	Sentence string           `json:"sentence"`
	RunID    string           `json:"run_id"`
	Rules    string           `json:"rules_version"`
	List     string           `json:"list"`
	Keys     []string         `json:"keys"`
	Counts   []string         `json:"counts"`
	Rows     []map[string]any `json:"rows"`
	Left     int              `json:"rows_left_out"`
	Folded   int64            `json:"rows_not_named,omitempty"`
	SQL      string           `json:"sql"`
}

// json gives the rows of a figure with all that it takes to cite them.
func (t *table) json(s *summary) ([]byte, error) {
	p := published{
		Figure: t.Name, Title: t.Title, Sentence: t.Says(s), RunID: s.manifest.RunID, Rules: s.manifest.RulesVersion,
		List: listName(s.manifest.List), Keys: t.Keys, Counts: t.Counts, Rows: []map[string]any{}, Left: max(t.More, 0), Folded: t.Folded, SQL: t.sql(),
	}
	for _, r := range t.Rows {
		object := map[string]any{}
		for i, key := range r.Key {
			object[t.Keys[i]] = key
		}
		for i, n := range r.Counts {
			object[t.Counts[i]] = n
		}
		p.Rows = append(p.Rows, object)
	}
	data, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		return nil, fmt.Errorf("figure %s: %w", t.Name, err)
	}
	return append(data, '\n'), nil
}

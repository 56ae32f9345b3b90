package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
)

// seriesFigure is a figure of the page of a series: its rows as text, and its twin
// sql/series/NAME.sql, which stands for the latest run and the one before it.
type seriesFigure struct {
	name string
	head []string
	rows [][]string
}

// data are the figures of a series that are more than one line for each run.
func (x *series) data() []seriesFigure {
	last := x.steps[len(x.steps)-1]
	same := seriesFigure{"same", []string{"run_before", "run_after", "measure", "before", "after", "joined", "left"}, nil}
	for _, p := range x.steps {
		for _, m := range stepNames() {
			same.rows = append(same.rows, []string{p.Before, p.After, m, number(p.Both[m].Before), number(p.Both[m].After), number(p.Joined[m]), number(p.Left[m])})
		}
	}
	moves := seriesFigure{"moves", []string{"verdict_before", "verdict_now", "names"}, nil}
	for _, m := range last.Moves {
		moves.rows = append(moves.rows, []string{m.From, m.To, number(m.Names)})
	}
	blame := seriesFigure{"blame", []string{"host", "names"}, nil}
	for _, h := range last.Blame {
		blame.rows = append(blame.rows, []string{h.Host, number(h.Names)})
	}
	return []seriesFigure{same, x.surveyData(), moves, blame}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// surveyData is the survey's table. What a run before does not know stays empty.
func (x *series) surveyData() seriesFigure {
	f := seriesFigure{"survey", []string{"provider", "now", "previous", "year_ago"}, nil}
	for _, p := range x.top() {
		row := []string{p.Provider, number(p.DANE)}
		for _, e := range []*entry{&x.runs[len(x.runs)-2], x.yearAgo()} {
			n, ok := e.dane(p.Provider)
			if ok {
				row = append(row, number(n))
			} else {
				row = append(row, "")
			}
		}
		f.rows = append(f.rows, row)
	}
	return f
}

// csv gives the rows as a spreadsheet can open them.
func (f seriesFigure) csv() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(f.head); err != nil {
		return nil, err
	}
	for _, row := range f.rows {
		cells := make([]string, len(row))
		for i, text := range row {
			cells[i] = cell(text)
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// sql is the query that gives the rows; of those that follow all runs, the last.
func (f seriesFigure) sql() ([]byte, error) {
	text, err := sqlFiles.ReadFile("sql/series/" + f.name + ".sql")
	if err != nil {
		return nil, fmt.Errorf("figure %s: %w", f.name, err)
	}
	return text, nil
}

// makers are the data files of the figures.
func (x *series) makers() []maker {
	var all []maker
	for _, f := range x.data() {
		all = append(all, maker{"data/" + f.name + ".csv", f.csv}, maker{"data/" + f.name + ".sql", f.sql})
	}
	return all
}

// sourced gives a view of a series the links to its data.
func sourced(v figureView) figureView {
	text, err := seriesFigure{name: v.Name}.sql()
	if err != nil {
		return v // the figure of the runs: its data is linked below
	}
	v.Data, v.SQL = v.Name, string(text)
	v.Links = []link{{"CSV", "data/" + v.Name + ".csv"}, {"JSON", "data/series.json"}, {"SQL", "data/" + v.Name + ".sql"}}
	return v
}

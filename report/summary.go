package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"danescan/datasets/run"
)

// summary is a run counted: what pages and data files are made from.
type summary struct {
	manifest run.Manifest
	redacted bool
	alarms   []string
	tables   []table
	byName   map[string]*table
	detail   map[string]*details
	broken   map[string]*brokenHost
}

// summary makes the tables.
func (g *gathered) summary() *summary {
	s := &summary{manifest: g.manifest, redacted: g.redacted, byName: map[string]*table{}, detail: g.detail, broken: g.broken.hosts}
	for i, f := range g.figures {
		s.tables = append(s.tables, f.table(g, g.tallies[i]))
	}
	for i := range s.tables {
		s.byName[s.tables[i].Name] = &s.tables[i]
	}
	return s
}

// table returns a figure by name; one without rows where there is none.
func (s *summary) table(name string) *table {
	if t := s.byName[name]; t != nil {
		return t
	}
	return &table{figure: &figure{Name: name}}
}

// of is a measure of the headline.
func (s *summary) of(measure string) int64 { return s.table("headline").at("count", measure) }

func (s *summary) number(measure string) string { return thousands(s.of(measure)) }

// topOf says what the first row of a figure is, with more after it.
func (s *summary) topOf(name, what, more string) string {
	t := s.table(name)
	if len(t.Rows) == 0 {
		return more
	}
	first := t.Rows[0]
	n := first.Counts[len(first.Counts)-1]
	if t.Slice != nil {
		n = first.Counts[atNames]
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s. %s", thousands(n), what, shown(first.Key[0]), more))
}

// topThing says what most sessions have.
func (s *summary) topThing(name, what string) string {
	t := s.table(name)
	if len(t.Rows) == 0 {
		return "No handshake completed."
	}
	best := slices.MaxFunc(t.Rows, func(a, b dataRow) int { return int(a.Counts[0] - b.Counts[0]) })
	return fmt.Sprintf("%s of %s sessions with a complete handshake %s %s.",
		thousands(best.Counts[0]), s.number("handshakes"), what, shown(best.Key[0]))
}

// compared says how one row of a slice compares with the whole list.
func (s *summary) compared(name, key, subject string) string {
	t := s.table(name)
	return fmt.Sprintf("%s, %s have DANE; of the whole list, %s.", subject,
		share(t.at("dane", key), t.at("with_mail", key)), share(s.of("dane"), s.of("with_mail")))
}

// shown is a key as a reader sees it.
func shown(key string) string {
	if key == "" {
		return "(none)"
	}
	return key
}

// share is a part of a whole, in words that never say 0 % of something that is
// there, nor 100 % of something that is not all.
func share(part, whole int64) string {
	switch {
	case whole <= 0:
		return "–"
	case part == 0:
		return "0\u00a0%"
	case part == whole:
		return "100\u00a0%"
	}
	percent := 100 * float64(part) / float64(whole)
	if percent < 0.01 {
		return "<\u00a00.01\u00a0%"
	}
	digits := 1
	if percent < 1 || percent > 99 {
		digits = 2
	}
	text := strconv.FormatFloat(percent, 'f', digits, 64)
	if text == "100.00" {
		text = ">\u00a099.99"
	}
	return text + "\u00a0%"
}

// thousands writes a number in groups of three digits.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	var groups []string
	for len(text) > 3 {
		groups = append([]string{text[len(text)-3:]}, groups...)
		text = text[:len(text)-3]
	}
	return strings.Join(append([]string{text}, groups...), ",")
}

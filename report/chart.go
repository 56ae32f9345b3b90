package report

import (
	"fmt"
	"strconv"
	"strings"
)

// chart is one bar cut into pieces, with its text beside it.
type chart struct {
	Title, Desc string
	Pieces      []piece
}

type piece struct{ Label, Number, Share, Tone, X, Width string }

// daneChart shows what became of the names with DANE.
func (s *summary) daneChart() *chart {
	rest := s.of("unreachable") + s.of("not_tested") + s.of("unusable")
	counts := []struct {
		label, tone string
		n           int64
	}{
		{"verified", "good", s.of("verified")}, {"partial", "half", s.of("partial")}, {"failed", "bad", s.of("failed")},
		{"undecided", "unknown", s.of("undecided")}, {"not reached, not tested or unusable", "plain", rest},
	}
	var whole int64
	for _, c := range counts {
		whole += c.n
	}
	if whole == 0 {
		return nil
	}
	out := &chart{Title: "What became of names with proven MX records that have or may have DANE"}
	var x float64
	var told []string
	for _, c := range counts {
		width := 1000 * float64(c.n) / float64(whole)
		out.Pieces = append(out.Pieces, piece{c.label, thousands(c.n), share(c.n, whole), c.tone, decimal(x), decimal(width)})
		told = append(told, fmt.Sprintf("%s %s", thousands(c.n), c.label))
		x += width
	}
	out.Desc = "One bar, from left to right: " + strings.Join(told, ", ") + "."
	return out
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }

// cards are the numbers that people quote.
func (s *summary) cards() []card {
	return []card{
		{s.number("names"), "names", "in the list"},
		{s.number("with_mail"), "take mail", share(s.of("with_mail"), s.of("names")) + " of names"},
		{s.number("signed_mx"), "with proven MX records", share(s.of("signed_mx"), s.of("with_mail")) + " of names with mail"},
		{s.number("dane"), "with DANE", share(s.of("dane"), s.of("with_mail")) + " of names with mail"},
		{s.number("verified"), "verified", share(s.of("verified"), s.of("dane")) + " of names with DANE"},
		{s.number("failed"), "failed", share(s.of("failed"), s.of("dane")) + " of names with DANE"},
		{s.number("undecided"), "undecided", "a deciding lookup failed"},
		{s.number("dns_error"), "without an answer", "whether they take mail is not known"},
	}
}

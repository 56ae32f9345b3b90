package report

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"danescan/datasets/run"
)

//go:embed sql/*.sql sql/series/*.sql
var sqlFiles embed.FS

// figure is one table of the report: what is counted by what. Exactly one kind of
// counting function is set, or Domain and Host together; the figure's twin
// sql/NAME.sql gives the same rows in the same order.
type figure struct {
	Name   string // of its anchor, its files and its SQL
	Title  string
	Page   string   // name of the page that shows it
	Keys   []string // headings of the columns of text, as in the data
	Things string   // what is counted beside hosts and domains: sessions, records, lookups
	Hosts  bool     // whether hosts are counted: for a slice those of the provider
	TLSA   bool     // of a slice: whether the MX hosts with TLSA records of its domains are counted
	Fixed  []string // keys that are shown even where nothing has them, in this order
	Of     wholes   // what shares are of
	Show   int      // rows on the page; 0: defaultShow. The data has up to maxRows

	When    func(m run.Manifest) bool   // whether the run has measured it; nil: every run has
	Says    func(s *summary) string     // the sentence above the table
	Meaning func(key []string) string   // a note below a key
	Tone    func(key []string) string   // colour of its bar
	Domain  func(*run.Domain, adder)    // counts by domain
	Host    func(*run.Host, adder)      // counts by host; a domain has what its MX hosts have
	Session func(*session, adder)       // counts by session; a host has what its sessions have
	Sets    func([]daneHost, adder)     // counts by domain, from its hosts with TLSA records
	Slice   func(*run.Domain) string    // adoption among the domains with one text in common
	Whole   func(g *gathered) []dataRow // made from what others counted
	Columns []string                    // the columns of Whole
}

// adder counts n things under a key.
type adder func(n int64, key ...string)

// wholes names the lines of the headline that the shares of a figure are of.
type wholes struct{ Things, Hosts, Domains string }

// Rows shown on a page and kept in the data files.
const (
	defaultShow = 25
	maxRows     = 10_000
)

// The columns of a slice: how far its domains came.
const (
	atNames = iota
	atWithMail
	atSignedMX
	atDANE
	atVerified
	atPrimary
	atPartial
	atFailed
	atUndecided
	atUnreachable
	atNotTested
	atUnusable
	atHalf
	atDNSError
	steps
)

func stepNames() []string {
	return []string{"names", "with_mail", "signed_mx", "dane", "verified", "primary_verified", "partial", "failed",
		"undecided", "unreachable", "not_tested", "unusable", "half_dane", "dns_error"}
}

// columns are the names of the counts of a figure, as in its data.
func (f *figure) columns() []string {
	var names []string
	switch {
	case f.Whole != nil:
		return f.Columns
	case f.Slice != nil:
		names = stepNames()
		if f.Hosts {
			names = append(names, "hosts")
		}
		if f.TLSA {
			names = append(names, "tlsa_hosts")
		}
		return names
	}
	if f.Things != "" {
		names = append(names, f.Things)
	}
	if f.Hosts {
		names = append(names, "hosts")
	}
	return append(names, "domains")
}

// order is by what rows are sorted, the most telling column first.
func (f *figure) order() []int {
	if f.Slice != nil {
		return []int{atNames}
	}
	var order []int
	for i := len(f.columns()) - 1; i >= 0; i-- {
		order = append(order, i)
	}
	return order
}

// table is a figure counted.
type table struct {
	*figure
	Counts []string // names of the columns of numbers
	Rows   []dataRow
	More   int   // rows that are not here
	Lost   int64 // domains or hosts under keys that were too many to hold
	Folded int64 // rows folded into one by redaction
}

// dataRow is one line of the data of a figure.
type dataRow struct {
	Key    []string
	Counts []int64
}

// sql is the query that gives the same rows.
func (f *figure) sql() string {
	text, err := sqlFiles.ReadFile("sql/" + f.Name + ".sql")
	if err != nil {
		return ""
	}
	return string(text)
}

// table takes the rows out of the figure's tally.
func (f *figure) table(g *gathered, t *tally) table {
	out := table{figure: f, Counts: f.columns()}
	if f.Whole != nil {
		out.Rows = f.Whole(g)
	} else {
		lines := f.sortedLines(t)
		if n := len(lines) - maxRows; n > 0 && !g.redacted { // redaction adds up what it does not name
			lines, out.More = lines[:maxRows], n
		}
		for _, l := range lines {
			out.Rows = append(out.Rows, dataRow{strings.Split(l.key, between), l.counts})
		}
		if out.Lost = slices.Max(t.lost.counts); f.TLSA {
			out.Lost = max(out.Lost, g.shared.lost)
		}
	}
	if g.redacted {
		out.redact()
	}
	if n := len(out.Rows) - maxRows; n > 0 {
		out.Rows, out.More = out.Rows[:maxRows], n
	}
	return out
}

func (f *figure) sortedLines(t *tally) []*row {
	lines := t.sorted(f.order())
	if len(f.Fixed) == 0 {
		return lines
	}
	var all []*row
	for _, key := range f.Fixed {
		all = append(all, t.rows[key])
	}
	return append(all, slices.DeleteFunc(lines, func(l *row) bool { return slices.Contains(f.Fixed, l.key) })...)
}

// at returns a count of the table, or 0.
func (t *table) at(column string, key ...string) int64 {
	i := slices.Index(t.Counts, column)
	for _, r := range t.Rows {
		if i >= 0 && slices.Equal(r.Key, key) {
			return r.Counts[i]
		}
	}
	return 0
}

// cross gives every combination of two lists of words, as keys.
func cross(first, second []string) []string {
	var keys []string
	for _, a := range first {
		for _, b := range second {
			keys = append(keys, a+between+b)
		}
	}
	return keys
}

// words are the texts of a closed vocabulary.
func words[T ~string](all ...T) []string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return out
}

// triple is a TLSA record in the notation of its three parameters.
func triple(r *run.TLSA) string { return fmt.Sprintf("%d %d %d", r.Usage, r.Selector, r.MatchingType) }

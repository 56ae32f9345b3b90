package lab

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// truths turns rows of the table into what the lab tells about them.
func truths(table []entryCase, without []Feature) []Case {
	var out []Case
	for _, c := range table {
		if c.needs != "" && slices.Contains(without, c.needs) {
			continue
		}
		row := Case{Domain: strings.TrimSuffix(c.domain, "."), Verdict: c.verdict, Note: c.note, Needs: c.needs}
		for _, m := range c.mx {
			if m.Name != "." {
				m.Name = strings.TrimSuffix(absolute(m.Name, c.domain), ".")
			}
			row.MX = append(row.MX, m)
		}
		slices.SortFunc(row.MX, func(a, b MX) int { return strings.Compare(a.Name, b.Name) })
		out = append(out, row)
	}
	return out
}

// Table returns the truth of the cases' table, without the bulk domains.
func (l *Lab) Table() []Case { return slices.Clone(l.rows) }

// Truth goes through the truth of every domain of the list, in the list's order.
func (l *Lab) Truth() iter.Seq[Case] {
	return func(yield func(Case) bool) {
		for _, c := range l.rows {
			if !yield(c) {
				return
			}
		}
		for i := range l.bulkDomains() {
			if !yield(l.world.bulk.truth(i)) {
				return
			}
		}
	}
}

// Len is how many domains the list has.
func (l *Lab) Len() int { return len(l.rows) + l.bulkDomains() }

func (l *Lab) bulkDomains() int { return max(0, l.cfg.Domains-len(l.rows)) }

// WriteList writes the list of domains like Tranco's: rank,domain and CRLF.
func (l *Lab) WriteList(w io.Writer) error {
	b := bufio.NewWriter(w)
	for i, c := range l.rows {
		fmt.Fprintf(b, "%d,%s\r\n", i+1, c.Domain)
	}
	for i := range l.bulkDomains() {
		fmt.Fprintf(b, "%d,%s\r\n", len(l.rows)+i+1, strings.TrimSuffix(l.world.bulk.name(i), "."))
	}
	return b.Flush()
}

// WriteTruth writes the truth as CSV: domain, verdict, hosts (name=verdict:reason,
// separated by spaces) and note, under a line of headings.
func (l *Lab) WriteTruth(w io.Writer) error {
	out := csv.NewWriter(w)
	out.Write([]string{"domain", "verdict", "mx", "note"})
	for c := range l.Truth() {
		var hosts []string
		for _, m := range c.MX {
			h := m.Name + "=" + m.Verdict
			if m.Reason != "" {
				h += ":" + m.Reason
			}
			hosts = append(hosts, h)
		}
		out.Write([]string{c.Domain, c.Verdict, strings.Join(hosts, " "), c.Note})
	}
	out.Flush()
	return out.Error()
}

package report

import (
	"fmt"
	"strconv"
	"strings"
)

// figureView is a table as a page shows it.
type figureView struct {
	Name, Title, Sentence string
	Keys                  []string
	Heads                 []head
	Bars                  bool
	Rows                  []rowView
	Rest                  string
	Data                  string
	Links                 []link
	SQL                   string
}

type head struct{ Label, Of string }

type rowView struct {
	Label, Note, Link string
	Texts             []string
	Cells             []cellView
	Bar               string // per cent
	Tone              string
}

type cellView struct{ Number, Share string }

// column is one column of numbers on a page.
type column struct {
	name  string // in the data
	label string
	of    string // what its shares are of, in words
	whole func(dataRow) int64
}

// view lays a figure out. Linked gives the page of a row, or nothing.
func (s *summary) view(t *table, linked func(key string) string) figureView {
	columns := s.columns(t)
	v := figureView{Name: t.Name, Title: t.Title, Sentence: t.Says(s), Data: t.Name, SQL: t.sql(), Rest: t.rest()}
	for _, key := range t.Keys {
		v.Keys = append(v.Keys, label(key))
	}
	for _, c := range columns {
		v.Heads = append(v.Heads, head{c.label, c.of})
		v.Bars = v.Bars || c.whole != nil
	}
	for i, r := range t.Rows {
		if i == t.show() {
			break
		}
		v.Rows = append(v.Rows, s.row(t, r, columns))
		if linked != nil {
			v.Rows[i].Link = linked(r.Key[0])
		}
	}
	return v
}

func (t *table) show() int {
	if t.Show > 0 {
		return t.Show
	}
	return defaultShow
}

// rest says what the page does not show.
func (t *table) rest() string {
	var parts []string
	if n := len(t.Rows) - t.show(); n > 0 {
		parts = append(parts, fmt.Sprintf("%s more rows are in the data.", thousands(int64(n))))
	}
	if t.More > 0 {
		parts = append(parts, fmt.Sprintf("%s rows are left out of the data.", thousands(int64(t.More))))
	}
	if t.Lost > 0 {
		parts = append(parts, fmt.Sprintf("%s came under more keys than were counted.", thousands(t.Lost)))
	}
	if t.Folded > 0 {
		parts = append(parts, fmt.Sprintf("%s rows with fewer than %d names are not named.", thousands(t.Folded), fewest))
	}
	return strings.Join(parts, " ")
}

func (s *summary) row(t *table, r dataRow, columns []column) rowView {
	v := rowView{Label: shown(printable(r.Key[0])), Tone: "plain"}
	for _, key := range r.Key[1:] {
		v.Texts = append(v.Texts, printable(key))
	}
	if t.Meaning != nil {
		v.Note = t.Meaning(r.Key)
	}
	if t.Tone != nil {
		if tone := t.Tone(r.Key); tone != "" {
			v.Tone = tone
		}
	}
	bar := 0.0
	for _, c := range columns {
		n := r.Counts[index(t.Counts, c.name)]
		cell := cellView{Number: thousands(n)}
		if c.whole != nil {
			whole := c.whole(r)
			cell.Share = share(n, whole)
			if whole > 0 {
				bar = min(100, 100*float64(n)/float64(whole))
			}
		}
		if t.Slice == nil || c.name == "dane" {
			v.Bar = strconv.FormatFloat(bar, 'f', 2, 64)
		}
		v.Cells = append(v.Cells, cell)
	}
	if t.Slice != nil {
		v.Tone = "good"
	}
	return v
}

func index(all []string, name string) int {
	for i, s := range all {
		if s == name {
			return i
		}
	}
	return 0
}

// columns are those that a page shows, with what their shares are of.
func (s *summary) columns(t *table) []column {
	within := func(name string) func(dataRow) int64 {
		return func(r dataRow) int64 { return r.Counts[index(t.Counts, name)] }
	}
	if t.Slice != nil {
		all := []column{
			{"names", "Names", "", nil}, {"with_mail", "Take mail", "of names", within("names")},
			{"signed_mx", "MX proven", "of those with mail", within("with_mail")}, {"dane", "DANE", "of those with mail", within("with_mail")},
			{"verified", "Verified", "of those with DANE", within("dane")}, {"failed", "Failed", "of those with DANE", within("dane")},
			{"undecided", "Undecided", "of those with mail", within("with_mail")}, {"dns_error", "No answer", "of names", within("names")},
		}
		if t.TLSA {
			all = append(all, column{name: "tlsa_hosts", label: "MX hosts", of: "with TLSA"})
		}
		return all
	}
	if t.Name == "headline" {
		return []column{{"of", "Of", "", nil}, {"count", "Count", "", within("of")}}
	}
	var all []column
	for _, name := range t.Counts {
		c := column{name: name, label: label(name)}
		if whole := map[string]string{"hosts": t.Of.Hosts, "domains": t.Of.Domains}[name]; whole != "" {
			c.of, c.whole = "of "+whatIs(whole), func(dataRow) int64 { return s.of(whole) }
		} else if name == t.Things && t.Of.Things != "" {
			c.of, c.whole = "of "+whatIs(t.Of.Things), func(dataRow) int64 { return s.of(t.Of.Things) }
		}
		all = append(all, c)
	}
	return all
}

// label writes the name of a column as a heading.
func label(name string) string {
	known := map[string]string{
		"tld": "TLD", "ttl": "Time to live", "dns_operator": "DNS operator", "with_mail": "Take mail", "signed_mx": "MX proven", "dane": "DANE",
		"secure_mx": "With proven MX", "tlsa": "TLSA", "hosts_are": "MX hosts",
	}
	if text := known[name]; text != "" {
		return text
	}
	text := strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

// whatIs names the whole that a share is of.
func whatIs(measure string) string {
	known := map[string]string{
		"with_mail": "names that take mail", "dane": "names with DANE", "half_dane": "half-DANE names",
		"hosts_with_tlsa": "hosts with TLSA", "hosts_verified": "verified hosts",
	}
	if text := known[measure]; text != "" {
		return text
	}
	return measure
}

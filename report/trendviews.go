package report

import (
	"fmt"
	"strings"
	"time"
)

// sameView follows the names that were in both of two runs.
func (x *series) sameView() figureView {
	v := figureView{Name: "same", Title: "The same names in two runs", Keys: []string{"Run"},
		Sentence: "Each run against the one before it, by the names that both have; names that joined the list or left it are counted apart.",
		Heads:    []head{{"Names in both", ""}, {"DANE", "before, after"}, {"Verified", "before, after"}, {"Failed", "before, after"}, {"Undecided", "before, after"}, {"Joined", "with DANE"}, {"Left", "with DANE"}}}
	v.Rest = earlierRuns(len(x.steps))
	for i := len(x.steps) - 1; i >= max(0, len(x.steps)-shownRuns); i-- {
		p := x.steps[i]
		row := rowView{Label: date(x.runs[i+1].Started), Note: x.broken(i + 1), Cells: []cellView{{Number: thousands(p.Both["names"].After)}}}
		for _, m := range []string{"dane", "verified", "failed", "undecided"} {
			row.Cells = append(row.Cells, cellView{thousands(p.Both[m].Before) + " → " + thousands(p.Both[m].After), change(p.Both[m])})
		}
		row.Cells = append(row.Cells, cellView{thousands(p.Joined["names"]), thousands(p.Joined["dane"])}, cellView{thousands(p.Left["names"]), thousands(p.Left["dane"])})
		v.Rows = append(v.Rows, row)
	}
	return v
}

// sameTrend draws, beside the whole list, the names that were in both of two runs: a
// piece for each two, for each two have other names in common. Between runs that do
// not continue each other there is none.
func (x *series) sameTrend() trend {
	whole := curve{"dane", "with_mail", "whole list", ""}
	before := func(p pair) float64 { return part(p.Both["dane"].Before, p.Both["with_mail"].Before) }
	after := func(p pair) float64 { return part(p.Both["dane"].After, p.Both["with_mail"].After) }
	most := 0.0
	for i := range x.runs {
		most = max(most, ratio(&x.runs[i], whole))
	}
	for _, p := range x.steps {
		most = max(most, before(p), after(p))
	}
	out, top := x.plot("same-trend", "Names with DANE among the names that two runs in a row have in common, as a share of those that take mail", most)
	same := trendLine{Label: "same names", Tone: "good", LabelX: decimal(plotLabel)}
	var told []string
	for i, p := range x.steps {
		from := dot{decimal(x.x(i)), decimal(height(before(p) / top))}
		to := dot{decimal(x.x(i + 1)), decimal(height(after(p) / top))}
		same.LabelY = to.Y
		if x.broken(i+1) != "" {
			continue
		}
		same.Pieces = append(same.Pieces, from.X+","+from.Y+" "+to.X+","+to.Y)
		if len(x.steps)-i < shownRuns {
			same.Dots = append(same.Dots, from, to)
		}
		told = append(told, fmt.Sprintf("from %s to %s: %s, then %s", date(x.runs[i].Started), date(x.runs[i+1].Started),
			share(p.Both["dane"].Before, p.Both["with_mail"].Before), share(p.Both["dane"].After, p.Both["with_mail"].After)))
	}
	out.Lines = []trendLine{x.line(whole, top), same}
	apart(out.Lines)
	if told = told[max(0, len(told)-yearOfSteps):]; len(told) > 0 {
		out.Desc = "A line for the whole list, and one piece for each two runs. " + strings.Join(told, "; ") + "."
	} else {
		out.Desc = "A line for the whole list. No two runs in a row continue each other."
	}
	return out
}

// yearOfSteps is how many steps from run to run the description of a chart tells:
// a year of months. The table beside it has all.
const yearOfSteps = 12

func part(n, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(n) / float64(whole)
}

// change is a difference with its sign.
func change(b both) string {
	switch d := b.After - b.Before; {
	case d > 0:
		return "+" + thousands(d)
	case d < 0:
		return "−" + thousands(-d)
	}
	return "±0"
}

// yearly is how far from a year an earlier run may be and still stand for it.
const yearly = 45 * 24 * time.Hour

// yearAgo is the run closest to a year before the latest; nil: none is close.
func (x *series) yearAgo() *entry {
	want := x.runs[len(x.runs)-1].Started.AddDate(-1, 0, 0)
	var best *entry
	off := func(e *entry) time.Duration { return e.Started.Sub(want).Abs() }
	for i := range x.runs {
		if e := &x.runs[i]; off(e) <= yearly && (best == nil || off(e) < off(best)) {
			best = e
		}
	}
	return best
}

// surveyView is the monthly table of the long-running public survey: the largest
// MX providers by names with DANE, now, in the run before, and a year ago.
func (x *series) surveyView() figureView {
	last, previous, year := &x.runs[len(x.runs)-1], &x.runs[len(x.runs)-2], x.yearAgo()
	v := figureView{Name: "survey", Title: "Top 20 MX providers by names with DANE", Keys: []string{"Provider"},
		Sentence: "Names with DANE whose best MX host is with the provider.",
		Heads:    []head{{"Now", date(last.Started)}, {"Previous run", date(previous.Started)}, {"A year ago", "no run"}}}
	if year != nil {
		v.Heads[2].Of = date(year.Started)
	}
	for _, p := range x.top() {
		row := rowView{Label: shown(printable(p.Provider))}
		for _, e := range []*entry{last, previous, year} {
			row.Cells = append(row.Cells, cellView{Number: e.provider(p.Provider)})
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// top are the providers of the survey's table.
func (x *series) top() []providerLine {
	all := x.runs[len(x.runs)-1].Providers
	return all[:min(len(all), 20)]
}

// dane is the number of a provider's names with DANE in a run; it is false if the
// series does not know.
func (e *entry) dane(provider string) (int64, bool) {
	if e == nil {
		return 0, false
	}
	for _, p := range e.Providers {
		if p.Provider == provider {
			return p.DANE, true
		}
	}
	return 0, len(e.Providers) < maxProviders
}

// provider is that number in words.
func (e *entry) provider(name string) string {
	n, ok := e.dane(name)
	switch {
	case ok:
		return thousands(n)
	case e == nil:
		return "–"
	}
	return fmt.Sprintf("≤ %s", thousands(e.Providers[maxProviders-1].DANE))
}

// movesView is what changed since the run before.
func (x *series) movesView() figureView {
	v := figureView{Name: "moves", Title: "What changed since the run before", Keys: []string{"Verdict before", "Verdict now"}, Heads: []head{{"Names", ""}},
		Sentence: "Names that are in the latest run and in the one before it, and whose verdict changed."}
	for _, m := range x.steps[len(x.steps)-1].Moves {
		v.Rows = append(v.Rows, rowView{Label: shown(printable(m.From)), Texts: []string{shown(printable(m.To))}, Cells: []cellView{{Number: thousands(m.Names)}}})
	}
	return v
}

// blameView names the hosts for which names failed.
func (x *series) blameView() figureView {
	v := figureView{Name: "blame", Title: "Hosts for which names failed since", Keys: []string{"Host"}, Heads: []head{{"Names", ""}},
		Sentence: "MX hosts that fail for names that had not failed in the run before."}
	for _, h := range x.steps[len(x.steps)-1].Blame {
		v.Rows = append(v.Rows, rowView{Label: shown(printable(h.Host)), Cells: []cellView{{Number: thousands(h.Names)}}})
	}
	return v
}

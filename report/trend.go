package report

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// trend is a line chart over the runs of a series.
type trend struct {
	Name, Title, Desc string
	Grid              []gridLine
	Lines             []trendLine
	Breaks            []trendBreak
	First, Last       string // dates below the ends
}

type gridLine struct{ Y, TextY, Label string }

type trendLine struct {
	Label, Tone, LabelX, LabelY string
	Pieces                      []string // points; a piece ends where the rules or the program change
	Dots                        []dot
}

type dot struct{ X, Y string }

type trendBreak struct{ X, Label string }

// The plot of a trend, in the units of its view box.
const (
	plotLeft, plotRight = 60.0, 760.0
	plotTop, plotBottom = 20.0, 240.0
	plotLabel           = 772.0
)

// shownRuns is how many runs the page of a series shows one by one, the latest, in
// tables and as dots.
const shownRuns = 60

// curve is one line to draw: a measure, and what it is a share of.
type curve struct{ measure, whole, label, tone string }

// write makes the first page of a series and its data.
func (x *series) write(ctx context.Context, cfg Config) error {
	all, err := layouts()
	if err != nil {
		return err
	}
	var makers []maker
	for _, p := range x.steps {
		makers = append(makers, maker{pairPath(p.Before, p.After), func() ([]byte, error) { return encodeJSON(p) }})
	}
	makers = append(makers, x.makers()...)
	makers = append(makers,
		maker{"data/series.csv", x.csv},
		maker{"data/series.json", func() ([]byte, error) { return encodeJSON(map[string]any{"runs": x.runs, "pairs": x.steps}) }},
		maker{"index.html", func() ([]byte, error) { return x.page().render(x.shell(), all) }})
	return publish(ctx, cfg.Out, makers)
}

// shell is that of the latest run, with the runs as navigation.
func (x *series) shell() shell {
	last := x.runs[len(x.runs)-1]
	sh := newShellOf(last)
	sh.Tool = strings.TrimSpace("danescan " + last.Tool)
	sh.Nav = []navEntry{{"index", "All runs", "index.html"}, {"", "Latest run", last.site() + "/index.html"}}
	return sh
}

func (x *series) page() page {
	last := x.runs[len(x.runs)-1]
	p := page{Path: "index.html", Here: "index", body: "series", Title: fmt.Sprintf("DANE for SMTP: %d runs", len(x.runs)),
		Lead: fmt.Sprintf("From %s to %s. Of %s names that take mail, %s have DANE in the latest run (%s), and %s of these are verified.",
			date(x.runs[0].Started), date(last.Started), thousands(last.of("with_mail")), thousands(last.of("dane")),
			share(last.of("dane"), last.of("with_mail")), thousands(last.of("verified"))),
		Limits: last.Alarms,
		Trends: []trend{
			x.trend("adoption", "Names with DANE, as a share of names that take mail", []curve{
				{"dane", "with_mail", "with DANE", ""}, {"verified", "with_mail", "verified", "good"}}),
			x.trend("trouble", "Names that failed or are undecided, as a share of names that take mail", []curve{
				{"failed", "with_mail", "failed", "bad"}, {"undecided", "with_mail", "undecided", "unknown"}}),
			x.sameTrend(),
		},
		Views:     []figureView{x.runsView(), sourced(x.sameView()), sourced(x.surveyView()), sourced(x.movesView()), sourced(x.blameView())},
		Downloads: []link{{"Series as CSV", "data/series.csv"}, {"Series as JSON", "data/series.json"}}}
	return p
}

func date(t time.Time) string { return t.UTC().Format("2 January 2006") }

// broken says why run i does not continue the line of the run before it; empty: it
// does. A run that was judged again by the present rules continues it.
func (x *series) broken(i int) string {
	if i == 0 {
		return ""
	}
	a, b := x.runs[i-1], x.runs[i]
	var why []string
	for _, change := range []struct{ what, from, to string }{{"rules", a.Rules, b.Rules}, {"program", a.Tool, b.Tool}, {"resolver", a.Mode, b.Mode}} {
		if change.from != change.to {
			why = append(why, fmt.Sprintf("%s %s, before %s", change.what, printable(change.to), printable(change.from)))
		}
	}
	return strings.Join(why, "; ")
}

// trend draws curves over the time at which the runs began.
func (x *series) trend(name, title string, curves []curve) trend {
	most := 0.0
	for _, c := range curves {
		for i := range x.runs {
			most = max(most, ratio(&x.runs[i], c))
		}
	}
	out, top := x.plot(name, title, most)
	var told []string
	for _, c := range curves {
		out.Lines = append(out.Lines, x.line(c, top))
		first, last := x.runs[0], x.runs[len(x.runs)-1]
		told = append(told, fmt.Sprintf("%s: %s in the first run, %s in the latest", c.label,
			share(first.of(c.measure), first.of(c.whole)), share(last.of(c.measure), last.of(c.whole))))
	}
	out.Desc = strings.Join(told, "; ") + "."
	apart(out.Lines)
	return out
}

// plot is a trend without its lines, and the share at its top.
func (x *series) plot(name, title string, most float64) (trend, float64) {
	out := trend{Name: name, Title: title, First: date(x.runs[0].Started), Last: date(x.runs[len(x.runs)-1].Started)}
	top := ceiling(most)
	for _, part := range []float64{0, 0.5, 1} {
		y := height(part)
		out.Grid = append(out.Grid, gridLine{decimal(y), decimal(y + 4), strconv.FormatFloat(100*top*part, 'g', 3, 64) + "\u00a0%"})
	}
	for i := range x.runs {
		if why := x.broken(i); why != "" {
			out.Breaks = append(out.Breaks, trendBreak{decimal(x.x(i)), why})
		}
	}
	out.Breaks = out.Breaks[max(0, len(out.Breaks)-shownRuns):]
	return out, top
}

// height is where a part of the top is drawn.
func height(part float64) float64 { return plotBottom - part*(plotBottom-plotTop) }

func ratio(e *entry, c curve) float64 { return part(e.of(c.measure), e.of(c.whole)) }

// ceiling is a round number that is not smaller.
func ceiling(x float64) float64 {
	for _, top := range []float64{0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5} {
		if x <= top {
			return top
		}
	}
	return 1
}

// x is where a run stands on the axis of time.
func (x *series) x(i int) float64 {
	first, last := x.runs[0].Started, x.runs[len(x.runs)-1].Started
	if !last.After(first) {
		return plotLeft + (plotRight-plotLeft)*float64(i)/float64(max(len(x.runs)-1, 1))
	}
	return plotLeft + (plotRight-plotLeft)*float64(x.runs[i].Started.Sub(first))/float64(last.Sub(first))
}

func (x *series) line(c curve, top float64) trendLine {
	out := trendLine{Label: c.label, Tone: c.tone, LabelX: decimal(plotLabel)}
	var points []string
	for i := range x.runs {
		if x.broken(i) != "" {
			out.add(points)
			points = nil
		}
		px, py := decimal(x.x(i)), decimal(height(ratio(&x.runs[i], c)/top))
		points = append(points, px+","+py)
		if len(x.runs)-i <= shownRuns {
			out.Dots = append(out.Dots, dot{px, py})
		}
		out.LabelY = py
	}
	out.add(points)
	return out
}

// add draws a piece. One point is none: it has its dot.
func (l *trendLine) add(points []string) {
	if len(points) > 1 {
		l.Pieces = append(l.Pieces, strings.Join(points, " "))
	}
}

// apart moves labels that would stand upon each other.
func apart(lines []trendLine) {
	const least = 16.0
	order := slices.Clone(lines)
	slices.SortFunc(order, func(a, b trendLine) int { return compareDecimal(a.LabelY, b.LabelY) })
	at := -least
	for _, l := range order {
		y, err := strconv.ParseFloat(l.LabelY, 64)
		if err != nil {
			continue
		}
		at = max(y, at+least)
		for i := range lines {
			if lines[i].Label == l.Label {
				lines[i].LabelY = decimal(at + 4)
			}
		}
	}
}

func compareDecimal(a, b string) int {
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// csv is one line for each run.
func (x *series) csv() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	measures := append(stepNames(), "hosts", "hosts_with_tlsa", "hosts_verified", "sessions", "handshakes")
	if err := w.Write(append([]string{"run_id", "started", "rules_version", "tool_version", "break"}, measures...)); err != nil {
		return nil, err
	}
	for i, e := range x.runs {
		cells := []string{cell(e.RunID), e.Started.UTC().Format(time.RFC3339), cell(e.Rules), cell(e.Tool), cell(x.broken(i))}
		for _, m := range measures {
			cells = append(cells, strconv.FormatInt(e.of(m), 10))
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// runsView is the table of the runs.
func (x *series) runsView() figureView {
	v := figureView{Name: "runs", Title: "The runs", Sentence: "Where the rules, the program or the way of resolving change, the numbers before and after are not one series. Judging the older run again joins them.",
		Keys: []string{"Run", "Break"}}
	v.Rest = earlierRuns(len(x.runs))
	measures := []string{"names", "with_mail", "signed_mx", "dane", "verified", "failed", "undecided"}
	for _, m := range measures {
		v.Heads = append(v.Heads, head{label(m), ""})
	}
	for i := range min(len(x.runs), shownRuns) {
		e := &x.runs[len(x.runs)-1-i]
		row := rowView{Label: date(e.Started), Note: e.List, Link: path.Join(e.site(), "index.html"), Texts: []string{x.broken(len(x.runs) - 1 - i)}}
		for _, m := range measures {
			row.Cells = append(row.Cells, cellView{Number: thousands(e.of(m))})
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// earlierRuns says how many of n the page does not show one by one.
func earlierRuns(n int) string {
	if n <= shownRuns {
		return ""
	}
	return fmt.Sprintf("%d earlier ones are in the data.", n-shownRuns)
}

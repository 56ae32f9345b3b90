package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"danescan/scanner"
)

// meter shows how far a scan is: a bar on a terminal, or a line every now and then.
// All that it shows are numbers: no name from outside comes near a terminal.
type meter struct {
	out   io.Writer
	every time.Duration
	span  time.Duration               // how far back rates look; 0: to the line before
	width func() int                  // of the terminal
	count func(context.Context) error // how much there is to do; nil: nobody does
	// show shows a scan as it stands; nil: nothing is shown.
	show func(s scanner.Status, p *scanner.Progress)
}

// start shows p until the returned function is called, which shows it once more.
func (m *meter) start(p *scanner.Progress) (stop func()) {
	if m.show == nil {
		return func() {}
	}
	span := m.span
	if span == 0 {
		span = m.every
	}
	pace := scanner.NewPace(span, time.Now())
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	both.Go(func() {
		if m.count != nil {
			m.count(ctx) // of what is wrong with the list, the scan speaks
		}
	})
	both.Go(func() {
		tick := time.NewTicker(m.every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.show(pace.Look(time.Now(), p), p)
			case <-ctx.Done():
				if p.Names.Load()+p.Hosts.Load() > 0 {
					m.show(pace.Look(time.Now(), p), p)
				}
				if m.span > 0 {
					fmt.Fprintln(m.out) // what follows does not belong on the line of the bar
				}
				return
			}
		}
	})
	return func() { cancel(); both.Wait() }
}

// writeLine writes one status line.
func (m *meter) writeLine(s scanner.Status, _ *scanner.Progress) {
	fmt.Fprintf(m.out, "%s: %s\n", s.Elapsed.Round(time.Second), strings.Join(statusTexts(s), "; "))
}

// drawBar makes a bar and returns what moves it. It has an end once somebody knows
// how long the list is.
func (m *meter) drawBar() func(scanner.Status, *scanner.Progress) {
	const width = 20
	bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(m.out), progressbar.OptionSetWidth(width),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetSpinnerChangeInterval(0), progressbar.OptionThrottle(0))
	return func(s scanner.Status, _ *scanner.Progress) {
		const percent = 10 // columns for the share done, the frame of the bar and what stands between
		bar.Describe(fit(statusTexts(s), m.width()-width-percent))
		if s.Total > 0 {
			// One more than there are: the hosts behind the last name take their time.
			bar.ChangeMax64(s.Total + 1)
		}
		bar.Set64(s.Names)
	}
}

// fit joins texts as far as they have room; the first is cut where it has none.
func fit(texts []string, room int) string {
	line := texts[0]
	for _, text := range texts[1:] {
		if len(line)+len("; ")+len(text) > room {
			break
		}
		line += "; " + text
	}
	return line[:max(0, min(len(line), room))]
}

// statusTexts are what a status says, the most important first. They are ASCII.
func statusTexts(s scanner.Status) []string {
	texts := []string{doneText(s)}
	if s.Hosts > 0 {
		texts = append(texts, fmt.Sprintf("%d of %d hosts", s.Done, s.Hosts))
	}
	texts = append(texts,
		fmt.Sprintf("%d lookups and %d sessions under way, %d hosts and %d sessions waiting", s.Lookups, s.Sessions, s.Waiting, s.Planned),
		fmt.Sprintf("%.1f %% of MX lookups failed, %.1f %% of sessions, %.1f %% put off", 100*s.FailedLookups, 100*s.FailedSessions, 100*s.DeferredSessions),
		fmt.Sprintf("%.0f queries/s", s.QueriesPerSecond))
	if text := confirmText(s); text != "" {
		texts = slices.Insert(texts, 1, text)
	}
	return texts
}

// confirmText says how much is still to be looked at once more, if anything is.
func confirmText(s scanner.Status) string {
	const text = " failed and are looked at once more (--confirm)"
	switch {
	case s.Confirm > 0 && s.Again > 0:
		return fmt.Sprintf("%d hosts and %d names%s", s.Confirm, s.Again, text)
	case s.Confirm > 0:
		return fmt.Sprintf("%d hosts%s", s.Confirm, text)
	case s.Again > 0:
		return fmt.Sprintf("%d names%s", s.Again, text)
	}
	return ""
}

// doneText says how many names are done, how fast that goes, and what is left.
func doneText(s scanner.Status) string {
	var text string
	switch {
	case s.Total > 0:
		text = fmt.Sprintf("%d of %d names (%.1f %%)", s.Names, s.Total, 100*float64(s.Names)/float64(s.Total))
	default:
		text = fmt.Sprintf("%d names so far", s.Names)
	}
	if s.Resumed > 0 {
		text += fmt.Sprintf(", %d from before", s.Resumed)
	}
	text += fmt.Sprintf(", %.0f/s", s.NamesPerSecond)
	if s.LeftKnown && s.Left > 0 {
		text += fmt.Sprintf(", about %s left", roughly(s.Left))
	}
	return text
}

// roughly rounds a time to what an estimate can tell.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%ds", max(1, int(d.Seconds())))
}

// writeJSON writes one JSON object: what a status line says, and every metric.
func (m *meter) writeJSON(s scanner.Status, p *scanner.Progress) {
	attrs := []slog.Attr{
		slog.Float64("elapsed_seconds", round(s.Elapsed.Seconds())),
		slog.Float64("names_per_second", round(s.NamesPerSecond)),
		slog.Float64("queries_per_second", round(s.QueriesPerSecond)),
		slog.Any("seconds_left", nil),
	}
	if s.LeftKnown {
		attrs[3] = slog.Float64("seconds_left", round(s.Left.Seconds()))
	}
	for _, metric := range scanner.Metrics() {
		attrs = append(attrs, metricAttr(metric, p))
	}
	writeRecord(m.out, slog.LevelInfo, "progress", attrs...)
}

// metricAttr is a metric as JSON has it: a number; by label, where it has one; or
// how many durations and their sum.
func metricAttr(metric scanner.Metric, p *scanner.Progress) slog.Attr {
	if metric.Kind == scanner.Histogram {
		s := metric.Spread(p)
		return slog.Group(metric.Name, slog.Int64("count", s.Count), slog.Float64("sum", round(s.Sum)))
	}
	samples := metric.Read(p)
	if metric.Label == "" {
		return slog.Int64(metric.Name, samples[0].Value)
	}
	var each []any
	for _, sample := range samples {
		each = append(each, slog.Int64(sample.Label, sample.Value))
	}
	return slog.Group(metric.Name, each...)
}

// round keeps three decimals.
func round(f float64) float64 { return float64(int64(f*1000+0.5)) / 1000 }

// writeRecord writes one line as the log of --log-format json does.
func writeRecord(w io.Writer, level slog.Level, msg string, attrs ...slog.Attr) {
	record := slog.NewRecord(time.Now(), level, msg, 0)
	record.AddAttrs(attrs...)
	slog.NewJSONHandler(w, nil).Handle(context.Background(), record)
}

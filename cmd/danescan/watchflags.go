package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"danescan/scanner"
)

const (
	barEvery   = 200 * time.Millisecond
	lineEvery  = time.Minute
	jsonEvery  = 10 * time.Second
	leastEvery = 100 * time.Millisecond

	// barSpan is how far the rates that a bar shows look back. Those of lines look
	// back to the line before.
	barSpan = 20 * time.Second
)

// watchFlags say how people follow a scan.
type watchFlags struct {
	progress string
	every    time.Duration
	metrics  string
}

func (f *watchFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.progress, "progress", "auto", "on stderr: `auto|bar|plain|json|none`; a bar needs a terminal, else there is a plain line a minute; json: an object a line, see 'danescan metrics'")
	flags.DurationVar(&f.every, "progress-every", 0, "`TIME` between two lines of --progress; 0: 1m for plain, 10s for json")
	flags.StringVar(&f.metrics, "metrics", "", "serve Prometheus metrics while the scan runs, at `ADDR`: a port of loopback, or ADDR:PORT in full; see 'danescan metrics'")
}

// meter makes the meter that the flags ask for.
func (f *watchFlags) meter(e *env) (*meter, error) {
	if f.every != 0 && f.every < leastEvery {
		return nil, &usageError{text: fmt.Sprintf("--progress-every=%s: at least %s, or 0 for the usual", f.every, leastEvery)}
	}
	m := &meter{out: e.stderr, width: func() int { return terminalWidth(e.stderr) }}
	kind := f.progress
	switch {
	case kind == "auto" && e.json:
		kind = "json"
	case kind == "auto" || kind == "bar":
		kind = "plain"
		if m.width() > 0 {
			kind = "bar"
		}
	}
	switch kind {
	case "bar":
		m.every, m.span, m.show = barEvery, barSpan, m.drawBar()
	case "plain":
		m.every, m.show = lineEvery, m.writeLine
	case "json":
		m.every, m.show = jsonEvery, m.writeJSON
	case "none":
	default:
		return nil, &usageError{text: fmt.Sprintf("--progress=%s: auto, bar, plain, json or none", f.progress)}
	}
	if f.every > 0 && kind != "bar" {
		m.every = f.every
	}
	return m, nil
}

// follow shows p until the returned function is called. Beside it, count counts how
// much there is to do; nil: nobody does.
func (f *watchFlags) follow(e *env, p *scanner.Progress, count func(context.Context) error) (stop func(), err error) {
	m, err := f.meter(e)
	if err != nil {
		return nil, err
	}
	m.count = count
	if f.metrics == "" {
		return m.start(p), nil
	}
	end, err := serveMetrics(e, f.metrics, p)
	if err != nil {
		return nil, err
	}
	shown := m.start(p)
	return func() { shown(); end() }, nil
}

// terminalWidth is how many columns a terminal has; 0: w is none.
func terminalWidth(w any) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

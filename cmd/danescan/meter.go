package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"danescan/scanner"
)

const (
	barEvery  = 200 * time.Millisecond
	lineEvery = time.Minute
)

// meter shows how far a scan is: a bar on a terminal, else a line a minute.
type meter struct {
	out   io.Writer
	bar   bool
	quiet bool
	every time.Duration
}

func newMeter(kind string, out io.Writer) (*meter, error) {
	m := &meter{out: out, every: lineEvery}
	switch kind {
	case "auto":
		f, ok := out.(*os.File)
		m.bar = ok && term.IsTerminal(int(f.Fd()))
	case "bar":
		m.bar = true
	case "plain":
	case "none":
		m.quiet = true
	default:
		return nil, &usageError{text: fmt.Sprintf("--progress=%s: auto, bar, plain or none", kind)}
	}
	if m.bar {
		m.every = barEvery
	}
	return m, nil
}

// start shows p until the returned function is called, which shows it once more.
func (m *meter) start(p *scanner.Progress) (stop func()) {
	if m.quiet {
		return func() {}
	}
	began := time.Now()
	show := m.line
	if m.bar {
		show = m.draw(progressbar.NewOptions64(-1, progressbar.OptionSetWriter(m.out), progressbar.OptionShowCount(),
			progressbar.OptionSetElapsedTime(true), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish()))
	}
	done, idle := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(idle)
		tick := time.NewTicker(m.every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				show(p, began)
			case <-done:
				if p.Names.Load() > 0 {
					show(p, began)
				}
				return
			}
		}
	}()
	return func() { close(done); <-idle }
}

// line writes one status line.
func (m *meter) line(p *scanner.Progress, began time.Time) {
	elapsed := time.Since(began)
	domains := p.Domains.Load()
	fmt.Fprintf(m.out, "%s: %d domains (%.0f/s, %d MX lookups failed), %d of %d hosts, %d sessions, %d queries\n",
		elapsed.Round(time.Second), domains, float64(domains)/max(elapsed.Seconds(), 0.001), p.Failures.Load(),
		p.HostsDone.Load(), p.Hosts.Load(), p.Sessions.Load(), p.Queries.Load())
	if n := p.Confirm.Load(); n > 0 {
		fmt.Fprintf(m.out, "%s: %d hosts failed and are looked at once more (--confirm)\n", elapsed.Round(time.Second), n)
	}
}

// draw moves the bar. It has an end once the list is read: until then nobody knows
// how long the list is.
func (m *meter) draw(bar *progressbar.ProgressBar) func(*scanner.Progress, time.Time) {
	return func(p *scanner.Progress, began time.Time) {
		domains := p.Domains.Load()
		text := fmt.Sprintf("domains %.0f/s; hosts %d/%d, sessions %d", float64(domains)/max(time.Since(began).Seconds(), 0.001),
			p.HostsDone.Load(), p.Hosts.Load(), p.Sessions.Load())
		if n := p.Confirm.Load(); n > 0 {
			text += fmt.Sprintf(", %d to confirm", n)
		}
		bar.Describe(text)
		if p.ListRead.Load() && bar.GetMax64() < 0 {
			// One more than there are: the hosts behind the last domain take their time.
			bar.ChangeMax64(p.Names.Load() + 1)
		}
		bar.Set64(domains)
	}
}

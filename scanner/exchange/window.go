package exchange

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"danescan/scanner/dnssec"
)

// WindowConfig bounds what a recursive resolver has to work on at a time.
type WindowConfig struct {
	Max int // questions out to one resolver at a time, at most; 0: 256
	Min int // and at least; 0: 8
	// Silence is how many questions in a row may remain without a reply before the
	// resolver counts as silent; 0: 20.
	Silence int
	Log     *slog.Logger     // told of silence and of its end; nil: nobody
	Now     func() time.Time // nil: time.Now
}

const (
	// defaultWindowMax is what the receive buffer of a resolver with stock kernel
	// settings holds, should it pause for a moment.
	defaultWindowMax = 256
	defaultWindowMin = 8
	defaultSilence   = 20

	// maxWindows bounds the servers that have a window; further ones share one.
	maxWindows = 64
	// epoch is how many questions end before a window is looked at again.
	epoch = 64
)

// Window is an Exchanger that adapts to what a resolver can bear: the number of
// questions out to it grows while replies come, and shrinks while they do not. A
// resolver under pressure does not slow down, it drops: a stock Unbound forgets
// questions older than 1.9 s and those of clients that wait for too many.
type Window struct {
	next Exchanger
	cfg  WindowConfig

	mu   sync.Mutex
	each map[netip.AddrPort]*window
}

// NewWindow puts windows in front of an exchanger.
func NewWindow(next Exchanger, cfg WindowConfig) *Window {
	if cfg.Max <= 0 {
		cfg.Max = defaultWindowMax
	}
	if cfg.Min <= 0 {
		cfg.Min = defaultWindowMin
	}
	cfg.Min = min(cfg.Min, cfg.Max)
	if cfg.Silence <= 0 {
		cfg.Silence = defaultSilence
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Window{next: next, cfg: cfg, each: make(map[netip.AddrPort]*window)}
}

// Exchange implements Exchanger. It waits until the server's window has room.
func (w *Window) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt Options) (Reply, error) {
	win := w.of(server)
	if err := win.enter(ctx); err != nil {
		return Reply{}, &Error{Kind: Cancelled, Server: server, Err: err}
	}
	r, err := w.next.Exchange(ctx, server, q, opt)
	win.leave(toll(r, err))
	return r, err
}

// Silent returns the servers that have stopped answering.
func (w *Window) Silent() []netip.AddrPort {
	w.mu.Lock()
	defer w.mu.Unlock()
	var silent []netip.AddrPort
	for server, win := range w.each {
		if win.isSilent() {
			silent = append(silent, server)
		}
	}
	return silent
}

func (w *Window) of(server netip.AddrPort) *window {
	w.mu.Lock()
	defer w.mu.Unlock()
	win := w.each[server]
	if win == nil && len(w.each) >= maxWindows {
		server = netip.AddrPort{}
		win = w.each[server]
	}
	if win == nil {
		win = &window{cfg: &w.cfg, server: server, places: places{size: max(w.cfg.Min, w.cfg.Max/8)}}
		w.each[server] = win
	}
	return win
}

// cost is what the end of a question says of its resolver, in half losses.
type cost uint8

const (
	replied cost = 0 // at the first try
	delayed cost = 1 // after a try in vain
	lost    cost = 2 // not at all
	unknown cost = 3 // it says nothing: cancelled, or no network
)

func toll(r Reply, err error) cost {
	var e *Error
	switch {
	case err == nil && (r.Queries <= 1 || r.TCP && r.Queries == 2):
		return replied
	case err == nil:
		return delayed
	case errors.As(err, &e) && e.Kind == Timeout:
		return lost
	}
	return unknown
}

// window is that of one server.
type window struct {
	cfg    *WindowConfig
	server netip.AddrPort

	mu sync.Mutex
	places
	ended   int       // questions of this epoch
	losses  int       // of this epoch, in halves
	row     int       // questions without a reply since the last one
	since   time.Time // of the last reply, or of the first question
	silence bool
}

func (w *window) enter(ctx context.Context) error {
	w.mu.Lock()
	if w.since.IsZero() {
		w.since = w.cfg.Now()
	}
	return w.take(ctx, &w.mu)
}

func (w *window) leave(c cost) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.give()
	if c == unknown {
		return
	}
	w.listen(c)
	w.ended++
	w.losses += int(c)
	if w.ended >= epoch {
		w.adapt()
	}
}

// adapt ends an epoch. Some questions remain without a reply because name servers
// are dead, so only more losses than that make the window smaller.
func (w *window) adapt() {
	switch share := float64(w.losses) / float64(2*w.ended); {
	case share > 0.3:
		w.size = max(w.cfg.Min, w.size*2/3)
	case share < 0.15:
		w.size = min(w.cfg.Max, w.size+max(1, w.size/4))
	}
	w.ended, w.losses = 0, 0
}

// listen notices silence and its end, and says so.
func (w *window) listen(c cost) {
	now := w.cfg.Now()
	if c != lost {
		if w.silence {
			w.cfg.Log.Info("resolver answers again", "resolver", w.server, "after", now.Sub(w.since).Round(time.Second))
		}
		w.row, w.since, w.silence = 0, now, false
		return
	}
	if w.row++; w.row < w.cfg.Silence || w.silence {
		return
	}
	w.silence, w.size = true, w.cfg.Min
	w.cfg.Log.Warn("resolver is silent", "resolver", w.server, "questions", w.row, "for", now.Sub(w.since).Round(time.Second),
		"hint", "is it running? A stock Unbound drops questions older than 1.9 s and those of clients with many waiting ones: "+
			"set discard-timeout: 0 and wait-limit: 0 there, or ask fewer at a time")
}

func (w *window) isSilent() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.silence
}

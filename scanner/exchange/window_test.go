package exchange

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"danescan/scanner/dnssec"
)

// resolverModel is a recursive resolver that drops what exceeds its capacity.
type resolverModel struct {
	capacity  atomic.Int32
	out, most atomic.Int32
}

func (m *resolverModel) Exchange(ctx context.Context, server netip.AddrPort, _ dnssec.Question, _ Options) (Reply, error) {
	n := m.out.Add(1)
	defer m.out.Add(-1)
	for most := m.most.Load(); n > most && !m.most.CompareAndSwap(most, n); most = m.most.Load() {
	}
	if n > m.capacity.Load() {
		time.Sleep(2 * time.Second)
		return Reply{}, &Error{Kind: Timeout, Server: server, Queries: 1, Err: errTimeout}
	}
	time.Sleep(100 * time.Millisecond)
	return Reply{Queries: 1}, nil
}

// load keeps n callers asking until the time is up and returns the share that was
// answered.
func load(w *Window, n int, d time.Duration) float64 {
	var asked, answered atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(d)
	for range n {
		wg.Go(func() {
			for time.Now().Before(end) {
				asked.Add(1)
				if _, err := w.Exchange(context.Background(), addr(1), question, Options{}); err == nil {
					answered.Add(1)
				}
			}
		})
	}
	wg.Wait()
	return float64(answered.Load()) / float64(asked.Load())
}

func TestWindowAdapts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &resolverModel{}
		m.capacity.Store(40)
		w := NewWindow(m, WindowConfig{Max: 120})
		load(w, 300, 40*time.Second)
		if share := load(w, 300, 40*time.Second); share < 0.8 {
			t.Errorf("capacity 40: %.2f answered", share)
		}
		m.capacity.Store(1000)
		load(w, 300, 40*time.Second)
		m.most.Store(0)
		share := load(w, 300, 40*time.Second)
		if most := m.most.Load(); share < 1 || most != 120 {
			t.Errorf("capacity 1000: %.2f answered, at most %d out, want 120", share, most)
		}
	})
}

// TestWindowSilence takes a resolver away and gives it back.
func TestWindowSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		m := &resolverModel{}
		m.capacity.Store(40)
		w := NewWindow(m, WindowConfig{Max: 50, Min: 4, Log: slog.New(slog.NewTextHandler(&text, nil))})
		load(w, 10, time.Second)
		if text.Len() > 0 || w.Silent() != nil {
			t.Errorf("said %s", &text)
		}
		m.capacity.Store(0)
		load(w, 100, time.Minute)
		if s := w.Silent(); len(s) != 1 || s[0] != addr(1) {
			t.Errorf("silent: %v", s)
		}
		m.most.Store(0)
		load(w, 100, 10*time.Second)
		if n := m.most.Load(); n != 4 {
			t.Errorf("%d questions out to a silent resolver, want 4", n)
		}
		m.capacity.Store(40)
		load(w, 10, time.Second)
		if w.Silent() != nil {
			t.Error("still silent")
		}
		said := text.String()
		if strings.Count(said, "is silent") != 1 || strings.Count(said, "answers again") != 1 || !strings.Contains(said, "discard-timeout: 0") {
			t.Errorf("said\n%s", said)
		}
	})
}

func TestWindowCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &resolverModel{}
		w := NewWindow(m, WindowConfig{Max: 1})
		go load(w, 1, 10*time.Second)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := w.Exchange(ctx, addr(1), question, Options{})
		if kindOfError(err) != Cancelled {
			t.Error(err)
		}
		if n := len(w.of(addr(1)).queue); n != 0 {
			t.Errorf("%d left in the queue", n)
		}
		time.Sleep(20 * time.Second)
	})
}

func TestWindowBound(t *testing.T) {
	w := NewWindow(&resolverModel{}, WindowConfig{})
	for i := range 1000 {
		w.of(addr(i))
	}
	if n := len(w.each); n > maxWindows+1 {
		t.Errorf("%d windows", n)
	}
}

func TestToll(t *testing.T) {
	for _, c := range []struct {
		r    Reply
		err  error
		want cost
	}{
		{Reply{Queries: 1}, nil, replied},
		{Reply{Queries: 2, TCP: true}, nil, replied},
		{Reply{Queries: 2}, nil, delayed},
		{Reply{Queries: 3, TCP: true}, nil, delayed},
		{Reply{}, &Error{Kind: Timeout}, lost},
		{Reply{}, &Error{Kind: Cancelled}, unknown},
		{Reply{}, &Error{Kind: Network}, unknown},
		{Reply{}, errors.New("other"), unknown},
	} {
		if got := toll(c.r, c.err); got != c.want {
			t.Errorf("%+v %v: %d, want %d", c.r, c.err, got, c.want)
		}
	}
}

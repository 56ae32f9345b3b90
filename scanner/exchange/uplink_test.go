package exchange

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A small line with a thousand callers: after a while it is busy, and little is
// lost. Without a governor most of what a thousand callers send is lost.
func TestUplinkFindsWhatALineBears(t *testing.T) {
	for _, c := range []struct {
		name    string
		rate    float64
		queue   int
		replied float64 // a second, at least
		dropped float64 // at most
	}{
		{"400 a second, queue of 80", 400, 80, 380, 0.06},
		{"400 a second, queue of 20", 400, 20, 360, 0.08},
		{"50 a second, queue of 20", 50, 20, 45, 0.12},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newModel(1)
				m.rate, m.queue = c.rate, c.queue
				g := NewGovernor(m, GovernorConfig{Timeout: m.timeout})
				m.crowd(g, 1000, 400, 45*time.Second).log(t, "at first", g)
				p := m.crowd(g, 1000, 400, 45*time.Second)
				p.log(t, "then", g)
				if p.replied < c.replied || p.dropped > c.dropped {
					t.Errorf("%.0f replies a second, want %.0f; %.3f dropped, want at most %.2f", p.replied, c.replied, p.dropped, c.dropped)
				}
			})
		})
	}
}

// A third of all servers is dead, and the network bears everything: no fewer
// questions may be out than at first.
func TestUplinkIsNotMadeSmallByDeadServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel(1)
		m.rtt = 300 * time.Millisecond
		m.dead = func(a netip.AddrPort) bool { return a.Addr().As4()[3]%3 == 0 }
		g := NewGovernor(m, GovernorConfig{Timeout: m.timeout})
		for range 3 {
			p := m.crowd(g, 1000, 250, 20*time.Second)
			p.log(t, "a third dead", g)
			if size := g.Stats().Size; size < firstUplink {
				t.Fatalf("%d questions at a time, want %d or more", size, firstUplink)
			}
		}
	})
}

// A network that loses a share whatever is sent is no reason to send less.
func TestUplinkBearsBackgroundLoss(t *testing.T) {
	for _, loss := range []float64{0.1, 0.3} {
		synctest.Test(t, func(t *testing.T) {
			m := newModel(7)
			m.loss, m.rtt = loss, 200*time.Millisecond
			g := NewGovernor(m, GovernorConfig{Timeout: m.timeout})
			m.crowd(g, 1000, 400, 90*time.Second).log(t, "at first", g)
			p := m.crowd(g, 1000, 400, 30*time.Second)
			p.log(t, "then", g)
			// 1,000 callers who wait 200 ms for a reply and 3 s for a loss.
			free := 1000 * (1 - loss) / ((1-loss)*0.2 + loss*3)
			if p.replied < 0.6*free {
				t.Errorf("loss of %g: %.0f replies a second, want 0.6 of %.0f", loss, p.replied, free)
			}
		})
	}
}

// The network goes away for two minutes. That is nobody's silence but its own: few
// questions are spent on it, no server is left alone, and afterwards all is as
// before within half a minute.
func TestUplinkOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel(1)
		m.rtt = time.Second
		var text bytes.Buffer
		g := NewGovernor(m, GovernorConfig{Timeout: m.timeout, Log: slog.New(slog.NewTextHandler(&text, nil))})
		before := m.crowd(g, 1000, 400, 30*time.Second)
		before.log(t, "before", g)
		m.away.Store(true)
		m.crowd(g, 1000, 400, 30*time.Second).log(t, "going", g)
		away := m.crowd(g, 1000, 400, 90*time.Second)
		away.log(t, "away", g)
		if size := g.Stats().Size; size != defaultGovernorMin || away.sent > 6*defaultGovernorMin {
			t.Errorf("away: %d at a time, %.0f sent a second; want %d at a time", size, away.sent, defaultGovernorMin)
		}
		m.away.Store(false)
		m.crowd(g, 1000, 400, 30*time.Second).log(t, "back", g)
		after := m.crowd(g, 1000, 400, 30*time.Second)
		after.log(t, "after", g)
		if after.replied < 0.9*before.replied {
			t.Errorf("%.0f replies a second before, %.0f after", before.replied, after.replied)
		}
		if n := g.Stats().Spared; n != 0 {
			t.Errorf("%d questions were not put, as if their servers were dead", n)
		}
		if said := text.String(); strings.Count(said, "loses questions") != 1 || strings.Count(said, "bears more") != 1 {
			t.Errorf("said\n%s", said)
		}
	})
}

// The bounds that are set are kept, whatever the network does.
func TestUplinkBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel(1)
		g := NewGovernor(m, GovernorConfig{Timeout: m.timeout, Max: 40, Min: 8, PerServer: 40})
		m.crowd(g, 200, 50, 30*time.Second)
		if most := m.counts.most.Load(); most != 40 {
			t.Errorf("at most %d out, want 40", most)
		}
		m.away.Store(true)
		m.crowd(g, 200, 50, time.Minute)
		m.counts.most.Store(0)
		m.crowd(g, 200, 50, 20*time.Second)
		if most := m.counts.most.Load(); most != 8 {
			t.Errorf("network away: at most %d out, want 8", most)
		}
	})
}

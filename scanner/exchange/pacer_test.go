package exchange

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func addr(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 53)
}

// TestLimiter measures how long 100 messages take on a clock that jumps.
func TestLimiter(t *testing.T) {
	for _, c := range []struct {
		name    string
		cfg     LimiterConfig
		servers int
		want    time.Duration
	}{
		{"nothing set", LimiterConfig{}, 1, 0},
		{"one server", LimiterConfig{PerServer: 10, Burst: 1}, 1, 9900 * time.Millisecond},
		{"one server, burst", LimiterConfig{PerServer: 10, Burst: 50}, 1, 5 * time.Second},
		{"a hundred servers", LimiterConfig{PerServer: 10, Burst: 1}, 100, 0},
		{"global", LimiterConfig{Global: 50}, 100, 1900 * time.Millisecond},
		{"global below ten", LimiterConfig{Global: 5}, 100, 19800 * time.Millisecond},
		{"both", LimiterConfig{Global: 1000, PerServer: 10, Burst: 1}, 2, 4900 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(c.cfg)
				start := time.Now()
				for i := range 100 {
					if err := l.Wait(t.Context(), addr(i%c.servers)); err != nil {
						t.Fatal(err)
					}
				}
				if d := time.Since(start).Round(10 * time.Millisecond); d != c.want {
					t.Errorf("took %v, want %v", d, c.want)
				}
			})
		})
	}
}

func TestLimiterForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(LimiterConfig{PerServer: 1, Burst: 1, Servers: 100})
		for i := range 1000 {
			if err := l.Wait(t.Context(), addr(i)); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(l.servers); n > 100 {
			t.Errorf("%d servers remembered", n)
		}
		time.Sleep(2 * time.Second) // of the bubble: all have their burst again
		l.Wait(t.Context(), addr(5000))
		if n := len(l.servers); n > 100-looks+1 {
			t.Errorf("%d servers remembered after a pause", n)
		}
	})
}

// TestPaced has a client wait for its turn, and give up where none comes in time.
func TestPaced(t *testing.T) {
	s := good().start(t)
	c := client(t, Config{Timeout: patient.Timeout, Pacer: NewLimiter(LimiterConfig{PerServer: 0.001, Burst: 2})})
	for range 2 {
		if _, err := ask(c, s); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := c.Exchange(ctx, s.addr, question, Options{})
	if from, _ := s.seen(); kindOfError(err) != Cancelled || len(from) != 2 {
		t.Errorf("%v, %d asked", err, len(from))
	}
}

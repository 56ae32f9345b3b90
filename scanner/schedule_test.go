package scanner

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Thousands of tasks on one address: one at a time, the gap between them, and
// other addresses do not wait.
func TestScheduleIsPolite(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const gap, session = 3 * time.Second, time.Second
		crowded, lone := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
		s := newSchedule[int](1, gap)
		for i := range 2000 {
			s.put(crowded, i)
		}
		s.put(lone, -1)
		s.close()

		var mu sync.Mutex
		running := map[netip.Addr]int{}
		lastEnd := map[netip.Addr]time.Time{}
		var order []int
		begin := time.Now()
		var loneAt time.Duration
		var takers sync.WaitGroup
		for range 50 {
			takers.Go(func() {
				for {
					addr, task, ok := s.take(t.Context())
					if !ok {
						return
					}
					mu.Lock()
					if running[addr]++; running[addr] > 1 {
						t.Errorf("%d sessions at %v at a time", running[addr], addr)
					}
					if end, ok := lastEnd[addr]; ok && time.Since(end) < gap {
						t.Errorf("session at %v only %v after the last", addr, time.Since(end))
					}
					if addr == lone {
						loneAt = time.Since(begin)
					} else {
						order = append(order, task)
					}
					mu.Unlock()
					time.Sleep(session) // a fake clock: this is the session
					mu.Lock()
					running[addr]--
					lastEnd[addr] = time.Now()
					mu.Unlock()
					s.done(addr, task, calm)
				}
			})
		}
		takers.Wait()
		if loneAt != 0 {
			t.Errorf("the other address waited %v", loneAt)
		}
		if want := 2000*session + 1999*gap; time.Since(begin) != want {
			t.Errorf("took %v, want %v", time.Since(begin), want)
		}
		for i, task := range order {
			if i != task {
				t.Fatalf("task %d at place %d", task, i)
			}
		}
		time.Sleep(gap)
		synctest.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.peers) != 0 {
			t.Errorf("%d addresses still remembered", len(s.peers))
		}
	})
}

func TestScheduleAllowsAFewAtATime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		addr := netip.MustParseAddr("::1")
		s := newSchedule[int](3, 0)
		for i := range 9 {
			s.put(addr, i)
		}
		s.close()
		begin := time.Now()
		var takers sync.WaitGroup
		for range 9 {
			takers.Go(func() {
				for {
					addr, task, ok := s.take(t.Context())
					if !ok {
						return
					}
					time.Sleep(time.Second)
					s.done(addr, task, calm)
				}
			})
		}
		takers.Wait()
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("took %v, want 3s", took)
		}
	})
}

func TestScheduleEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newSchedule[int](1, time.Hour)
		addr := netip.MustParseAddr("127.0.0.1")
		s.put(addr, 1)
		s.put(addr, 2)
		ctx, cancel := context.WithCancel(t.Context())
		if _, _, ok := s.take(ctx); !ok {
			t.Fatal("no task")
		}
		time.AfterFunc(time.Second, cancel)
		begin := time.Now()
		if _, _, ok := s.take(ctx); ok || time.Since(begin) != time.Second {
			t.Errorf("ok %v after %v", ok, time.Since(begin))
		}
	})
}

// A task for later waits without holding up the others, then takes its turn.
func TestScheduleDelays(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newSchedule[string](1, time.Second)
		addr, other := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
		begin := time.Now()
		s.putAt(begin.Add(5*time.Minute), addr, "later")
		s.putAt(begin.Add(time.Minute), addr, "sooner")
		s.put(other, "now")
		s.close()
		for _, want := range []struct {
			task string
			at   time.Duration
		}{{"now", 0}, {"sooner", time.Minute}, {"later", 5 * time.Minute}} {
			addr, task, ok := s.take(t.Context())
			if !ok || task != want.task || time.Since(begin) != want.at {
				t.Errorf("%q after %v, want %q after %v", task, time.Since(begin), want.task, want.at)
			}
			s.done(addr, task, calm)
		}
		if _, _, ok := s.take(t.Context()); ok {
			t.Error("a fourth task")
		}
	})
}

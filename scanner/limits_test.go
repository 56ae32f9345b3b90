package scanner

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// held is a task of a test: whose it is.
type held struct{ provider string }

// crowded runs takers until a schedule is done, each session taking a second, and
// returns how many sessions ran at a time, at most, by network and by provider.
func crowded(ctx context.Context, s *schedule[held], takers int) (nets map[netip.Prefix]int, providers map[string]int) {
	var mu sync.Mutex
	most := map[any]int{}
	now := map[any]int{}
	nets, providers = map[netip.Prefix]int{}, map[string]int{}
	note := func(addr netip.Addr, task held, by int) {
		mu.Lock()
		defer mu.Unlock()
		for _, key := range []any{network(addr), task.provider} {
			now[key] += by
			most[key] = max(most[key], now[key])
		}
		nets[network(addr)], providers[task.provider] = most[network(addr)], most[task.provider]
	}
	var all sync.WaitGroup
	for range takers {
		all.Go(func() {
			for {
				addr, task, ok := s.take(ctx)
				if !ok {
					return
				}
				note(addr, task, 1)
				time.Sleep(time.Second) // a fake clock: this is the session
				note(addr, task, -1)
				s.done(addr, task, calm)
			}
		})
	}
	all.Wait()
	return nets, providers
}

// A network and a provider are served by so many at a time, and no fewer where
// there is enough to do.
func TestScheduleBoundsNetworksAndProviders(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newSchedule[held](1, 0)
		s.bound(8, 16, func(task held) string { return task.provider })
		// A provider in ten networks, four in one network, one of a single address.
		for net := range 10 {
			for host := range 20 {
				s.put(netip.AddrFrom4([4]byte{10, 0, byte(net), byte(host)}), held{"large.test"})
			}
		}
		for host := range 80 {
			s.put(netip.AddrFrom4([4]byte{10, 1, 0, byte(host)}), held{fmt.Sprintf("p%d.test", host%4)})
		}
		for host := range 40 {
			s.put(netip.MustParseAddr(fmt.Sprintf("2001:db8:7::%x", host+1)), held{"six.test"})
		}
		s.put(netip.MustParseAddr("10.2.0.1"), held{""})
		s.close()
		begin := time.Now()
		nets, providers := crowded(t.Context(), s, 100)
		// 200 sessions, 16 at a time: 13 rounds of a second.
		if took := time.Since(begin); took != 13*time.Second {
			t.Errorf("took %v, want 13s", took)
		}
		for net, n := range nets {
			if n > 8 {
				t.Errorf("%d sessions at a time in %v", n, net)
			}
		}
		if n := nets[netip.MustParsePrefix("10.1.0.0/24")]; n != 8 {
			t.Errorf("%d sessions at a time in the shared network, want 8", n)
		}
		if n := nets[netip.MustParsePrefix("2001:db8:7::/48")]; n != 8 {
			t.Errorf("%d sessions at a time in the IPv6 network, want 8", n)
		}
		if n := providers["large.test"]; n != 16 {
			t.Errorf("%d sessions at a time with the large provider, want 16", n)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.peers)+len(s.nets.doors)+len(s.owners.doors) != 0 {
			t.Errorf("still remembered: %d addresses, %d networks, %d providers", len(s.peers), len(s.nets.doors), len(s.owners.doors))
		}
	})
}

// Addresses with gaps of their own, several sessions each, in networks and with
// providers that overlap: nobody is forgotten at a gate.
func TestScheduleForgetsNobodyAtTheGates(t *testing.T) {
	for _, perAddress := range []int{1, 3} {
		inBubble(t, func(t *testing.T) {
			s := newSchedule[held](perAddress, 3*time.Second)
			s.bound(2, 3, func(task held) string { return task.provider })
			const tasks = 600
			for i := range tasks {
				addr := netip.AddrFrom4([4]byte{10, 0, byte(i % 7), byte(i % 11)})
				s.put(addr, held{fmt.Sprintf("p%d.test", i%5)})
			}
			s.close()
			ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
			defer cancel()
			nets, providers := crowded(ctx, s, 50)
			if ctx.Err() != nil {
				t.Fatalf("%d of %d tasks were never taken", s.waiting, tasks)
			}
			for net, n := range nets {
				if n > 2 {
					t.Errorf("%d sessions at a time in %v", n, net)
				}
			}
			for provider, n := range providers {
				if n > 3 {
					t.Errorf("%d sessions at a time with %s", n, provider)
				}
			}
		})
	}
}

// An address that is in trouble is left alone for longer and longer, up to a
// bound, and as usual again once it is well. One that was not touched need not be
// left alone.
func TestScheduleBacksOff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newSchedule[int](1, 3*time.Second)
		addr := netip.MustParseAddr("192.0.2.1")
		moods := []mood{troubled, troubled, troubled, troubled, troubled, troubled, calm, troubled, untouched, calm, calm}
		want := []time.Duration{6, 12, 24, 48, 48, 48, 3, 6, 0, 3, 3}
		for i := range len(moods) + 1 {
			s.put(addr, i)
		}
		s.close()
		ended := time.Now()
		for i := range len(moods) + 1 {
			_, task, ok := s.take(t.Context())
			if !ok || task != i {
				t.Fatalf("task %d, %v", task, ok)
			}
			if i > 0 && time.Since(ended) != want[i-1]*time.Second {
				t.Errorf("session %d came %v after the last, want %ds", i, time.Since(ended), want[i-1])
			}
			if i < len(moods) {
				s.done(addr, task, moods[i])
			}
			ended = time.Now()
		}
	})
}

// No gap at all stays none.
func TestNoGapIsNoGap(t *testing.T) {
	if got := nextGap(0, 0, troubled); got != 0 {
		t.Errorf("%v", got)
	}
}

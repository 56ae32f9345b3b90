package dnssec

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// size counts the entries of a cache.
func size[K comparable, V any](c *cache[K, V]) int {
	n := 0
	for i := range c.shard {
		n += len(c.shard[i].young) + len(c.shard[i].old)
	}
	return n
}

// TestCacheBound fills caches far over their bound.
func TestCacheBound(t *testing.T) {
	for _, bound := range []int{1, 128, 1000} {
		c := newCache[int, int](bound)
		most := (bound + 2*shards - 1) / (2 * shards) * 2 * shards
		for i := range 20 * most {
			c.set(i, -i)
			if got, ok := c.get(i); !ok || got != -i {
				t.Fatalf("%d: %d %t", i, got, ok)
			}
		}
		if n := size(c); n > most || n < most/4 {
			t.Errorf("bound %d: %d entries", bound, n)
		}
	}
}

// TestCacheKeepsWhatIsUsed shows that an entry in use outlives a flood.
func TestCacheKeepsWhatIsUsed(t *testing.T) {
	c := newCache[string, int](128 * 10)
	c.set("used", 1)
	for i := range 10_000 {
		c.set(fmt.Sprint(i), i)
		if _, ok := c.get("used"); !ok {
			t.Fatalf("gone after %d others", i)
		}
	}
}

// TestOneFlight has many ask for one node at the same time.
func TestOneFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, begin := newNodes(100), time.Now()
		var found atomic.Int32
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				n := c.resolve(t.Context(), Root, moment{now: begin}, func(Name) *node {
					time.Sleep(time.Second) // of the bubble: all others wait
					found.Add(1)
					return &node{name: Root, status: Secure, until: begin.Add(time.Minute)}
				})
				if n.status != Secure {
					t.Error(n.status)
				}
			})
		}
		wg.Wait()
		if found.Load() != 1 || len(c.flights) != 0 {
			t.Errorf("found %d times, %d flights left", found.Load(), len(c.flights))
		}
		if c.get(Root, moment{now: begin.Add(time.Minute)}) != nil {
			t.Error("remembered for too long")
		}
	})
}

// TestPrivateFlight shows that what failed for one lookup's budget is tried again
// by those who waited, and that waiting ends with the context.
func TestPrivateFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, begin := newNodes(100), time.Now()
		release := make(chan struct{})
		first := make(chan *node, 1)
		go func() {
			first <- c.resolve(t.Context(), Root, moment{now: begin}, func(Name) *node {
				<-release
				return &node{name: Root, reason: ReasonWorkLimit, private: true}
			})
		}()
		synctest.Wait()
		second := make(chan *node, 1)
		go func() {
			second <- c.resolve(t.Context(), Root, moment{now: begin}, func(Name) *node {
				return &node{name: Root, status: Secure, until: begin.Add(time.Minute)}
			})
		}()
		ctx, cancel := context.WithCancel(t.Context())
		third := make(chan *node, 1)
		go func() { third <- c.resolve(ctx, Root, moment{now: begin}, nil) }()
		synctest.Wait()
		cancel()
		if n := <-third; n.reason != ReasonCancelled {
			t.Errorf("third: %q", n.reason)
		}
		close(release)
		if n := <-first; n.reason != ReasonWorkLimit {
			t.Errorf("first: %q", n.reason)
		}
		if n := <-second; n.status != Secure {
			t.Errorf("second: %v", n.status)
		}
	})
}

// TestSince shows that a lookup believes only what was found out by those that
// believe no more than it does, be it remembered or under way.
func TestSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, begin := newNodes(100), time.Now()
		found := map[int64]int{}
		resolve := func(since int64) *node {
			return c.resolve(t.Context(), Root, moment{begin, since}, func(Name) *node {
				found[since]++
				time.Sleep(time.Second) // of the bubble: who asks as well waits
				return &node{name: Root, status: Secure, until: begin.Add(time.Minute)}
			})
		}
		for _, since := range []int64{0, 0, 7, 7, 0, 5, 9} {
			if n := resolve(since); n.since < since {
				t.Errorf("since %d: one since %d is believed", since, n.since)
			}
		}
		if found[0] != 1 || found[5] != 0 || found[7] != 1 || found[9] != 1 {
			t.Errorf("found %v", found)
		}
		go resolve(11)
		synctest.Wait()
		if n := resolve(12); n.since != 12 {
			t.Errorf("believes who asked at the same time since %d", n.since)
		}
	})
}

// TestValidatorCaches shows that the configured bounds are those of the caches.
func TestValidatorCaches(t *testing.T) {
	v, err := New(Config{NodeCache: 128, SignatureCache: 256})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5000 {
		v.nodes.known.set(mustName(t, fmt.Sprintf("n%d.example.", i)), &node{})
		v.signatures.set([32]byte{byte(i), byte(i >> 8)}, true)
	}
	if n := size(v.nodes.known); n > 128 {
		t.Errorf("%d nodes", n)
	}
	if n := size(v.signatures); n > 256 {
		t.Errorf("%d signatures", n)
	}
}

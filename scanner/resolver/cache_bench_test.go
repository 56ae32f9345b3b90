package resolver

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// BenchmarkCachedMiss asks for many more names than are kept, each once: what the
// mail domains of a list are to the cache.
func BenchmarkCachedMiss(b *testing.B) {
	r := NewCached(lookups(func(context.Context, string, uint16) Answer {
		return Answer{Outcome: Found, TTL: time.Hour}
	}), CacheConfig{})
	names := make([]string, 100_000)
	for i := range names {
		names[i] = fmt.Sprintf("domain%d.example.", i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r.Lookup(context.Background(), names[i%len(names)], dns.TypeMX)
		i++
	}
}

// TestTableKeepsWhatIsUsed asks for one entry between many that are put once: it
// stays, they do not.
func TestTableKeepsWhatIsUsed(t *testing.T) {
	tab := newTable[int, int](320)
	now := time.Unix(1000, 0)
	tab.put(-1, 7, now.Add(time.Minute)) // the first to expire of all
	for i := range 10_000 {
		tab.put(i, i, now.Add(time.Hour))
		if v, ok := tab.get(-1, now); !ok || v != 7 {
			t.Fatalf("gone after %d others", i+1)
		}
	}
	if _, ok := tab.get(0, now); ok {
		t.Error("the first of ten thousand is still there")
	}
}

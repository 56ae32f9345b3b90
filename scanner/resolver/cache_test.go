package resolver

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// lookups is a Resolver made of a function.
type lookups func(ctx context.Context, name string, qtype uint16) Answer

func (f lookups) Lookup(ctx context.Context, name string, qtype uint16) Answer {
	return f(ctx, name, qtype)
}

// TestCachedKeeps steps a clock over the life of each kind of answer.
func TestCachedKeeps(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer Answer
		keeps  time.Duration // 0: not at all
	}{
		{"secure", Answer{Outcome: Found, Status: dnssec.Secure, TTL: 300 * time.Second}, 300 * time.Second},
		{"denied", Answer{Outcome: NXDomain, Status: dnssec.Insecure, TTL: 30 * time.Second}, 30 * time.Second},
		{"long TTL", Answer{Outcome: Found, TTL: 48 * time.Hour}, 10 * time.Minute},
		{"TTL 0", Answer{Outcome: Found}, 0},
		{"bogus", Answer{Outcome: Bogus, Status: dnssec.Bogus}, 60 * time.Second},
		{"timeout", Answer{Outcome: Timeout, Reason: dnssec.ReasonNoReply}, 5 * time.Second},
		{"servfail", Answer{Outcome: ServFail, TTL: time.Hour}, 5 * time.Second},
		{"cancelled", Answer{Outcome: Timeout, Reason: dnssec.ReasonCancelled}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			now, asked := bookAt, 0
			r := NewCached(lookups(func(_ context.Context, name string, qtype uint16) Answer {
				asked++
				a := c.answer
				a.Question, a.Queries = dnssec.Question{Name: name, Type: qtype}, 3
				return a
			}), CacheConfig{Now: func() time.Time { return now }})
			if a := r.Lookup(context.Background(), "Example.com", dns.TypeMX); a.Queries != 3 || a.Age != 0 || a.Question.Name != "example.com." {
				t.Errorf("first: %+v", a)
			}
			want := 1
			if c.keeps > 0 {
				now = now.Add(c.keeps - 1)
				if a := r.Lookup(context.Background(), "example.COM.", dns.TypeMX); a.Queries != 0 || a.Age != c.keeps-1 || a.TTL != c.answer.TTL {
					t.Errorf("kept: %+v", a)
				}
				now = now.Add(1)
			}
			if asked != want {
				t.Errorf("asked %d times while kept", asked)
			}
			r.Lookup(context.Background(), "example.com.", dns.TypeMX)
			if want++; asked != want {
				t.Errorf("asked %d times after %v", asked, c.keeps)
			}
			r.Lookup(context.Background(), "example.com.", dns.TypeA)
			if want++; asked != want {
				t.Error("types share an answer")
			}
		})
	}
}

func TestCachedBound(t *testing.T) {
	r := NewCached(lookups(func(context.Context, string, uint16) Answer {
		return Answer{Outcome: Found, TTL: time.Hour}
	}), CacheConfig{Entries: 160})
	for i := range 2000 {
		r.Lookup(context.Background(), fmt.Sprintf("n%d.example", i), dns.TypeA)
	}
	if n := r.Len(); n > 160 || n < 100 {
		t.Errorf("%d answers kept, want at most 160 and not far less", n)
	}
}

func TestCachedFresh(t *testing.T) {
	asked := 0
	r := NewCached(lookups(func(context.Context, string, uint16) Answer {
		asked++
		return Answer{Outcome: Found, TTL: time.Hour, Rcode: asked}
	}), CacheConfig{})
	ctx := context.Background()
	r.Lookup(ctx, "example", dns.TypeTLSA)
	if a := r.Lookup(Fresh(ctx, time.Time{}), "example", dns.TypeTLSA); a.Rcode != 2 {
		t.Errorf("fresh lookup is answer %d", a.Rcode)
	}
	if a := r.Lookup(ctx, "example", dns.TypeTLSA); a.Rcode != 2 || asked != 2 {
		t.Errorf("then answer %d of %d", a.Rcode, asked)
	}
}

func TestCachedOnce(t *testing.T) {
	asked := 0
	r := NewCached(lookups(func(context.Context, string, uint16) Answer {
		asked++
		return Answer{Outcome: Found, Rcode: asked, TTL: time.Hour, Queries: 2}
	}), CacheConfig{})
	for i := range 2 {
		if a := r.Lookup(Once(t.Context()), "example", dns.TypeMX); a.Rcode != i+1 || a.Queries != 2 || a.Age != 0 {
			t.Errorf("time %d: %+v, want what was asked for", i, a)
		}
	}
	if r.Len() != 0 {
		t.Errorf("%d answers kept, want none", r.Len())
	}
	r.Lookup(t.Context(), "example", dns.TypeMX)
	if a := r.Lookup(Once(t.Context()), "example", dns.TypeMX); a.Rcode != 4 {
		t.Errorf("where it is remembered: %+v, want what was asked for", a)
	}
	if a := r.Lookup(Once(t.Context()), "..", dns.TypeMX); a.Outcome != FormErr || asked != 4 {
		t.Errorf("no name: %+v, asked %d times", a, asked)
	}
}

// TestCachedJoins has a hundred callers ask for one name while it is looked up.
func TestCachedJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		r := NewCached(lookups(func(context.Context, string, uint16) Answer {
			asked.Add(1)
			time.Sleep(time.Second)
			return Answer{Outcome: Found, Queries: 2} // TTL 0: shared all the same
		}), CacheConfig{})
		var queries atomic.Int32
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { queries.Add(int32(r.Lookup(t.Context(), "example", dns.TypeA).Queries)) })
		}
		wg.Wait()
		if asked.Load() != 1 || queries.Load() != 2 {
			t.Errorf("asked %d times, %d queries counted", asked.Load(), queries.Load())
		}
	})
}

// TestCachedLeaderGivesUp cancels the caller that does the lookup: those who wait
// for it must not get its failure.
func TestCachedLeaderGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		r := NewCached(lookups(func(ctx context.Context, _ string, _ uint16) Answer {
			asked.Add(1)
			select {
			case <-time.After(time.Second):
				return Answer{Outcome: Found, TTL: time.Hour}
			case <-ctx.Done():
				return failure(dnssec.Question{}, Timeout, dnssec.ReasonCancelled)
			}
		}), CacheConfig{})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if a := r.Lookup(ctx, "example", dns.TypeA); a.Reason != dnssec.ReasonCancelled {
				t.Errorf("leader: %+v", a)
			}
		})
		synctest.Wait()
		for range 10 {
			wg.Go(func() {
				if a := r.Lookup(t.Context(), "example", dns.TypeA); a.Outcome != Found {
					t.Errorf("follower: %+v", a)
				}
			})
		}
		impatient, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer stop()
		wg.Go(func() {
			if a := r.Lookup(impatient, "example", dns.TypeA); a.Reason != dnssec.ReasonCancelled {
				t.Errorf("impatient: %+v", a)
			}
		})
		time.Sleep(200 * time.Millisecond) // of the bubble's time: the impatient one is gone
		cancel()
		wg.Wait()
		if asked.Load() != 2 {
			t.Errorf("asked %d times, want 2", asked.Load())
		}
	})
}

// BenchmarkCachedHit is a lookup that is remembered.
func BenchmarkCachedHit(b *testing.B) {
	r := NewCached(lookups(func(context.Context, string, uint16) Answer {
		return Answer{Outcome: Found, TTL: time.Hour}
	}), CacheConfig{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r.Lookup(context.Background(), "mail.example.com.", dns.TypeA)
		}
	})
}

//go:build interop

package resolver

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

func cpuTime() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkTrustAD looks up names that Unbound has in its cache: what the mode
// itself costs. The CPU time is ours alone.
func BenchmarkTrustAD(b *testing.B) {
	n := newRealNet(b)
	for _, shared := range []int{0, 2} {
		b.Run(map[int]string{0: "fresh", 2: "shared"}[shared], func(b *testing.B) {
			c := exchange.New(exchange.Config{Shared: shared})
			defer c.Close()
			r, err := NewTrustAD(TrustADConfig{Exchanger: exchange.NewWindow(c, exchange.WindowConfig{}), Server: n.Resolver})
			if err != nil {
				b.Fatal(err)
			}
			benchmarkLookups(b, r)
		})
	}
}

// BenchmarkForward is the same with validation here, signatures cached.
func BenchmarkForward(b *testing.B) {
	n := newRealNet(b)
	c := exchange.New(exchange.Config{Shared: 2})
	defer c.Close()
	r, err := n.forward(exchange.NewWindow(c, exchange.WindowConfig{}))
	if err != nil {
		b.Fatal(err)
	}
	benchmarkLookups(b, r)
}

func benchmarkLookups(b *testing.B, r Resolver) {
	warm := func(i int64) string { return fmt.Sprintf("n%d.wild.good.test", i%1000) }
	for i := range int64(1000) {
		r.Lookup(context.Background(), warm(i), dns.TypeA)
	}
	var next atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if a := r.Lookup(context.Background(), warm(next.Add(1)), dns.TypeA); a.Status != dnssec.Secure {
				b.Errorf("%+v", a)
				return
			}
		}
	})
	b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(b.N), "our-cpu-us/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lookups/s")
}

// TestInteropSilence stops Unbound in its tracks and lets it go on.
func TestInteropSilence(t *testing.T) {
	n := newRealNet(t)
	var text bytes.Buffer
	c := exchange.New(exchange.Config{Shared: 1, Timeout: 100 * time.Millisecond, Retries: -1})
	defer c.Close()
	w := exchange.NewWindow(c, exchange.WindowConfig{Silence: 5, Log: slog.New(slog.NewTextHandler(&text, nil))})
	r, err := NewTrustAD(TrustADConfig{Exchanger: w, Server: n.Resolver})
	if err != nil {
		t.Fatal(err)
	}
	n.unbound.Signal(syscall.SIGSTOP)
	for i := range 6 {
		if a := r.Lookup(context.Background(), fmt.Sprintf("n%d.wild.good.test", i), dns.TypeA); a.Outcome != Timeout || a.Status != dnssec.Indeterminate {
			t.Errorf("stopped: %+v", a)
		}
	}
	if len(w.Silent()) != 1 || !strings.Contains(text.String(), "resolver is silent") {
		t.Errorf("silence is not noticed: %s", &text)
	}
	n.unbound.Signal(syscall.SIGCONT)
	n.await(t, n.Resolver)
	if a := r.Lookup(context.Background(), "mail.good.test", dns.TypeA); a.Status != dnssec.Secure {
		t.Errorf("goes on: %+v", a)
	}
	if len(w.Silent()) != 0 || !strings.Contains(text.String(), "answers again") {
		t.Errorf("its end is not noticed: %s", &text)
	}
}

// TestInteropSlow asks for a name whose server needs longer than a stock Unbound
// remembers who asked: asking again gets the answer.
func TestInteropSlow(t *testing.T) {
	n := newRealNet(t)
	c := exchange.New(exchange.Config{Shared: 1, Retries: 5})
	defer c.Close()
	r, err := NewTrustAD(TrustADConfig{Exchanger: c, Server: n.Resolver})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	a := r.Lookup(context.Background(), "host.slow.test", dns.TypeA)
	t.Logf("%v %v after %v and %d queries", a.Outcome, a.Status, time.Since(start).Round(time.Millisecond), a.Queries)
	if a.Outcome != Found || a.Status != dnssec.Insecure {
		t.Errorf("%+v", a)
	}
}

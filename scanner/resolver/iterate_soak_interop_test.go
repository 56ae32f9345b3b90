//go:build interop

package resolver

import (
	"context"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// soakDomains is how many domains of the lab are looked up; the caches hold a
// tenth of them.
const (
	soakDomains = 200_000
	soakCache   = 20_000
)

// gauge is what must not grow.
type gauge struct {
	heap              uint64 // after a collection
	goroutines, files int
}

func gaugeNow(t *testing.T) gauge {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return gauge{m.HeapAlloc, runtime.NumGoroutine(), len(files)}
}

// TestInteropIterateSoak looks 200,000 domains up with small caches: once they are
// full, memory, goroutines and sockets stay as they are.
func TestInteropIterateSoak(t *testing.T) {
	n := &realNet{dir: t.TempDir()}
	port, questions := startLab(t, n, soakDomains, 0)
	client := exchange.New(exchange.Config{Timeout: time.Second, Retries: 1})
	defer client.Close()
	r := soakResolver(t, n, port, client)

	names := make(chan string, 64)
	var wg sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[Outcome]int{}
	for range 64 {
		wg.Go(func() {
			for name := range names {
				a := r.Lookup(context.Background(), name, dns.TypeMX)
				mu.Lock()
				outcomes[a.Outcome]++
				mu.Unlock()
			}
		})
	}
	var gauges []gauge
	done := 0
	for _, q := range questions {
		if q.Type != dns.TypeMX {
			continue
		}
		names <- q.Name
		if done++; done%(soakDomains/5) == 0 {
			gauges = append(gauges, gaugeNow(t))
		}
	}
	close(names)
	wg.Wait()
	t.Logf("%v; after each fifth: %+v", outcomes, gauges)
	full, end := gauges[1], gauges[len(gauges)-1]
	if end.heap > full.heap+full.heap/8+4<<20 || end.goroutines > full.goroutines+80 || end.files > full.files+80 {
		t.Errorf("grew from %+v to %+v", full, end)
	}
	if outcomes[Found] < soakDomains*3/4 {
		t.Errorf("only %d of %d found", outcomes[Found], soakDomains)
	}
}

func soakResolver(t *testing.T, n *realNet, port int, client exchange.Exchanger) Resolver {
	root, err := ParseHints(n.read(t, "root.hints"))
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := dnssec.ParseAnchors(n.read(t, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := dnssec.New(dnssec.Config{Anchors: anchors, NodeCache: soakCache, SignatureCache: soakCache})
	if err != nil {
		t.Fatal(err)
	}
	it, err := NewIterate(IterateConfig{
		Exchanger: client, Validator: v, Zones: []Zone{root}, Port: uint16(port), AllowPrivate: true,
		Limits: IterateLimits{Delegations: soakCache, Hosts: soakCache},
	})
	if err != nil {
		t.Fatal(err)
	}
	return NewCached(it, CacheConfig{Entries: soakCache})
}

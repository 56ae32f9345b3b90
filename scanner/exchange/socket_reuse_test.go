//go:build linux && !386 && !s390x

package exchange

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
)

// TestIdleSockets gives back more sockets than are kept.
func TestIdleSockets(t *testing.T) {
	s := good().start(t)
	var p sockets
	var held []*socket
	for range maxIdle + 5 {
		k, err := p.get(s.addr)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, k)
	}
	for _, k := range held {
		p.put(k)
	}
	idle := 0
	for i := range p.v4 {
		for _, k := range p.v4[i].list {
			idle++
			if _, err := k.conn.Write([]byte("x")); err == nil {
				t.Error("an idle socket still has a peer")
			}
		}
	}
	if idle != 256 {
		t.Errorf("%d idle sockets, want 256", idle)
	}
	again := map[*socket]bool{}
	for range held {
		k, err := p.get(s.addr)
		if err != nil {
			t.Fatal(err)
		}
		again[k] = true
	}
	reused := 0
	for _, k := range held {
		if again[k] {
			reused++
		}
	}
	if len(again) != len(held) || reused != 256 {
		t.Errorf("%d sockets, %d of them used again, want %d and 256", len(again), reused, len(held))
	}
	for k := range again {
		p.put(k)
	}
	p.close()
	k, err := p.get(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	p.put(k)
	if p.idle(false) != nil {
		t.Error("a closed pool keeps sockets")
	}
}

// TestFloodedSocket leaves more in a socket's queue than is thrown away: another
// socket is used.
func TestFloodedSocket(t *testing.T) {
	sent := make(chan bool)
	flood := (&server{udp: func(_ int, _ []byte, send func([]byte)) {
		for range maxStale + 10 {
			send([]byte("x"))
		}
		sent <- true
	}}).start(t)
	p := sockets{}
	defer p.close()
	k, err := p.get(flood.addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.conn.Write([]byte("a question of twelve octets or more")); err != nil {
		t.Fatal(err)
	}
	<-sent
	p.put(k)
	again, err := p.get(good().start(t).addr)
	if err != nil {
		t.Fatal(err)
	}
	defer p.put(again)
	if again == k {
		t.Error("the flooded socket is used again")
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(files)
}

// TestNothingLeaks asks much, in every way, and counts what is left after Close.
func TestNothingLeaks(t *testing.T) {
	s := good().start(t)
	silent := (&server{tcp: mute}).start(t)
	files, routines := openFiles(t), runtime.NumGoroutine()
	for _, shared := range []int{0, 4} {
		long, short := patient, quick
		long.Shared, short.Shared = shared, shared
		c, hasty := New(long), New(short)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				for range 20 {
					if _, err := ask(c, s); err != nil {
						t.Error(err)
					}
				}
				if _, err := c.Exchange(t.Context(), s.addr, question, Options{TCP: true}); err != nil {
					t.Error(err)
				}
				if i%10 == 0 {
					ask(hasty, silent)
				}
			})
		}
		wg.Wait()
		if n := openFiles(t); n > files+50+2*shared+100 {
			t.Errorf("shared %d: %d files open, %d before", shared, n, files)
		}
		c.Close()
		hasty.Close()
	}
	// The servers close their ends of TCP connections a moment later.
	for range 1000 {
		if openFiles(t) <= files && runtime.NumGoroutine() <= routines {
			return
		}
		time.Sleep(20 * time.Millisecond) // between two looks
	}
	t.Errorf("%d files and %d goroutines left, %d and %d before", openFiles(t), runtime.NumGoroutine(), files, routines)
}

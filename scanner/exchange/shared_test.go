package exchange

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// TestSharedDemultiplexes has many questions out on two sockets and the replies
// come in reverse order, among them replies to nothing.
func TestSharedDemultiplexes(t *testing.T) {
	const questions = 200
	var mu sync.Mutex
	var later []func()
	s := (&server{udp: func(n int, q []byte, send func([]byte)) {
		mu.Lock()
		defer mu.Unlock()
		later = append(later, func() {
			send(reply(q, func(m *dns.Msg) { m.Id ^= 0x5555 }))
			send(reply(q, nil))
		})
		if n < questions {
			return
		}
		for i := range later {
			later[len(later)-1-i]()
		}
	}}).start(t)
	c := client(t, Config{Shared: 2, Timeout: patient.Timeout})
	var wg sync.WaitGroup
	for i := range questions {
		wg.Go(func() {
			q := dnssec.Question{Name: fmt.Sprintf("n%d.example.", i), Type: dns.TypeA}
			r, err := c.Exchange(context.Background(), s.addr, q, Options{})
			if err != nil || r.Msg.Answer[0].Owner.String() != q.Name {
				t.Error(r, err)
			}
		})
	}
	wg.Wait()
	ports := map[uint16]bool{}
	from, _ := s.seen()
	for _, a := range from {
		ports[a.Port()] = true
	}
	if len(ports) != 2 {
		t.Errorf("%d sockets, want 2", len(ports))
	}
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	for _, l := range c.shared.servers[s.addr] {
		if n := len(l.waiting); n != 0 {
			t.Errorf("%d questions left behind", n)
		}
	}
}

// TestSharedServers asks more servers than there may be shared sockets for.
func TestSharedServers(t *testing.T) {
	c := client(t, Config{Shared: 1, Timeout: patient.Timeout})
	for range maxSharedServers + 3 {
		if _, err := ask(c, good().start(t)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.shared.servers); n != maxSharedServers {
		t.Errorf("%d servers with shared sockets", n)
	}
}

// TestSharedCrowded fills a line up: the next question gets a socket of its own.
func TestSharedCrowded(t *testing.T) {
	s := good().start(t)
	c := client(t, Config{Shared: 1, Timeout: patient.Timeout})
	l := c.shared.line(s.addr)
	for id := range maxSharedAsking {
		l.waiting[uint16(id)] = &waiter{replies: make(chan datagram, queued)}
	}
	if _, err := ask(c, s); err != nil {
		t.Fatal(err)
	}
	if len(l.waiting) != maxSharedAsking {
		t.Errorf("%d questions on the line", len(l.waiting))
	}
	if from, _ := s.seen(); from[0] == netip.MustParseAddrPort(l.conn.LocalAddr().String()) {
		t.Error("asked over the crowded line")
	}
}

// TestSharedFlood sends one question more datagrams than it may queue.
func TestSharedFlood(t *testing.T) {
	count := &counters{}
	l := &line{count: count, waiting: map[uint16]*waiter{}}
	x, err := pack(question, Options{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := l.join(x)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for range 1000 {
		d := datagram{buf: new([maxDatagram]byte), n: headerSize}
		d.buf[0], d.buf[1] = x.wire[0], x.wire[1]
		if l.deliver(d) {
			taken++
		}
	}
	if taken != queued {
		t.Errorf("%d datagrams queued, want %d", taken, queued)
	}
	l.leave(x, w)
	if len(l.waiting) != 0 || len(w.replies) != 0 {
		t.Error("something was left behind")
	}
}

// TestSharedClose closes a client with a question out.
func TestSharedClose(t *testing.T) {
	out := make(chan bool)
	s := (&server{udp: func(int, []byte, func([]byte)) { out <- true }}).start(t)
	c := New(Config{Shared: 1, Timeout: time.Minute, Retries: -1})
	got := make(chan error)
	go func() {
		_, err := ask(c, s)
		got <- err
	}()
	<-out
	c.Close()
	if err := <-got; kindOfError(err) != Network {
		t.Error(err)
	}
}

package exchange

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// TestTCPManners asks over TCP alone.
func TestTCPManners(t *testing.T) {
	for _, c := range []struct {
		name string
		tcp  func(n int, q []byte, conn net.Conn)
		kind Kind
		slow bool // only the clock ends it
	}{
		{"good", good().tcp, 0, false},
		{"in pieces", func(_ int, q []byte, conn net.Conn) {
			for _, b := range framed(reply(q, nil)) {
				conn.Write([]byte{b})
			}
		}, 0, false},
		{"a byte now and then", func(_ int, q []byte, conn net.Conn) {
			for _, b := range framed(reply(q, nil)) {
				if _, err := conn.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(30 * time.Millisecond)
			}
		}, Timeout, true},
		{"closes at once", func(int, []byte, net.Conn) {}, Network, false},
		{"closes after the length", func(_ int, _ []byte, conn net.Conn) { conn.Write([]byte{0xff, 0xff}) }, Network, false},
		{"length 0", func(_ int, _ []byte, conn net.Conn) { conn.Write(make([]byte, 200)) }, Timeout, false}, // too many mismatches
		{"mute", mute, Timeout, true},
		{"others' replies without end", func(_ int, q []byte, conn net.Conn) {
			b := framed(reply(q, func(m *dns.Msg) { m.Id++ }))
			for {
				if _, err := conn.Write(b); err != nil {
					return
				}
			}
		}, Timeout, false},
		{"another's reply first", func(_ int, q []byte, conn net.Conn) {
			conn.Write(framed(reply(q, func(m *dns.Msg) { m.Id++ })))
			conn.Write(framed(reply(q, nil)))
		}, 0, false},
		{"garbage", func(_ int, q []byte, conn net.Conn) {
			b := reply(q, nil)
			conn.Write(framed(b[:len(b)-3]))
		}, Malformed, false},
		{"64 KiB", func(_ int, q []byte, conn net.Conn) {
			conn.Write(framed(reply(q, func(m *dns.Msg) {
				for range 3900 {
					m.Answer = append(m.Answer, m.Answer[0])
				}
				m.Compress = true
			})))
		}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := (&server{tcp: c.tcp}).start(t)
			cfg := Config{Timeout: time.Minute, Retries: -1}
			if c.slow {
				cfg.Timeout = 300 * time.Millisecond
			}
			cl := client(t, cfg)
			start := time.Now()
			r, err := cl.Exchange(context.Background(), s.addr, question, Options{TCP: true})
			if kind := kindOfError(err); kind != c.kind || err == nil && !r.TCP {
				t.Errorf("kind %d (%v), want %d", kind, err, c.kind)
			}
			if d := time.Since(start); d > 30*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

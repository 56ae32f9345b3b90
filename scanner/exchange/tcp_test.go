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
	}{
		{"good", good().tcp, 0},
		{"in pieces", func(_ int, q []byte, conn net.Conn) {
			for _, b := range framed(reply(q, nil)) {
				conn.Write([]byte{b})
			}
		}, 0},
		{"a byte now and then", func(_ int, q []byte, conn net.Conn) {
			for _, b := range framed(reply(q, nil)) {
				if _, err := conn.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(30 * time.Millisecond)
			}
		}, Timeout},
		{"closes at once", func(int, []byte, net.Conn) {}, Network},
		{"closes after the length", func(_ int, _ []byte, conn net.Conn) { conn.Write([]byte{0xff, 0xff}) }, Network},
		{"length 0", func(_ int, _ []byte, conn net.Conn) { conn.Write(make([]byte, 200)) }, Timeout}, // too many mismatches
		{"mute", mute, Timeout},
		{"others' replies without end", func(_ int, q []byte, conn net.Conn) {
			b := framed(reply(q, func(m *dns.Msg) { m.Id++ }))
			for {
				if _, err := conn.Write(b); err != nil {
					return
				}
			}
		}, Timeout},
		{"another's reply first", func(_ int, q []byte, conn net.Conn) {
			conn.Write(framed(reply(q, func(m *dns.Msg) { m.Id++ })))
			conn.Write(framed(reply(q, nil)))
		}, 0},
		{"garbage", func(_ int, q []byte, conn net.Conn) {
			b := reply(q, nil)
			conn.Write(framed(b[:len(b)-3]))
		}, Malformed},
		{"64 KiB", func(_ int, q []byte, conn net.Conn) {
			conn.Write(framed(reply(q, func(m *dns.Msg) {
				for range 3900 {
					m.Answer = append(m.Answer, m.Answer[0])
				}
				m.Compress = true
			})))
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := (&server{tcp: c.tcp}).start(t)
			cl := client(t, Config{Timeout: 300 * time.Millisecond, Retries: -1})
			start := time.Now()
			r, err := cl.Exchange(context.Background(), s.addr, question, Options{TCP: true})
			if kind := kindOfError(err); kind != c.kind || err == nil && !r.TCP {
				t.Errorf("kind %d (%v), want %d", kind, err, c.kind)
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

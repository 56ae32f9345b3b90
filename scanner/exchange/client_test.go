package exchange

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/nettest"
)

// spoil makes a UDP handler that sends a spoilt reply, and the right one after
// it where right is set.
func spoil(right bool, change func(query []byte) []byte) func(int, []byte, func([]byte)) {
	return func(_ int, q []byte, send func([]byte)) {
		send(change(q))
		if right {
			send(reply(q, nil))
		}
	}
}

func changed(change func(*dns.Msg)) func([]byte) []byte {
	return func(q []byte) []byte { return reply(q, change) }
}

// mute answers nothing over TCP but keeps the connection until it is closed.
func mute(_ int, _ []byte, conn net.Conn) { conn.Read(make([]byte, 1)) }

// TestManners asks servers that misbehave, over a fresh socket and a shared one.
func TestManners(t *testing.T) {
	overTCP := good().tcp
	for _, c := range []struct {
		name   string
		server *server

		kind       Kind // 0: a reply comes
		rcode      int
		tcp        bool // it came over TCP
		queries    int  // sent
		mismatches int64
		freshOnly  bool // on a shared socket nobody knows whose the wrong IDs are
		silent     bool // a try has to end for want of a reply
	}{
		{name: "good", server: good(), queries: 1},
		{name: "NXDOMAIN is not asked again", server: &server{udp: spoil(false, changed(func(m *dns.Msg) { m.Rcode = dns.RcodeNameError }))},
			rcode: dns.RcodeNameError, queries: 1},
		{name: "SERVFAIL is a reply", server: &server{udp: spoil(false, changed(func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }))},
			rcode: dns.RcodeServerFailure, queries: 1},
		{name: "silent", server: &server{}, silent: true, kind: Timeout, queries: 2},
		{name: "silent at first", silent: true, queries: 2, server: &server{udp: func(n int, q []byte, send func([]byte)) {
			if n > 1 {
				send(reply(q, nil))
			}
		}}},
		{name: "wrong ID first", server: &server{udp: spoil(true, changed(func(m *dns.Msg) { m.Id++ }))}, queries: 1, mismatches: 1},
		{name: "wrong name first", server: &server{udp: spoil(true, changed(func(m *dns.Msg) { m.Question[0].Name = "evil.example.com." }))}, queries: 1, mismatches: 1},
		{name: "longer name first", server: &server{udp: spoil(true, changed(func(m *dns.Msg) { m.Question[0].Name = "mail.example.com.evil." }))}, queries: 1, mismatches: 1},
		{name: "wrong type first", server: &server{udp: spoil(true, changed(func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeAAAA }))}, queries: 1, mismatches: 1},
		{name: "wrong class first", server: &server{udp: spoil(true, changed(func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }))}, queries: 1, mismatches: 1},
		{name: "a query first", server: &server{udp: spoil(true, changed(func(m *dns.Msg) { m.Response = false }))}, queries: 1, mismatches: 1},
		{name: "a NOTIFY first", server: &server{udp: spoil(true, changed(func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }))}, queries: 1, mismatches: 1},
		{name: "no question", server: &server{udp: spoil(true, changed(func(m *dns.Msg) { m.Question = nil }))}, queries: 1, mismatches: 1},
		{name: "two questions", server: &server{udp: spoil(true, changed(func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }))}, queries: 1, mismatches: 1},
		{name: "short", server: &server{udp: spoil(true, func(q []byte) []byte { return q[:11] })}, queries: 1, mismatches: 1},
		{name: "empty", server: &server{udp: spoil(true, func(q []byte) []byte { return nil })}, queries: 1, mismatches: 1},
		{name: "guessing names", queries: 2, mismatches: 3, tcp: true, server: &server{tcp: overTCP, udp: func(_ int, q []byte, send func([]byte)) {
			for range 200 {
				send(reply(q, func(m *dns.Msg) { m.Question[0].Name = "evil.example.com." }))
			}
		}}},
		{name: "guessing IDs", freshOnly: true, queries: 2, mismatches: 3, tcp: true, server: &server{tcp: overTCP, udp: func(_ int, q []byte, send func([]byte)) {
			for i := range 200 {
				send(reply(q, func(m *dns.Msg) { m.Id += uint16(i + 1) }))
			}
		}}},
		{name: "0x20", server: &server{udp: spoil(false, changed(func(m *dns.Msg) { m.Question[0].Name = "mAIl.EXample.cOM." }))}, queries: 1},
		{name: "FORMERR to EDNS", rcode: dns.RcodeFormatError, queries: 1, server: &server{udp: spoil(false, func(q []byte) []byte {
			return append(append([]byte{}, q[:2]...), 0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0)
		})}},
		{name: "header alone, no error", silent: true, kind: Timeout, queries: 2, mismatches: 2, server: &server{udp: spoil(false, func(q []byte) []byte {
			return append(append([]byte{}, q[:2]...), 0x80, 0x00, 0, 0, 0, 0, 0, 0, 0, 0)
		})}},
		{name: "truncated", server: &server{udp: spoil(false, changed(func(m *dns.Msg) { m.Truncated = true })), tcp: overTCP}, tcp: true, queries: 2},
		{name: "truncated, no TCP", server: &server{udp: spoil(false, changed(func(m *dns.Msg) { m.Truncated = true }))}, kind: Network, queries: 1},
		{name: "truncated, mute TCP", server: &server{udp: spoil(false, changed(func(m *dns.Msg) { m.Truncated = true })), tcp: mute}, silent: true, kind: Timeout, queries: 3},
		{name: "oversized", tcp: true, queries: 2, server: &server{tcp: overTCP, udp: spoil(false, func(q []byte) []byte {
			return append(reply(q, nil), make([]byte, 9000)...)
		})}},
		{name: "compression loop", kind: Malformed, queries: 2, server: &server{udp: spoil(false, func(q []byte) []byte {
			b := reply(q, nil)
			b[headerSize+18+4], b[headerSize+18+5] = 0xc0, headerSize+18+4 // the answer's owner points at itself
			return b
		})}},
		{name: "cut off", kind: Malformed, queries: 2, server: &server{udp: spoil(false, func(q []byte) []byte {
			b := reply(q, nil)
			return b[:len(b)-2]
		})}},
	} {
		for _, shared := range []int{0, 1} {
			if c.freshOnly && shared > 0 {
				continue
			}
			name := c.name + map[int]string{0: ", fresh", 1: ", shared"}[shared]
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := &server{udp: c.server.udp, tcp: c.server.tcp}
				s.start(t)
				cfg := patient
				cfg.Shared = shared
				if c.silent {
					cfg.Timeout = 2 * time.Second // also enough for a reply, be this machine busy
				}
				cl := client(t, cfg)
				r, err := ask(cl, s)
				if kind := kindOfError(err); kind != c.kind {
					t.Fatalf("kind %d (%v), want %d", kind, err, c.kind)
				}
				if err == nil {
					if r.Msg.Rcode != c.rcode || r.TCP != c.tcp || r.Queries != c.queries || r.Server != s.addr || r.Size < headerSize {
						t.Errorf("%+v", r)
					}
				} else if n := err.(*Error).Queries; n != c.queries {
					t.Errorf("%d queries, want %d", n, c.queries)
				}
				st := cl.Stats()
				// A shared socket counts strays by itself: short datagrams, wrong IDs.
				if st.Queries != int64(c.queries) || st.Mismatches != c.mismatches && shared == 0 {
					t.Errorf("%+v, want %d mismatches", st, c.mismatches)
				}
			})
		}
	}
}

func kindOfError(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

// TestElsewhere has the right reply come from another port and another address.
func TestElsewhere(t *testing.T) {
	other, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, shared := range []int{0, 1} {
		s := &server{}
		s.udp = func(n int, q []byte, _ func([]byte)) {
			from, _ := s.seen()
			other.WriteToUDPAddrPort(reply(q, nil), from[len(from)-1])
		}
		s.start(t)
		cfg := quick
		cfg.Shared = shared
		if _, err := ask(client(t, cfg), s); kindOfError(err) != Timeout {
			t.Errorf("shared %d: %v", shared, err)
		}
	}
}

func TestHeaderBits(t *testing.T) {
	for _, c := range []struct {
		opt  Options
		want string
	}{
		{Options{}, "edns"},
		{Options{RD: true, DO: true, AD: true}, "rd ad edns do"},
		{Options{RD: true, DO: true, CD: true}, "rd cd edns do"},
		{Options{CD: true, NoEDNS: true, DO: true}, "cd"},
	} {
		got := make(chan string, 1)
		s := (&server{udp: func(_ int, q []byte, send func([]byte)) {
			got <- bits(q)
			send(reply(q, nil))
		}}).start(t)
		if _, err := client(t, patient).Exchange(context.Background(), s.addr, question, c.opt); err != nil {
			t.Fatal(err)
		}
		if g := <-got; g != c.want {
			t.Errorf("%+v sends %q, want %q", c.opt, g, c.want)
		}
	}
}

// bits reads a query with the library that did not write it.
func bits(query []byte) string {
	var m dns.Msg
	if err := m.Unpack(query); err != nil || len(m.Question) != 1 || m.Question[0] != (dns.Question{Name: question.Name, Qtype: dns.TypeA, Qclass: dns.ClassINET}) {
		return "unreadable"
	}
	text := ""
	add := func(on bool, word string) {
		if on {
			if text != "" {
				text += " "
			}
			text += word
		}
	}
	opt := m.IsEdns0()
	add(m.RecursionDesired, "rd")
	add(m.AuthenticatedData, "ad")
	add(m.CheckingDisabled, "cd")
	add(opt != nil && opt.UDPSize() == 1232 && opt.Version() == 0, "edns")
	add(opt != nil && opt.Do(), "do")
	return text
}

// TestNames packs names of all lengths and some that are none.
func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		".": true, "example.": true, strings.Repeat("a.", 127): true, strings.Repeat("a.", 128): false,
		strings.Repeat("abcdefg.", 31) + "abcde.":  true,  // 255 octets
		strings.Repeat("abcdefg.", 31) + "abcdef.": false, // 256 octets
		strings.Repeat("a", 63) + ".":              true,
		strings.Repeat("a", 64) + ".":              false,
		"a..b.":                                    false, "\\000\\255.": true,
	} {
		if _, err := pack(dnssec.Question{Name: name, Type: dns.TypeA}, Options{}); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	_, err := client(t, quick).Exchange(context.Background(), netip.MustParseAddrPort("127.0.0.1:1"), dnssec.Question{Name: "a..b."}, Options{})
	if kindOfError(err) != Malformed {
		t.Error(err)
	}
}

// TestRefused asks a port at which nobody listens.
func TestRefused(t *testing.T) {
	conn, l := nettest.Listen(t, "127.0.0.1")
	addr := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	conn.Close()
	l.Close()
	for _, cfg := range []Config{{Timeout: time.Minute}, {Timeout: time.Minute, Shared: 1}} {
		start := time.Now()
		_, err := client(t, cfg).Exchange(context.Background(), addr, question, Options{})
		if kindOfError(err) != Network || time.Since(start) > 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	}
}

// TestUnpredictable looks at ports and IDs from the server's side (RFC 5452,
// Section 9.2).
func TestUnpredictable(t *testing.T) {
	s := good().start(t)
	c := client(t, patient)
	for range 300 {
		if _, err := ask(c, s); err != nil {
			t.Fatal(err)
		}
	}
	ports, ids := map[uint16]bool{}, map[uint16]bool{}
	from, id := s.seen()
	for i := range from {
		ports[from[i].Port()] = true
		ids[id[i]] = true
	}
	// 300 draws of 28,232 ports repeat 1.6 times on average, of 65,536 IDs 0.7 times.
	if len(ports) < 280 || len(ids) < 285 {
		t.Errorf("%d ports and %d IDs in 300 questions", len(ports), len(ids))
	}
}

// TestLateReplies lets a server send much after its reply: the socket is used
// again for another server, whose reply must be found.
func TestLateReplies(t *testing.T) {
	c := client(t, patient)
	done := make(chan bool, 100)
	flood := (&server{udp: func(_ int, q []byte, send func([]byte)) {
		send(reply(q, nil))
		for range 50 {
			send(reply(q, nil))
		}
		done <- true
	}}).start(t)
	calm := good().start(t)
	for range 20 {
		if _, err := ask(c, flood); err != nil {
			t.Fatal(err)
		}
		<-done
		if r, err := ask(c, calm); err != nil || r.Server != calm.addr {
			t.Fatal(r, err)
		}
	}
	if st := c.Stats(); st.Mismatches != 0 || st.TCP != 0 {
		t.Errorf("%+v: an old reply reached a new question", st)
	}
}

func TestIPv6(t *testing.T) {
	for _, shared := range []int{0, 1} {
		s := good().startAt(t, "::1")
		c := client(t, Config{Shared: shared})
		for range 3 {
			if _, err := ask(c, s); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestCancel ends a question to a silent server.
func TestCancel(t *testing.T) {
	for _, c := range []struct {
		cfg Config
		opt Options
	}{
		{Config{Timeout: time.Minute}, Options{}},
		{Config{Timeout: time.Minute, Shared: 1}, Options{}},
		{Config{Timeout: time.Minute}, Options{TCP: true}},
	} {
		s := (&server{tcp: mute}).start(t)
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(50*time.Millisecond, cancel)
		start := time.Now()
		_, err := client(t, c.cfg).Exchange(ctx, s.addr, question, c.opt)
		if kindOfError(err) != Cancelled || time.Since(start) > 30*time.Second {
			t.Errorf("%+v: %v after %v", c, err, time.Since(start))
		}
	}
}

// TestDeadline has a context that ends before the try does.
func TestDeadline(t *testing.T) {
	s := (&server{}).start(t)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := client(t, Config{Timeout: time.Minute}).Exchange(ctx, s.addr, question, Options{})
	if kindOfError(err) != Cancelled || time.Since(start) > 30*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

// TestInFlight asks more at a time than the client lets out.
func TestInFlight(t *testing.T) {
	var now, most atomic.Int32
	var wg sync.WaitGroup
	s := (&server{udp: func(_ int, q []byte, send func([]byte)) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.AfterFunc(5*time.Millisecond, func() {
			now.Add(-1)
			send(reply(q, nil))
		})
	}}).start(t)
	c := client(t, Config{InFlight: 7, Timeout: patient.Timeout})
	for range 100 {
		wg.Go(func() {
			if _, err := ask(c, s); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := most.Load(); n > 7 || n < 2 {
		t.Errorf("%d questions at a time", n)
	}
}

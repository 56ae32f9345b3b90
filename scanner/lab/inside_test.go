package lab

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestGenerationsAreBounded(t *testing.T) {
	g := generations[int, int]{limit: 100}
	for i := range 10_000 {
		g.put(i, i)
		if n := len(g.young) + len(g.old); n > 100 {
			t.Fatalf("%d entries after %d", n, i)
		}
		if v, ok := g.get(7); i >= 7 && (!ok || v != 7) {
			t.Fatalf("what is asked for all the time was forgotten after %d", i)
		}
	}
	if _, ok := g.get(5000); ok {
		t.Error("what nobody asked for is still there")
	}
}

func TestCanonicalOrder(t *testing.T) {
	// The example of RFC 4034, Section 6.1, in lower case.
	want := []string{"example.", "a.example.", "yljkjljk.a.example.", "z.a.example.", "zabc.a.example.", "z.example.",
		`\001.z.example.`, "*.z.example.", `\200.z.example.`}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int {
		if sortKey(a) < sortKey(b) {
			return -1
		}
		return 1
	})
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if sortKey(`a\000.example.`) <= sortKey("a.example.") || sortKey(`\000.example.`) <= sortKey("example.") {
		t.Error("zero octets break the order")
	}
}

func TestHashIsRFC5155s(t *testing.T) {
	// RFC 5155, Appendix A.
	z := &zone{iterations: 12, salt: []byte{0xaa, 0xbb, 0xcc, 0xdd}}
	for name, want := range map[string]string{
		"example.":       "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom",
		"ns1.example.":   "2t7b4g4vsa5smi47k61mv5bv1a22bojr",
		"*.w.example.":   "r53bq7cc2uvmubfu5ocmm6pers9tk9en",
		"x.y.w.example.": "2vptu5timamqttgl4luu9kg21e0aor3s",
	} {
		if got := z.hash(name).String(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestChild(t *testing.T) {
	for _, tc := range [][3]string{
		{"a.b.c.", ".", "c."}, {"a.b.c.", "c.", "b.c."}, {"a.b.c.", "b.c.", "a.b.c."}, {`a.b\.x.c.`, "c.", `b\.x.c.`}, {"c.", ".", "c."},
	} {
		if got := child(tc[0], tc[1]); got != tc[2] {
			t.Errorf("child(%s, %s) = %s, want %s", tc[0], tc[1], got, tc[2])
		}
	}
}

// TestBulkNSECRing goes around the whole NSEC chain of a TLD with bulk domains and
// comes back, past every name once.
func TestBulkNSECRing(t *testing.T) {
	l, err := New(Config{Domains: 2000})
	if err != nil {
		t.Fatal(err)
	}
	z := l.world.zones[nsecTLD]
	want := 0
	for n := range z.all() {
		if !n.glue && len(n.sets) > 0 {
			want++
		}
	}
	at, got := z.apex, 0
	for {
		here, next := z.around(at)
		if here != at {
			t.Fatalf("around(%s) is at %s", at, here)
		}
		if next != z.apex && sortKey(next) <= sortKey(at) {
			t.Fatalf("%s comes after %s", next, at)
		}
		for _, gap := range []string{join("!", at), at[:1] + "!" + at[1:]} {
			if k := sortKey(gap); k > sortKey(at) && (next == z.apex || k < sortKey(next)) {
				if h, n := z.around(gap); h != at || n != next {
					t.Fatalf("around(%s) is %s, %s; want %s, %s", gap, h, n, at, next)
				}
			}
		}
		if got++; next == z.apex || got > want {
			break
		}
		at = next
	}
	if got != want || want < 200 {
		t.Errorf("%d names in the chain, %d in the zone", got, want)
	}
}

// FuzzRespond: no packet may crash a server, and every answer must unpack.
func FuzzRespond(f *testing.F) {
	l, err := New(Config{Domains: 300, Now: time.Unix(1_800_000_000, 0)})
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{".", "nsec.", "ee-spki.optout.", "a.b.c.d.ee-spki.optout.", `\000.x\.y.nsec.`, "d0000001.optout.", "x.d0000001-optout.mail007.optout.",
		"*.optout.", "z.old.domain-dname.optout.", "_25._tcp.mx.many-records.nsec."} {
		for _, t := range []uint16{dns.TypeA, dns.TypeDS, dns.TypeNS, dns.TypeTLSA, dns.TypeDNSKEY, dns.TypeANY} {
			m := new(dns.Msg).SetQuestion(name, t)
			m.SetEdns0(1232, true)
			wire, err := m.Pack()
			if err != nil {
				f.Fatal(fmt.Errorf("%s: %w", name, err))
			}
			f.Add(wire)
		}
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		ask := func(to []byte) {
			if to == nil {
				return
			}
			if err := new(dns.Msg).Unpack(to); err != nil {
				t.Errorf("%x: %v", packet, err)
			}
		}
		ask(l.respond(l.front, packet, nil, true))
		for addr := range l.world.servers {
			ask(l.respond(addr, packet, nil, false))
		}
	})
}

// TestQuickSaysTheSame compares the answers made of pieces with those made the
// long way.
func TestQuickSaysTheSame(t *testing.T) {
	l, err := New(Config{Domains: 3000, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for i := range l.bulkDomains() {
		d, name := l.world.bulk.domain(i), l.world.bulk.name(i)
		for what, s := range map[string]host{"referral": l.world.zones[tldNames[d.tld]].servers[0], "mx": d.operator.servers[0]} {
			m := new(dns.Msg).SetQuestion(name, dns.TypeMX)
			m.SetEdns0(1232, true)
			packet, err := m.Pack()
			if err != nil {
				t.Fatal(err)
			}
			q, _, _ := parse(packet)
			ns := l.world.servers[s.addr]
			short := l.quick(ns, &q, packet, nil)
			if short == nil {
				counts["long "+what]++
				continue
			}
			counts["quick "+what]++
			if a, b := unpacked(t, short), unpacked(t, l.authoritative(ns, &q).write(nil, packet, &q, q.size)); a != b {
				t.Fatalf("%s of %s: the quick answer is\n%s\nthe other is\n%s", what, name, a, b)
			}
		}
	}
	t.Log(counts)
	for what, floor := range map[string]int{"quick referral": 1500, "quick mx": 1000, "long referral": 300, "long mx": 300} {
		if counts[what] < floor {
			t.Errorf("%d times a %s, at least %d wanted", counts[what], what, floor)
		}
	}
}

func unpacked(t *testing.T, wire []byte) string {
	t.Helper()
	var m dns.Msg
	if err := m.Unpack(wire); err != nil {
		t.Fatal(err)
	}
	for _, section := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
		slices.SortFunc(section, func(a, b dns.RR) int { return strings.Compare(a.String(), b.String()) })
	}
	return m.String()
}

// TestBoundsAreReached: each bound of the servers, reached.
func TestBoundsAreReached(t *testing.T) {
	l, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	l.tcpIdle = time.Minute // that all of them are there at a time
	if err := l.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Run("SMTP lines", func(t *testing.T) {
		conn := dialMail(t, l, "a.ee-spki.optout")
		io.WriteString(conn, strings.Repeat("NOOP\r\n", smtpLines+5))
		if got := read(conn); !strings.Contains(got, "421 that is enough") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("SMTP line length", func(t *testing.T) {
		conn := dialMail(t, l, "a.ee-spki.optout")
		io.WriteString(conn, "EHLO "+strings.Repeat("x", smtpLine))
		if got := read(conn); strings.Contains(got, "250") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("SMTP sessions", func(t *testing.T) {
		var at netip.Addr
		for range smtpSessions {
			at = dialMail(t, l, "a.tarpit.optout").RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
		}
		waitFor(t, func() bool { return l.count.Sessions(at) == smtpSessions })
		conn := dialMail(t, l, "a.tarpit.optout")
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		if n, err := conn.Read(make([]byte, 1)); n > 0 || os.IsTimeout(err) {
			t.Errorf("one session too many goes on: %d octets, %v", n, err)
		}
	})
	t.Run("DNS over TCP", func(t *testing.T) {
		at := l.Front().String()
		for range tcpConns {
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		waitFor(t, func() bool { return len(l.names.slots) == tcpConns })
		conn, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got := read(conn); got != "" {
			t.Errorf("got %q", got)
		}
	})
}

func TestCountersAreBounded(t *testing.T) {
	c := newCounters(true)
	c.most = 10
	addr := netip.MustParseAddr("127.21.0.1")
	for i := range 50 {
		c.query(question{"x.", uint16(i)}, false)
		c.handshake(addr, fmt.Sprint(i))
	}
	if len(c.questions) != 10 || len(c.handshakes) != 10 || c.Queries() != 50 || c.Asked("x", 9) != 1 {
		t.Errorf("%d questions and %d handshakes told apart, %d counted", len(c.questions), len(c.handshakes), c.Queries())
	}
}

// waitFor waits until the lab's goroutines have seen what was sent.
func waitFor(t *testing.T, what func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !what(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("it does not come to that")
		}
	}
}

func dialMail(t *testing.T, l *Lab, label string) net.Conn {
	t.Helper()
	for addr, s := range l.world.mail {
		if s.name != label {
			continue
		}
		conn, err := net.Dial("tcp", netip.AddrPortFrom(addr, uint16(l.SMTPPort())).String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	t.Fatalf("no mail server %s", label)
	return nil
}

// read reads until the other side closes.
func read(conn net.Conn) string {
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	got, _ := io.ReadAll(conn)
	return string(got)
}

// TestDelayLineIsBounded: more replies on their way than the line holds are lost,
// and counted.
func TestDelayLineIsBounded(t *testing.T) {
	l := &Lab{cfg: Config{Latency: time.Minute}, count: newCounters(false)}
	r := &reader{hall: &nameHall{lab: l}, line: make(chan late, 3)}
	for range 5 {
		r.send(late{wire: []byte("reply")})
	}
	if len(r.line) != 3 || l.count.Dropped() != 2 {
		t.Errorf("%d on their way, %d dropped", len(r.line), l.count.Dropped())
	}
}

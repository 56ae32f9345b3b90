package exchange

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/nettest"
)

// server is a name server on loopback whose manners the test decides.
type server struct {
	// udp handles the nth datagram (from 1) and sends what it likes.
	udp func(n int, query []byte, send func([]byte))
	// tcp handles the nth connection after its query was read; nil: no TCP.
	tcp func(n int, query []byte, conn net.Conn)

	addr netip.AddrPort
	mu   sync.Mutex
	from []netip.AddrPort
	ids  []uint16
}

// start runs s until the test ends.
func (s *server) start(t testing.TB) *server { return s.startAt(t, "127.0.0.1") }

func (s *server) startAt(t testing.TB, host string) *server {
	t.Helper()
	conn, l := nettest.Listen(t, host)
	s.addr = conn.LocalAddr().(*net.UDPAddr).AddrPort()
	s.addr = netip.AddrPortFrom(s.addr.Addr().Unmap(), s.addr.Port())
	var wg sync.WaitGroup
	wg.Go(func() { s.serveUDP(conn) })
	if s.tcp == nil {
		l.Close() // the port stays free of listeners
	} else {
		wg.Go(func() { s.serveTCP(l, &wg) })
	}
	t.Cleanup(func() {
		conn.Close()
		l.Close()
		wg.Wait()
	})
	return s
}

func (s *server) serveUDP(conn *net.UDPConn) {
	buf := make([]byte, 4096)
	for n := 1; ; n++ {
		size, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.from = append(s.from, from)
		s.ids = append(s.ids, binary.BigEndian.Uint16(buf))
		s.mu.Unlock()
		if s.udp != nil {
			query := append([]byte(nil), buf[:size]...)
			s.udp(n, query, func(b []byte) { conn.WriteToUDPAddrPort(b, from) })
		}
	}
}

func (s *server) serveTCP(l net.Listener, wg *sync.WaitGroup) {
	for n := 1; ; n++ {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		wg.Go(func() {
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(time.Minute))
			var length [2]byte
			if _, err := io.ReadFull(conn, length[:]); err != nil {
				return
			}
			query := make([]byte, binary.BigEndian.Uint16(length[:]))
			if _, err := io.ReadFull(conn, query); err == nil {
				s.tcp(n, query, conn)
			}
		})
	}
}

// seen returns where the datagrams came from, and their IDs.
func (s *server) seen() ([]netip.AddrPort, []uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.from), slices.Clone(s.ids)
}

// reply makes a reply to query; change, where not nil, may spoil it.
func reply(query []byte, change func(*dns.Msg)) []byte {
	var q, m dns.Msg
	if err := q.Unpack(query); err != nil {
		panic(err)
	}
	m.SetReply(&q)
	m.Answer = []dns.RR{&dns.A{
		Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60},
		A:   net.IPv4(192, 0, 2, 1),
	}}
	if change != nil {
		change(&m)
	}
	b, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return b
}

// framed puts the length of TCP before a message.
func framed(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

// good answers over both protocols.
func good() *server {
	return &server{
		udp: func(_ int, q []byte, send func([]byte)) { send(reply(q, nil)) },
		tcp: func(_ int, q []byte, conn net.Conn) { conn.Write(framed(reply(q, nil))) },
	}
}

var question = dnssec.Question{Name: "mail.example.com.", Type: dns.TypeA}

// quick is a configuration for servers that will not answer, patient one for those
// that will, however busy this machine is.
var (
	quick   = Config{Timeout: 150 * time.Millisecond, Retries: 1}
	patient = Config{Timeout: time.Minute, Retries: 1}
)

func client(t testing.TB, cfg Config) *Client {
	c := New(cfg)
	t.Cleanup(func() { c.Close() })
	return c
}

func ask(c *Client, s *server) (Reply, error) {
	return c.Exchange(context.Background(), s.addr, question, Options{RD: true, DO: true})
}

//go:build !linux || 386 || s390x

package exchange

import (
	"net"
	"net/netip"
	"time"
)

// sockets hands out UDP sockets connected to a server from a random port.
type sockets struct{}

type socket struct {
	conn *net.UDPConn
	sent bool
}

func (p *sockets) get(server netip.AddrPort) (*socket, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(server))
	if err != nil {
		return nil, err
	}
	return &socket{conn: conn}, nil
}

func (p *sockets) put(s *socket) { s.conn.Close() }

func (p *sockets) close() {}

// ask sends the question, unless it is out already, and reads into buf until an
// answer to it comes: n octets. An error that is os.ErrDeadlineExceeded says that
// it may be called again.
func (s *socket) ask(a *asking, buf []byte) (n int, err error) {
	if !s.sent {
		s.sent = true
		a.sending()
		if _, err := s.conn.Write(a.query.wire); err != nil {
			return 0, err
		}
	}
	for {
		n, err := s.conn.Read(buf)
		if err != nil {
			return 0, err
		}
		if a.query.answers(buf[:n]) {
			return n, nil
		}
		if err := a.mismatch(); err != nil {
			return 0, err
		}
	}
}

func (s *socket) setDeadline(_, t time.Time) error { return s.conn.SetDeadline(t) }

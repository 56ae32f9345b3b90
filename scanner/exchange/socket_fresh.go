//go:build !linux || 386 || s390x

package exchange

import (
	"net"
	"net/netip"
)

// sockets hands out UDP sockets connected to a server from a random port.
type sockets struct{}

type socket struct{ conn *net.UDPConn }

func (p *sockets) get(server netip.AddrPort) (*socket, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(server))
	if err != nil {
		return nil, err
	}
	return &socket{conn: conn}, nil
}

func (p *sockets) put(s *socket) { s.conn.Close() }

func (p *sockets) close() {}

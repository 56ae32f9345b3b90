// Package nettest takes for tests what they need of the network. No other code
// imports it.
package nettest

import (
	"net"
	"strconv"
	"testing"
)

// tries bounds the ports that are looked at.
const tries = 50

// Listen takes a port of an address that is free for UDP and for TCP: one that is free
// for the one may be somebody's for the other. Who calls it closes both. Where the
// machine has no such address, the test is skipped, unless it is 127.0.0.1.
func Listen(t testing.TB, host string) (*net.UDPConn, *net.TCPListener) {
	t.Helper()
	for range tries {
		udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)})
		if err != nil && host != "127.0.0.1" {
			t.Skipf("no %s here: %v", host, err)
		}
		if err != nil {
			t.Fatal(err)
		}
		port := udp.LocalAddr().(*net.UDPAddr).Port
		tcp, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			return udp, tcp.(*net.TCPListener)
		}
		udp.Close()
	}
	t.Fatal("no port is free for UDP and TCP")
	return nil, nil
}

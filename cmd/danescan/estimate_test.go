package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An estimate asks nobody: not the resolver that it was given, over UDP or TCP.
func TestEstimateSendsNothing(t *testing.T) {
	udp, tcp := listenBoth(t)
	defer udp.Close()
	defer tcp.Close()
	list := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(list, []byte("example.com\nexample.org\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if got := program([]string{"scan", "--estimate", "--resolver", udp.LocalAddr().String(), "--allow-private", list}, &stdout, &stderr); got != 0 {
		t.Fatalf("exit status %d: %s", got, stderr.String())
	}
	if !bytes.HasPrefix(stdout.Bytes(), []byte("2 names to look up")) || stderr.Len() > 0 {
		t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
	}
	// On loopback a datagram is there before its sender goes on.
	udp.SetReadDeadline(time.Now())
	if n, _, err := udp.ReadFromUDP(make([]byte, 512)); err == nil {
		t.Errorf("%d octets came over UDP", n)
	}
	tcp.SetDeadline(time.Now())
	if c, err := tcp.Accept(); err == nil {
		t.Errorf("%v connected", c.RemoteAddr())
	}
}

// listenBoth listens on a port of loopback that is free for UDP and for TCP.
func listenBoth(t *testing.T) (*net.UDPConn, *net.TCPListener) {
	t.Helper()
	for range 50 {
		tcp, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Addr().(*net.TCPAddr).Port})
		if err == nil {
			return udp, tcp
		}
		tcp.Close()
	}
	t.Fatal("no port is free for both")
	return nil, nil
}

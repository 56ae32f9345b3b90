package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"danescan/scanner/nettest"
)

// An estimate asks nobody: not the resolver that it was given, over UDP or TCP.
func TestEstimateSendsNothing(t *testing.T) {
	udp, tcp := nettest.Listen(t, "127.0.0.1")
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

package nettest

import (
	"net"
	"os/exec"
	"strings"
	"testing"
)

// Both are on one port of the address.
func TestListen(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "127.9.8.7"} {
		udp, tcp := Listen(t, host)
		defer udp.Close()
		defer tcp.Close()
		at := tcp.Addr().(*net.TCPAddr)
		if !at.IP.Equal(net.ParseIP(host)) || at.Port == 0 || udp.LocalAddr().String() != at.String() {
			t.Errorf("UDP on %v, TCP on %v", udp.LocalAddr(), at)
		}
	}
}

// The program is made without this package.
func TestOnlyTestsImportIt(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "danescan/cmd/danescan").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 50 {
		t.Errorf("%d packages", len(packages))
	}
	for _, name := range packages {
		if name == "danescan/scanner/nettest" || name == "testing" {
			t.Errorf("the program contains %s", name)
		}
	}
}

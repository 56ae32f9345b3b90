//go:build interop

package smtp

import (
	"bytes"
	"context"
	"encoding/pem"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// seen is what openssl s_client says of a server.
type seen struct {
	connected bool
	chain     [][]byte
	output    string
}

// sClient asks openssl s_client at security level 0.
func sClient(t testing.TB, target Target, extra ...string) seen {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	args := append([]string{"s_client", "-connect", target.Address.String(), "-starttls", "smtp", "-showcerts", "-state",
		"-servername", target.SNI, "-cipher", "ALL:@SECLEVEL=0", "-name", "scanner.example"}, extra...)
	cmd := exec.CommandContext(ctx, "openssl", args...)
	cmd.Env = append(os.Environ(), "OPENSSL_CONF=/dev/null")
	cmd.Stdin = bytes.NewReader(nil)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, _ := cmd.Output() // its exit code does not tell a refused handshake from a refused chain
	var s seen
	s.output = log.String()
	s.connected = strings.Contains(s.output, "SSLv3/TLS read finished")
	// The server's certificate comes once more after the chain.
	if at := bytes.Index(out, []byte("\nServer certificate\n")); at >= 0 {
		out = out[:at]
	}
	for block, rest := pem.Decode(out); block != nil; block, rest = pem.Decode(rest) {
		s.chain = append(s.chain, block.Bytes)
	}
	return s
}

// openssl runs a command of openssl and returns its output.
func openssl(t testing.TB, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Env = append(os.Environ(), "OPENSSL_CONF=/dev/null")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl %q: %v", args, err)
	}
	return out
}

// sServer starts openssl s_server at security level 0 and returns its address.
func sServer(t testing.TB, args ...string) string {
	t.Helper()
	address := "127.0.0.1:" + freePort(t)
	all := append([]string{"s_server", "-accept", address, "-quiet", "-naccept", "20"}, args...)
	background(t, address, "openssl", all...)
	return address
}

// gnutlsServ starts gnutls-serv with a priority string and returns its address.
func gnutlsServ(t testing.TB, priority string, args ...string) string {
	t.Helper()
	port := freePort(t)
	all := append([]string{"--port=" + port, "--priority=" + priority, "--echo", "--quiet", "--nodb"}, args...)
	background(t, "127.0.0.1:"+port, "gnutls-serv", all...)
	return "127.0.0.1:" + port
}

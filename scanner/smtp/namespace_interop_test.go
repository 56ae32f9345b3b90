//go:build interop

package smtp

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// namespaceEnv is set in the run of a test inside its namespace.
const namespaceEnv = "DANESCAN_SMTP_NAMESPACE"

// inNamespace runs the test that calls it once more in a network and mount
// namespace of its own, with loopback alone, and reports whether this is that run.
// Servers can then listen where they like without meeting anybody.
func inNamespace(t *testing.T) bool {
	t.Helper()
	if os.Getenv(namespaceEnv) != "" {
		return true
	}
	need(t, "unshare", "ip")
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	args := []string{"-mn", "--kill-child", "sh", "-c", `ip link set lo up && exec "$0" "$@"`, os.Args[0],
		"-test.run=^" + t.Name() + "$", "-test.v", "-test.count=1"}
	if os.Getuid() != 0 {
		args = append([]string{"-r"}, args...)
	}
	cmd := exec.CommandContext(ctx, "unshare", args...)
	cmd.Env = append(os.Environ(), namespaceEnv+"=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	switch {
	case err != nil && strings.Contains(string(out), "unshare failed"):
		missing(t, "no namespaces here: %v", err)
	case err != nil:
		t.Errorf("in the namespace: %v", err)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skip("skipped in the namespace")
	}
	return false
}

// need skips a test without its tools; with DANESCAN_STRICT=1 it fails.
func need(t testing.TB, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, "%v", err)
		}
	}
}

func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("DANESCAN_STRICT") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// background starts a server, waits until it listens on address, and returns its
// standard input.
func background(t testing.TB, address string, name string, args ...string) io.Writer {
	t.Helper()
	var out strings.Builder
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "OPENSSL_CONF=/dev/null")
	cmd.Stdout, cmd.Stderr = &out, &out
	stdin, err := cmd.StdinPipe() // s_server ends when its input does
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Process.Kill()
		<-ended
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return stdin
		}
		select {
		case <-ended:
			t.Fatalf("%s %q ended: %s", name, args, out.String())
		case <-limit:
			t.Fatalf("%s does not listen on %s: %s", name, address, out.String())
		case <-tick.C:
		}
	}
}

// freePort returns a port that nobody has in this namespace.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// front starts an SMTP server that plays up to the 220 and then passes all bytes to
// a TLS server at backend.
func front(t testing.TB, backend string) netip.AddrPort {
	return serve(t, func(p *peer) {
		p.upTo220()
		conn, err := net.Dial("tcp", backend)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		back := make(chan struct{})
		go func() {
			defer close(back)
			_, _ = io.Copy(p.Conn, conn)
			_ = p.Conn.(*net.TCPConn).CloseWrite()
		}()
		_, _ = io.Copy(conn, p.in)
		_ = conn.(*net.TCPConn).CloseWrite()
		<-back
	})
}

//go:build interop

package smtp

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// TestInteropRenegotiation: a server that wants to begin the handshake anew as
// soon as it is done gets no second one, and takes nothing from the first.
func TestInteropRenegotiation(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	need(t, "openssl")
	w := &workshop{t: t, dir: t.TempDir()}
	address := "127.0.0.1:" + freePort(t)
	terminal := background(t, address, "openssl", append([]string{"s_server", "-accept", address}, w.curve("P-256").args("-tls1_2")...)...)
	inside := make(chan struct{})
	var once sync.Once
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		<-inside
		_, _ = io.WriteString(terminal, "R\n") // s_server sends a HelloRequest
	}()
	smtp := serve(t, func(p *peer) {
		p.upTo220()
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		go func() { _, _ = io.Copy(p.Conn, conn); p.Conn.Close() }()
		records := recordReader{src: p.in}
		for {
			rec, err := records.next()
			if err != nil {
				return
			}
			_, _ = conn.Write(append(rec.header[:], rec.payload...))
			if rec.kind == recordApplicationData { // the EHLO in TLS
				once.Do(func() { close(inside) })
			}
		}
	})
	cfg := quick()
	cfg.afterTLSTimeout = 2 * time.Second
	s := Probe(t.Context(), to(smtp), cfg)
	once.Do(func() { close(inside) })
	<-asked
	if s.TotalTime > cfg.afterTLSTimeout {
		t.Errorf("took %v: nobody asked for a second handshake", s.TotalTime)
	}
	if !s.HandshakeComplete || !s.ChainCounts() || s.Stage != StageDone || s.Failure != "" {
		t.Errorf("ended at %s with %q after %v: %s", s.Stage, s.Failure, s.TotalTime, s.Error)
	}
}

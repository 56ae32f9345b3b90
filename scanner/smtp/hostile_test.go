package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"testing"
)

// counted is a connection that counts what was read from it.
type counted struct {
	net.Conn
	read *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// counting returns a Config that counts all that its sessions read.
func counting() (Config, *atomic.Int64) {
	cfg := quick()
	read := new(atomic.Int64)
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return counted{conn, read}, err
	}
	return cfg, read
}

// flood writes text until the client is gone, and reads what it says meanwhile.
func (p *peer) flood(text string) {
	go p.hang()
	block := bytes.Repeat([]byte(text), 1+4096/len(text))
	for {
		if _, err := p.Write(block); err != nil {
			return
		}
	}
}

// TestHostileServers: what never ends, ends; what is too large is not read to its
// end; and no more is kept than the limits say.
func TestHostileServers(t *testing.T) {
	huge := handshakeMessage(messageCertificate, make([]byte, 10<<20))
	for _, test := range []struct {
		name    string
		script  func(p *peer)
		stage   Stage
		failure Failure
		most    int64 // bytes read, of all sessions
	}{
		{"banner without end", func(p *peer) { p.flood("220 aaaaaaaaaaaaaa") }, StageGreeting, FailProtocol, 70 << 10},
		{"banner lines without end", func(p *peer) { p.flood("220-a\r\n") }, StageGreeting, FailProtocol, 70 << 10},
		{"control characters without end", func(p *peer) { p.flood("\x1b[2J\x00\x07\r\n") }, StageGreeting, FailProtocol, 70 << 10},
		{"EHLO lines without end", func(p *peer) { p.say("220 mx"); p.hear("EHLO"); p.flood("250-STARTTLS\r\n") }, StageEHLO, FailProtocol, 70 << 10},
		{"EHLO keywords without end", func(p *peer) { p.say("220 mx"); p.hear("EHLO"); p.flood("250-" + string(make([]byte, 3000)) + "\r\n") }, StageEHLO, FailProtocol, 70 << 10},
		{"STARTTLS lines without end", func(p *peer) { p.upToSTARTTLS(); p.flood("220-go\r\n") }, StageSTARTTLS, FailProtocol, 70 << 10},
		{"QUIT lines without end", func(p *peer) { p.say("554 no"); p.flood("221-bye\r\n") }, StageGreeting, FailCode, 70 << 10},
		{"certificate of 10 MB", func(p *peer) { p.upTo220(); p.hello(); p.flight12(1<<14, serverHello12(0xc02f), huge) }, StageHandshake, FailAlert, 100 << 10},
		{"handshake messages without end", func(p *peer) { p.upTo220(); p.hello(); p.flood(string(flightOf(4, make([]byte, 4)))) }, StageHandshake, FailAlert, 100 << 10},
		{"empty records without end", func(p *peer) { p.upTo220(); p.hello(); p.flood("\x16\x03\x03\x00\x00") }, StageHandshake, FailAlert, 100 << 10},
		{"warnings without end", func(p *peer) { p.upTo220(); p.hello(); p.flood("\x15\x03\x03\x00\x02\x01\x70") }, StageHandshake, FailAlert, 100 << 10},
		{"handovers without end", func(p *peer) { p.upTo220(); p.hello(); p.flood("\x14\x03\x03\x00\x01\x01") }, StageHandshake, FailParse, 100 << 10},
		{"zeros without end", func(p *peer) { p.upTo220(); p.hello(); p.flood("\x00") }, StageHandshake, FailParse, 100 << 10},
		{"message in one byte records", func(p *peer) {
			p.upTo220()
			p.hello()
			go p.hang()
			_, _ = p.Write(flightOf(1, serverHello12(0xc02f), handshakeMessage(messageCertificate, make([]byte, 250<<10))))
		}, StageHandshake, FailProtocol, 2*maxHandshake + 100<<10},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg, read := counting()
			s := Probe(t.Context(), to(serve(t, test.script)), cfg)
			if s.Stage != test.stage || s.Failure != test.failure || s.ChainCounts() {
				t.Errorf("ended at %s with %q: %s", s.Stage, s.Failure, s.Error)
			}
			if got := read.Load(); got > test.most {
				t.Errorf("read %d bytes, at most %d are needed", got, test.most)
			}
			if len(s.Greeting) > maxRaw || len(s.Extensions) > maxExtensions || len(s.Injected) > maxInjected || len(s.Error) > 1024 {
				t.Errorf("kept %d, %d, %d, %d", len(s.Greeting), len(s.Extensions), len(s.Injected), len(s.Error))
			}
		})
	}
}

// TestHostileFetch: the fetcher on its own, against servers that speak some TLS.
func TestHostileFetch(t *testing.T) {
	hello := serverHello12(0xc02f)
	for _, test := range []struct {
		name    string
		flow    []byte // then repeated
		failure Failure
		most    int64
	}{
		{"certificate of 10 MB", flightOf(1<<14, hello, handshakeMessage(messageCertificate, make([]byte, 10<<20))[:1<<20]), FailProtocol, 100 << 10},
		{"ServerHello without end", flightOf(1<<14, hello), FailProtocol, maxHandshake + 10<<10},
		{"status without end", flightOf(1<<14, handshakeMessage(22, make([]byte, 1000))), FailParse, 100 << 10},
		{"empty records", []byte("\x16\x03\x03\x00\x00"), FailProtocol, 100 << 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg, read := counting()
			target := to(serve(t, func(p *peer) { p.upTo220(); p.hello(); p.flood(string(test.flow)) }))
			target.Algorithm = "rsa"
			s := Probe(t.Context(), target, cfg)
			if s.Stage != StageHandshake || s.Failure != test.failure || s.ChainCounts() || s.NoSuchCertificate() {
				t.Errorf("ended at %s with %q: %s", s.Stage, s.Failure, s.Error)
			}
			if got := read.Load(); got > test.most {
				t.Errorf("read %d bytes, at most %d are needed", got, test.most)
			}
		})
	}
}

// TestHostileAfterHandshake: what is said inside TLS changes nothing and ends.
func TestHostileAfterHandshake(t *testing.T) {
	cert := certificate(t, ecdsaKey(), nil)
	for name, script := range map[string]func(p *peer){
		"lines without end": func(p *peer) { p.flood("250-a\r\n") },
		"text without end":  func(p *peer) { p.flood("a") },
		"closed":            func(p *peer) { p.Close() },
		"refused":           func(p *peer) { p.hear("EHLO"); p.say("554 no"); p.bye() },
	} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, func(p *peer) {
				p.upTo220()
				conn := tls.Server(p.Conn, &tls.Config{Certificates: []tls.Certificate{cert}})
				if conn.Handshake() == nil {
					inner := *p
					inner.Conn = conn
					inner.in.Reset(conn)
					script(&inner)
				}
			})
			cfg, read := counting()
			s := Probe(t.Context(), to(address), cfg)
			if !s.HandshakeComplete || !s.ChainCounts() || s.Stage != StageDone || s.Failure != "" {
				t.Errorf("ended at %s with %q: %s", s.Stage, s.Failure, s.Error)
			}
			if got := read.Load(); got > 200<<10 {
				t.Errorf("read %d bytes", got)
			}
		})
	}
}

// TestHalfClosed: a server that has shut its side says no more.
func TestHalfClosed(t *testing.T) {
	address := serve(t, func(p *peer) {
		p.upToSTARTTLS()
		_ = p.Conn.(*net.TCPConn).CloseWrite()
		p.hang()
	})
	s := Probe(t.Context(), to(address), quick())
	ending{stage: StageSTARTTLS, failure: FailDropped, codes: [4]int{220, 250}}.check(t, s)
}

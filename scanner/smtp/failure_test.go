package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
)

// reset closes the connection so that the peer gets a RST.
func (p *peer) reset() {
	_ = p.Conn.(*net.TCPConn).SetLinger(0)
	p.Conn.Close()
}

// bye expects QUIT and answers it.
func (p *peer) bye() {
	p.hear("QUIT")
	p.say("221 bye")
}

// ending is a server's behaviour and what the session has to say about it.
type ending struct {
	name    string
	script  func(p *peer)
	stage   Stage
	failure Failure
	codes   [4]int // greeting, EHLO, HELO, STARTTLS
	defers  bool
	alert   int // 0: none
	from    string
	seen    bool // a certificate before the alert
}

func (e ending) check(t *testing.T, s Session) {
	t.Helper()
	if s.Stage != e.stage || s.Failure != e.failure {
		t.Errorf("ended at %s with %q (%s), want %s %q", s.Stage, s.Failure, s.Error, e.stage, e.failure)
	}
	if got := [4]int{s.GreetingCode, s.EHLOCode, s.HELOCode, s.STARTTLSCode}; got != e.codes {
		t.Errorf("codes %v, want %v", got, e.codes)
	}
	if s.Deferred() != e.defers {
		t.Errorf("deferred: %v", s.Deferred())
	}
	alert := e.alert
	if alert == 0 {
		alert = -1
	}
	if s.Alert != alert || s.AlertFrom != e.from || s.CertificateSeenBeforeAlert != e.seen {
		t.Errorf("alert %d from %q, certificate seen %v; want %d %q %v",
			s.Alert, s.AlertFrom, s.CertificateSeenBeforeAlert, alert, e.from, e.seen)
	}
	if s.HandshakeComplete || s.ChainCounts() || s.PossessionVerified {
		t.Errorf("a failed session counts: %+v", s)
	}
	if e.failure != FailNotOffered && s.Error == "" {
		t.Error("no text for the log")
	}
}

// endings is one server per reason of the closed lists, but for timeouts.
var endings = []ending{
	{name: "greeting 421", stage: StageGreeting, failure: FailCode, codes: [4]int{421}, defers: true,
		script: func(p *peer) { p.say("421 later"); p.bye() }},
	{name: "greeting 554", stage: StageGreeting, failure: FailCode, codes: [4]int{554},
		script: func(p *peer) { p.say("554-no\r\n554 service"); p.bye() }},
	{name: "greeting dropped", stage: StageGreeting, failure: FailDropped, script: func(p *peer) {}},
	{name: "greeting cut short", stage: StageGreeting, failure: FailDropped, script: func(p *peer) { p.say("220-mx") }},
	{name: "EHLO 451", stage: StageEHLO, failure: FailCode, codes: [4]int{220, 451}, defers: true,
		script: func(p *peer) { p.say("220 mx"); p.hear("EHLO"); p.say("451 later"); p.bye() }},
	{name: "EHLO dropped", stage: StageEHLO, failure: FailDropped, codes: [4]int{220},
		script: func(p *peer) { p.say("220 mx"); p.hear("EHLO") }},
	{name: "EHLO reset", stage: StageEHLO, failure: FailDropped, codes: [4]int{220},
		script: func(p *peer) { p.say("220 mx"); p.hear("EHLO"); p.reset() }},
	{name: "EHLO of a third kind", stage: StageEHLO, failure: FailCode, codes: [4]int{220, 354},
		script: func(p *peer) { p.say("220 mx"); p.hear("EHLO"); p.say("354 go on"); p.bye() }},
	{name: "HELO refused", stage: StageEHLO, failure: FailCode, codes: [4]int{220, 502, 550},
		script: func(p *peer) {
			p.say("220 mx")
			p.hear("EHLO")
			p.say("502 what?")
			p.hear("HELO")
			p.say("550 no")
			p.bye()
		}},
	{name: "HELO deferred", stage: StageEHLO, failure: FailCode, codes: [4]int{220, 502, 421}, defers: true,
		script: func(p *peer) {
			p.say("220 mx")
			p.hear("EHLO")
			p.say("502 what?")
			p.hear("HELO")
			p.say("421 later")
			p.bye()
		}},
	{name: "HELO only", stage: StageEHLO, failure: FailNotOffered, codes: [4]int{220, 502, 250},
		script: func(p *peer) {
			p.say("220 mx")
			p.hear("EHLO")
			p.say("502 what?")
			p.hear("HELO")
			p.say("250-mx\r\n250 STARTTLS") // HELO has no extensions
			p.bye()
		}},
	{name: "not offered", stage: StageEHLO, failure: FailNotOffered, codes: [4]int{220, 250},
		script: func(p *peer) { p.say("220 mx"); p.hear("EHLO"); p.say("250-mx\r\n250 AUTH STARTTLS"); p.bye() }},
	{name: "STARTTLS 454", stage: StageSTARTTLS, failure: FailCode, codes: [4]int{220, 250, 0, 454}, defers: true,
		script: func(p *peer) { p.upToSTARTTLS(); p.say("454 not now"); p.bye() }},
	{name: "STARTTLS 501", stage: StageSTARTTLS, failure: FailCode, codes: [4]int{220, 250, 0, 501},
		script: func(p *peer) { p.upToSTARTTLS(); p.say("501 no"); p.bye() }},
	{name: "STARTTLS dropped", stage: StageSTARTTLS, failure: FailDropped, codes: [4]int{220, 250},
		script: func(p *peer) { p.upToSTARTTLS() }},
	{name: "STARTTLS reset", stage: StageSTARTTLS, failure: FailDropped, codes: [4]int{220, 250},
		script: func(p *peer) { p.upToSTARTTLS(); p.reset() }},
	{name: "handshake dropped", stage: StageHandshake, failure: FailDropped, codes: [4]int{220, 250, 0, 220},
		script: func(p *peer) { p.upTo220(); p.hello() }},
	{name: "handshake reset", stage: StageHandshake, failure: FailDropped, codes: [4]int{220, 250, 0, 220},
		script: func(p *peer) { p.upTo220(); p.hello(); p.reset() }},
	{name: "handshake closed politely", stage: StageHandshake, failure: FailDropped, codes: [4]int{220, 250, 0, 220},
		script: func(p *peer) { p.upTo220(); p.hello(); p.record(recordAlert, 1, alertCloseNotify) }},
	{name: "handshake alert", stage: StageHandshake, failure: FailAlert, codes: [4]int{220, 250, 0, 220}, alert: 40, from: FromServer,
		script: func(p *peer) { p.upTo220(); p.hello(); p.record(recordAlert, 2, 40) }},
	{name: "name refused", stage: StageHandshake, failure: FailAlert, codes: [4]int{220, 250, 0, 220}, alert: 112, from: FromServer,
		script: func(p *peer) { p.upTo220(); p.hello(); p.record(recordAlert, 2, 112) }},
	{name: "handshake text", stage: StageHandshake, failure: FailParse, codes: [4]int{220, 250, 0, 220},
		script: func(p *peer) { p.upTo220(); p.hello(); p.say("500 what is this") }},
	{name: "handshake of an unknown version", stage: StageHandshake, failure: FailAlert, codes: [4]int{220, 250, 0, 220}, alert: 70, from: FromClient,
		script: func(p *peer) {
			p.upTo220()
			p.hello()
			hello := append([]byte{2, 0, 0, 38, 3, 0}, make([]byte, 32)...) // SSL 3.0
			p.record(recordHandshake, append(hello, 0, 0, 0x2f, 0)...)
		}},
}

// upToSTARTTLS plays a good server until it has heard STARTTLS.
func (p *peer) upToSTARTTLS() {
	p.say("220 mx.example ESMTP")
	p.hear("EHLO")
	p.say("250-mx.example\r\n250 STARTTLS")
	p.hear("STARTTLS")
}

// hello reads the ClientHello.
func (p *peer) hello() {
	records := recordReader{src: p.in}
	if rec, err := records.next(); err == nil && rec.kind != recordHandshake {
		p.t.Errorf("client began with a record of type %d", rec.kind)
	}
}

// record sends a record.
func (p *peer) record(kind byte, payload ...byte) {
	_, _ = p.Write(append([]byte{kind, 3, 3, byte(len(payload) >> 8), byte(len(payload))}, payload...))
}

func TestEndings(t *testing.T) {
	for _, e := range endings {
		t.Run(e.name, func(t *testing.T) {
			e.check(t, Probe(t.Context(), to(serve(t, e.script)), quick()))
		})
	}
}

func TestConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	s := Probe(t.Context(), to(address), quick())
	ending{stage: StageConnect, failure: FailRefused}.check(t, s)
	if s.Connected {
		t.Error("connected")
	}
}

// TestResetAtOnce: the server resets, but not before the connection stands.
func TestResetAtOnce(t *testing.T) {
	connected := make(chan struct{})
	cfg := quick()
	cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		defer close(connected)
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	address := serve(t, func(p *peer) { <-connected; p.reset() })
	s := Probe(t.Context(), to(address), cfg)
	ending{stage: StageGreeting, failure: FailDropped}.check(t, s)
}

func TestClassifyDial(t *testing.T) {
	failed := func(errno syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
	}
	loopback := netip.MustParseAddrPort("127.0.0.1:25")
	for _, test := range []struct {
		err  error
		want Failure
	}{
		{failed(syscall.ECONNREFUSED), FailRefused},
		{failed(syscall.ETIMEDOUT), FailTimeout},
		{context.DeadlineExceeded, FailTimeout},
		{failed(syscall.EHOSTUNREACH), FailNetwork},
		{failed(syscall.ENETUNREACH), FailNetwork}, // there is a route to loopback: a router said so
		{failed(syscall.ECONNRESET), FailNetwork},
		{errors.New("anything else"), FailNetwork},
	} {
		if got := classifyDial(test.err, loopback); got != test.want {
			t.Errorf("%v: %s, want %s", test.err, got, test.want)
		}
	}
}

// TestGoodServersThatLookOdd: what may not stop a session.
func TestGoodServersThatLookOdd(t *testing.T) {
	cert := certificate(t, ecdsaKey(), nil)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	for _, test := range []struct {
		name, banner, ehlo string
	}{
		{"banner without ESMTP", "220 hello", "250-mx\r\n250 STARTTLS"},
		{"banner of many lines", "220-a\r\n220-b\r\n220 c", "250-mx\r\n250 STARTTLS"},
		{"banner without text", "220", "250-mx\r\n250 STARTTLS"},
		{"banner of control characters", "220 \x1b[2J\x00\x07", "250-mx\r\n250 STARTTLS"},
		{"keyword in lower case", "220 mx", "250-mx\r\n250-starttls\r\n250 SIZE"},
		{"keyword in the middle", "220 mx", "250-mx\r\n250-8BITMIME\r\n250-StartTLS\r\n250 SIZE"},
		{"lines without CR", "220 mx", "250-mx\n250 STARTTLS"},
		{"garbage before the reply", "hello\r\n220 mx", "250-mx\r\n250 STARTTLS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			address := serve(t, func(p *peer) {
				p.say("%s", test.banner)
				p.hear("EHLO scanner.example")
				p.say("%s", test.ehlo)
				p.hear("STARTTLS")
				p.say("220 go")
				conn := tls.Server(p.Conn, config)
				_ = conn.Handshake() // no word after it, and no 221
			})
			s := Probe(t.Context(), to(address), quick())
			if !s.HandshakeComplete || !s.ChainCounts() || s.Failure != "" {
				t.Fatalf("ended at %s with %q: %s", s.Stage, s.Failure, s.Error)
			}
			if !strings.HasPrefix(string(s.Greeting), test.banner) {
				t.Errorf("greeting %q", s.Greeting)
			}
		})
	}
}

// TestInjectedBytes: text behind the 220 is evidence, and TLS begins after it.
func TestInjectedBytes(t *testing.T) {
	cert := certificate(t, ecdsaKey(), nil)
	for _, size := range []int{1, 40, 5000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			address := serve(t, func(p *peer) {
				p.upToSTARTTLS()
				p.say("220 go ahead\r\n%s", strings.Repeat("e", size-1)) // and one LF
				conn := tls.Server(p.Conn, &tls.Config{Certificates: []tls.Certificate{cert}})
				_ = conn.Handshake()
			})
			s := Probe(t.Context(), to(address), quick())
			if len(s.Injected) == 0 || len(s.Injected) > maxInjected || s.Injected[0] != 'e' && size > 1 {
				t.Errorf("injected %q", s.Injected)
			}
			if size <= 40 && !s.HandshakeComplete {
				t.Errorf("ended at %s with %q: %s", s.Stage, s.Failure, s.Error)
			}
		})
	}
}

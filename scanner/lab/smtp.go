package lab

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Bounds of an SMTP session.
const (
	smtpIdle  = 60 * time.Second
	smtpLine  = 1024
	smtpLines = 64
	// smtpSessions is how many sessions one address holds at a time. A real server
	// would be kinder to itself.
	smtpSessions = 256
)

// mailHall runs the mail servers: a listener for each address, so that an address
// without one refuses connections like a real machine does.
type mailHall struct {
	servers map[netip.Addr]*mailServer
	count   *Counters
	delay   time.Duration // before each line that a server sends

	wait      sync.WaitGroup
	listeners []net.Listener
}

// listen opens all listeners at one port, 0 for any that is free.
func (h *mailHall) listen(port int) (int, error) {
	for _, s := range h.servers {
		if s.does == closed {
			continue
		}
		l, err := net.Listen("tcp", netip.AddrPortFrom(s.addr, uint16(port)).String())
		if err != nil && s.addr.Is6() {
			continue // this machine has no IPv6: no case depends on it alone
		}
		if err != nil {
			h.close()
			return 0, fmt.Errorf("lab: mail server: %w", err)
		}
		port = l.Addr().(*net.TCPAddr).Port
		h.listeners = append(h.listeners, l)
	}
	return port, nil
}

// serve accepts until the context ends.
func (h *mailHall) serve(ctx context.Context) {
	for _, l := range h.listeners {
		local := l.Addr().(*net.TCPAddr).AddrPort().Addr()
		s := h.servers[local]
		h.wait.Go(func() { h.accept(ctx, l, s) })
	}
}

func (h *mailHall) close() {
	for _, l := range h.listeners {
		l.Close()
	}
	h.wait.Wait()
}

func (h *mailHall) accept(ctx context.Context, l net.Listener, s *mailServer) {
	slots := make(chan struct{}, smtpSessions)
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil && !breathe(ctx) { // the peer was gone already, or there are too many
			return
		}
		if err != nil {
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			conn.Close()
			continue
		}
		h.wait.Go(func() {
			defer func() { <-slots }()
			h.session(ctx, conn, s)
		})
	}
}

// session talks to one client until either has enough.
func (h *mailHall) session(ctx context.Context, conn net.Conn, s *mailServer) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	first := h.count.session(s.addr)
	t := &talk{hall: h, server: s, conn: conn, in: bufio.NewReaderSize(conn, smtpLine)}
	if t.greet(first) {
		t.run()
	}
}

// talk is the state of a session.
type talk struct {
	hall   *mailHall
	server *mailServer
	conn   net.Conn
	in     *bufio.Reader
	secure bool
}

func (t *talk) say(lines ...string) error {
	if t.hall.delay > 0 {
		time.Sleep(t.hall.delay)
	}
	t.conn.SetDeadline(time.Now().Add(smtpIdle))
	_, err := io.WriteString(t.conn, strings.Join(lines, "\r\n")+"\r\n")
	return err
}

// greet opens the session. It reports whether there is one.
func (t *talk) greet(first bool) bool {
	switch t.server.does {
	case tarpit:
		io.Copy(io.Discard, io.LimitReader(t.conn, 1<<20)) // until the client gives up
		return false
	case dropsGreeting:
		return false
	case greets554:
		t.say("554 no SMTP service here")
	case greets421:
		t.say("421 too busy, try again later")
	case greylists:
		if first {
			t.say("421 too busy, try again later")
			return false
		}
		fallthrough
	default:
		return t.say("220 "+t.server.name+" ESMTP lab") == nil
	}
	return false
}

// run answers commands.
func (t *talk) run() {
	for range smtpLines {
		t.conn.SetDeadline(time.Now().Add(smtpIdle))
		line, err := t.in.ReadSlice('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(string(line))), " ")
		if t.command(verb) != nil {
			return
		}
	}
	t.say("421 that is enough")
}

var errBye = errors.New("the session is over")

func (t *talk) command(verb string) error {
	switch verb {
	case "EHLO":
		return t.ehlo()
	case "HELO":
		if t.server.does == noHello {
			return t.say("550 go away")
		}
		return t.say("250 " + t.server.name)
	case "STARTTLS":
		return t.starttls()
	case "NOOP", "RSET":
		return t.say("250 ok")
	case "QUIT":
		t.say("221 bye")
		return errBye
	case "MAIL", "RCPT", "DATA", "BDAT", "VRFY", "EXPN":
		t.hall.count.mail.Add(1)
		return t.say("550 this server takes no mail")
	}
	return t.say("500 what?")
}

func (t *talk) ehlo() error {
	switch t.server.does {
	case noHello:
		return t.say("550 go away")
	case onlyHELO:
		return t.say("502 not implemented")
	}
	lines := []string{"250-" + t.server.name, "250-PIPELINING", "250-SIZE 10240000", "250-8BITMIME"}
	if !t.secure && t.server.does != noSTARTTLS {
		lines = append(lines, "250-STARTTLS")
	}
	return t.say(append(lines, "250 ENHANCEDSTATUSCODES")...)
}

// alertHandshake is a TLS record with the fatal alert handshake_failure.
const alertHandshake = "\x15\x03\x03\x00\x02\x02\x28"

func (t *talk) starttls() error {
	switch t.server.does {
	case noSTARTTLS, onlyHELO:
		return t.say("500 what?")
	case starttls454:
		return t.say("454 4.7.0 TLS not available due to temporary reason")
	case starttls502:
		return t.say("502 5.5.1 command not implemented")
	case dropsSTARTTLS:
		return errBye
	}
	if t.secure {
		return t.say("503 5.5.1 already under TLS")
	}
	if err := t.say("220 2.0.0 ready"); err != nil {
		return err
	}
	return t.handshake()
}

func (t *talk) handshake() error {
	switch t.server.does {
	case failsHandshake, dropsHandshake:
		if err := t.skipRecord(); err != nil {
			return err
		}
		if t.server.does == failsHandshake {
			io.WriteString(t.conn, alertHandshake)
		}
		return errBye
	}
	// What came before the handshake in clear is thrown away (RFC 3207, Section 6).
	t.in.Discard(t.in.Buffered())
	cfg := t.server.tls
	secure := tls.Server(t.conn, cfg)
	t.conn.SetDeadline(time.Now().Add(smtpIdle))
	if err := secure.Handshake(); err != nil {
		return err
	}
	t.hall.count.handshake(t.server.addr, secure.ConnectionState().ServerName)
	t.conn, t.secure = secure, true
	t.in.Reset(secure)
	return nil
}

// skipRecord reads a TLS record, the ClientHello, to its end: closing a connection
// with unread octets would reset it, and the client might miss the alert.
func (t *talk) skipRecord() error {
	var head [5]byte
	if _, err := io.ReadFull(t.in, head[:]); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, t.in, int64(head[3])<<8|int64(head[4]))
	return err
}

// listenAnywhere is listen with some tries at finding a port that is free at every
// address.
func (h *mailHall) listenAnywhere(port int) (int, error) {
	for try := 1; ; try++ {
		got, err := h.listen(port)
		if err == nil || port != 0 || try == portTries {
			return got, err
		}
		h.listeners = nil
	}
}

package smtp

import (
	"bytes"
	"fmt"
	"net"
)

// dialogue is one session being held, from the greeting on.
type dialogue struct {
	*Session
	cfg    Config
	target Target
	link   *link
	text   *replyReader
}

// run holds the session to its end. Each step says whether to go on.
func (d *dialogue) run(handshake stack) {
	if d.greet() && d.hello() && d.startTLS() {
		d.secure(handshake)
	}
}

// greet waits for the greeting. The banner need not say ESMTP: EHLO is tried all
// the same (RFC 5321, Section 3.2).
func (d *dialogue) greet() bool {
	d.Stage = StageGreeting
	d.link.within(d.cfg.GreetingTimeout)
	rep, err := d.text.read()
	d.GreetingCode, d.Greeting = rep.code, rep.raw
	if err != nil {
		return d.fail(d.link.ctx, classify(err), err)
	}
	return d.welcome(rep)
}

// hello says EHLO, and HELO where the server does not know EHLO (RFC 5321,
// Section 3.2). After HELO there are no extensions.
func (d *dialogue) hello() bool {
	d.Stage = StageEHLO
	rep, ok := d.command("EHLO " + d.cfg.EHLO)
	d.EHLOCode = rep.code
	if !ok {
		return false
	}
	if rep.code/100 == 5 {
		rep, ok = d.command("HELO " + d.cfg.EHLO)
		d.HELOCode = rep.code
		if !ok || !d.welcome(rep) {
			return false
		}
		rep.lines = nil
	}
	if !d.welcome(rep) {
		return false
	}
	d.Extensions, d.STARTTLS = extensions(rep.lines)
	if !d.STARTTLS {
		d.Failure = FailNotOffered
		d.quit()
		return false
	}
	return true
}

// startTLS asks for TLS. What came behind the 220 in the same read was sent
// before TLS: it is evidence of an injection and is fed to nothing (RFC 3207,
// Section 4.2).
func (d *dialogue) startTLS() bool {
	d.Stage = StageSTARTTLS
	rep, ok := d.command("STARTTLS")
	d.STARTTLSCode = rep.code
	if !ok || !d.welcome(rep) {
		return false
	}
	if behind := d.text.buffered(); len(behind) > 0 {
		d.Injected = bytes.Clone(behind[:min(len(behind), maxInjected)])
	}
	d.text = nil
	return true
}

// secure does the handshake and what comes after it.
func (d *dialogue) secure(handshake stack) {
	d.Stage = StageHandshake
	d.link.within(d.cfg.HandshakeTimeout)
	begun := d.cfg.Now()
	conn := handshake(d.link, d.target, d.Session)
	d.TLSTime = d.cfg.Now().Sub(begun)
	if conn == nil {
		return
	}
	d.Stage = StageDone
	d.farewell(conn)
}

// farewell says EHLO inside TLS, as a sender would (RFC 3207, Section 4.2), and
// QUIT. Nothing here changes what the handshake proved; an alert is noted, since
// in TLS 1.3 a server that demands a client certificate says so only now.
func (d *dialogue) farewell(conn net.Conn) {
	defer conn.Close()
	d.text = newReplyReader(conn)
	d.link.within(min(d.cfg.afterTLSTimeout, d.cfg.CommandTimeout))
	_, err := fmt.Fprintf(conn, "EHLO %s\r\n", d.cfg.EHLO)
	if err == nil {
		_, err = d.text.read()
	}
	if err == nil {
		d.link.within(d.cfg.QuitTimeout)
		if _, err = conn.Write([]byte("QUIT\r\n")); err == nil {
			_, err = d.text.read()
		}
	}
	if alert, ok := remoteAlert(err); ok && alert != alertCloseNotify {
		d.Alert, d.AlertFrom, d.CertificateSeenBeforeAlert = alert, FromServer, true
		d.Error = err.Error()
	}
}

// command sends a line and reads the reply to it. A false means that the session
// has ended.
func (d *dialogue) command(line string) (reply, bool) {
	d.link.within(d.cfg.CommandTimeout)
	rep, err := d.exchange(line)
	if err != nil {
		return rep, d.fail(d.link.ctx, classify(err), err)
	}
	return rep, true
}

func (d *dialogue) exchange(line string) (reply, error) {
	if _, err := d.link.Write([]byte(line + "\r\n")); err != nil {
		return reply{}, err
	}
	return d.text.read()
}

// welcome reports whether rep is a yes, and leaves if it is not. Any 2xx is one,
// as for Postfix.
func (d *dialogue) welcome(rep reply) bool {
	if rep.code/100 == 2 {
		return true
	}
	d.Failure = FailCode
	d.Error = fmt.Sprintf("%s answered with code %d", d.Stage, rep.code)
	d.quit()
	return false
}

// quit leaves politely (RFC 5321, Section 4.1.1.10): it waits for the 221, but not
// for long, and does not mind what comes.
func (d *dialogue) quit() {
	d.link.within(d.cfg.QuitTimeout)
	_, _ = d.exchange("QUIT")
}

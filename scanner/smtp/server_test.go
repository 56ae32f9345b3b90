package smtp

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// peer is the server's side of one connection.
type peer struct {
	net.Conn
	in *bufio.Reader
	t  testing.TB
}

// serve plays script on each connection to a server of its own on loopback.
func serve(t testing.TB, script func(p *peer)) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				// A script that hangs must not outlive its test.
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				script(&peer{conn, bufio.NewReader(conn), t})
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	return netip.MustParseAddrPort(listener.Addr().String())
}

// say sends a line; a client that is gone does not matter.
func (p *peer) say(format string, args ...any) {
	fmt.Fprintf(p.Conn, format+"\r\n", args...)
}

// hear reads a line, which must begin with verb unless the client is gone.
func (p *peer) hear(verb string) string {
	line, err := p.in.ReadString('\n')
	if err == nil && !strings.HasPrefix(line, verb) {
		p.t.Errorf("client said %q, want %s", line, verb)
	}
	return strings.TrimRight(line, "\r\n")
}

// hang waits until the client is gone.
func (p *peer) hang() {
	for {
		if _, err := p.in.ReadByte(); err != nil {
			return
		}
	}
}

// upTo220 plays a good server up to the 220 to STARTTLS.
func (p *peer) upTo220() {
	p.say("220 mx.example ESMTP")
	p.hear("EHLO")
	p.say("250-mx.example")
	p.say("250-SIZE 1000")
	p.say("250 STARTTLS")
	p.hear("STARTTLS")
	p.say("220 go ahead")
}

// secure plays a good server up to the end.
func (p *peer) secure(config *tls.Config) {
	p.upTo220()
	conn := tls.Server(p.Conn, config)
	inner := &peer{conn, bufio.NewReader(conn), p.t}
	inner.hear("EHLO")
	inner.say("250 mx.example")
	inner.hear("QUIT")
	inner.say("221 bye")
}

// certificate makes a self-signed certificate; edit may change the template.
func certificate(t testing.TB, key crypto.Signer, edit func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "mx.example"},
		DNSNames:     []string{"mx.example"},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if edit != nil {
		edit(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// rsaKey and ecdsaKey are made once: making them is what costs.
var (
	rsaKey = sync.OnceValue(func() crypto.Signer {
		key, _ := rsa.GenerateKey(rand.Reader, 2048)
		return key
	})
	ecdsaKey = sync.OnceValue(func() crypto.Signer {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return key
	})
)

// quick is a Config for tests: short limits, so that a timeout is soon there.
func quick() Config {
	return Config{
		EHLO:             "scanner.example",
		ConnectTimeout:   5 * time.Second,
		GreetingTimeout:  5 * time.Second,
		CommandTimeout:   5 * time.Second,
		HandshakeTimeout: 5 * time.Second,
		QuitTimeout:      time.Second,
	}
}

// to is the Target of a server of the tests.
func to(address netip.AddrPort) Target {
	return Target{Address: address, SNI: "mx.example"}
}

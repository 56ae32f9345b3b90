package smtp

import (
	"bytes"
	"crypto/tls"
)

// flight is what a server's first messages show, from ServerHello on.
type flight struct {
	hello       serverHello
	begun       bool // a ServerHello came, no HelloRetryRequest
	certificate bool // a Certificate came, well formed or not
	chain       [][]byte
	requested   bool // a client certificate was asked for
	group       uint16
	done        bool // ServerHelloDone came
}

// take reads one message into the flight.
func (f *flight) take(msg message) error {
	var err error
	switch msg.kind {
	case messageServerHello:
		f.hello, err = parseServerHello(msg.body())
		f.begun = err == nil && !f.hello.retry
		f.group = f.hello.group
	case messageCertificate:
		f.certificate = true
		f.chain, err = parseCertificates(msg.body(), f.modern())
	case messageServerKeyExchange:
		f.group = namedCurve(msg.body(), f.hello.suite)
	case messageCertificateRequest:
		f.requested = true
	case messageServerHelloDone:
		f.done = true
	}
	return err
}

func (f *flight) modern() bool { return f.hello.version == tls.VersionTLS13 }

// readFlight reads what a server sent in one handshake, as far as it can be read:
// all of it in the clear, and in TLS 1.3 with secret, the server's handshake
// traffic secret. Where it ends and why does not matter.
func readFlight(raw, secret []byte) flight {
	var f flight
	m := messageReader{records: recordReader{src: bytes.NewReader(raw)}}
	for {
		msg, err := m.next()
		if err != nil || f.take(msg) != nil {
			return f
		}
		if msg.kind != messageServerHello || !f.modern() {
			continue
		}
		m.modern = true
		if f.begun && len(secret) > 0 {
			if m.key, err = newOpener(f.hello.suite, secret); err != nil {
				return f
			}
		}
	}
}

// namedCurve returns the group of an ECDHE ServerKeyExchange (RFC 8422, Section
// 5.4), zero for any other.
func namedCurve(body []byte, suite uint16) uint16 {
	const namedCurveType = 3
	if !isECDHE(suite) || len(body) < 3 || body[0] != namedCurveType {
		return 0
	}
	return uint16(body[1])<<8 | uint16(body[2])
}

package smtp

import (
	"bytes"
	"encoding/hex"
	"net"
)

// tap is a connection that keeps what the server said during a handshake, so that
// the chain can be had where crypto/tls gave up on it, and the alert that our side
// sent, which crypto/tls does not tell.
type tap struct {
	net.Conn
	off  bool
	in   []byte // bounded by maxHandshake
	sent []byte // the last record of ours, if it may be an alert

	encrypted, before uint64 // records of ours, and those before the last one
}

// maxAlertRecord is larger than any record that holds an alert.
const maxAlertRecord = 128

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if t.off {
		return n, err
	}
	if len(t.in)+n > maxHandshake {
		return 0, errTLSLimit
	}
	t.in = append(t.in, p[:n]...)
	return n, err
}

func (t *tap) Write(p []byte) (int, error) {
	if !t.off {
		t.note(p)
	}
	return t.Conn.Write(p)
}

// note keeps the last record of a write if it may be an alert. crypto/tls writes
// whole records, several at once at times.
func (t *tap) note(p []byte) {
	const header = 5
	for len(p) >= header {
		size := header + int(p[3])<<8 + int(p[4])
		if size > len(p) {
			return
		}
		t.before = t.encrypted
		if p[0] == recordApplicationData {
			t.encrypted++
		}
		t.sent = nil
		if size <= maxAlertRecord && (p[0] == recordAlert || p[0] == recordApplicationData) {
			t.sent = bytes.Clone(p[:size])
		}
		p = p[size:]
	}
}

// close ends the tap; the connection stays open.
func (t *tap) close() {
	t.off, t.in, t.sent = true, nil, nil
}

// alert returns the alert that our side sent last, if it sent one.
func (t *tap) alert(suite uint16, secret []byte) (int, bool) {
	m := messageReader{records: recordReader{src: bytes.NewReader(t.sent)}}
	rec, err := m.records.next()
	if err != nil {
		return 0, false
	}
	kind, payload := rec.kind, rec.payload
	if kind == recordApplicationData {
		key, err := newOpener(suite, secret)
		if err != nil {
			return 0, false
		}
		key.seq = t.before
		if kind, payload, err = key.open(rec); err != nil {
			return 0, false
		}
	}
	if kind != recordAlert || len(payload) != 2 || payload[1] == alertCloseNotify {
		return 0, false
	}
	return int(payload[1]), true
}

// secrets takes the handshake traffic secrets of TLS 1.3 from what crypto/tls
// writes to a KeyLogWriter: a label, the client random, the secret. The secret of
// the server is there before its certificate is read.
type secrets struct {
	server, client []byte
}

func (s *secrets) Write(line []byte) (int, error) {
	fields := bytes.Fields(line)
	if len(fields) != 3 {
		return len(line), nil
	}
	var to *[]byte
	switch string(fields[0]) {
	case "SERVER_HANDSHAKE_TRAFFIC_SECRET":
		to = &s.server
	case "CLIENT_HANDSHAKE_TRAFFIC_SECRET":
		to = &s.client
	default:
		return len(line), nil
	}
	secret, err := hex.DecodeString(string(fields[2]))
	if err == nil {
		*to = secret
	}
	return len(line), nil
}

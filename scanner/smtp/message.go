package smtp

import (
	"errors"
	"fmt"
	"io"
)

// Handshake message types (RFC 8446, Section 4; RFC 5246, Section 7.4).
const (
	messageServerHello         = 2
	messageEncryptedExtensions = 8
	messageCertificate         = 11
	messageServerKeyExchange   = 12
	messageCertificateRequest  = 13
	messageServerHelloDone     = 14
	messageHash                = 254
)

// maxIdleRecords bounds the records in a row that bring no handshake message on.
const maxIdleRecords = 32

// errEncrypted ends what can be read of a handshake: the rest is encrypted with
// keys that we do not have.
var errEncrypted = errors.New("tls handshake goes on encrypted")

// alertError is an alert of the peer.
type alertError uint8

func (e alertError) Error() string { return fmt.Sprintf("tls alert %d from the server", uint8(e)) }

// message is one handshake message.
type message struct {
	kind uint8
	raw  []byte // header included
}

// body returns the message without its header.
func (m message) body() []byte { return m.raw[4:] }

// messageReader takes handshake messages out of records, whichever way they are
// cut, and decrypts once it has a key.
type messageReader struct {
	records recordReader
	pending []byte
	idle    int
	modern  bool    // TLS 1.3 was agreed upon
	key     *opener // of the server's handshake records, TLS 1.3
}

// next returns the next message. An alert ends the handshake with an alertError.
func (m *messageReader) next() (message, error) {
	for {
		if len(m.pending) >= 4 {
			length := 4 + int(m.pending[1])<<16 + int(m.pending[2])<<8 + int(m.pending[3])
			if length > maxMessage {
				return message{}, fmt.Errorf("%w: message of %d bytes", errTLSLimit, length)
			}
			if len(m.pending) >= length {
				msg := message{kind: m.pending[0], raw: m.pending[:length:length]}
				m.pending = m.pending[length:]
				m.idle = 0
				return msg, nil
			}
		}
		rec, err := m.records.next()
		if err != nil {
			return message{}, err
		}
		if err := m.take(rec); err != nil {
			return message{}, err
		}
	}
}

// take adds one record to what is pending.
func (m *messageReader) take(rec record) error {
	kind, payload := rec.kind, rec.payload
	if kind == recordApplicationData {
		if m.key == nil {
			return errEncrypted
		}
		var err error
		if kind, payload, err = m.key.open(rec); err != nil {
			return err
		}
	} else if m.key != nil && kind == recordHandshake {
		return malformed("handshake in the clear after the keys were set")
	}
	switch kind {
	case recordHandshake:
		m.pending = append(m.pending, payload...)
		if len(payload) > 0 {
			return nil
		}
	case recordAlert:
		if err := m.alert(payload); err != nil {
			return err
		}
	case recordChangeCipherSpec:
		if !m.modern {
			return errEncrypted
		}
	default:
		return malformed("record of type %d in a handshake", kind)
	}
	if m.idle++; m.idle > maxIdleRecords {
		return fmt.Errorf("%w: records without end that bring no message", errTLSLimit)
	}
	return nil
}

// alert returns an error unless the alert is a warning, which before TLS 1.3 need
// not end the handshake (RFC 5246, Section 7.2.2): "unrecognized name", say. Some
// servers of TLS 1.3 say "user canceled" and mean nothing by it.
func (m *messageReader) alert(payload []byte) error {
	if len(payload) != 2 {
		return malformed("alert of %d bytes", len(payload))
	}
	const warning, userCanceled = 1, 90
	switch {
	case payload[1] == alertCloseNotify:
		return io.EOF
	case payload[0] == warning && !m.modern, payload[1] == userCanceled:
		return nil
	}
	return alertError(payload[1])
}

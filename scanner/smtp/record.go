package smtp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Record types (RFC 8446, Section 5.1).
const (
	recordChangeCipherSpec = 20
	recordAlert            = 21
	recordHandshake        = 22
	recordApplicationData  = 23
)

// maxRecord is the largest payload of a record in any version: 2^14 octets and
// 2048 of padding and tags (RFC 5246, Section 6.2.3).
const maxRecord = 1<<14 + 2048

// errTLSLimit ends a handshake of too many bytes, records or certificates.
var errTLSLimit = errors.New("tls handshake over its limit")

// errNotTLS ends a handshake with a peer that does not speak TLS, or not well.
var errNotTLS = errors.New("malformed tls")

// malformed returns an errNotTLS that says what was wrong.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errNotTLS, fmt.Sprintf(format, args...))
}

// record is one TLS record.
type record struct {
	kind    uint8
	header  [5]byte
	payload []byte // valid until the next read
}

// recordReader takes records off a stream.
type recordReader struct {
	src   io.Reader
	total int
	buf   []byte
}

// next returns the next record. io.EOF means an end between records.
func (r *recordReader) next() (record, error) {
	var rec record
	if _, err := io.ReadFull(r.src, rec.header[:]); err != nil {
		return rec, err
	}
	rec.kind = rec.header[0]
	if rec.kind < recordChangeCipherSpec || rec.kind > recordApplicationData || rec.header[1] != 3 {
		return rec, malformed("no record begins with % x", rec.header)
	}
	length := int(binary.BigEndian.Uint16(rec.header[3:]))
	if length > maxRecord {
		return rec, malformed("record of %d bytes", length)
	}
	if r.total += length + len(rec.header); r.total > maxHandshake {
		return rec, errTLSLimit
	}
	if cap(r.buf) < length {
		r.buf = make([]byte, length)
	}
	rec.payload = r.buf[:length]
	if _, err := io.ReadFull(r.src, rec.payload); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return rec, err
	}
	return rec, nil
}

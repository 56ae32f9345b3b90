package exchange

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"time"
)

// overTCP asks over a connection of its own (RFC 7766, Section 5). Whatever pace
// the server keeps, it ends at the deadline.
func (a *asking) overTCP(ctx context.Context, deadline time.Time) (Reply, error) {
	dialer := net.Dialer{Deadline: deadline, KeepAlive: -1}
	conn, err := dialer.DialContext(ctx, "tcp", a.server.String())
	if err != nil {
		return Reply{}, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(deadline); err != nil {
		return Reply{}, err
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	a.sending()
	a.client.count.tcp.Add(1)
	if err := writeMessage(conn, a.query.wire); err != nil {
		return Reply{}, err
	}
	for {
		msg, err := readMessage(conn)
		if err != nil {
			return Reply{}, err
		}
		if a.query.answers(msg) {
			return a.read(msg, true)
		}
		if err := a.mismatch(); err != nil {
			return Reply{}, err
		}
	}
}

// writeMessage sends length and message in one segment (RFC 7766, Section 8).
func writeMessage(w io.Writer, msg []byte) error {
	b := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(msg)), uint16(len(msg)))
	_, err := w.Write(append(b, msg...))
	return err
}

func readMessage(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	msg := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(r, msg); err != nil {
		return nil, err
	}
	return msg, nil
}

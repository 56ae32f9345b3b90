package exchange

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// maxDatagram is the longest reply over UDP that is read: well above what we
// announce. Longer ones are asked for over TCP.
const maxDatagram = 4096

// glance is how long a read lasts before it looks whether the context has ended:
// cheaper than a callback for each question.
const glance = 300 * time.Millisecond

var buffers = sync.Pool{New: func() any { return new([maxDatagram]byte) }}

// overFresh asks over a socket that is connected to the server, from a port that
// the kernel draws at random for this try. What comes from elsewhere never
// reaches the socket.
func (a *asking) overFresh(ctx context.Context, deadline time.Time) (Reply, error) {
	s, err := a.client.fresh.get(a.server)
	if err != nil {
		return Reply{}, err
	}
	defer a.client.fresh.put(s)
	if err := a.setDeadline(s.conn, deadline); err != nil {
		return Reply{}, err
	}
	a.sending()
	if _, err := s.conn.Write(a.query.wire); err != nil {
		return Reply{}, err
	}
	buf := buffers.Get().(*[maxDatagram]byte)
	defer buffers.Put(buf)
	for {
		n, err := s.conn.Read(buf[:])
		if err != nil {
			if err := a.goOn(ctx, s.conn, deadline, err); err != nil {
				return Reply{}, err
			}
			continue
		}
		if a.query.answers(buf[:n]) {
			return a.read(buf[:n], false)
		}
		if err := a.mismatch(); err != nil {
			return Reply{}, err
		}
	}
}

// goOn says why a read that ended with err shall not go on; nil: read on.
func (a *asking) goOn(ctx context.Context, conn *net.UDPConn, deadline time.Time, err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !time.Now().Before(deadline) {
		return errTimeout
	}
	return a.setDeadline(conn, deadline)
}

func (a *asking) setDeadline(conn *net.UDPConn, deadline time.Time) error {
	if t := time.Now().Add(glance); t.Before(deadline) {
		deadline = t
	}
	return conn.SetDeadline(deadline)
}

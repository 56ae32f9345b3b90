package exchange

import (
	"context"
	"errors"
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
func (a *asking) overFresh(ctx context.Context, start, deadline time.Time) (Reply, error) {
	s, err := a.client.fresh.get(a.server)
	if err != nil {
		return Reply{}, err
	}
	defer a.client.fresh.put(s)
	if err := s.setDeadline(start, soon(start, deadline)); err != nil {
		return Reply{}, err
	}
	buf := buffers.Get().(*[maxDatagram]byte)
	defer buffers.Put(buf)
	for {
		n, err := s.ask(a, buf[:])
		if err == nil {
			return a.read(buf[:n], false)
		}
		if err := goOn(ctx, s, deadline, err); err != nil {
			return Reply{}, err
		}
	}
}

// goOn says why asking that ended with err shall not go on; nil: ask on.
func goOn(ctx context.Context, s *socket, deadline time.Time, err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now := time.Now()
	if !now.Before(deadline) {
		return errTimeout
	}
	return s.setDeadline(now, soon(now, deadline))
}

// soon is when to look next whether to go on.
func soon(now, deadline time.Time) time.Time {
	if t := now.Add(glance); t.Before(deadline) {
		return t
	}
	return deadline
}

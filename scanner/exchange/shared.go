package exchange

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxSharedServers bounds the servers to which sockets are kept open. Further
	// servers are asked over fresh ones.
	maxSharedServers = 16
	// maxSharedAsking bounds the questions on one shared socket, so that a free ID
	// is found at once and a guessed one seldom hits.
	maxSharedAsking = 4096
	// sharedBuffer is the receive buffer asked for: many replies come at once.
	sharedBuffer = 1 << 20
	// queued is how many datagrams may wait for one question: more would be a flood.
	queued = 2 * maxMismatches
)

// sharing keeps a few sockets open to each of a few servers.
type sharing struct {
	each  int
	count *counters

	mu      sync.Mutex
	servers map[netip.AddrPort][]*line
	readers sync.WaitGroup
	closed  bool
	turn    atomic.Uint32
}

func newSharing(each int, count *counters) *sharing {
	return &sharing{each: each, count: count, servers: make(map[netip.AddrPort][]*line)}
}

// line returns the next socket to server; nil where it has none: a fresh one is
// then to be used.
func (s *sharing) line(server netip.AddrPort) *line {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, ok := s.servers[server]
	if !ok {
		if s.closed || len(s.servers) >= maxSharedServers {
			return nil
		}
		lines = s.open(server)
		if len(lines) == 0 {
			return nil // not remembered: it may open the next time
		}
		s.servers[server] = lines
	}
	return lines[s.turn.Add(1)%uint32(len(lines))]
}

func (s *sharing) open(server netip.AddrPort) []*line {
	var lines []*line
	for range s.each {
		conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(server))
		if err != nil {
			break
		}
		conn.SetReadBuffer(sharedBuffer) // a wish: the kernel may cap it
		l := &line{conn: conn, count: s.count, waiting: make(map[uint16]*waiter)}
		lines = append(lines, l)
		s.readers.Go(l.read)
	}
	return lines
}

func (s *sharing) close() {
	s.mu.Lock()
	s.closed = true
	for _, lines := range s.servers {
		for _, l := range lines {
			l.conn.Close()
		}
	}
	s.mu.Unlock()
	s.readers.Wait()
}

// line is a shared socket. Its reader hands each reply to the question with that
// ID.
type line struct {
	conn  *net.UDPConn
	count *counters

	mu      sync.Mutex
	waiting map[uint16]*waiter
	closed  bool
}

// waiter is a question on a line: replies is where its datagrams come.
type waiter struct {
	replies chan datagram
}

// datagram is one message as it came, or the error that ends the try.
type datagram struct {
	buf *[maxDatagram]byte
	n   int
	err error
}

// read is the reader: it ends when the socket is closed.
func (l *line) read() {
	for {
		buf := buffers.Get().(*[maxDatagram]byte)
		n, err := l.conn.Read(buf[:])
		if err != nil {
			buffers.Put(buf)
			if errors.Is(err, net.ErrClosed) {
				l.fail(errClosed, true)
				return
			}
			l.fail(err, false) // ICMP: nobody knows whose question it was
			continue
		}
		if !l.deliver(datagram{buf: buf, n: n}) {
			l.count.mismatches.Add(1)
			buffers.Put(buf)
		}
	}
}

// deliver hands d to the question with its ID, if there is one that can take it.
func (l *line) deliver(d datagram) bool {
	if d.n < headerSize {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.waiting[uint16(d.buf[0])<<8|uint16(d.buf[1])]
	if w == nil {
		return false // late, or forged
	}
	select {
	case w.replies <- d:
		return true
	default:
		return false
	}
}

// fail ends the tries of all questions on the line.
func (l *line) fail(err error, closed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = l.closed || closed
	for _, w := range l.waiting {
		select {
		case w.replies <- datagram{err: err}:
		default:
		}
	}
}

// join gives x an ID that nobody else on the line has.
func (l *line) join(x *query) (*waiter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	if len(l.waiting) >= maxSharedAsking {
		return nil, errCrowded
	}
	for l.waiting[x.id()] != nil {
		x.renew()
	}
	w := &waiter{replies: make(chan datagram, queued)}
	l.waiting[x.id()] = w
	return w, nil
}

// leave gives the ID back, and the buffers that came too late.
func (l *line) leave(x *query, w *waiter) {
	l.mu.Lock()
	delete(l.waiting, x.id())
	l.mu.Unlock()
	for {
		select {
		case d := <-w.replies:
			d.free()
		default:
			return
		}
	}
}

func (d datagram) free() {
	if d.buf != nil {
		buffers.Put(d.buf)
	}
}

// overShared asks over a shared socket.
func (a *asking) overShared(ctx context.Context, l *line, deadline time.Time) (Reply, error) {
	w, err := l.join(a.query)
	if err != nil {
		return Reply{}, err
	}
	defer l.leave(a.query, w)
	a.sending()
	if _, err := l.conn.Write(a.query.wire); err != nil {
		return Reply{}, err
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	for {
		select {
		case d := <-w.replies:
			reply, err := a.take(d)
			if err != errReadOn {
				return reply, err
			}
		case <-timer.C:
			return Reply{}, errTimeout
		case <-ctx.Done():
			return Reply{}, ctx.Err()
		}
	}
}

// take looks at what came for the question. The error errReadOn says that it was
// something else.
func (a *asking) take(d datagram) (Reply, error) {
	if d.err != nil {
		return Reply{}, d.err
	}
	defer d.free()
	if a.query.answers(d.buf[:d.n]) {
		return a.read(d.buf[:d.n], false)
	}
	if err := a.mismatch(); err != nil {
		return Reply{}, err
	}
	return Reply{}, errReadOn
}

var errReadOn = errors.New("not for us")

var errCrowded = errors.New("shared socket has too many questions")

//go:build linux && !386 && !s390x

package exchange

import "sync"

// maxIdle is how many sockets of a family are kept for reuse.
const maxIdle = idleShards * shardIdle

// The idle sockets lie in idleShards lists of shardIdle each: whoever holds the lock
// of a single one, and has the processor taken away, would hold up all questions.
const (
	idleShards = 16
	shardIdle  = 16
)

// idleSockets is one of the lists of idle sockets.
type idleSockets struct {
	mu     sync.Mutex
	list   []*socket
	closed bool
}

func (l *idleSockets) take() *socket {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.list)
	if n == 0 {
		return nil
	}
	s := l.list[n-1]
	l.list = l.list[:n-1]
	return s
}

// keep takes a socket where there is room for it.
func (l *idleSockets) keep(s *socket) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.list) >= shardIdle {
		return false
	}
	l.list = append(l.list, s)
	return true
}

func (l *idleSockets) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.list {
		s.conn.Close()
	}
	l.list, l.closed = nil, true
}

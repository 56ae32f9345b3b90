// Linux on 386 and s390x has no system call for connect alone; see socket_fresh.go.

//go:build linux && !386 && !s390x

package exchange

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// maxStale is how many datagrams are thrown away before a socket is given up: a
// peer that floods it shall not hold up the next question.
const maxStale = 64

// sockets hands out UDP sockets connected to a server from a random port.
//
// Making and closing a socket costs more than asking, so they are used again:
// connect with AF_UNSPEC takes a socket's peer and, as nobody chose it, its port
// (man 2 connect, man 7 udp); what still lies in its queue is thrown away. An idle
// socket so has neither port nor data, and the next connect draws a new port.
type sockets struct{ v4, v6 [idleShards]idleSockets }

// socket is one of them. The functions and what they work on are kept here so
// that connecting allocates nothing.
type socket struct {
	conn      *net.UDPConn
	raw       syscall.RawConn
	doConnect func(fd uintptr)
	doRelease func(fd uintptr)
	doStep    func(fd uintptr) bool
	v6        bool
	to        netip.AddrPort
	sa4       syscall.SockaddrInet4
	sa6       syscall.SockaddrInet6
	err       error
	junk      [1]byte

	until  time.Time // the deadline that the socket has
	asking *asking   // whose question is out, during ask
	buf    []byte
	n      int
	sent   bool
}

func (p *sockets) get(server netip.AddrPort) (*socket, error) {
	s := p.idle(server.Addr().Is6())
	if s == nil {
		var err error
		if s, err = newSocket(server.Addr().Is6()); err != nil {
			return nil, err
		}
	}
	if err := s.connect(server); err != nil {
		s.conn.Close()
		return nil, err
	}
	s.sent = false
	return s, nil
}

// idle takes an idle socket from the first list that has one, nil where none has.
func (p *sockets) idle(v6 bool) *socket {
	shards, first := p.shards(v6), rand.IntN(idleShards)
	for i := range shards {
		if s := shards[(first+i)%idleShards].take(); s != nil {
			return s
		}
	}
	return nil
}

func (p *sockets) shards(v6 bool) *[idleShards]idleSockets {
	if v6 {
		return &p.v6
	}
	return &p.v4
}

func (p *sockets) put(s *socket) {
	if s.release() != nil {
		s.conn.Close()
		return
	}
	shards, first := p.shards(s.v6), rand.IntN(idleShards)
	for i := range shards {
		if shards[(first+i)%idleShards].keep(s) {
			return
		}
	}
	s.conn.Close()
}

func (p *sockets) close() {
	for i := range idleShards {
		p.v4[i].close()
		p.v6[i].close()
	}
}

func newSocket(v6 bool) (*socket, error) {
	network := "udp4"
	if v6 {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, nil)
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		conn.Close()
		return nil, err
	}
	s := &socket{conn: conn, raw: raw, v6: v6}
	s.doConnect, s.doRelease, s.doStep = s.connectFD, s.releaseFD, s.step
	return s, nil
}

func (s *socket) connect(to netip.AddrPort) error {
	s.to = to
	if err := s.raw.Control(s.doConnect); err != nil {
		return err
	}
	return s.err
}

func (s *socket) connectFD(fd uintptr) {
	if s.v6 {
		s.sa6 = syscall.SockaddrInet6{Port: int(s.to.Port()), Addr: s.to.Addr().As16()}
		s.err = syscall.Connect(int(fd), &s.sa6)
		return
	}
	s.sa4 = syscall.SockaddrInet4{Port: int(s.to.Port()), Addr: s.to.Addr().As4()}
	s.err = syscall.Connect(int(fd), &s.sa4)
}

// ask sends the question, unless it is out already, and reads into buf until an
// answer to it comes: n octets. An error that is os.ErrDeadlineExceeded says that
// it may be called again.
//
// The poller is told before the question is sent that its answer will be waited
// for (that is what Read of a syscall.RawConn begins with), so that nothing is read
// in vain before there can be an answer.
func (s *socket) ask(a *asking, buf []byte) (n int, err error) {
	s.asking, s.buf, s.n, s.err = a, buf, 0, nil
	err = s.raw.Read(s.doStep)
	if err == nil && s.err == syscall.EAGAIN {
		if err = s.sendLater(a.query.wire); err == nil {
			s.err = nil
			err = s.raw.Read(s.doStep)
		}
	}
	s.asking, s.buf = nil, nil
	if err == nil {
		err = s.err
	}
	return s.n, err
}

// step does what can be done without waiting, and reports whether that is all.
func (s *socket) step(fd uintptr) bool {
	if !s.sent {
		s.sent = true
		s.asking.sending()
		_, err := syscall.Write(int(fd), s.asking.query.wire)
		s.err = wrote(err)
		return err != nil
	}
	for {
		n, err := syscall.Read(int(fd), s.buf)
		switch {
		case err == syscall.EAGAIN:
			return false
		case err == syscall.EINTR:
			continue
		case err != nil:
			s.err = os.NewSyscallError("read", err)
			return true
		case s.asking.query.answers(s.buf[:n]):
			s.n = n
			return true
		}
		if s.err = s.asking.mismatch(); s.err != nil {
			return true
		}
	}
}

// wrote makes the error of a write, where EAGAIN says that it is to be waited for.
func wrote(err error) error {
	if err == nil || err == syscall.EAGAIN {
		return err
	}
	return os.NewSyscallError("write", err)
}

// sendLater sends once there is room for it.
func (s *socket) sendLater(wire []byte) error {
	if err := s.conn.SetWriteDeadline(s.until); err != nil {
		return err
	}
	_, err := s.conn.Write(wire)
	return err
}

// setDeadline has ask return at t at the latest, and not long before it. A deadline
// that is about right stays: setting one costs more than waking up once too often.
func (s *socket) setDeadline(now, t time.Time) error {
	if !s.until.After(t) && s.until.Sub(now) > glance/2 {
		return nil
	}
	s.until = t
	return s.conn.SetReadDeadline(t)
}

func (s *socket) release() error {
	if err := s.raw.Control(s.doRelease); err != nil {
		return err
	}
	return s.err
}

func (s *socket) releaseFD(fd uintptr) {
	if s.err = disconnect(fd); s.err == nil {
		s.err = s.drain(int(fd))
	}
}

// disconnect takes a socket's peer and port. Package syscall has no address of
// the family AF_UNSPEC, hence the bare call.
func disconnect(fd uintptr) error {
	unspec := syscall.RawSockaddr{Family: syscall.AF_UNSPEC}
	_, _, errno := syscall.RawSyscall(syscall.SYS_CONNECT, fd, uintptr(unsafe.Pointer(&unspec)), unsafe.Sizeof(unspec))
	if errno != 0 {
		return errno
	}
	return nil
}

var errFlooded = errors.New("socket is flooded")

// drain throws away what the last peer sent, a pending ICMP error included.
func (s *socket) drain(fd int) error {
	for range maxStale {
		_, _, err := syscall.Recvfrom(fd, s.junk[:], syscall.MSG_DONTWAIT)
		if err == syscall.EAGAIN {
			return nil
		}
	}
	return errFlooded
}

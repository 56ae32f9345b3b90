package lab

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
)

// Bounds of the DNS sockets.
const (
	maxQuery   = 4096 // octets of a query that are looked at
	tcpIdle    = 10 * time.Second
	tcpConns   = 512     // at a time
	delayLine  = 1 << 16 // replies on their way, for each socket
	portTries  = 16
	udpBuffers = 4 << 20
)

// nameHall runs the name servers: sockets that take what comes for any address of
// the lab's block, and answer from the address that was asked. That costs a few
// sockets where one for each address would be thousands.
type nameHall struct {
	lab   *Lab
	port  int
	udp   []*net.UDPConn
	tcp   net.Listener
	from  map[netip.Addr][]byte // control message that sets the source address
	idle  time.Duration         // that a TCP connection may be
	wait  sync.WaitGroup
	slots chan struct{}
}

// listenDNS opens the sockets, at any free port if port is 0.
func (l *Lab) listenDNS(port int) (*nameHall, error) {
	h := &nameHall{lab: l, from: map[netip.Addr][]byte{}, idle: l.tcpIdle, slots: make(chan struct{}, tcpConns)}
	for addr := range l.world.servers {
		h.from[addr] = source(addr)
	}
	h.from[l.front] = source(l.front)
	for try := 1; ; try++ {
		err := h.open(port)
		if err == nil {
			return h, nil
		}
		h.closeSockets()
		if port != 0 || try == portTries {
			return nil, fmt.Errorf("lab: name servers: %w", err)
		}
	}
}

func source(addr netip.Addr) []byte {
	return (&ipv4.ControlMessage{Src: addr.AsSlice()}).Marshal()
}

func (h *nameHall) open(port int) error {
	lc := net.ListenConfig{Control: onLoopback}
	h.udp = nil
	// TCP first: unlike UDP's, its port is never shared, so a second lab at one port
	// fails here before it takes anything from the first.
	var err error
	if h.tcp, err = lc.Listen(context.Background(), "tcp4", fmt.Sprintf("0.0.0.0:%d", port)); err != nil {
		return err
	}
	h.port = h.tcp.Addr().(*net.TCPAddr).Port
	for range max(1, min(udpSockets, runtime.GOMAXPROCS(0))) {
		c, err := lc.ListenPacket(context.Background(), "udp4", fmt.Sprintf("0.0.0.0:%d", h.port))
		if err != nil {
			return err
		}
		u := c.(*net.UDPConn)
		h.udp = append(h.udp, u)
		u.SetReadBuffer(udpBuffers) // best effort: the system may allow less
		u.SetWriteBuffer(udpBuffers)
		if err := ipv4.NewPacketConn(u).SetControlMessage(ipv4.FlagDst, true); err != nil {
			return err
		}
	}
	return nil
}

func (h *nameHall) closeSockets() {
	for _, u := range h.udp {
		u.Close()
	}
	if h.tcp != nil {
		h.tcp.Close()
	}
}

func (h *nameHall) close() {
	h.closeSockets()
	h.wait.Wait()
}

func (h *nameHall) serve(ctx context.Context) {
	context.AfterFunc(ctx, h.closeSockets)
	for i, u := range h.udp {
		r := &reader{hall: h, conn: u, dice: rand.New(rand.NewPCG(h.lab.cfg.Seed, uint64(i)))}
		if h.lab.cfg.Latency > 0 {
			r.line = make(chan late, delayLine)
			h.wait.Go(r.deliver)
		}
		h.wait.Go(r.run)
	}
	h.wait.Go(func() { h.accept(ctx) })
}

// reader answers what comes in on one socket.
type reader struct {
	hall *nameHall
	conn *net.UDPConn
	dice *rand.Rand
	line chan late // nil: no latency
}

// late is a reply on its way.
type late struct {
	due  time.Time
	wire []byte
	from []byte
	to   netip.AddrPort
}

func (r *reader) run() {
	if r.line != nil {
		defer close(r.line)
	}
	packet, oob, out := make([]byte, maxQuery), make([]byte, 128), make([]byte, 0, maxQuery)
	var cm ipv4.ControlMessage
	for {
		n, oobn, _, peer, err := r.conn.ReadMsgUDPAddrPort(packet, oob)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || cm.Parse(oob[:oobn]) != nil {
			continue
		}
		local, _ := netip.AddrFromSlice(cm.Dst.To4())
		if !r.hall.lab.cfg.Base.Contains(local) || !peer.Addr().Unmap().IsLoopback() {
			continue
		}
		if r.lost() {
			continue
		}
		if wire := r.hall.lab.respond(local, packet[:n], out, true); wire != nil && !r.lost() {
			r.send(late{wire: wire, from: r.hall.from[local], to: peer})
		}
	}
}

func (r *reader) lost() bool {
	if p := r.hall.lab.cfg.Loss; p == 0 || r.dice.Float64() >= p {
		return false
	}
	r.hall.lab.count.dropped.Add(1)
	return true
}

// send sends a reply, or puts it on the line where there is latency. All replies
// take the same time, so the first in is the first due.
func (r *reader) send(p late) {
	if r.line == nil {
		r.conn.WriteMsgUDPAddrPort(p.wire, p.from, p.to)
		return
	}
	p.due, p.wire = time.Now().Add(r.hall.lab.cfg.Latency), append([]byte(nil), p.wire...)
	select {
	case r.line <- p:
	default:
		r.hall.lab.count.dropped.Add(1)
	}
}

func (r *reader) deliver() {
	for p := range r.line {
		if wait := time.Until(p.due); wait > 0 {
			time.Sleep(wait)
		}
		r.conn.WriteMsgUDPAddrPort(p.wire, p.from, p.to)
	}
}

// breathe waits a moment, so that an error that lasts does not keep a processor
// busy. It reports whether to go on.
func breathe(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(10 * time.Millisecond):
		return true
	}
}

func (h *nameHall) accept(ctx context.Context) {
	for {
		conn, err := h.tcp.Accept()
		if errors.Is(err, net.ErrClosed) || err != nil && !breathe(ctx) {
			return
		}
		if err != nil {
			continue
		}
		local := conn.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
		select {
		case h.slots <- struct{}{}:
		default:
			conn.Close()
			continue
		}
		h.wait.Go(func() {
			defer func() { <-h.slots }()
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			defer stop()
			defer conn.Close()
			h.stream(conn, local)
		})
	}
}

// stream answers the queries of one TCP connection (RFC 7766).
func (h *nameHall) stream(conn net.Conn, local netip.Addr) {
	if _, ok := h.from[local]; !ok {
		return
	}
	var head [2]byte
	packet := make([]byte, maxQuery)
	for {
		conn.SetDeadline(time.Now().Add(h.idle))
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint16(head[:]))
		if n > len(packet) {
			return
		}
		if _, err := io.ReadFull(conn, packet[:n]); err != nil {
			return
		}
		wire := h.lab.respond(local, packet[:n], nil, false)
		if wire == nil {
			return
		}
		time.Sleep(h.lab.cfg.Latency)
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...)); err != nil {
			return
		}
	}
}

// respond answers one packet that came for a local address, nil for no answer.
// The answer is written over to, if there is room.
func (l *Lab) respond(local netip.Addr, packet, to []byte, udp bool) []byte {
	ns := l.world.servers[local]
	atFront := local == l.front
	if !atFront && ns == nil {
		return nil
	}
	q, rcode, ok := parse(packet)
	if !ok {
		return nil
	}
	l.count.query(q.question, atFront)
	if !atFront && ns.silent {
		return nil
	}
	if rcode != 0 {
		return q.bare(to, packet, 0, rcode)
	}
	limit := 0
	if udp {
		limit = q.size
	}
	if atFront {
		return l.resolve(&q).write(to, packet, &q, limit)
	}
	if wire := l.quick(ns, &q, packet, to); wire != nil {
		return wire
	}
	return l.authoritative(ns, &q).write(to, packet, &q, limit)
}

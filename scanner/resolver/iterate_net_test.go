package resolver

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// miniNet is a set of name servers on loopback addresses that share one port. It
// is the Exchanger of its resolvers, too, so that nothing in their tests hangs on
// how busy this machine is: a question that a server drops ends in a time-out at
// once, one that it answers has all the time it needs, and round trips take as
// long as the test says.
type miniNet struct {
	t      *testing.T
	port   uint16
	client *exchange.Client
	rtt    map[string]time.Duration // of a server, by address; 1 ms where missing

	mu    sync.Mutex
	asked []string                 // "address name type", in the order of arrival
	open  map[string]chan struct{} // by the same: closed where the server drops it
}

var errDropped = errors.New("dropped by the server")

// Exchange implements exchange.Exchanger.
func (n *miniNet) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	addr := server.Addr().String()
	dropped, forget := n.expect(askedOf(addr, q.Name, q.Type))
	defer forget()
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-dropped:
			cancel(errDropped)
		case <-ctx.Done():
		}
	})
	r, err := n.client.Exchange(ctx, server, q, opt)
	cause := context.Cause(ctx)
	cancel(nil)
	wg.Wait()
	var e *exchange.Error
	if errors.As(err, &e) && cause == errDropped {
		return r, &exchange.Error{Kind: exchange.Timeout, Server: e.Server, Queries: e.Queries, Err: errDropped}
	}
	r.RTT = cmp.Or(n.rtt[addr], time.Millisecond)
	return r, err
}

// expect returns a channel that is closed when a server drops a question.
func (n *miniNet) expect(key string) (dropped <-chan struct{}, forget func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	ch := make(chan struct{})
	if n.open[key] != nil {
		n.t.Errorf("%s is asked twice at a time", key)
	}
	n.open[key] = ch
	return ch, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.open[key] == ch {
			delete(n.open, key)
		}
	}
}

func askedOf(addr, name string, qtype uint16) string {
	return addr + " " + dns.CanonicalName(name) + " " + dns.TypeToString[qtype]
}

// watched is a ResponseWriter that notes whether anything was written.
type watched struct {
	dns.ResponseWriter
	wrote bool
}

func (w *watched) WriteMsg(m *dns.Msg) error {
	w.wrote = true
	return w.ResponseWriter.WriteMsg(m)
}

func (w *watched) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}

// newMiniNet starts a server for each address.
func newMiniNet(t *testing.T, servers map[string]dns.HandlerFunc) *miniNet {
	t.Helper()
	addrs := make([]string, 0, len(servers))
	for a := range servers {
		addrs = append(addrs, a)
	}
	slices.Sort(addrs)
	for range 20 {
		n := &miniNet{t: t, rtt: map[string]time.Duration{}, open: map[string]chan struct{}{}}
		n.client = exchange.New(exchange.Config{Timeout: 15 * time.Second, Retries: -1})
		t.Cleanup(func() { _ = n.client.Close() })
		if n.listen(addrs, servers) {
			return n
		}
	}
	t.Fatal("no port is free on all addresses")
	return nil
}

func (n *miniNet) listen(addrs []string, servers map[string]dns.HandlerFunc) bool {
	var started []*dns.Server
	var wg sync.WaitGroup
	stop := func() {
		for _, s := range started {
			_ = s.Shutdown()
		}
		wg.Wait()
	}
	for _, a := range addrs {
		pc, err := net.ListenPacket("udp", net.JoinHostPort(a, strconv.Itoa(int(n.port))))
		if err != nil {
			stop()
			return false
		}
		n.port = netip.MustParseAddrPort(pc.LocalAddr().String()).Port()
		l, err := net.Listen("tcp", pc.LocalAddr().String())
		if err != nil {
			_ = pc.Close()
			stop()
			return false
		}
		for _, s := range []*dns.Server{{PacketConn: pc}, {Listener: l}} {
			ready := make(chan struct{})
			s.NotifyStartedFunc = func() { close(ready) }
			s.Handler = n.record(a, servers[a])
			started = append(started, s)
			wg.Go(func() { _ = s.ActivateAndServe() })
			<-ready
		}
	}
	n.t.Cleanup(stop)
	return true
}

// record notes what is asked of a server over UDP, and what it drops.
func (n *miniNet) record(addr string, h dns.HandlerFunc) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		key := askedOf(addr, m.Question[0].Name, m.Question[0].Qtype)
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
			n.mu.Lock()
			n.asked = append(n.asked, key)
			n.mu.Unlock()
		}
		reply := &watched{ResponseWriter: w}
		h(reply, m)
		if reply.wrote {
			return
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		if ch := n.open[key]; ch != nil {
			close(ch)
			delete(n.open, key)
		}
	})
}

// seen returns what was asked so far and forgets it.
func (n *miniNet) seen() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.asked
	n.asked = nil
	return out
}

// iterate makes a resolver of the net, whose root servers have the addresses
// given. Nothing is validated unless there are anchors.
func (n *miniNet) iterate(cfg IterateConfig, roots ...string) *Iterate {
	n.t.Helper()
	cfg.Exchanger = n
	cfg.Port = n.port
	cfg.AllowPrivate = true
	if cfg.Validator == nil {
		v, err := dnssec.New(dnssec.Config{Anchors: []dnssec.Anchor{}})
		if err != nil {
			n.t.Fatal(err)
		}
		cfg.Validator = v
	}
	if cfg.Random == nil {
		cfg.Random = func() float64 { return 0.5 }
	}
	if len(roots) > 0 {
		root := Zone{Name: "."}
		for _, a := range roots {
			root.Servers = append(root.Servers, NameServer{Addrs: []netip.Addr{netip.MustParseAddr(a)}})
		}
		cfg.Zones = append(cfg.Zones, root)
	}
	it, err := NewIterate(cfg)
	if err != nil {
		n.t.Fatal(err)
	}
	return it
}

// lookup looks a name up with a time limit that no test should meet.
func lookupIn(t *testing.T, r Resolver, name string, qtype uint16) Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	a := r.Lookup(ctx, name, qtype)
	if ctx.Err() != nil {
		t.Fatalf("%s: not done in 20 s", name)
	}
	return a
}

// zoneData is a zone to serve.
type zoneData struct {
	apex string
	rrs  []dns.RR
}

// parseZone reads a zone in master-file form; its origin is the apex.
func parseZone(apex, text string) zoneData {
	z := zoneData{apex: apex}
	zp := dns.NewZoneParser(strings.NewReader(text), apex, "")
	zp.SetDefaultTTL(300)
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		z.rrs = append(z.rrs, rr)
	}
	if zp.Err() != nil || len(z.rrs) == 0 {
		panic("bad zone " + apex)
	}
	return z
}

func (z zoneData) at(name string, qtype uint16) []dns.RR {
	var out []dns.RR
	for _, rr := range z.rrs {
		if dns.CanonicalName(rr.Header().Name) == name && rr.Header().Rrtype == qtype {
			out = append(out, rr)
		}
	}
	return out
}

// cut returns the delegation at or above a name, below the apex.
func (z zoneData) cut(name string, qtype uint16) []dns.RR {
	for ; name != z.apex; name = parentName(name) {
		if qtype == dns.TypeDS {
			qtype = 0
			continue
		}
		if ns := z.at(name, dns.TypeNS); len(ns) > 0 {
			return ns
		}
	}
	return nil
}

func (z zoneData) exists(name string) bool {
	return slices.ContainsFunc(z.rrs, func(rr dns.RR) bool {
		return dns.IsSubDomain(name, dns.CanonicalName(rr.Header().Name))
	})
}

// serveZones answers from zones as an ordinary unsigned name server does. Of
// several the deepest that holds the name answers.
func serveZones(zones ...zoneData) dns.HandlerFunc {
	return func(w dns.ResponseWriter, m *dns.Msg) {
		_ = w.WriteMsg(zoneReply(m, zones))
	}
}

func zoneReply(m *dns.Msg, zones []zoneData) *dns.Msg {
	r := new(dns.Msg).SetReply(m)
	q := m.Question[0]
	name := dns.CanonicalName(q.Name)
	var best *zoneData
	for i, z := range zones {
		holds := dns.IsSubDomain(z.apex, name) && (q.Qtype != dns.TypeDS || z.apex != name || name == ".")
		if holds && (best == nil || len(z.apex) > len(best.apex)) {
			best = &zones[i]
		}
	}
	if best == nil {
		r.Rcode = dns.RcodeRefused
		return r
	}
	best.fill(r, name, q.Qtype)
	return r
}

// fill answers from one zone.
func (z zoneData) fill(r *dns.Msg, name string, qtype uint16) {
	if ns := z.cut(name, qtype); ns != nil {
		r.Ns = ns
		for _, rr := range ns {
			target := dns.CanonicalName(rr.(*dns.NS).Ns)
			r.Extra = append(r.Extra, z.at(target, dns.TypeA)...)
			r.Extra = append(r.Extra, z.at(target, dns.TypeAAAA)...)
		}
		return
	}
	r.Authoritative = true
	for range 10 {
		if rrs := z.at(name, qtype); len(rrs) > 0 {
			r.Answer = append(r.Answer, rrs...)
			return
		}
		cname := z.at(name, dns.TypeCNAME)
		if len(cname) == 0 {
			break
		}
		r.Answer = append(r.Answer, cname...)
		name = dns.CanonicalName(cname[0].(*dns.CNAME).Target)
		if !dns.IsSubDomain(z.apex, name) || z.cut(name, qtype) != nil {
			return
		}
	}
	if !z.exists(name) {
		r.Rcode = dns.RcodeNameError
	}
	r.Ns = z.at(z.apex, dns.TypeSOA)
}

const soaLine = "@ SOA ns hostmaster 1 7200 3600 1209600 300\n"

package resolver

import (
	"context"
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

// miniNet is a set of name servers on loopback addresses that share one port.
type miniNet struct {
	t    *testing.T
	port uint16

	mu    sync.Mutex
	asked []string // "address name type", in the order of arrival
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
		n := &miniNet{t: t}
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

// record notes what is asked of a server over UDP.
func (n *miniNet) record(addr string, h dns.HandlerFunc) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
			n.mu.Lock()
			q := m.Question[0]
			n.asked = append(n.asked, addr+" "+dns.CanonicalName(q.Name)+" "+dns.TypeToString[q.Qtype])
			n.mu.Unlock()
		}
		h(w, m)
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
	client := exchange.New(exchange.Config{Timeout: 300 * time.Millisecond, Retries: -1})
	n.t.Cleanup(func() { _ = client.Close() })
	cfg.Exchanger = client
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

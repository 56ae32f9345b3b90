package resolver

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// The servers of the ordinary world: the root at 127.0.53.1, test. at 127.0.53.2,
// and zones below at other addresses.
const (
	rootAddr  = "127.0.53.1"
	testAddr  = "127.0.53.2"
	childAddr = "127.0.53.3"
	otherAddr = "127.0.53.4"
	deadAddr  = "127.0.53.9" // nothing listens there unless a test says so
)

func rootZone(more string) zoneData {
	return parseZone(".", soaLine+"@ NS ns.\ntest. NS ns.test.\nns.test. A "+testAddr+"\n"+more)
}

// testZone delegates child.test. to the servers given as "name address", without
// glue where there is no address.
func testZone(servers ...string) zoneData {
	text := soaLine + "@ NS ns\nns A " + testAddr + "\n"
	for _, s := range servers {
		name, addr, glue := strings.Cut(s, " ")
		text += "child NS " + name + "\n"
		if glue {
			text += name + " A " + addr + "\n"
		}
	}
	return parseZone("test.", text)
}

func childZone() zoneData {
	return parseZone("child.test.", soaLine+`@ NS ns
ns A 127.0.53.3
@ MX 10 mx
mx A 192.0.2.25
_25._tcp.mx TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
www CNAME mx
`)
}

// ordinary is the world where everything works.
func ordinary() map[string]dns.HandlerFunc {
	return map[string]dns.HandlerFunc{
		rootAddr:  serveZones(rootZone("")),
		testAddr:  serveZones(testZone("ns.child.test. " + childAddr)),
		childAddr: serveZones(childZone()),
	}
}

func TestIterateWalksFromTheRoot(t *testing.T) {
	n := newMiniNet(t, ordinary())
	it := n.iterate(IterateConfig{}, rootAddr)
	a := lookupIn(t, it, "CHILD.test", dns.TypeMX)
	if a.Outcome != Found || a.Status != dnssec.Insecure || len(a.Records) != 1 {
		t.Fatalf("%v %v %v", a.Outcome, a.Status, a.Records)
	}
	want := []string{
		rootAddr + " child.test. MX", testAddr + " child.test. MX", childAddr + " child.test. MX",
	}
	if got := n.seen(); !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
	if a.Queries != 3 || a.Server.Addr().String() != childAddr || a.Zone != "child.test." {
		t.Errorf("queries %d, server %v, zone %q", a.Queries, a.Server, a.Zone)
	}
	a = lookupIn(t, it, "www.child.test", dns.TypeA)
	if a.Outcome != Found || a.Expanded() != "mx.child.test." || a.Queries != 1 {
		t.Errorf("%v %q %d", a.Outcome, a.Expanded(), a.Queries)
	}
	for name, want := range map[string]Outcome{
		"mx.child.test": NoData, "nowhere.child.test": NXDomain, "_tcp.mx.child.test": NoData,
	} {
		if a := lookupIn(t, it, name, dns.TypeTXT); a.Outcome != want || a.Failed() {
			t.Errorf("%s: %v, want %v", name, a.Outcome, want)
		}
	}
}

// oddServer wraps the handler of the child zone.
type oddServer func(next dns.HandlerFunc) dns.HandlerFunc

func onlyFor(qtype uint16, odd dns.HandlerFunc) oddServer {
	return func(next dns.HandlerFunc) dns.HandlerFunc {
		return func(w dns.ResponseWriter, m *dns.Msg) {
			if m.Question[0].Qtype == qtype {
				odd(w, m)
				return
			}
			next(w, m)
		}
	}
}

func rcode(code int) dns.HandlerFunc {
	return func(w dns.ResponseWriter, m *dns.Msg) {
		_ = w.WriteMsg(new(dns.Msg).SetRcode(m, code))
	}
}

func silence(dns.ResponseWriter, *dns.Msg) {}

// edit changes the replies of a server.
func edit(change func(r *dns.Msg)) oddServer {
	return func(dns.HandlerFunc) dns.HandlerFunc {
		return func(w dns.ResponseWriter, m *dns.Msg) {
			r := zoneReply(m, []zoneData{childZone()})
			change(r)
			_ = w.WriteMsg(r)
		}
	}
}

// refuseEDNS answers FORMERR to questions with EDNS.
func refuseEDNS(next dns.HandlerFunc) dns.HandlerFunc {
	return func(w dns.ResponseWriter, m *dns.Msg) {
		if m.IsEdns0() != nil {
			_ = w.WriteMsg(&dns.Msg{MsgHdr: dns.MsgHdr{Id: m.Id, Response: true, Rcode: dns.RcodeFormatError}, Question: m.Question})
			return
		}
		next(w, m)
	}
}

// oddServers are the ways in which the server of child.test. is odd, and what a
// lookup there comes to.
var oddServers = []struct {
	name  string
	odd   oddServer
	ask   string
	qtype uint16
	want  Outcome
}{
	{"EDNS refused", refuseEDNS, "child.test.", dns.TypeMX, Found},
	{"TLSA refused", onlyFor(dns.TypeTLSA, rcode(dns.RcodeRefused)), "_25._tcp.mx.child.test.", dns.TypeTLSA, Refused},
	{"TLSA servfail", onlyFor(dns.TypeTLSA, rcode(dns.RcodeServerFailure)), "_25._tcp.mx.child.test.", dns.TypeTLSA, ServFail},
	{"TLSA notimp", onlyFor(dns.TypeTLSA, rcode(dns.RcodeNotImplemented)), "_25._tcp.mx.child.test.", dns.TypeTLSA, NotImp},
	{"TLSA formerr", onlyFor(dns.TypeTLSA, rcode(dns.RcodeFormatError)), "_25._tcp.mx.child.test.", dns.TypeTLSA, FormErr},
	{"TLSA dropped", onlyFor(dns.TypeTLSA, silence), "_25._tcp.mx.child.test.", dns.TypeTLSA, Timeout},
	{"TLSA dropped, A answered", onlyFor(dns.TypeTLSA, silence), "mx.child.test.", dns.TypeA, Found},
	{"CNAME at the apex", edit(func(r *dns.Msg) {
		if r.Question[0].Name == "child.test." {
			r.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: "child.test.", Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 60}, Target: "mx.child.test."}}
			r.Ns = nil
		}
	}), "child.test.", dns.TypeA, Found},
	{"case mangled", edit(func(r *dns.Msg) {
		r.Question[0].Name = strings.ToUpper(r.Question[0].Name)
		for _, rr := range r.Answer {
			rr.Header().Name = strings.ToUpper(rr.Header().Name)
		}
	}), "child.test.", dns.TypeMX, Found},
	{"no SOA in NODATA", edit(func(r *dns.Msg) { r.Ns = nil }), "mx.child.test.", dns.TypeTLSA, NoData},
	{"no SOA, no AA", edit(func(r *dns.Msg) { r.Ns, r.Authoritative = nil, false }), "mx.child.test.", dns.TypeTLSA, NoData},
	{"duplicate records", edit(func(r *dns.Msg) { r.Answer = append(r.Answer, r.Answer...) }), "child.test.", dns.TypeMX, Found},
	{"no AA", edit(func(r *dns.Msg) { r.Authoritative = false }), "child.test.", dns.TypeMX, Found},
	{"truncated over UDP", func(next dns.HandlerFunc) dns.HandlerFunc {
		return func(w dns.ResponseWriter, m *dns.Msg) {
			if w.RemoteAddr().Network() == "tcp" {
				next(w, m)
				return
			}
			r := new(dns.Msg).SetReply(m)
			r.Truncated = true
			_ = w.WriteMsg(r)
		}
	}, "child.test.", dns.TypeMX, Found},
	{"NXDOMAIN for what is there, below", edit(func(r *dns.Msg) {
		if r.Question[0].Name == "_tcp.mx.child.test." {
			r.Rcode = dns.RcodeNameError
		}
	}), "_25._tcp.mx.child.test.", dns.TypeTLSA, Found},
}

func TestIterateOddServers(t *testing.T) {
	for _, tt := range oddServers {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			world := ordinary()
			world[childAddr] = tt.odd(world[childAddr])
			n := newMiniNet(t, world)
			a := lookupIn(t, n.iterate(IterateConfig{}, rootAddr), tt.ask, tt.qtype)
			if a.Outcome != tt.want {
				t.Errorf("%v, want %v; asked %q", a.Outcome, tt.want, n.seen())
			}
			if tt.want == Found && len(a.Records) != 1 {
				t.Errorf("records %v", a.Records)
			}
		})
	}
}

func TestIterateRemembersServersWithoutEDNS(t *testing.T) {
	var withEDNS atomic.Int32
	world := ordinary()
	next := world[childAddr]
	world[childAddr] = func(w dns.ResponseWriter, m *dns.Msg) {
		if m.IsEdns0() != nil {
			withEDNS.Add(1)
			rcode(dns.RcodeNotImplemented)(w, m)
			return
		}
		next(w, m)
	}
	n := newMiniNet(t, world)
	it := n.iterate(IterateConfig{}, rootAddr)
	for range 3 {
		if a := lookupIn(t, it, "child.test.", dns.TypeMX); a.Outcome != Found {
			t.Fatal(a.Outcome)
		}
	}
	if n := withEDNS.Load(); n != 1 {
		t.Errorf("asked with EDNS %d times, want once", n)
	}
}

// TestIterateOtherServer has two servers for a zone of which the first is of no
// use in some way.
func TestIterateOtherServer(t *testing.T) {
	upward := func(w dns.ResponseWriter, m *dns.Msg) {
		r := new(dns.Msg).SetReply(m)
		r.Ns = parseZone(".", "@ NS ns.").rrs
		_ = w.WriteMsg(r)
	}
	sideways := func(w dns.ResponseWriter, m *dns.Msg) {
		r := new(dns.Msg).SetReply(m)
		r.Ns = parseZone("elsewhere.", "@ NS ns.test.").rrs
		_ = w.WriteMsg(r)
	}
	self := func(w dns.ResponseWriter, m *dns.Msg) {
		r := new(dns.Msg).SetReply(m)
		r.Ns = parseZone("child.test.", "@ NS ns").rrs
		_ = w.WriteMsg(r)
	}
	recursive := func(w dns.ResponseWriter, m *dns.Msg) {
		r := zoneReply(m, []zoneData{parseZone("child.test.", soaLine+"@ MX 10 stale.")})
		r.Authoritative, r.RecursionAvailable = false, true
		_ = w.WriteMsg(r)
	}
	truncated := func(w dns.ResponseWriter, m *dns.Msg) {
		if _, tcp := w.RemoteAddr().(interface{ AddrPort() any }); !tcp && w.RemoteAddr().Network() == "udp" {
			r := new(dns.Msg).SetReply(m)
			r.Truncated = true
			_ = w.WriteMsg(r)
		}
	}
	for name, first := range map[string]dns.HandlerFunc{
		"dead": silence, "refused": rcode(dns.RcodeRefused), "servfail": rcode(dns.RcodeServerFailure),
		"upward": upward, "sideways": sideways, "refers to itself": self, "recursive": recursive,
		"truncated without TCP": truncated,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world := ordinary()
			world[testAddr] = serveZones(testZone("ns1.child.test. "+otherAddr, "ns2.child.test. "+childAddr))
			world[otherAddr] = first
			n := newMiniNet(t, world)
			it := n.iterate(IterateConfig{}, rootAddr)
			a := lookupIn(t, it, "child.test.", dns.TypeMX)
			if a.Outcome != Found || a.Records[0].(*dns.MX).Mx != "mx.child.test." {
				t.Fatalf("%v %v; asked %q", a.Outcome, a.Records, n.seen())
			}
			n.seen()
			// What was learnt is used: the useless server is not asked first again.
			if a := lookupIn(t, it, "child.test.", dns.TypeMX); a.Outcome != Found {
				t.Fatal(a.Outcome)
			}
			asked := n.seen()
			first := len(asked) > 0 && strings.HasPrefix(asked[0], otherAddr)
			if first && name != "servfail" {
				t.Errorf("asked again first: %q", asked)
			}
		})
	}
}

func TestIterateParentAndChildOnOneServer(t *testing.T) {
	world := ordinary()
	both := serveZones(testZone("ns.child.test. "+testAddr), childZone())
	world[testAddr] = both
	delete(world, childAddr)
	n := newMiniNet(t, world)
	it := n.iterate(IterateConfig{}, rootAddr)
	if a := lookupIn(t, it, "child.test.", dns.TypeMX); a.Outcome != Found || a.Queries != 2 {
		t.Errorf("%v, %d queries", a.Outcome, a.Queries)
	}
	// The parent's side answers for DS, although the child is there, too.
	if a := lookupIn(t, it, "child.test.", dns.TypeDS); a.Outcome != NoData {
		t.Errorf("DS: %v", a.Outcome)
	}
}

func TestIterateNameServersWithoutGlue(t *testing.T) {
	world := map[string]dns.HandlerFunc{
		rootAddr:  serveZones(rootZone("other. NS ns.other.\nns.other. A " + otherAddr + "\n")),
		testAddr:  serveZones(testZone("gone.other.", "ns.other-side.other.")),
		otherAddr: serveZones(parseZone("other.", soaLine+"@ NS ns\nns A "+otherAddr+"\nns.other-side A "+childAddr+"\n")),
		childAddr: serveZones(childZone()),
	}
	n := newMiniNet(t, world)
	it := n.iterate(IterateConfig{}, rootAddr)
	a := lookupIn(t, it, "child.test.", dns.TypeMX)
	if a.Outcome != Found {
		t.Fatalf("%v; asked %q", a.Outcome, n.seen())
	}
	n.seen()
	// The addresses of name servers are remembered, and that there are none.
	a = lookupIn(t, it, "child.test.", dns.TypeTXT)
	if want := []string{childAddr + " child.test. TXT"}; a.Outcome != NoData || !slices.Equal(n.seen(), want) {
		t.Errorf("%v", a.Outcome)
	}
}

// heldNet is an Exchanger that holds every question back until it is released.
type heldNet struct {
	release chan struct{}
	asked   atomic.Int32
}

func (n *heldNet) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, _ exchange.Options) (exchange.Reply, error) {
	n.asked.Add(1)
	select {
	case <-n.release:
	case <-ctx.Done():
		return exchange.Reply{}, &exchange.Error{Kind: exchange.Cancelled, Server: server, Queries: 1, Err: ctx.Err()}
	}
	r := new(dns.Msg).SetQuestion(q.Name, q.Type)
	r.Response, r.Authoritative = true, true
	r.Answer = []dns.RR{mustRR(q.Name + " MX 10 mx.test.")}
	return exchange.Reply{Msg: carried(r), Server: server, Queries: 1}, nil
}

// TestIterateOneFlight: identical questions at one time are asked once; one who
// gives up does not spoil it for the others.
func TestIterateOneFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := &heldNet{release: make(chan struct{})}
		v, err := dnssec.New(dnssec.Config{Anchors: []dnssec.Anchor{}})
		if err != nil {
			t.Fatal(err)
		}
		it, err := NewIterate(IterateConfig{Exchanger: net, Validator: v})
		if err != nil {
			t.Fatal(err)
		}
		leader, giveUp := context.WithCancel(context.Background())
		answers := make(chan Answer, 30)
		look := func(ctx context.Context) { answers <- it.Lookup(ctx, "child.test.", dns.TypeMX) }
		go look(leader)
		synctest.Wait()
		for range 19 {
			go look(context.Background())
		}
		follower, cancel := context.WithCancel(context.Background())
		go look(follower)
		synctest.Wait()
		if n := net.asked.Load(); n != 1 {
			t.Errorf("asked %d times, want once", n)
		}
		cancel()
		giveUp() // one of those who wait takes over
		for range 2 {
			if a := <-answers; a.Reason != dnssec.ReasonCancelled {
				t.Errorf("given up: %v %v", a.Outcome, a.Reason)
			}
		}
		synctest.Wait()
		close(net.release)
		for range 19 {
			if a := <-answers; a.Outcome != Found {
				t.Errorf("%v %v", a.Outcome, a.Reason)
			}
		}
		if n := net.asked.Load(); n != 2 {
			t.Errorf("asked %d times, want twice", n)
		}
	})
}

func TestIterateEndsWithItsContext(t *testing.T) {
	arrived, held := make(chan struct{}, 1), make(chan struct{})
	world := ordinary()
	world[childAddr] = func(dns.ResponseWriter, *dns.Msg) {
		arrived <- struct{}{}
		<-held
	}
	n := newMiniNet(t, world)
	t.Cleanup(func() { close(held) })
	it := n.iterate(IterateConfig{}, rootAddr)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-arrived
		cancel()
	}()
	a := it.Lookup(ctx, "child.test.", dns.TypeMX)
	if !a.Failed() || a.Reason != dnssec.ReasonCancelled {
		t.Errorf("%v %v", a.Outcome, a.Reason)
	}
}

func TestIteratePrefersTheQuickServer(t *testing.T) {
	world := ordinary()
	world[testAddr] = serveZones(testZone("ns1.child.test. "+otherAddr, "ns2.child.test. "+childAddr))
	world[otherAddr] = serveZones(childZone())
	n := newMiniNet(t, world)
	n.rtt[otherAddr] = 120 * time.Millisecond
	it := n.iterate(IterateConfig{}, rootAddr)
	for i := range 6 {
		lookupIn(t, it, fmt.Sprintf("n%d.child.test.", i), dns.TypeA)
	}
	asked := 0
	for _, s := range n.seen() {
		if strings.HasPrefix(s, otherAddr) {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("the slow server was asked %d times, want once", asked)
	}
}

// TestIterateMovedZone has a zone whose servers fall silent and that moves to
// others: its old delegation is not believed until it expires.
func TestIterateMovedZone(t *testing.T) {
	var moved atomic.Bool
	world := ordinary()
	world[testAddr] = func(w dns.ResponseWriter, m *dns.Msg) {
		at := otherAddr
		if moved.Load() {
			at = childAddr
		}
		_ = w.WriteMsg(zoneReply(m, []zoneData{testZone("ns.child.test. " + at)}))
	}
	world[otherAddr] = silence
	n := newMiniNet(t, world)
	it := n.iterate(IterateConfig{}, rootAddr)
	for range deadAfter {
		if a := lookupIn(t, it, "child.test.", dns.TypeMX); a.Outcome != Timeout {
			t.Fatal(a.Outcome)
		}
	}
	moved.Store(true)
	if a := lookupIn(t, it, "child.test.", dns.TypeMX); a.Outcome != Found {
		t.Errorf("%v; asked %q", a.Outcome, n.seen())
	}
}

// TestIterateStub has a zone whose servers are given: they are asked without a
// delegation, but for its DS set the parent is.
func TestIterateStub(t *testing.T) {
	world := ordinary()
	world[testAddr] = serveZones(testZone()) // does not delegate
	n := newMiniNet(t, world)
	stub := Zone{Name: "child.test", Servers: []NameServer{{Addrs: []netip.Addr{netip.MustParseAddr(childAddr)}}}}
	it := n.iterate(IterateConfig{Zones: []Zone{stub}}, rootAddr)
	if a := lookupIn(t, it, "www.child.test.", dns.TypeA); a.Outcome != Found || a.Queries != 1 {
		t.Errorf("%v in %d queries", a.Outcome, a.Queries)
	}
	n.seen()
	if a := lookupIn(t, it, "child.test.", dns.TypeDS); a.Outcome != NXDomain {
		t.Errorf("DS: %v", a.Outcome)
	}
	if want := []string{rootAddr + " child.test. DS", testAddr + " child.test. DS"}; !slices.Equal(n.seen(), want) {
		t.Errorf("DS was not asked of the parent")
	}
}

func TestNewIterateChecksItsConfiguration(t *testing.T) {
	v, err := dnssec.New(dnssec.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]IterateConfig{
		"no exchanger": {Validator: v}, "no validator": {Exchanger: &silentNet{}},
		"no family": {Exchanger: &silentNet{}, Validator: v, IPv4Only: true, IPv6Only: true},
	} {
		if _, err := NewIterate(cfg); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	it, err := NewIterate(IterateConfig{Exchanger: &silentNet{}, Validator: v})
	if err != nil {
		t.Fatal(err)
	}
	if a := it.Lookup(context.Background(), strings.Repeat("a", 64)+".test", dns.TypeA); a.Outcome != FormErr {
		t.Errorf("a name that is none: %v", a.Outcome)
	}
}

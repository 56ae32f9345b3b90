package lab_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/lab"
)

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func question(name string, qtype uint16) dns.Question {
	return dns.Question{Name: name, Qtype: qtype, Qclass: dns.ClassINET}
}

// TestFront: the bits that a resolver has to honour.
func TestFront(t *testing.T) {
	l := start(t, lab.Config{})
	for _, tc := range []struct {
		name   string
		qtype  uint16
		do, cd bool
		ad     bool // asked for in the header
		rcode  int
		wantAD bool
		sigs   bool
		ede    int
	}{
		{name: ".", qtype: dns.TypeDNSKEY, do: true, wantAD: true, sigs: true},
		{name: ".", qtype: dns.TypeDNSKEY, ad: true, wantAD: true},
		{name: ".", qtype: dns.TypeDNSKEY},
		{name: "ee-spki.optout.", qtype: dns.TypeSOA, do: true, wantAD: true, sigs: true},
		{name: "under-unsigned.unsigned.", qtype: dns.TypeSOA, do: true},
		{name: "ee-spki.optout.", qtype: dns.TypeMX, do: true, cd: true, sigs: true},
		{name: "bogus-ds.nsec.", qtype: dns.TypeMX, do: true, rcode: dns.RcodeServerFailure, ede: 9},
		{name: "bogus-expired.optout.", qtype: dns.TypeMX, do: true, rcode: dns.RcodeServerFailure, ede: 7},
		{name: "bogus-stripped.nsec.", qtype: dns.TypeMX, do: true, rcode: dns.RcodeServerFailure, ede: 10},
		{name: "bogus-mx.optout.", qtype: dns.TypeMX, do: true, rcode: dns.RcodeServerFailure, ede: 6},
		{name: "bogus-mx.optout.", qtype: dns.TypeMX, do: true, cd: true, sigs: true},
		{name: "_25._tcp.mx.tlsa-timeout.optout.", qtype: dns.TypeTLSA, do: true, cd: true, rcode: dns.RcodeServerFailure, ede: 22},
		{name: "mx.dead-signed.nsec.", qtype: dns.TypeA, do: true, rcode: dns.RcodeServerFailure, ede: 22},
		{name: "nxdomain.nsec.", qtype: dns.TypeMX, do: true, rcode: dns.RcodeNameError, wantAD: true},
		{name: "nxdomain.optout.", qtype: dns.TypeMX, do: true, rcode: dns.RcodeNameError},
		{name: "plain.optout.", qtype: dns.TypeDS, do: true},
		{name: "unsigned-under-nsec.nsec.", qtype: dns.TypeDS, do: true, wantAD: true},
		{name: "mx.host-alias.nsec.", qtype: dns.TypeA, do: true, wantAD: true, sigs: true},
		{name: "mx.host-alias-insecure.optout.", qtype: dns.TypeA, do: true, sigs: true},
		{name: "loop.alias-loop.nsec.", qtype: dns.TypeMX, do: true, rcode: dns.RcodeServerFailure},
	} {
		m := &dns.Msg{Question: []dns.Question{question(tc.name, tc.qtype)}}
		m.Id, m.RecursionDesired, m.CheckingDisabled, m.AuthenticatedData = dns.Id(), true, tc.cd, tc.ad
		m.SetEdns0(1232, tc.do)
		in, _, err := untiring.Exchange(m, l.Front().String())
		if err != nil {
			t.Fatal(err)
		}
		sigs := false
		for _, rr := range in.Answer {
			sigs = sigs || rr.Header().Rrtype == dns.TypeRRSIG
		}
		if in.Rcode != tc.rcode || in.AuthenticatedData != tc.wantAD || sigs != tc.sigs || ede(in) != tc.ede || !in.RecursionAvailable || in.CheckingDisabled != tc.cd {
			t.Errorf("%s %s do=%v cd=%v: got EDE %d and\n%v", tc.name, dns.TypeToString[tc.qtype], tc.do, tc.cd, ede(in), in)
		}
	}
	if in := exchange(t, l.Front(), question(".", dns.TypeNS), false, false); in.Rcode != dns.RcodeRefused {
		t.Errorf("a question without RD was answered %s", dns.RcodeToString[in.Rcode])
	}
}

func ede(m *dns.Msg) int {
	for _, o := range m.IsEdns0().Option {
		if e, ok := o.(*dns.EDNS0_EDE); ok {
			return int(e.InfoCode)
		}
	}
	return 0
}

// TestSpellingIsEchoed: the question comes back as it was spelt (RFC 5452, Section
// 9.1 and the 0x20 trick), from the packed answer, too.
func TestSpellingIsEchoed(t *testing.T) {
	l := start(t, lab.Config{})
	for _, name := range []string{"ee-spki.optout.", "Ee-sPkI.oPtOuT.", "EE-SPKI.OPTOUT."} {
		in := exchange(t, l.Front(), question(name, dns.TypeMX), true, false)
		if in.Question[0].Name != name || in.Answer[0].Header().Name != name {
			t.Errorf("asked for %s, got\n%v", name, in)
		}
	}
}

func TestTruncation(t *testing.T) {
	l := start(t, lab.Config{})
	q := question("_25._tcp.mx.many-records.nsec.", dns.TypeTLSA)
	for _, tc := range []struct {
		edns  uint16
		short bool
	}{{0, true}, {512, true}, {1232, true}, {4096, true}} { // 4096: we send no more than 1232 all the same
		m := &dns.Msg{Question: []dns.Question{q}}
		m.Id, m.RecursionDesired = dns.Id(), true
		if tc.edns > 0 {
			m.SetEdns0(tc.edns, true)
		}
		in, _, err := untiring.Exchange(m, l.Front().String())
		if err != nil || in.Truncated != tc.short || (in.IsEdns0() != nil) != (tc.edns > 0) {
			t.Errorf("EDNS %d: %v\n%v", tc.edns, err, in)
		}
	}
	if in := exchange(t, l.Front(), q, true, false); len(in.Answer) != 18 {
		t.Errorf("%d records over TCP, 17 and a signature wanted", len(in.Answer))
	}
}

// TestHostilePackets: what is no question gets an error or nothing, and the server
// lives on.
func TestHostilePackets(t *testing.T) {
	l := start(t, lab.Config{})
	good, _ := (&dns.Msg{MsgHdr: dns.MsgHdr{Id: 7, RecursionDesired: true}, Question: []dns.Question{question("nsec.", dns.TypeSOA)}}).Pack()
	change := func(at int, to ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], to)
		return b
	}
	for _, tc := range []struct {
		what   string
		packet []byte
		rcode  int // -1: no answer
	}{
		{"nothing", nil, -1},
		{"a header cut short", good[:11], -1},
		{"a reply", change(2, 0x80), -1},
		{"an update", change(2, 0x28), dns.RcodeNotImplemented},
		{"no question", change(4, 0, 0), dns.RcodeFormatError},
		{"two questions", change(4, 0, 2), dns.RcodeFormatError},
		{"a name that points at itself", change(12, 0xc0, 12), dns.RcodeFormatError},
		{"a name cut short", good[:14], dns.RcodeFormatError},
		{"class CH", change(len(good)-2, 0, 3), dns.RcodeRefused},
		{"EDNS version 1", append(change(10, 0, 1), 0, 0, 41, 4, 208, 0, 1, 0, 0, 0, 0), 0}, // BADVERS: 16, whose low bits are 0
		{"good", good, 0},
	} {
		if got := rawExchange(t, l.Front(), tc.packet, tc.rcode >= 0); got != tc.rcode {
			t.Errorf("%s: rcode %d, want %d", tc.what, got, tc.rcode)
		}
	}
}

func rawExchange(t *testing.T, at netip.AddrPort, packet []byte, patient bool) int {
	t.Helper()
	conn, err := net.Dial("udp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	wait := 50 * time.Millisecond
	if patient {
		wait = time.Minute
	}
	conn.SetDeadline(time.Now().Add(wait))
	conn.Write(packet)
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if err != nil || n < 12 {
		return -1
	}
	if binary.BigEndian.Uint16(buf) != binary.BigEndian.Uint16(packet) {
		t.Error("another ID")
	}
	return int(buf[3] & 0xf)
}

func TestCounters(t *testing.T) {
	l := start(t, lab.Config{Count: true})
	q := question("ee-spki.optout.", dns.TypeMX)
	exchange(t, l.Front(), q, true, false)
	exchange(t, l.Front(), question("EE-SPKI.OPTOUT.", dns.TypeMX), true, false)
	root := netip.AddrPortFrom(netip.MustParseAddr("127.20.0.1"), uint16(l.DNSPort()))
	exchange(t, root, q, false, false)
	c := l.Counters()
	if c.AskedFront("ee-spki.optout", dns.TypeMX) != 2 || c.Asked("EE-spki.optout.", dns.TypeMX) != 1 || c.Asked("ee-spki.optout", dns.TypeA) != 0 {
		t.Error("questions were not counted right")
	}
	if c.FrontQueries() != 2 || c.Queries() != 1 {
		t.Errorf("%d and %d queries", c.FrontQueries(), c.Queries())
	}
	if got := c.Questions(true); len(got) != 1 || got[q] != 2 {
		t.Errorf("the front was asked %v", got)
	}
	addr := addressesOf(t, l, "mx.ee-spki.optout")[0]
	visit(t, netip.AddrPortFrom(addr, uint16(l.SMTPPort())), "mx.ee-spki.optout", time.Minute)
	if c.Sessions(addr) != 1 || c.AllSessions()[addr] != 1 || c.TotalSessions() != 1 || c.Handshakes()[lab.Shake{Addr: addr, Name: "mx.ee-spki.optout"}] != 1 {
		t.Errorf("%d sessions, handshakes %v", c.Sessions(addr), c.Handshakes())
	}
}

func TestLatencyAndLoss(t *testing.T) {
	slow := start(t, lab.Config{Latency: 30 * time.Millisecond})
	before := time.Now()
	exchange(t, slow.Front(), question(".", dns.TypeSOA), true, false)
	if took := time.Since(before); took < 30*time.Millisecond {
		t.Errorf("an answer after %s, not before 30ms wanted", took)
	}
	lossy := start(t, lab.Config{Loss: 1})
	if in, err := dns.Exchange(new(dns.Msg).SetQuestion(".", dns.TypeSOA), lossy.Front().String()); err == nil {
		t.Errorf("an answer although everything is lost: %v", in)
	}
	if lossy.Counters().Dropped() == 0 {
		t.Error("losses were not counted")
	}
}

// TestTwoLabs: ports that are taken are an error, ports left open never clash, and
// closing frees everything.
func TestTwoLabs(t *testing.T) {
	one := start(t, lab.Config{})
	second := newLab(t, lab.Config{DNSPort: one.DNSPort()})
	if err := second.Start(context.Background()); err == nil {
		t.Error("two labs at one port")
	}
	third := newLab(t, lab.Config{SMTPPort: one.SMTPPort()})
	if err := third.Start(context.Background()); err == nil {
		t.Error("two labs at one mail port")
	}
	one.Close()
	if err := second.Start(context.Background()); err != nil {
		t.Error(err)
	}
	second.Close()
}

// TestCancelEndsEverything: a session in a tarpit included.
func TestCancelEndsEverything(t *testing.T) {
	l := newLab(t, lab.Config{})
	ctx, cancel := context.WithCancel(context.Background())
	if err := l.Start(ctx); err != nil {
		t.Fatal(err)
	}
	addr := addressesOf(t, l, "mx.tarpit.optout")[0]
	conn, err := net.Dial("tcp", netip.AddrPortFrom(addr, uint16(l.SMTPPort())).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cancel()
	done := make(chan error)
	go func() { done <- l.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the lab does not end")
	}
}

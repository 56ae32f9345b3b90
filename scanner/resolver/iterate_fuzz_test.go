package resolver

import (
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// FuzzIterateReply feeds the judge of replies bytes that unpack: what it takes of
// them lies within the zone asked, and a referral leads down towards the name.
func FuzzIterateReply(f *testing.F) {
	const zone, name = "test.", "www.child.test."
	seed := func(fill func(r *dns.Msg)) {
		r := new(dns.Msg).SetQuestion(name, dns.TypeA)
		r.Response = true
		fill(r)
		wire, err := r.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	seed(func(r *dns.Msg) { r.Answer = []dns.RR{mustRR(name + " A 192.0.2.1")} })
	seed(func(r *dns.Msg) {
		r.Answer = []dns.RR{mustRR(name + " CNAME a.test."), mustRR("a.test. CNAME x.elsewhere."), mustRR("x.elsewhere. A 192.0.2.1")}
	})
	seed(func(r *dns.Msg) { r.Answer = []dns.RR{mustRR("child.test. DNAME a.test.")} })
	seed(func(r *dns.Msg) {
		r.Ns = []dns.RR{mustRR("child.test. NS ns.child.test."), mustRR("child.test. DS 1 13 2 aabb")}
		r.Extra = []dns.RR{mustRR("ns.child.test. A 192.0.2.1"), mustRR("ns.elsewhere. A 192.0.2.2")}
	})
	seed(func(r *dns.Msg) { r.Ns, r.Rcode = []dns.RR{mustRR("test. SOA a. b. 1 2 3 4 5")}, dns.RcodeNameError })
	seed(func(r *dns.Msg) { r.Ns = []dns.RR{mustRR(". NS ns.test.")} })

	v, err := dnssec.New(dnssec.Config{Anchors: []dnssec.Anchor{}})
	if err != nil {
		f.Fatal(err)
	}
	it, err := NewIterate(IterateConfig{Exchanger: &silentNet{}, Validator: v})
	if err != nil {
		f.Fatal(err)
	}
	asked, err := dnssec.Spell(name)
	if err != nil {
		f.Fatal(err)
	}
	d := &delegation{zone: zone, apex: mustName(zone)}
	f.Fuzz(func(t *testing.T, wire []byte) {
		msg, err := dnssec.Unpack(wire)
		if err != nil {
			return
		}
		for _, qtype := range []uint16{dns.TypeA, dns.TypeDS, dns.TypeCNAME} {
			r := exchange.Reply{Msg: msg, Server: netip.MustParseAddrPort("192.0.2.53:53"), RTT: time.Millisecond}
			checkVerdict(t, it.judge(r, d, asked, qtype), zone, name)
		}
	})
}

func checkVerdict(t *testing.T, v verdict, zone, name string) {
	t.Helper()
	if v.part == nil && v.next == nil && v.err == nil {
		t.Fatal("no verdict")
	}
	if v.part != nil {
		for _, r := range v.part.answer {
			if !dns.IsSubDomain(zone, r.Owner.String()) {
				t.Errorf("answer %v from outside %s", r, zone)
			}
		}
		if v.part.open && len(v.part.targets) == 0 || len(v.part.targets) > maxChain+1 {
			t.Errorf("%d targets, open %v", len(v.part.targets), v.part.open)
		}
	}
	if v.next != nil {
		if v.next.zone == zone || !dns.IsSubDomain(zone, v.next.zone) || !dns.IsSubDomain(v.next.zone, name) {
			t.Errorf("referral to %s", v.next.zone)
		}
		for _, ns := range v.next.servers {
			if len(ns.Addrs) > 0 && !dns.IsSubDomain(zone, ns.Name) {
				t.Errorf("glue of %s", ns.Name)
			}
		}
		if len(v.next.servers) > maxServerNames {
			t.Errorf("%d servers", len(v.next.servers))
		}
	}
}

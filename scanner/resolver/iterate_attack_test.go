package resolver

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// reply makes a handler of a function that fills a reply.
func reply(fill func(r *dns.Msg, name string, qtype uint16)) dns.HandlerFunc {
	return func(w dns.ResponseWriter, m *dns.Msg) {
		r := new(dns.Msg).SetReply(m)
		fill(r, dns.CanonicalName(m.Question[0].Name), m.Question[0].Qtype)
		_ = w.WriteMsg(r)
	}
}

// attacked starts the ordinary world with another server for test. and looks up.
func attacked(t *testing.T, h dns.HandlerFunc, name string, qtype uint16) (Answer, []string) {
	t.Helper()
	world := ordinary()
	world[testAddr] = h
	n := newMiniNet(t, world)
	a := lookupIn(t, n.iterate(IterateConfig{}, rootAddr), name, qtype)
	return a, n.seen()
}

func TestIterateAliasAttacks(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fill  func(r *dns.Msg, name string, qtype uint16)
		want  Outcome
		asked int
	}{
		{"loop in one reply", func(r *dns.Msg, name string, _ uint16) {
			r.Answer = []dns.RR{mustRR("a.test. CNAME b.test."), mustRR("b.test. CNAME a.test.")}
		}, AliasLoop, 2},
		{"loop over replies", func(r *dns.Msg, name string, _ uint16) {
			other := map[string]string{"a.test.": "b.test.", "b.test.": "a.test."}[name]
			r.Answer = []dns.RR{mustRR(name + " CNAME " + other)}
		}, AliasLoop, 4},
		{"itself", func(r *dns.Msg, name string, _ uint16) {
			r.Answer = []dns.RR{mustRR(name + " CNAME " + name)}
		}, AliasLoop, 2},
		{"endless, one at a time", func(r *dns.Msg, name string, _ uint16) {
			r.Answer = []dns.RR{mustRR(name + " CNAME x" + fmt.Sprint(len(name)) + "." + strings.Repeat("y", len(name)%50+1) + ".test.")}
		}, WorkLimit, 15},
		{"long, in one reply", func(r *dns.Msg, name string, _ uint16) {
			for i := range 40 {
				r.Answer = append(r.Answer, mustRR(fmt.Sprintf("%s CNAME n%d.test.", name, i)))
				name = fmt.Sprintf("n%d.test.", i)
			}
		}, WorkLimit, 3},
		{"DNAME to itself", func(r *dns.Msg, name string, _ uint16) {
			r.Answer = []dns.RR{mustRR("test. DNAME x.test.")}
		}, WorkLimit, 15},
		{"DNAME that grows", func(r *dns.Msg, name string, _ uint16) {
			r.Answer = []dns.RR{mustRR("test. DNAME " + strings.Repeat(strings.Repeat("x", 60)+".", 3) + "test.")}
		}, NoData, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, asked := attacked(t, reply(tt.fill), "a.test.", dns.TypeA)
			if a.Outcome != tt.want || len(asked) > tt.asked {
				t.Errorf("%v, want %v; %d questions, at most %d: %q", a.Outcome, tt.want, len(asked), tt.asked, asked)
			}
		})
	}
}

// TestIterateReferralAttacks: no referral leads anywhere but down, and none leads
// on for ever.
func TestIterateReferralAttacks(t *testing.T) {
	var referrals atomic.Int32
	ns := func(r *dns.Msg, owner, server, addr string) {
		r.Ns = append(r.Ns, mustRR(owner+" 300 NS "+server))
		if addr != "" {
			r.Extra = append(r.Extra, mustRR(server+" 300 A "+addr))
		}
	}
	for _, tt := range []struct {
		name  string
		fill  func(r *dns.Msg, name string, qtype uint16)
		asked int
	}{
		{"upward", func(r *dns.Msg, _ string, _ uint16) { ns(r, ".", "ns.test.", childAddr) }, 2},
		{"to itself", func(r *dns.Msg, _ string, _ uint16) { ns(r, "test.", "ns.test.", childAddr) }, 2},
		{"sideways", func(r *dns.Msg, _ string, _ uint16) { ns(r, "other.", "ns.test.", childAddr) }, 2},
		{"below another name", func(r *dns.Msg, _ string, _ uint16) { ns(r, "x.test.", "ns.test.", childAddr) }, 2},
		{"to itself, one label at a time", func(r *dns.Msg, name string, _ uint16) {
			at := r.Question[0].Name
			labels := dns.SplitDomainName(at)
			depth := min(len(labels), 2+int(referrals.Add(1)))
			ns(r, strings.Join(labels[len(labels)-depth:], ".")+".", "ns.test.", testAddr)
		}, 40},
		{"glue outside bailiwick", func(r *dns.Msg, _ string, _ uint16) { ns(r, "child.test.", "ns.elsewhere.", childAddr) }, 4},
		{"server below the cut without glue", func(r *dns.Msg, _ string, _ uint16) { ns(r, "child.test.", "ns.child.test.", "") }, 2},
		{"answers of another zone", func(r *dns.Msg, _ string, _ uint16) {
			r.Authoritative = true
			r.Answer = []dns.RR{mustRR("mx.elsewhere. A 192.0.2.99")}
			ns(r, "elsewhere.", "ns.elsewhere.", childAddr)
		}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			referrals.Store(0)
			name := "mx.child.test."
			if strings.Contains(tt.name, "label") {
				name = strings.Repeat("a.", 60) + "test."
			}
			a, asked := attacked(t, reply(tt.fill), name, dns.TypeA)
			if !a.Failed() || len(asked) > tt.asked {
				t.Errorf("%v %v; %d questions, at most %d: %q", a.Outcome, a.Records, len(asked), tt.asked, asked)
			}
			for _, s := range asked {
				if strings.HasPrefix(s, childAddr) {
					t.Errorf("asked %s", s)
				}
			}
		})
	}
}

// TestIterateNXNS refers to dozens of name servers that do not exist (NXNSAttack):
// the work for one question is bounded.
func TestIterateNXNS(t *testing.T) {
	for name, owner := range map[string]string{"all gone": "gone", "each refers on": "deeper"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := reply(func(r *dns.Msg, name string, _ uint16) {
				if owner == "gone" && strings.HasPrefix(name, "ns") {
					r.Authoritative, r.Rcode = true, dns.RcodeNameError
					r.Ns = []dns.RR{mustRR("test. SOA ns.test. h.test. 1 1 1 1 1")}
					return
				}
				labels := dns.SplitDomainName(name)
				cut := strings.Join(labels[len(labels)-2:], ".") + "."
				for i := range 50 {
					r.Ns = append(r.Ns, mustRR(fmt.Sprintf("%s NS ns%d.v%d-%d.test.", cut, i, i, len(name))))
				}
			})
			a, asked := attacked(t, h, "a.victim.test.", dns.TypeA)
			if !a.Failed() || len(asked) > 40 || a.Queries > 40 {
				t.Errorf("%v, %d questions", a.Outcome, len(asked))
			}
		})
	}
}

// TestIterateCircularNameServers has two zones whose name servers lie in each
// other, without glue.
func TestIterateCircularNameServers(t *testing.T) {
	world := ordinary()
	world[testAddr] = serveZones(parseZone("test.", soaLine+"@ NS ns\none NS ns.two\ntwo NS ns.one\n"))
	n := newMiniNet(t, world)
	a := lookupIn(t, n.iterate(IterateConfig{}, rootAddr), "www.one.test.", dns.TypeA)
	if asked := n.seen(); !a.Failed() || len(asked) > 12 {
		t.Errorf("%v, %d questions: %q", a.Outcome, len(asked), asked)
	}
}

// silentNet is an Exchanger that only counts.
type silentNet struct{ asked []netip.Addr }

func (s *silentNet) Exchange(_ context.Context, server netip.AddrPort, q dnssec.Question, _ exchange.Options) (exchange.Reply, error) {
	s.asked = append(s.asked, server.Addr())
	if server.Addr() == netip.MustParseAddr("198.41.0.4") {
		r := new(dns.Msg).SetQuestion(q.Name, q.Type)
		r.Response = true
		for i, a := range []string{"127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "8.8.8.8"} {
			r.Ns = append(r.Ns, mustRR(fmt.Sprintf("test. NS n%d.test.", i)))
			r.Extra = append(r.Extra, mustRR(fmt.Sprintf("n%d.test. A %s", i, a)))
		}
		for i, a := range []string{"::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "2002:7f00:1::"} {
			r.Extra = append(r.Extra, mustRR(fmt.Sprintf("n%d.test. AAAA %s", i, a)))
		}
		return exchange.Reply{Msg: carried(r), Server: server, Queries: 1}, nil
	}
	return exchange.Reply{}, &exchange.Error{Kind: exchange.Timeout, Server: server, Queries: 1}
}

// TestIteratePrivateServers: no delegation aims the scanner at private addresses.
func TestIteratePrivateServers(t *testing.T) {
	v, err := dnssec.New(dnssec.Config{Anchors: []dnssec.Anchor{}})
	if err != nil {
		t.Fatal(err)
	}
	net := &silentNet{}
	root := Zone{Name: ".", Servers: []NameServer{{Addrs: []netip.Addr{netip.MustParseAddr("198.41.0.4")}}}}
	it, err := NewIterate(IterateConfig{Exchanger: net, Validator: v, Zones: []Zone{root}})
	if err != nil {
		t.Fatal(err)
	}
	it.Lookup(context.Background(), "www.test.", dns.TypeA)
	for _, a := range net.asked {
		if a.String() != "198.41.0.4" && a.String() != "8.8.8.8" {
			t.Errorf("asked %v", a)
		}
	}
	if len(net.asked) != 2 {
		t.Errorf("asked %v, want the root and the one public server", net.asked)
	}
}

// TestIterateBudget: a lookup ends when it has asked as often as it may, and says
// so; silence by all servers of a zone is bounded, too.
func TestIterateBudget(t *testing.T) {
	world := ordinary()
	n := newMiniNet(t, world)
	it := n.iterate(IterateConfig{Limits: IterateLimits{Queries: 2}}, rootAddr)
	a := lookupIn(t, it, "child.test.", dns.TypeMX)
	if a.Outcome != WorkLimit || a.Reason != dnssec.ReasonWorkLimit || a.Status != dnssec.Indeterminate || a.Queries != 2 {
		t.Errorf("%v %v %v, %d queries", a.Outcome, a.Reason, a.Status, a.Queries)
	}
}

// TestIterateManySilentServers has 16 servers of which none answers.
func TestIterateManySilentServers(t *testing.T) {
	text := soaLine
	for i := range 16 {
		text += fmt.Sprintf("child NS ns%d.child\nns%d.child A 127.0.53.%d\n", i, i, 100+i)
	}
	world := map[string]dns.HandlerFunc{rootAddr: serveZones(rootZone("")), testAddr: serveZones(parseZone("test.", text))}
	n := newMiniNet(t, world)
	start := time.Now()
	a := lookupIn(t, n.iterate(IterateConfig{}, rootAddr), "child.test.", dns.TypeMX)
	if (a.Outcome != Timeout && a.Outcome != NetworkError) || a.Queries > 8 || time.Since(start) > 5*time.Second {
		t.Errorf("%v, %d queries in %v", a.Outcome, a.Queries, time.Since(start))
	}
}

// TestIterateStateIsBounded fills the caches beyond their bound.
func TestIterateStateIsBounded(t *testing.T) {
	const limit = 64
	tab := newTable[int, int](limit)
	now := time.Unix(1000, 0)
	for i := range 10_000 {
		tab.put(i, i, now.Add(time.Duration(i)*time.Second))
	}
	if n := tab.len(); n > limit || n < limit/2 {
		t.Errorf("%d entries, limit %d", n, limit)
	}
	tab.put(7, 7, now.Add(time.Second))
	if v, ok := tab.get(7, now); !ok || v != 7 {
		t.Error("a new entry is not there")
	}
	if _, ok := tab.get(7, now.Add(time.Second)); ok {
		t.Error("an expired entry is there")
	}
	tab.put(8, 8, now.Add(time.Hour))
	tab.delete(8)
	if _, ok := tab.get(8, now); ok {
		t.Error("a deleted entry is there")
	}
}

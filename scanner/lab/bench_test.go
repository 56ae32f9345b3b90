package lab

import (
	"fmt"
	"testing"

	"github.com/miekg/dns"
)

// benchLab is a lab of a size at which nothing but signatures and static answers
// can be kept.
func benchLab(b *testing.B, domains int) *Lab {
	b.Helper()
	l, err := New(Config{Domains: domains})
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// load is what a scanner asks in iterate mode, packets ready to send: for each of
// many bulk domains the TLD and the domain's server, for the hosts as it goes.
func load(b *testing.B, l *Lab, n int) (packets [][]byte, servers []*nameServer) {
	b.Helper()
	add := func(ns *nameServer, name string, qtype uint16) {
		m := new(dns.Msg).SetQuestion(name, qtype)
		m.RecursionDesired = false
		m.SetEdns0(1232, true)
		wire, err := m.Pack()
		if err != nil {
			b.Fatal(err)
		}
		packets, servers = append(packets, wire), append(servers, ns)
	}
	w := l.world
	for i := range n {
		d, name := w.bulk.domain(i), w.bulk.name(i)
		tld := w.servers[w.zones[tldNames[d.tld]].servers[0].addr]
		add(tld, name, dns.TypeMX)
		if d.shape == gone || d.shape == lost {
			continue
		}
		own := w.servers[d.operator.servers[0].addr]
		add(own, name, dns.TypeMX)
		if d.signed {
			add(own, name, dns.TypeDNSKEY)
		}
		if d.shape == selfHosted {
			add(own, "mail."+name, dns.TypeA)
			add(own, "mail."+name, dns.TypeAAAA)
			add(own, "_25._tcp.mail."+name, dns.TypeTLSA)
		}
	}
	return packets, servers
}

// BenchmarkAnswer is the work for one query without the socket, signatures kept:
// what the lab must do well to be faster than the scanner.
func BenchmarkAnswer(b *testing.B) {
	for _, n := range []int{1000, 20000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := benchLab(b, 200+n)
			packets, servers := load(b, l, n)
			out := make([]byte, 0, 4096)
			answer := func(i int) {
				q, _, _ := parse(packets[i])
				if l.authoritative(servers[i], &q).write(out, packets[i], &q, 1232) == nil {
					b.Fatal("no answer")
				}
			}
			for i := range packets {
				answer(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				answer(i % len(packets))
			}
		})
	}
}

// BenchmarkNew is what a million domains cost before the first packet.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		benchLab(b, 1_000_000)
	}
}

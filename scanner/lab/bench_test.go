package lab

import (
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"time"

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
func load(b *testing.B, l *Lab, n int) (packets [][]byte, addrs []netip.Addr) {
	b.Helper()
	add := func(at netip.Addr, name string, qtype uint16) {
		m := new(dns.Msg).SetQuestion(name, qtype)
		m.RecursionDesired = false
		m.SetEdns0(1232, true)
		wire, err := m.Pack()
		if err != nil {
			b.Fatal(err)
		}
		packets, addrs = append(packets, wire), append(addrs, at)
	}
	w := l.world
	for i := range n {
		d, name := w.bulk.domain(i), w.bulk.name(i)
		tld := w.zones[tldNames[d.tld]].servers[0].addr
		add(tld, name, dns.TypeMX)
		if d.shape == gone || d.shape == lost {
			continue
		}
		own := d.operator.servers[0].addr
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
	return packets, addrs
}

// BenchmarkAnswer is the work for one query without the socket, signatures kept:
// what the lab must do well to be faster than the scanner.
func BenchmarkAnswer(b *testing.B) {
	for _, n := range []int{1000, 20000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := benchLab(b, 200+n)
			packets, addrs := load(b, l, n)
			out := make([]byte, 0, 4096)
			answer := func(i int) {
				if l.respond(addrs[i], packets[i], out, true) == nil {
					b.Fatal("no answer")
				}
			}
			for i := range packets {
				answer(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			before := cpuTime(b)
			for i := range b.N {
				answer(i % len(packets))
			}
			b.ReportMetric(float64(b.N)/(cpuTime(b)-before).Seconds(), "queries/cpu-s")
		})
	}
}

// cpuTime is what the process has used so far: the clock on the wall says little on
// a machine that has other things to do.
func cpuTime(b testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkNew is what a million domains cost before the first packet.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		benchLab(b, 1_000_000)
	}
}

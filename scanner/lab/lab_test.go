package lab_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/lab"
)

// start runs a lab for the length of a test.
func start(t testing.TB, cfg lab.Config) *lab.Lab {
	t.Helper()
	l, err := lab.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// questionsOf is what a scanner asks about a case.
func questionsOf(c lab.Case) []dns.Question {
	out := []dns.Question{{Name: dns.Fqdn(c.Domain), Qtype: dns.TypeMX, Qclass: dns.ClassINET}}
	for _, m := range c.MX {
		if m.Name == "." || net.ParseIP(m.Name) != nil {
			continue
		}
		if len(m.Name) > 240 {
			continue // asked for by nobody
		}
		out = append(out,
			dns.Question{Name: dns.Fqdn(m.Name), Qtype: dns.TypeA, Qclass: dns.ClassINET},
			dns.Question{Name: dns.Fqdn(m.Name), Qtype: dns.TypeAAAA, Qclass: dns.ClassINET},
			dns.Question{Name: dns.Fqdn("_25._tcp." + m.Name), Qtype: dns.TypeTLSA, Qclass: dns.ClassINET})
	}
	return out
}

// untiring waits for who will answer, however busy this machine is.
var untiring = dns.Client{Timeout: time.Minute}

// exchange asks one question over UDP, and over TCP where that is cut short.
func exchange(t testing.TB, at netip.AddrPort, q dns.Question, rd, cd bool) *dns.Msg {
	t.Helper()
	m := &dns.Msg{Question: []dns.Question{q}}
	m.Id, m.RecursionDesired, m.CheckingDisabled = dns.Id(), rd, cd
	m.SetEdns0(1232, true)
	for _, network := range []string{"udp", "tcp"} {
		c := &dns.Client{Net: network, Timeout: untiring.Timeout}
		in, _, err := c.Exchange(m, at.String())
		if err != nil {
			t.Fatalf("%s %s at %s: %v", q.Name, dns.TypeToString[q.Qtype], at, err)
		}
		if !in.Truncated {
			return in
		}
	}
	t.Fatalf("%s: cut short over TCP", q.Name)
	return nil
}

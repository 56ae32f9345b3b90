package resolver

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
	"danescan/scanner/lab"
)

// newLab starts a lab of some domains and a resolver that iterates over it.
func newLab(t testing.TB, domains int) (*lab.Lab, *Iterate, *exchange.Client) {
	t.Helper()
	l, err := lab.New(lab.Config{Domains: domains})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	client := exchange.New(exchange.Config{Timeout: time.Minute, Retries: -1})
	hasty := exchange.New(exchange.Config{Timeout: 100 * time.Millisecond, Retries: -1})
	t.Cleanup(func() {
		_ = client.Close()
		_ = hasty.Close()
	})
	return l, iterateLab(t, l.RootHints(), l.TrustAnchor(), l.DNSPort(), labNet{client, hasty, l}), client
}

// labNet waits for those servers of the lab that will answer, however busy this
// machine is, and not long for those made to be silent.
type labNet struct {
	exchange.Exchanger
	hasty exchange.Exchanger
	lab   *lab.Lab
}

func (n labNet) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	if n.lab.SilentDNS(server.Addr(), q.Name, q.Type) {
		return n.hasty.Exchange(ctx, server, q, opt)
	}
	return n.Exchanger.Exchange(ctx, server, q, opt)
}

func iterateLab(t testing.TB, hints, anchor string, port int, client exchange.Exchanger) *Iterate {
	t.Helper()
	root, err := ParseHints(hints)
	if err != nil {
		t.Fatal(err)
	}
	anchors, err := dnssec.ParseAnchors(anchor)
	if err != nil {
		t.Fatal(err)
	}
	v, err := dnssec.New(dnssec.Config{Anchors: anchors})
	if err != nil {
		t.Fatal(err)
	}
	it, err := NewIterate(IterateConfig{
		Exchanger: client, Validator: v, Zones: []Zone{root}, Port: uint16(port), AllowPrivate: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// labQuestions is what a scanner asks of one domain.
func labQuestions(c lab.Case) []dnssec.Question {
	out := []dnssec.Question{{Name: dns.Fqdn(c.Domain), Type: dns.TypeMX}}
	for _, m := range c.MX {
		if _, err := netip.ParseAddr(m.Name); err == nil || m.Name == "." {
			continue
		}
		host := dns.Fqdn(m.Name)
		out = append(out, dnssec.Question{Name: host, Type: dns.TypeA}, dnssec.Question{Name: host, Type: dns.TypeAAAA})
		if _, ok := dns.IsDomainName("_25._tcp." + host); ok { // a host name may be too long for it
			out = append(out, dnssec.Question{Name: "_25._tcp." + host, Type: dns.TypeTLSA})
		}
	}
	return out
}

// frontStatus is the status that the lab's front knows by construction.
func frontStatus(client exchange.Exchanger, front netip.AddrPort, q dnssec.Question) (string, error) {
	r, err := client.Exchange(context.Background(), front, q, exchange.Options{RD: true, DO: true})
	switch {
	case err != nil:
		return "", err
	case r.Msg.AuthenticatedData:
		return "secure", nil
	case r.Msg.Rcode != dns.RcodeServerFailure:
		return "insecure", nil
	}
	r, err = client.Exchange(context.Background(), front, q, exchange.Options{RD: true, DO: true, CD: true})
	if err == nil && r.Msg.Rcode == dns.RcodeServerFailure {
		return "indeterminate", nil
	}
	return "bogus", err
}

// TestIterateLab walks the lab from its root and compares every status with what
// the lab knows.
func TestIterateLab(t *testing.T) {
	l, it, client := newLab(t, 300)
	questions := make(chan dnssec.Question)
	var mu sync.Mutex
	counts, queries := map[string]int{}, 0
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for q := range questions {
				want, err := frontStatus(client, l.Front(), q)
				a := it.Lookup(context.Background(), q.Name, q.Type)
				if got := a.Status.String(); err != nil || got != want {
					t.Errorf("%s %s: %s (%v, %s), want %s %v", q.Name, dns.TypeToString[q.Type], got, a.Outcome, a.Reason, want, err)
				}
				mu.Lock()
				counts[want]++
				queries += a.Queries
				mu.Unlock()
			}
		})
	}
	asked := map[dnssec.Question]bool{}
	for c := range l.Truth() {
		for _, q := range labQuestions(c) {
			if !asked[q] {
				asked[q] = true
				questions <- q
			}
		}
	}
	close(questions)
	wg.Wait()
	t.Logf("%v in %d queries", counts, queries)
	for status, floor := range map[string]int{"secure": 200, "insecure": 300, "bogus": 5, "indeterminate": 5} {
		if counts[status] < floor {
			t.Errorf("%d %s answers, at least %d wanted", counts[status], status, floor)
		}
	}
}

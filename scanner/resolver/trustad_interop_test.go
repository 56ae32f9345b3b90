//go:build interop

package resolver

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// realCase is a lookup in the tree of realNet and what is true of it.
type realCase struct {
	name    string
	qtype   uint16
	outcome Outcome
	status  dnssec.Status
	reason  dnssec.Reason // where the mode tells
	links   string
	zone    string
}

var realCases = []realCase{
	{"mail.good.test", dns.TypeA, Found, dnssec.Secure, "", "", "good.test."},
	{"mail.good.test", dns.TypeMX, Found, dnssec.Secure, "", "", "good.test."},
	{"_25._tcp.mail.good.test", dns.TypeTLSA, Found, dnssec.Secure, "", "", "good.test."},
	{"_tcp.mail.good.test", dns.TypeTLSA, NoData, dnssec.Secure, "", "", "good.test."},
	{"mail.good.test", dns.TypeTXT, NoData, dnssec.Secure, "", "", "good.test."},
	{"none.good.test", dns.TypeA, NXDomain, dnssec.Secure, "", "", "good.test."},
	{"good.test", dns.TypeDS, Found, dnssec.Secure, "", "", "test."},
	{"unsigned.test", dns.TypeDS, NoData, dnssec.Secure, "", "", "test."}, // the zone has an NSEC3 record for it
	{"host.unsigned.test", dns.TypeA, Found, dnssec.Insecure, "", "", ""},
	{"none.unsigned.test", dns.TypeA, NXDomain, dnssec.Insecure, "", "", "unsigned.test."},
	{"nosuchname.test", dns.TypeA, NXDomain, dnssec.Insecure, dnssec.ReasonOptOut, "", "test."},
	{"nosuchname", dns.TypeA, NXDomain, dnssec.Secure, "", "", "."},
	{"mail.bogus.test", dns.TypeA, Bogus, dnssec.Bogus, "", "", ""},
	{"mail.stripped.test", dns.TypeA, Bogus, dnssec.Bogus, "", "", ""},
	{"mail.expired.test", dns.TypeA, Bogus, dnssec.Bogus, dnssec.ReasonSignatureExpired, "", ""},
	{"www.good.test", dns.TypeA, Found, dnssec.Secure, "", "www.good.test.=secure", "good.test."},
	{"togone.good.test", dns.TypeA, NXDomain, dnssec.Secure, "", "togone.good.test.=secure", "good.test."},
	{"toplain.good.test", dns.TypeA, Found, dnssec.Insecure, "", "toplain.good.test.=secure", ""},
	{"two.good.test", dns.TypeA, Found, dnssec.Insecure, "", "two.good.test.=secure toplain.good.test.=secure", ""},
	{"back.unsigned.test", dns.TypeA, Found, dnssec.Insecure, "", "back.unsigned.test.=insecure", ""},
	{"toplain.good.test", dns.TypeCNAME, Found, dnssec.Secure, "", "", "good.test."},
	{"tobogus.good.test", dns.TypeA, Bogus, dnssec.Bogus, "", "", ""},
	{"x.wild.good.test", dns.TypeA, Found, dnssec.Secure, "", "", "good.test."},
	{"mail.dname.good.test", dns.TypeA, Found, dnssec.Secure, "", "mail.dname.good.test.=secure", "good.test."},
	{"x.dead.test", dns.TypeA, ServFail, dnssec.Indeterminate, dnssec.ReasonRcode, "", ""},
}

// check compares an answer with the truth. For up to cached, a resolver between
// us and the zone may have remembered it: it counts the TTL down in whole seconds.
func (c realCase) check(t *testing.T, a Answer, cached time.Duration) {
	t.Helper()
	const ttl = 300 * time.Second
	oldest := ttl - (cached + time.Second - 1).Truncate(time.Second)
	name := c.name + " " + dns.TypeToString[c.qtype]
	if a.Outcome != c.outcome || a.Status != c.status || c.reason != "" && a.Reason != c.reason {
		t.Errorf("%s: %v %v %q (EDE %d), want %v %v %q", name, a.Outcome, a.Status, a.Reason, a.EDE, c.outcome, c.status, c.reason)
	}
	if got := linkText(a.Links); got != c.links && !a.Failed() {
		t.Errorf("%s: links %q, want %q", name, got, c.links)
	}
	if c.zone != "" && a.Zone != c.zone {
		t.Errorf("%s: zone %q, want %q", name, a.Zone, c.zone)
	}
	if c.status == dnssec.Secure && (a.Signer != c.zone || a.Algorithm != 13 || a.KeyTag == 0 || a.Expires.Before(time.Now()) || a.TTL > ttl || a.TTL < oldest) {
		t.Errorf("%s: signed %q alg %d tag %d expires %v TTL %v", name, a.Signer, a.Algorithm, a.KeyTag, a.Expires, a.TTL)
	}
	if want := c.name == "x.wild.good.test"; a.Wildcard != want {
		t.Errorf("%s: wildcard %v", name, a.Wildcard)
	}
	if c.status == dnssec.Secure && c.outcome != Found {
		want := dnssec.DenialNSEC
		if c.zone == "test." {
			want = dnssec.DenialNSEC3
		}
		if a.Denial != want {
			t.Errorf("%s: denial %q", name, a.Denial)
		}
	}
	if c.reason == dnssec.ReasonOptOut && a.Denial != dnssec.DenialOptOut {
		t.Errorf("%s: denial %q", name, a.Denial)
	}
}

var realZoneOf = map[string]string{
	"mail.good.test": "good.test. secure", "toplain.good.test": "good.test. secure", "host.unsigned.test": "unsigned.test. insecure",
	"nosuchname.test": "test. secure", "a.b.dead.test": "dead.test. secure",
}

func TestInteropTrustAD(t *testing.T) {
	n := newRealNet(t)
	c := exchange.New(exchange.Config{Shared: 2, Timeout: 5 * time.Second, Retries: 1})
	defer c.Close()
	r, err := NewTrustAD(TrustADConfig{Exchanger: c, Server: n.Resolver})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Preflight(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, rc := range realCases {
		if rc.reason == dnssec.ReasonSignatureExpired {
			rc.reason = dnssec.ReasonDNSKEYMissing // Unbound's word for a key set whose signature expired
		}
		rc.check(t, r.Lookup(context.Background(), rc.name, rc.qtype), time.Since(n.since))
	}
	for name, want := range realZoneOf {
		if apex, status := ZoneOf(context.Background(), r, name); apex+" "+status.String() != want {
			t.Errorf("zone of %s: %s %v, want %s", name, apex, status, want)
		}
	}
	a := r.Lookup(context.Background(), "loop1.good.test", dns.TypeA)
	t.Logf("alias loop through Unbound: %v %v links %q", a.Outcome, a.Status, linkText(a.Links))
	if !a.Failed() || a.Status > dnssec.Bogus {
		t.Errorf("alias loop: %+v", a)
	}
}

// TestInteropPreflightTrustAD has a resolver that does not validate.
func TestInteropPreflightTrustAD(t *testing.T) {
	n := newRealNet(t)
	c := exchange.New(exchange.Config{})
	defer c.Close()
	server := n.StartUnbound(t, ` module-config: "iterator"`)
	r, err := NewTrustAD(TrustADConfig{Exchanger: c, Server: server})
	if err != nil {
		t.Fatal(err)
	}
	err = r.Preflight(context.Background())
	t.Log(err)
	if err == nil {
		t.Error("a resolver that does not validate passes")
	}
}

// realLoad looks up many names at a time and counts the failures.
func realLoad(t testing.TB, r Resolver, lookups, callers int) (failed int64) {
	t.Helper()
	var next, bad atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(lookups); i = next.Add(1) {
				name, want := fmt.Sprintf("n%d.wild.good.test", i), dnssec.Secure
				if i%4 == 0 {
					name, want = fmt.Sprintf("n%d.unsigned.test", i), dnssec.Insecure
				}
				a := r.Lookup(context.Background(), name, dns.TypeA)
				if a.Failed() || a.Status != want {
					if bad.Add(1) <= 3 {
						t.Logf("%s: %v %v %q", name, a.Outcome, a.Status, a.Reason)
					}
				}
			}
		})
	}
	wg.Wait()
	return bad.Load()
}

// TestInteropLoad puts a stock Unbound under load: nothing may be lost.
func TestInteropLoad(t *testing.T) {
	n := newRealNet(t)
	for _, mode := range []string{"trust-AD", "forward"} {
		c := exchange.New(exchange.Config{Shared: 4, Timeout: 2 * time.Second, Retries: 5})
		defer c.Close()
		var r Resolver
		var err error
		if w := exchange.NewWindow(c, exchange.WindowConfig{}); mode == "forward" {
			r, err = n.forward(w)
		} else {
			r, err = NewTrustAD(TrustADConfig{Exchanger: w, Server: n.Resolver})
		}
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		const lookups = 5000
		failed := realLoad(t, r, lookups, 1000)
		t.Logf("%s: %d lookups in %v (%.0f/s), %d failed; %+v", mode, lookups, time.Since(start).Round(time.Millisecond),
			lookups/time.Since(start).Seconds(), failed, c.Stats())
		if failed > 0 {
			t.Errorf("%s: %d lookups failed", mode, failed)
		}
	}
}

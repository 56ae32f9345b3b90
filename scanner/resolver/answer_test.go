package resolver

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

func TestRewrite(t *testing.T) {
	for _, c := range []struct{ name, owner, target, want string }{
		{"a.b.example.", "example.", "test.", "a.b.test."},
		{"a.example.", "example.", ".", "a."},
		{"a.example.", ".", "test.", "a.example.test."},
		{"a.example.", ".", ".", "a.example."},
		{"a.example.", "example.", strings.Repeat("abcdefg.", 31), "a." + strings.Repeat("abcdefg.", 31)},
		{"abcdefg.example.", "example.", strings.Repeat("abcdefg.", 31), ""}, // 257 octets
	} {
		to, ok := mustName(c.name).Rewrite(mustName(c.owner), mustName(c.target))
		if ok != (c.want != "") || ok && to != mustName(c.want) {
			t.Errorf("%s: %s -> %s: %q %v, want %q", c.name, c.owner, c.target, to, ok, c.want)
		}
	}
}

func TestFromError(t *testing.T) {
	q := dnssec.Question{Name: "example.", Type: dns.TypeA}
	for _, c := range []struct {
		err     error
		outcome Outcome
		reason  dnssec.Reason
	}{
		{&exchange.Error{Kind: exchange.Timeout, Server: local}, Timeout, dnssec.ReasonNoReply},
		{&exchange.Error{Kind: exchange.Network, Server: local}, NetworkError, dnssec.ReasonNoReply},
		{&exchange.Error{Kind: exchange.Malformed, Server: local}, Malformed, dnssec.ReasonMalformed},
		{&exchange.Error{Kind: exchange.Cancelled, Server: local}, Timeout, dnssec.ReasonCancelled},
	} {
		if a := fromError(q, c.err); a.Outcome != c.outcome || a.Reason != c.reason || a.Rcode != -1 || a.EDE != -1 ||
			a.Status != dnssec.Indeterminate || a.Server != local || a.Question != q {
			t.Errorf("%v: %+v", c.err, a)
		}
	}
}

// TestValidated finds the outcome of what was validated.
func TestValidated(t *testing.T) {
	address := []dns.RR{mustRR("a. A 192.0.2.1")}
	for what, c := range map[string]struct {
		res  dnssec.Result
		want Outcome
	}{
		"an RRset":                             {dnssec.Result{Status: dnssec.Secure, Records: address}, Found},
		"no type":                              {dnssec.Result{Status: dnssec.Secure}, NoData},
		"no name":                              {dnssec.Result{Status: dnssec.Insecure, Rcode: dns.RcodeNameError}, NXDomain},
		"a DNAME that makes too long a name":   {dnssec.Result{Status: dnssec.Secure, Rcode: dns.RcodeYXDomain}, ServFail},
		"an RRset that does not validate":      {dnssec.Result{Status: dnssec.Bogus, Rcode: dns.RcodeNameError}, Bogus},
		"an RRset of which nothing is certain": {dnssec.Result{Status: dnssec.Indeterminate}, ServFail},
	} {
		a := validated(dnssec.Question{Name: "a.", Type: dns.TypeA}, exchange.Reply{Msg: &dnssec.Message{}}, c.res)
		if a.Outcome != c.want || a.Status != c.res.Status || len(a.Records) != len(c.res.Records) {
			t.Errorf("%s: %v %v, %d records, want %v", what, a.Outcome, a.Status, len(a.Records), c.want)
		}
	}
}

// TestNear reads times around the end of 32 bits (RFC 1982).
func TestNear(t *testing.T) {
	now := time.Unix(1<<32+1000, 0) // 2106
	for in, want := range map[uint32]int64{
		1000: 1<<32 + 1000, 2000: 1<<32 + 2000, 0: 1 << 32, 1<<32 - 1: 1<<32 - 1, 1<<31 - 1: 1<<32 + 1<<31 - 1, 1<<31 + 2000: 1<<31 + 2000,
	} {
		if got := near(in, now).Unix(); got != want {
			t.Errorf("%d is %d, want %d", in, got, want)
		}
	}
}

// mustName reads a name of a test.
func mustName(text string) dnssec.Name {
	name, err := dnssec.ParseName(text)
	if err != nil {
		panic(err)
	}
	return name
}

// FuzzRead makes answers of any message: bounded, without crashing, and never
// with a status.
func FuzzRead(f *testing.F) {
	for _, c := range []canned{
		{"ad", []string{"example.com. 3600 IN MX 10 mx.example.com.", sigMX}},
		{"", []string{"example.com. 60 IN CNAME a.example.com.", "a.example.com. 60 IN CNAME example.com.", sigCNAME}},
		{"nxdomain", []string{"com. 60 IN DNAME .", "--", soa, sigSOA, nsec, nsec3out}},
		{"servfail ede6 ede7", nil},
	} {
		r, err := c.reply(local, dnssec.Question{Name: "example.com.", Type: dns.TypeMX})
		if err != nil {
			f.Fatal(err)
		}
		m := r.Msg.Msg()
		m.SetQuestion("example.com.", dns.TypeMX)
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := dnssec.Unpack(b)
		if err != nil {
			return
		}
		for _, q := range []dnssec.Question{{Name: "example.com.", Type: dns.TypeMX}, {Name: "a.example.com.", Type: dns.TypeCNAME}, {Name: ".", Type: dns.TypeSOA}} {
			a := read(q, exchange.Reply{Msg: m, Server: netip.AddrPort{}, Size: len(b)}, bookAt)
			if a.Status != dnssec.Indeterminate || a.Question != q {
				t.Errorf("%+v", a)
			}
			if len(a.Links) > maxLinks || a.TTL < 0 || (a.Outcome == Found) != (len(a.Records) > 0 && !a.Failed()) {
				t.Errorf("%+v", a)
			}
			for _, rr := range a.Records {
				if rr.Header().Rrtype != q.Type || dns.CanonicalName(rr.Header().Name) != a.Expanded() {
					t.Errorf("%v in answer to %v", rr, q)
				}
			}
			extendedError(m)
		}
	})
}

package judge

import (
	"crypto/x509"
	"testing"

	"danescan/datasets/run"
)

func TestProvider(t *testing.T) {
	mx := func(preference int32, host string) run.MX { return run.MX{Preference: preference, Host: host} }
	for _, c := range []struct {
		name, domain string
		mx           []run.MX
		provider     string
		self         *bool
	}{
		{"hosted", "example.org", []run.MX{mx(10, "mx1.mail.example.net")}, "example.net", ptr(false)},
		{"own", "example.org", []run.MX{mx(10, "mail.example.org")}, "example.org", ptr(true)},
		{"own, below a public suffix of two labels", "shop.example.co.uk", []run.MX{mx(10, "mx.example.co.uk")}, "example.co.uk", ptr(true)},
		{"best preference", "example.org", []run.MX{mx(20, "mx.a.example"), mx(10, "mx.b.example")}, "b.example", ptr(false)},
		{"lowest name within", "example.org", []run.MX{mx(10, "mx.b.example"), mx(10, "MX.A.example")}, "a.example", ptr(false)},
		{"no names among the targets", "example.org", []run.MX{mx(0, "192.0.2.1"), mx(5, "."), mx(10, "mx.b.example")}, "b.example", ptr(false)},
		{"a public suffix", "example.org", []run.MX{mx(10, "com")}, "com", ptr(false)},
		{"none", "example.org", nil, "", nil},
		{"nothing but an address", "example.org", []run.MX{mx(0, "192.0.2.1")}, "", nil},
	} {
		d := &run.Domain{DomainEvidence: run.DomainEvidence{Domain: c.domain, MXKind: run.MXFound, MXDNSSEC: ins, MX: c.mx}}
		Domain(d, func(string) HostFacts { return hostKinds['B'][0] })
		if d.Provider != c.provider || (d.SelfHosted == nil) != (c.self == nil) || c.self != nil && *d.SelfHosted != *c.self {
			t.Errorf("%s: %q, self-hosted %v", c.name, d.Provider, d.SelfHosted)
		}
	}
}

func TestDNSOperator(t *testing.T) {
	for _, c := range []struct {
		ns   []string
		want string
	}{
		{nil, ""},
		{[]string{"ns1.example.net", "ns2.example.net"}, "example.net"},
		{[]string{"ns1.b.example", "NS2.B.example.", "ns.a.example"}, "b.example"},
		{[]string{"ns.b.example", "ns.a.example"}, "a.example"},
		{[]string{"ns.a.example", "ns.b.example"}, "a.example"},
		{[]string{".", "192.0.2.1"}, ""},
		{[]string{"ns1.dns.co.uk"}, "dns.co.uk"},
	} {
		if got := NewOperators().dns(c.ns); got != c.want {
			t.Errorf("%q: %q, want %q", c.ns, got, c.want)
		}
	}
}

// TestPKIXValid: what the Web PKI would say, only where roots are given.
func TestPKIXValid(t *testing.T) {
	b := newBench(t)
	roots := x509.NewCertPool()
	roots.AddCert(b.ca.cert)
	foreign := issue(t, &b.ca, sheet{names: []string{"elsewhere.example"}})
	judge := Judge{Roots: roots}
	for _, c := range []struct {
		name string
		e    run.Endpoint
		want *bool
	}{
		{"valid", b.shows(b.leaf), ptr(true)},
		{"expired", b.shows(b.expired), ptr(false)},
		{"another name", b.shows(foreign), ptr(false)},
		{"self-signed", b.shows(b.other), ptr(false)},
		{"no session", halted(first, run.StageConnect, "timeout"), nil},
	} {
		h := signedHost(b.record(3, 1, 1, b.leaf))
		_, ends := judged(t, judge, h, b.certs, c.e)
		got := ends[0].PKIXValid
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	_, ends := judged(t, Judge{}, signedHost(), b.certs, b.shows(b.leaf))
	if ends[0].PKIXValid != nil {
		t.Error("filled without roots")
	}
}

func TestRulesVersion(t *testing.T) {
	if RulesVersion != "1" {
		t.Errorf("rules version %q: has the judgement of equal evidence changed?", RulesVersion)
	}
}

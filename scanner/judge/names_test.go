package judge

import (
	"testing"
	"time"
	"unsafe"

	"danescan/datasets/run"
)

// TestNamesAtTheJoin: under DANE-TA, a certificate without the base domain is
// judged again with the names of each next-hop (RFC 7672, Section 3.2.2).
func TestNamesAtTheJoin(t *testing.T) {
	ca := issue(t, nil, sheet{ca: true})
	certs := store{}
	host := func(names ...string) HostFacts {
		leaf := issue(t, &ca, sheet{names: names})
		h, ends := judged(t, Judge{}, signedHost(tlsa(t, 2, 1, 1, ca.der)), certs,
			shown(first, run.KeyECDSA, certs.add(leaf.der, ca.der)), shown(second, run.KeyECDSA, certs.add(leaf.der, ca.der)))
		if h.Verdict != run.Mismatch || h.Reason != run.ReasonName {
			t.Fatalf("%q: the host alone is %s:%s", names, h.Verdict, h.Reason)
		}
		return NewHostFacts(h, ends)
	}
	chain := []run.Alias{alias("example.org", "middle.example", sec), alias("middle.example", "Hosted.Example.", sec)}
	for _, c := range []struct {
		name    string
		facts   HostFacts
		kind    run.MXKind
		status  run.DNSSEC
		chain   []run.Alias
		verdict run.Verdict
		domain  run.Verdict
	}{
		{"next-hop, MX secure", host("example.org"), run.MXFound, sec, nil, run.Verified, run.DANEVerified},
		{"next-hop in another case", host("Example.ORG"), run.MXFound, sec, nil, run.Verified, run.DANEVerified},
		{"next-hop by wildcard does not cover itself", host("*.example.org"), run.MXFound, sec, nil, run.Mismatch, run.DANEFailed},
		{"next-hop, MX insecure", host("example.org"), run.MXFound, ins, nil, run.Mismatch, run.HalfDANE},
		{"next-hop among others", host("a.example", "example.org"), run.MXFound, sec, nil, run.Verified, run.DANEVerified},
		{"expansion, MX secure", host("hosted.example"), run.MXFound, sec, chain, run.Verified, run.DANEVerified},
		{"between the two", host("middle.example"), run.MXFound, sec, chain, run.Mismatch, run.DANEFailed},
		{"expansion, MX insecure", host("hosted.example"), run.MXFound, ins, chain, run.Mismatch, run.HalfDANE},
		{"somebody else", host("other.example"), run.MXFound, sec, nil, run.Mismatch, run.DANEFailed},
		{"the domain itself, implicit", host("example.org"), run.MXImplicit, sec, nil, run.Verified, run.DANEVerified},
		{"the domain itself, absence unproven", host("example.org"), run.MXImplicit, ins, nil, run.Verified, run.HalfDANE},
		{"expansion of an implicit MX", host("hosted.example"), run.MXImplicit, sec, chain, run.Mismatch, run.DANEFailed},
	} {
		d := domainOf(c.kind, c.status, 1)
		d.MXLookup.Chain = c.chain
		before := c.facts.ends[0].verdict
		Domain(d, func(string) HostFacts { return c.facts })
		if d.MX[0].Verdict != c.verdict || d.Verdict != c.domain {
			t.Errorf("%s: MX %s:%s, domain %s; want %s, %s", c.name, d.MX[0].Verdict, d.MX[0].Reason, d.Verdict, c.verdict, c.domain)
		}
		if (c.verdict == run.Verified) != (d.MX[0].Reason == "") {
			t.Errorf("%s: reason %q beside %s", c.name, d.MX[0].Reason, c.verdict)
		}
		if c.facts.ends[0].verdict != before || c.facts.Verdict != run.Mismatch {
			t.Errorf("%s: judging a domain has changed the host", c.name)
		}
	}
}

// TestNamesPartly: a session that failed for another reason stays failed, and the
// host is mixed for the one domain whose name is in the certificate.
func TestNamesPartly(t *testing.T) {
	ca := issue(t, nil, sheet{ca: true})
	leaf, other := issue(t, &ca, sheet{names: []string{"example.org"}}), issue(t, nil, sheet{})
	certs := store{}
	h, ends := judged(t, Judge{}, signedHost(tlsa(t, 2, 1, 1, ca.der)), certs,
		shown(first, run.KeyECDSA, certs.add(leaf.der, ca.der)), shown(second, run.KeyECDSA, certs.add(other.der)))
	d := domainOf(run.MXFound, sec, 1)
	facts := NewHostFacts(h, ends)
	Domain(d, func(string) HostFacts { return facts })
	if d.MX[0].Verdict != run.Mixed || d.MX[0].Reason != run.ReasonAddresses || d.Verdict != run.DANEFailed {
		t.Errorf("MX %s:%s, domain %s", d.MX[0].Verdict, d.MX[0].Reason, d.Verdict)
	}
}

// TestNamesAreNotAll: a certificate that has the name of the next-hop and has
// expired is refused all the same.
func TestNamesAreNotAll(t *testing.T) {
	ca := issue(t, nil, sheet{ca: true})
	leaf := issue(t, &ca, sheet{
		names: []string{"example.org"},
		from:  time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), to: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	certs := store{}
	h, ends := judged(t, Judge{}, signedHost(tlsa(t, 2, 1, 1, ca.der)), certs, shown(first, run.KeyECDSA, certs.add(leaf.der, ca.der)))
	if h.Verdict != run.Mismatch || h.Reason != run.ReasonName {
		t.Fatalf("the host alone is %s:%s", h.Verdict, h.Reason)
	}
	d := domainOf(run.MXFound, sec, 1)
	facts := NewHostFacts(h, ends)
	Domain(d, func(string) HostFacts { return facts })
	if d.MX[0].Verdict != run.Mismatch || d.Verdict != run.DANEFailed {
		t.Errorf("MX %s:%s, domain %s", d.MX[0].Verdict, d.MX[0].Reason, d.Verdict)
	}
}

// TestHostFactsHoldNoRow: facts of a host must not keep the buffers alive from
// which its row was read.
func TestHostFactsHoldNoRow(t *testing.T) {
	buffer := []byte("usable verified mismatch name ecdsa example.org")
	part := func(from, to int) string { return unsafe.String(&buffer[from], to-from) }
	h := &run.Host{}
	h.Host, h.TLSABase = mxName, mxName
	h.TLSAState, h.Verdict, h.Reason = run.TLSAState(part(0, 6)), run.Verdict(part(16, 24)), run.Reason(part(25, 29))
	e := shown(first, run.KeyAlgorithm(part(30, 35)), nil)
	e.Verdict, e.Reason, e.NamesSeen, e.PathOK = h.Verdict, h.Reason, []string{part(36, 47)}, ptr(true)
	f := NewHostFacts(h, []run.Endpoint{e})
	clear(buffer)
	if f.State != run.TLSAUsable || f.Verdict != run.Mismatch || f.Reason != run.ReasonName {
		t.Errorf("facts %q, %q, %q", f.State, f.Verdict, f.Reason)
	}
	if f.ends[0].algorithm != run.KeyECDSA || f.ends[0].verdict != run.Mismatch || f.byName[0].seen[0] != "example.org" {
		t.Errorf("session %+v, names %q", f.ends[0], f.byName[0].seen)
	}
}

func BenchmarkHostFacts(b *testing.B) {
	certs := store{}
	leaf := issue(b, nil, sheet{})
	h, ends := judged(b, Judge{}, signedHost(tlsa(b, 3, 1, 1, leaf.der)), certs,
		shown(first, run.KeyECDSA, certs.add(leaf.der)), shown(second, run.KeyECDSA, certs.add(leaf.der)))
	b.ReportAllocs()
	facts := make([]HostFacts, 0, 1024)
	for b.Loop() {
		if len(facts) == cap(facts) {
			facts = facts[:0]
		}
		facts = append(facts, NewHostFacts(h, ends))
	}
}

func BenchmarkJudgeHost(b *testing.B) {
	certs := store{}
	leaf := issue(b, nil, sheet{})
	h := signedHost(tlsa(b, 3, 1, 1, leaf.der))
	ends := []run.Endpoint{shown(first, run.KeyECDSA, certs.add(leaf.der)), shown(second, run.KeyECDSA, certs.add(leaf.der))}
	b.ReportAllocs()
	for b.Loop() {
		if err := Host(h, ends, certs); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJudgePlainHost(b *testing.B) {
	h := plainHost()
	b.ReportAllocs()
	for b.Loop() {
		if err := Host(h, nil, store{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJudgeDomain(b *testing.B) {
	d := domainOf(run.MXFound, run.Secure, 2)
	facts := []HostFacts{one(run.TLSAUsable, run.Verified), one(run.TLSAUsable, run.Verified)}
	host := lookupFacts(facts)
	b.ReportAllocs()
	for b.Loop() {
		Domain(d, host)
	}
}

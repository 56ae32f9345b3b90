package judge

import (
	"testing"

	"danescan/datasets/run"
)

// TestNamesOfTheExample is the example of RFC 7672, Section 3.2.2: mail for
// exchange.example.org, which is an alias of an alias of example.com, whose three MX
// hosts are no alias, an alias with TLSA records of its own, and an alias of a name
// that has them. A certificate for any of the names that the RFC lists is accepted,
// one for a name on the way between them is not.
func TestNamesOfTheExample(t *testing.T) {
	const nextHop, between, expanded = "exchange.example.org", "mail.example.org", "example.com"
	ca := issue(t, nil, sheet{ca: true})
	anchor := tlsa(t, 2, 0, 1, ca.der)
	plain := run.HostEvidence{Host: "mx10.example.com", A: lookup(run.Found, sec),
		TLSACandidates: []run.TLSACandidate{tlsaAt("mx10.example.com", run.Found, sec)}}
	original := run.HostEvidence{Host: "mx15.example.com", A: lookup(run.Found, sec, alias("mx15.example.com", "mxbackup.example.com", sec)),
		TLSACandidates: []run.TLSACandidate{tlsaAt("mxbackup.example.com", run.NXDomain, sec), tlsaAt("mx15.example.com", run.Found, sec)}}
	target := run.HostEvidence{Host: "mx20.example.com", A: lookup(run.Found, sec, alias("mx20.example.com", "mxbackup.example.net", sec)),
		TLSACandidates: []run.TLSACandidate{tlsaAt("mxbackup.example.net", run.Found, sec)}}
	for _, c := range []struct {
		host     run.HostEvidence
		base     string
		accepted []string
		refused  []string
	}{
		{plain, "mx10.example.com", []string{"mx10.example.com", nextHop, expanded}, []string{between, "mx15.example.com"}},
		{original, "mx15.example.com", []string{"mx15.example.com", nextHop, expanded}, []string{between, "mxbackup.example.com"}},
		{target, "mxbackup.example.net", []string{"mxbackup.example.net", nextHop, expanded}, []string{between, "mx20.example.com"}},
	} {
		try := func(name string) run.Verdict {
			certs := store{}
			h := &run.Host{HostEvidence: c.host}
			h.ScannedAt, h.Addresses, h.TLSA = noon, []string{first}, []run.TLSA{anchor}
			leaf := issue(t, &ca, sheet{names: []string{name}})
			e := shown(first, run.KeyECDSA, certs.add(leaf.der, ca.der))
			e.Host, e.Base = c.host.Host, c.base
			h, ends := judged(t, Judge{}, h, certs, e)
			if h.TLSAState != run.TLSAUsable || h.TLSABase != c.base {
				t.Fatalf("%s: %s records at %s, want usable at %s", c.host.Host, h.TLSAState, h.TLSABase, c.base)
			}
			d := domainOf(run.MXFound, sec, 1)
			d.Domain, d.MX[0].Host = nextHop, c.host.Host
			d.MXLookup.Chain = []run.Alias{alias(nextHop, between, sec), alias(between, expanded, sec)}
			facts := NewHostFacts(h, ends)
			Domain(d, func(string) HostFacts { return facts })
			return d.MX[0].Verdict
		}
		for _, name := range c.accepted {
			if v := try(name); v != run.Verified {
				t.Errorf("%s with a certificate for %s: %s", c.host.Host, name, v)
			}
		}
		for _, name := range c.refused {
			if v := try(name); v != run.Mismatch {
				t.Errorf("%s with a certificate for %s: %s, want mismatch", c.host.Host, name, v)
			}
		}
	}
}

package judge

import (
	"testing"

	"danescan/datasets/run"
)

// one is a host with one session.
func one(state run.TLSAState, v run.Verdict) HostFacts {
	f := HostFacts{State: state, ends: []end{{verdict: v}}}
	switch state {
	case run.TLSAUsable, run.TLSAUnusable:
		f.Verdict, f.Reason = tally(state, f.ends)
	case run.TLSAInsecure:
		f.Verdict = run.InsecureTLSA
	default:
		f.Verdict = run.None
	}
	return f
}

// bareHost is a host that was not probed, with that verdict.
func bareHost(state run.TLSAState, v run.Verdict, r run.Reason) HostFacts {
	return HostFacts{State: state, Verdict: v, Reason: r}
}

const (
	enc = run.PolicyEncrypted
	ver = run.PolicyVerified
	opp = run.PolicyOpportunistic
	clr = run.PolicyCleartext
)

// TestHostPolicy is the table of policies, row by row: what a sender at each
// level does at a host with one endpoint.
func TestHostPolicy(t *testing.T) {
	for _, c := range []struct {
		name string
		f    HostFacts
		want [4]run.Policy // may; dane: MX secure or implicit, MX insecure; dane-only
	}{
		{"none, not probed", bareHost(run.TLSANone, run.None, ""), [4]run.Policy{opp, opp, opp, next}},
		{"insecure, not probed", bareHost(run.TLSAInsecure, run.InsecureTLSA, ""), [4]run.Policy{opp, opp, opp, next}},
		{"not asked, not probed", bareHost(run.TLSANotAsked, run.None, ""), [4]run.Policy{opp, opp, opp, next}},
		{"name too long", bareHost(run.TLSANotAsked, run.None, run.ReasonNameTooLong), [4]run.Policy{opp, opp, opp, next}},
		{"none, all addresses excluded", one(run.TLSANone, run.NotTested), [4]run.Policy{opp, opp, opp, next}},
		{"none, TLS", one(run.TLSANone, run.Encrypted), [4]run.Policy{enc, enc, enc, next}},
		{"insecure, TLS", one(run.TLSAInsecure, run.Encrypted), [4]run.Policy{enc, enc, enc, next}},
		{"none, no STARTTLS", one(run.TLSANone, run.NoSTARTTLS), [4]run.Policy{clr, clr, clr, next}},
		{"none, TLS fails", one(run.TLSANone, run.TLSFailure), [4]run.Policy{clr, clr, clr, next}},
		{"none, down", one(run.TLSANone, run.Unreachable), [4]run.Policy{next, next, next, next}},

		{"unusable, TLS", one(run.TLSAUnusable, run.Encrypted), [4]run.Policy{enc, enc, enc, next}},
		{"unusable, no STARTTLS", one(run.TLSAUnusable, run.NoSTARTTLS), [4]run.Policy{clr, next, next, next}},
		{"unusable, TLS fails", one(run.TLSAUnusable, run.TLSFailure), [4]run.Policy{clr, next, next, next}},
		{"unusable, down", one(run.TLSAUnusable, run.Unreachable), [4]run.Policy{next, next, next, next}},
		{"unusable, not tested", one(run.TLSAUnusable, run.NotTested), [4]run.Policy{"", "", "", ""}},

		{"usable, verified", one(run.TLSAUsable, run.Verified), [4]run.Policy{enc, ver, enc, ver}},
		{"usable, mismatch", one(run.TLSAUsable, run.Mismatch), [4]run.Policy{enc, next, next, next}},
		{"usable, no STARTTLS", one(run.TLSAUsable, run.NoSTARTTLS), [4]run.Policy{clr, next, next, next}},
		{"usable, TLS fails", one(run.TLSAUsable, run.TLSFailure), [4]run.Policy{clr, next, next, next}},
		{"usable, down", one(run.TLSAUsable, run.Unreachable), [4]run.Policy{next, next, next, next}},
		{"usable, not tested", one(run.TLSAUsable, run.NotTested), [4]run.Policy{"", "", "", ""}},
		{"usable, no sessions", bareHost(run.TLSAUsable, run.NotTested, run.ReasonProbeOff), [4]run.Policy{"", "", "", ""}},

		{"TLSA lookup failed", bareHost(run.TLSAError, run.LookupFailed, run.ReasonTLSA), [4]run.Policy{"", next, next, next}},
		{"alias lookup failed", bareHost(run.TLSAError, run.LookupFailed, run.ReasonAlias), [4]run.Policy{"", next, next, next}},
		{"address lookup failed, signed", bareHost(run.TLSAError, run.LookupFailed, run.ReasonAddress), [4]run.Policy{next, next, next, next}},
		{"address lookup failed", bareHost(run.TLSANotAsked, run.Unreachable, run.ReasonAddressLookup), [4]run.Policy{next, next, next, next}},
		{"no address", bareHost(run.TLSANotAsked, run.Unreachable, run.ReasonNoAddress), [4]run.Policy{next, next, next, next}},
		{"an address for a name", bareHost(run.TLSANotAsked, run.None, run.ReasonIPLiteral), [4]run.Policy{next, next, next, next}},
		{"the root", bareHost(run.TLSANotAsked, run.None, run.ReasonRoot), [4]run.Policy{next, next, next, next}},
		{"no name", bareHost(run.TLSANotAsked, run.None, run.ReasonBadName), [4]run.Policy{next, next, next, next}},
	} {
		for l, want := range c.want {
			f := c.f
			if got := hostPolicy(&f, level(l)); got != want {
				t.Errorf("%s, level %d: %q, want %q", c.name, l, got, want)
			}
		}
	}
}

// TestHostPolicyEndpoints: the weakest endpoint that a sender would use, and the
// certificate that OpenSSL is shown.
func TestHostPolicyEndpoints(t *testing.T) {
	at := func(address int32, v run.Verdict, a run.KeyAlgorithm) end {
		return end{verdict: v, address: address, algorithm: a}
	}
	for _, c := range []struct {
		name  string
		state run.TLSAState
		ends  []end
		may   run.Policy
		dane  run.Policy
	}{
		{"one address fails", run.TLSAUsable, []end{at(0, run.Verified, ""), at(1, run.NoSTARTTLS, "")}, clr, ver},
		{"one address down", run.TLSAUsable, []end{at(0, run.Verified, ""), at(1, run.Unreachable, "")}, enc, ver},
		{"one address not tested", run.TLSAUsable, []end{at(0, run.Verified, ""), at(1, run.NotTested, "")}, enc, ver},
		{"down and not tested", run.TLSAUsable, []end{at(0, run.Unreachable, ""), at(1, run.NotTested, "")}, next, next},
		{"ECDSA fails, RSA does not", run.TLSAUsable, []end{at(0, run.Verified, run.KeyRSA), at(0, run.Mismatch, run.KeyECDSA)}, enc, next},
		{"RSA fails, ECDSA does not", run.TLSAUsable, []end{at(0, run.Mismatch, run.KeyRSA), at(0, run.Verified, run.KeyECDSA)}, enc, ver},
		{"RSA before others", run.TLSAUsable, []end{at(0, run.Mismatch, run.KeyOther), at(0, run.Verified, run.KeyRSA)}, enc, ver},
		{"each address by itself", run.TLSAUsable, []end{at(0, run.Mismatch, run.KeyECDSA), at(1, run.Verified, run.KeyRSA)}, enc, ver},
		{"plain, one address in the clear", run.TLSANone, []end{at(0, run.Encrypted, ""), at(1, run.NoSTARTTLS, "")}, clr, clr},
	} {
		f := HostFacts{State: c.state, Verdict: run.None, ends: c.ends}
		if c.state != run.TLSANone {
			f.Verdict, f.Reason = tally(c.state, c.ends)
		}
		if may, dane := hostPolicy(&f, mayLevel), hostPolicy(&f, daneSecure); may != c.may || dane != c.dane {
			t.Errorf("%s: may %q, dane %q; want %q, %q", c.name, may, dane, c.may, c.dane)
		}
	}
}

// TestDomainPolicies: which of the hosts decides.
func TestDomainPolicies(t *testing.T) {
	verified, mismatch := one(run.TLSAUsable, run.Verified), one(run.TLSAUsable, run.Mismatch)
	untested, failed := one(run.TLSAUsable, run.NotTested), bareHost(run.TLSAError, run.LookupFailed, run.ReasonTLSA)
	plain, clear := bareHost(run.TLSANone, run.None, ""), one(run.TLSANone, run.NoSTARTTLS)
	weak, down := one(run.TLSAUnusable, run.Encrypted), one(run.TLSAUsable, run.Unreachable)
	gone, literal := bareHost(run.TLSANotAsked, run.Unreachable, run.ReasonNoAddress), bareHost(run.TLSANotAsked, run.None, run.ReasonIPLiteral)
	const deferred, lost = run.PolicyDeferred, run.PolicyUndeliverable
	for _, c := range []struct {
		name   string
		kind   run.MXKind
		status run.DNSSEC
		hosts  []HostFacts
		same   bool // preference
		want   [3]run.Policy
	}{
		{"null MX", run.MXNull, sec, nil, false, [3]run.Policy{lost, lost, lost}},
		{"no mail", run.MXNone, ins, nil, false, [3]run.Policy{lost, lost, lost}},
		{"MX lookup failed", run.MXError, bog, nil, false, [3]run.Policy{deferred, deferred, deferred}},
		{"verified", run.MXFound, sec, []HostFacts{verified}, false, [3]run.Policy{enc, ver, ver}},
		{"verified, MX insecure", run.MXFound, ins, []HostFacts{verified}, false, [3]run.Policy{enc, enc, deferred}},
		{"verified, implicit", run.MXImplicit, sec, []HostFacts{verified}, false, [3]run.Policy{enc, ver, ver}},
		{"verified, implicit, absence unproven", run.MXImplicit, ins, []HostFacts{verified}, false, [3]run.Policy{enc, ver, ver}},
		{"plain", run.MXFound, ins, []HostFacts{plain}, false, [3]run.Policy{opp, opp, deferred}},
		{"plain, signed", run.MXFound, sec, []HostFacts{plain}, false, [3]run.Policy{opp, opp, deferred}},
		{"failing, backup verified", run.MXFound, sec, []HostFacts{mismatch, verified}, false, [3]run.Policy{enc, ver, ver}},
		{"failing, backup plain: the way down", run.MXFound, sec, []HostFacts{mismatch, plain}, false, [3]run.Policy{enc, opp, deferred}},
		{"failing, backup plain in the clear", run.MXFound, sec, []HostFacts{mismatch, clear}, false, [3]run.Policy{enc, clr, deferred}},
		{"failing alone", run.MXFound, sec, []HostFacts{mismatch}, false, [3]run.Policy{enc, deferred, deferred}},
		{"verified beside plain", run.MXFound, sec, []HostFacts{verified, plain}, true, [3]run.Policy{opp, opp, ver}},
		{"verified, backup plain", run.MXFound, sec, []HostFacts{verified, plain}, false, [3]run.Policy{enc, ver, ver}},
		{"plain, backup verified", run.MXFound, sec, []HostFacts{plain, verified}, false, [3]run.Policy{opp, opp, ver}},
		{"verified beside failing", run.MXFound, sec, []HostFacts{verified, mismatch}, true, [3]run.Policy{enc, ver, ver}},
		{"verified beside weak", run.MXFound, sec, []HostFacts{verified, weak}, true, [3]run.Policy{enc, enc, ver}},
		{"weak alone", run.MXFound, sec, []HostFacts{weak}, false, [3]run.Policy{enc, enc, deferred}},
		{"lookup failed", run.MXFound, sec, []HostFacts{failed}, false, [3]run.Policy{"", deferred, deferred}},
		{"lookup failed, backup verified", run.MXFound, sec, []HostFacts{failed, verified}, false, [3]run.Policy{"", ver, ver}},
		{"not tested", run.MXFound, sec, []HostFacts{untested}, false, [3]run.Policy{"", "", ""}},
		{"not tested, backup verified", run.MXFound, sec, []HostFacts{untested, verified}, false, [3]run.Policy{"", "", ""}},
		{"verified beside not tested", run.MXFound, sec, []HostFacts{verified, untested}, true, [3]run.Policy{"", "", ""}},
		{"in the clear beside not tested", run.MXFound, sec, []HostFacts{clear, untested}, true, [3]run.Policy{clr, clr, ""}},
		{"down, backup not tested", run.MXFound, sec, []HostFacts{down, untested}, false, [3]run.Policy{"", "", ""}},
		{"down", run.MXFound, sec, []HostFacts{down}, false, [3]run.Policy{deferred, deferred, deferred}},
		{"no address", run.MXFound, sec, []HostFacts{gone}, false, [3]run.Policy{lost, lost, lost}},
		{"no address, MX insecure", run.MXFound, ins, []HostFacts{gone}, false, [3]run.Policy{lost, lost, lost}},
		{"addresses for names", run.MXFound, sec, []HostFacts{literal, gone}, false, [3]run.Policy{lost, lost, lost}},
		{"no address, backup down", run.MXFound, sec, []HostFacts{gone, down}, false, [3]run.Policy{deferred, deferred, deferred}},
		{"no address, backup verified", run.MXFound, sec, []HostFacts{gone, verified}, false, [3]run.Policy{enc, ver, ver}},
	} {
		d := domainOf(c.kind, c.status, len(c.hosts))
		if c.same {
			for i := range d.MX {
				d.MX[i].Preference = 10
			}
		}
		facts := c.hosts
		Domain(d, func(name string) HostFacts { return facts[int(name[2]-'0')] })
		if got := [3]run.Policy{d.PolicyMay, d.PolicyDANE, d.PolicyDANEOnly}; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

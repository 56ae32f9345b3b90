package judge

import (
	"slices"
	"testing"

	"danescan/datasets/run"
)

const (
	sec = run.Secure
	ins = run.Insecure
	bog = run.Bogus
	ind = run.Indeterminate
)

// secureAlias and the others are aliases of mx.example.net to target.example.org,
// the second over middle.example.com.
func oneLink(s run.DNSSEC) []run.Alias {
	return []run.Alias{alias(mxName, "target.example.org", s)}
}

func twoLinks(a, b run.DNSSEC) []run.Alias {
	return []run.Alias{alias(mxName, "middle.example.com", a), alias("middle.example.com", "Target.Example.ORG.", b)}
}

var usableRecord = raw(3, 1, 1, make([]byte, 32))
var unusableRecord = raw(1, 1, 1, make([]byte, 32))

// TestState goes through every way in which addresses and TLSA lookups can come
// out: RFC 7672, Sections 2.1.1 to 2.1.3 and 2.2.2 to 2.2.3.
func TestState(t *testing.T) {
	const host, target = mxName, "target.example.org"
	for _, c := range []struct {
		name       string
		h          run.HostEvidence
		bases      []string
		figureOnly bool
		state      run.TLSAState
		base       string
		verdict    run.Verdict // of the lookups alone
		reason     run.Reason
	}{
		// The address is secure, the name no alias: the name itself is the only base.
		{name: "secure records", h: run.HostEvidence{A: lookup(run.Found, sec), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, state: run.TLSAUsable, base: host},
		{name: "one usable of two", h: run.HostEvidence{A: lookup(run.Found, sec), TLSA: []run.TLSA{unusableRecord, usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, state: run.TLSAUsable, base: host},
		{name: "no usable record", h: run.HostEvidence{A: lookup(run.Found, sec), TLSA: []run.TLSA{unusableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, state: run.TLSAUnusable, base: host},
		{name: "rdata too short", h: run.HostEvidence{A: lookup(run.Found, sec), TLSA: []run.TLSA{{RData: []byte{3, 1}}},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, state: run.TLSAUnusable, base: host},
		{name: "securely absent", h: run.HostEvidence{A: lookup(run.Found, sec),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.NoData, sec)}}, bases: []string{host}, state: run.TLSANone},
		{name: "insecurely absent", h: run.HostEvidence{A: lookup(run.Found, sec),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.NXDomain, ins)}}, bases: []string{host}, state: run.TLSANone},
		{name: "insecure records in a secure zone", h: run.HostEvidence{A: lookup(run.Found, sec), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, ins)}}, bases: []string{host}, state: run.TLSAInsecure, base: host},
		{name: "TLSA servfail", h: run.HostEvidence{A: lookup(run.Found, sec),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.ServFail, ind)}}, bases: []string{host},
			state: run.TLSAError, base: host, verdict: run.LookupFailed, reason: run.ReasonTLSA},
		{name: "TLSA bogus", h: run.HostEvidence{A: lookup(run.Found, sec),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.BogusAnswer, bog)}}, bases: []string{host},
			state: run.TLSAError, base: host, verdict: run.LookupFailed, reason: run.ReasonTLSA},
		{name: "TLSA never asked", h: run.HostEvidence{A: lookup(run.Found, sec)}, bases: []string{host},
			state: run.TLSAError, base: host, verdict: run.LookupFailed, reason: run.ReasonTLSA},

		// One family failing does not stop the other.
		{name: "A servfail, AAAA secure", h: run.HostEvidence{A: lookup(run.ServFail, ind), AAAA: lookup(run.Found, sec), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, state: run.TLSAUsable, base: host},
		{name: "A secure, AAAA bogus", h: run.HostEvidence{A: lookup(run.Found, sec), AAAA: lookup(run.BogusAnswer, bog), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, state: run.TLSAUsable, base: host},
		{name: "families of different status", h: run.HostEvidence{A: lookup(run.Found, sec), AAAA: lookup(run.Found, ins), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, figureOnly: true, state: run.TLSAInsecure, base: host},

		// No address.
		{name: "no address", h: run.HostEvidence{A: lookup(run.NoData, sec), AAAA: lookup(run.NoData, sec)},
			state: run.TLSANotAsked, verdict: run.Unreachable, reason: run.ReasonNoAddress},
		{name: "no such name", h: run.HostEvidence{A: lookup(run.NXDomain, ins), AAAA: lookup(run.NXDomain, ins)},
			state: run.TLSANotAsked, verdict: run.Unreachable, reason: run.ReasonNoAddress},
		{name: "one family asked, denied", h: run.HostEvidence{A: lookup(run.NoData, ins)},
			state: run.TLSANotAsked, verdict: run.Unreachable, reason: run.ReasonNoAddress},
		{name: "addresses never asked", h: run.HostEvidence{},
			state: run.TLSANotAsked, verdict: run.Unreachable, reason: run.ReasonAddressLookup},
		{name: "dead unsigned host", h: run.HostEvidence{A: lookup(run.Timeout, ind), AAAA: lookup(run.Timeout, ind), AddressZoneDNSSEC: ins},
			state: run.TLSANotAsked, verdict: run.Unreachable, reason: run.ReasonAddressLookup},
		{name: "dead host, zone unknown", h: run.HostEvidence{A: lookup(run.ServFail, ind), AAAA: lookup(run.NoData, ins), AddressZoneDNSSEC: ind},
			state: run.TLSANotAsked, verdict: run.Unreachable, reason: run.ReasonAddressLookup},
		{name: "dead host of a signed zone", h: run.HostEvidence{A: lookup(run.Timeout, ind), AAAA: lookup(run.NoData, sec), AddressZoneDNSSEC: sec},
			state: run.TLSAError, verdict: run.LookupFailed, reason: run.ReasonAddress},
		{name: "bogus address", h: run.HostEvidence{A: lookup(run.BogusAnswer, bog), AAAA: lookup(run.NoData, ins), AddressZoneDNSSEC: ind},
			state: run.TLSAError, verdict: run.LookupFailed, reason: run.ReasonAddress},

		// The address is insecure, the name no alias: records are a figure.
		{name: "unsigned, absent", h: run.HostEvidence{A: lookup(run.Found, ins),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.NXDomain, ins)}}, bases: []string{host}, figureOnly: true, state: run.TLSANone},
		{name: "unsigned, insecure records", h: run.HostEvidence{A: lookup(run.Found, ins), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, ins)}}, bases: []string{host}, figureOnly: true, state: run.TLSAInsecure, base: host},
		{name: "unsigned, secure records", h: run.HostEvidence{A: lookup(run.Found, ins), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, figureOnly: true, state: run.TLSAInsecure, base: host},
		{name: "unsigned, error", h: run.HostEvidence{A: lookup(run.Found, ins),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.ServFail, ind)}}, bases: []string{host}, figureOnly: true, state: run.TLSANone},
		{name: "unsigned, bogus", h: run.HostEvidence{A: lookup(run.Found, ins),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.BogusAnswer, bog)}}, bases: []string{host}, figureOnly: true, state: run.TLSANone},
		{name: "unsigned, not asked", h: run.HostEvidence{A: lookup(run.Found, ins)}, bases: []string{host}, figureOnly: true, state: run.TLSANotAsked},

		// An alias, all of it secure: the target first, then the name, never one between.
		{name: "alias, target has records", h: run.HostEvidence{A: lookup(run.Found, sec, twoLinks(sec, sec)...), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(target, run.Found, sec)}}, bases: []string{target, host}, state: run.TLSAUsable, base: target},
		{name: "alias, target's records unusable", h: run.HostEvidence{A: lookup(run.Found, sec, oneLink(sec)...), TLSA: []run.TLSA{unusableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(target, run.Found, sec), tlsaAt(host, run.Found, sec)}},
			bases: []string{target, host}, state: run.TLSAUnusable, base: target},
		{name: "alias, target has none, name has", h: run.HostEvidence{A: lookup(run.Found, sec, oneLink(sec)...), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(target, run.NoData, sec), tlsaAt(host, run.Found, sec)}},
			bases: []string{target, host}, state: run.TLSAUsable, base: host},
		{name: "alias, target's insecure, name's secure", h: run.HostEvidence{A: lookup(run.Found, sec, oneLink(sec)...), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(target, run.Found, ins), tlsaAt(host, run.Found, sec)}},
			bases: []string{target, host}, state: run.TLSAUsable, base: host},
		{name: "alias, target's insecure, name has none", h: run.HostEvidence{A: lookup(run.Found, sec, oneLink(sec)...), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(target, run.Found, ins), tlsaAt(host, run.NoData, sec)}},
			bases: []string{target, host}, state: run.TLSAInsecure, base: target},
		{name: "alias, neither has", h: run.HostEvidence{A: lookup(run.Found, sec, oneLink(sec)...),
			TLSACandidates: []run.TLSACandidate{tlsaAt(target, run.NoData, sec), tlsaAt(host, run.NXDomain, sec)}},
			bases: []string{target, host}, state: run.TLSANone},
		{name: "alias, target's fails: the name is not tried", h: run.HostEvidence{A: lookup(run.Found, sec, oneLink(sec)...), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(target, run.Timeout, ind), tlsaAt(host, run.Found, sec)}},
			bases: []string{target, host}, state: run.TLSAError, base: target, verdict: run.LookupFailed, reason: run.ReasonTLSA},
		{name: "alias, target has none, name's fails", h: run.HostEvidence{A: lookup(run.Found, sec, oneLink(sec)...),
			TLSACandidates: []run.TLSACandidate{tlsaAt(target, run.NoData, sec), tlsaAt(host, run.ServFail, ind)}},
			bases: []string{target, host}, state: run.TLSAError, base: host, verdict: run.LookupFailed, reason: run.ReasonTLSA},
		{name: "alias of itself in another case", h: run.HostEvidence{A: lookup(run.Found, sec, alias(mxName, "MX.example.NET.", sec)), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, state: run.TLSAUsable, base: host},

		// The first link secure, a later one not: the name alone.
		{name: "alias into an unsigned zone", h: run.HostEvidence{A: lookup(run.Found, ins, oneLink(sec)...), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, state: run.TLSAUsable, base: host},
		{name: "alias with an unsigned second link", h: run.HostEvidence{A: lookup(run.Found, ins, twoLinks(sec, ins)...),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.NoData, sec)}}, bases: []string{host}, state: run.TLSANone},
		{name: "alias into an unsigned zone, TLSA fails", h: run.HostEvidence{A: lookup(run.Found, ins, oneLink(sec)...),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Refused, ind)}}, bases: []string{host},
			state: run.TLSAError, base: host, verdict: run.LookupFailed, reason: run.ReasonTLSA},
		{name: "alias asked by name: secure", h: run.HostEvidence{A: lookup(run.Found, ins, oneLink(ind)...), AliasLookup: lookup(run.Found, sec),
			TLSA: []run.TLSA{usableRecord}, TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}},
			bases: []string{host}, state: run.TLSAUsable, base: host},

		// The first link not secure: DANE does not apply.
		{name: "unsigned alias", h: run.HostEvidence{A: lookup(run.Found, ins, oneLink(ins)...), TLSA: []run.TLSA{usableRecord},
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}}, bases: []string{host}, figureOnly: true, state: run.TLSAInsecure, base: host},
		{name: "unsigned alias into a signed zone", h: run.HostEvidence{A: lookup(run.Found, ins, twoLinks(ins, sec)...),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.ServFail, ind)}}, bases: []string{host}, figureOnly: true, state: run.TLSANone},
		{name: "alias asked by name: insecure", h: run.HostEvidence{A: lookup(run.Found, ins, oneLink(ind)...), AliasLookup: lookup(run.Found, ins),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.NoData, ins)}}, bases: []string{host}, figureOnly: true, state: run.TLSANone},

		// The alias denied when asked for by name is an answer, too: its status is that
		// of the zone in which the alias would stand.
		{name: "alias asked by name: denied, secure", h: run.HostEvidence{A: lookup(run.Found, ins, oneLink(ind)...), AliasLookup: lookup(run.NoData, sec),
			TLSA: []run.TLSA{usableRecord}, TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.Found, sec)}},
			bases: []string{host}, state: run.TLSAUsable, base: host},
		{name: "alias asked by name: denied, insecure", h: run.HostEvidence{A: lookup(run.Found, ins, oneLink(ind)...), AliasLookup: lookup(run.NXDomain, ins),
			TLSACandidates: []run.TLSACandidate{tlsaAt(host, run.NoData, ins)}}, bases: []string{host}, figureOnly: true, state: run.TLSANone},

		// The lookup of the alias failing, or missing where it is needed.
		{name: "alias lookup fails", h: run.HostEvidence{A: lookup(run.Found, ins, oneLink(ind)...), AliasLookup: lookup(run.ServFail, ind)},
			state: run.TLSAError, base: host, verdict: run.LookupFailed, reason: run.ReasonAlias},
		{name: "alias lookup bogus", h: run.HostEvidence{A: lookup(run.Found, ins, oneLink(ind)...), AliasLookup: lookup(run.BogusAnswer, bog)},
			state: run.TLSAError, base: host, verdict: run.LookupFailed, reason: run.ReasonAlias},
		{name: "alias lookup missing", h: run.HostEvidence{A: lookup(run.Found, ins, oneLink(ind)...)},
			state: run.TLSAError, base: host, verdict: run.LookupFailed, reason: run.ReasonAlias},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.h.Host = mxName
			bases, figureOnly := Candidates(&c.h)
			if !slices.Equal(bases, c.bases) || figureOnly != c.figureOnly {
				t.Errorf("candidates %q, figure only %v; want %q, %v", bases, figureOnly, c.bases, c.figureOnly)
			}
			if state, base := State(&c.h); state != c.state || base != c.base {
				t.Errorf("state %q at %q; want %q at %q", state, base, c.state, c.base)
			}
			if s := standingOf(&c.h); s.verdict != c.verdict || s.reason != c.reason {
				t.Errorf("verdict %q:%q; want %q:%q", s.verdict, s.reason, c.verdict, c.reason)
			}
		})
	}
}

func TestStateOfNoHostName(t *testing.T) {
	for name, reason := range map[string]run.Reason{"192.0.2.1": run.ReasonIPLiteral, ".": run.ReasonRoot, "a..b": run.ReasonBadName} {
		h := &run.Host{HostEvidence: run.HostEvidence{Host: name}}
		if bases, _ := Candidates(&h.HostEvidence); bases != nil {
			t.Errorf("%q: candidates %q", name, bases)
		}
		judged(t, Judge{}, h, nil)
		if h.TLSAState != run.TLSANotAsked || h.Verdict != run.None || h.Reason != reason {
			t.Errorf("%q: %s, %s:%s", name, h.TLSAState, h.Verdict, h.Reason)
		}
	}
}

func TestNeedsAlias(t *testing.T) {
	for _, c := range []struct {
		name string
		h    run.HostEvidence
		want bool
	}{
		{"no alias", run.HostEvidence{A: lookup(run.Found, ins)}, false},
		{"all secure", run.HostEvidence{A: lookup(run.Found, sec, oneLink(sec)...)}, false},
		{"first link known secure", run.HostEvidence{A: lookup(run.Found, ins, oneLink(sec)...)}, false},
		{"first link known insecure", run.HostEvidence{A: lookup(run.Found, ins, oneLink(ins)...)}, false},
		{"first link unknown", run.HostEvidence{A: lookup(run.Found, ins, oneLink(ind)...)}, true},
		{"first link unsaid", run.HostEvidence{AAAA: lookup(run.Found, ins, oneLink("")...)}, true},
		{"asked already", run.HostEvidence{A: lookup(run.Found, ins, oneLink(ind)...), AliasLookup: lookup(run.Timeout, ind)}, false},
		{"no address", run.HostEvidence{A: lookup(run.NoData, ins, oneLink(ind)...)}, false},
	} {
		if c.h.Host = mxName; NeedsAlias(&c.h) != c.want {
			t.Errorf("%s: not %v", c.name, c.want)
		}
	}
}

// TestExpansionTooLong: a base domain below which no TLSA name fits is passed
// over.
func TestExpansionTooLong(t *testing.T) {
	long := "a.b.c.d.e.f.g"
	for len(long) < 246 {
		long = "0123456789." + long
	}
	h := run.HostEvidence{Host: mxName, A: lookup(run.Found, sec, alias(mxName, long, sec))}
	if bases, _ := Candidates(&h); !slices.Equal(bases, []string{mxName}) {
		t.Errorf("candidates %q", bases)
	}
}

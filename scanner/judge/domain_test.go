package judge

import (
	"fmt"
	"sync"
	"testing"

	"danescan/datasets/run"
)

// hostKinds are the kinds of hosts that the literal table for domains tells
// apart: F fail, U unknown, K ok, R open and unreachable, T open and not tested,
// W weak, B bare.
var hostKinds = map[rune][]HostFacts{
	'F': {
		{State: run.TLSAUsable, Verdict: run.Mismatch, Reason: run.ReasonNoMatch},
		{State: run.TLSAUsable, Verdict: run.NoSTARTTLS, Reason: run.ReasonNotOffered},
		{State: run.TLSAUsable, Verdict: run.TLSFailure, Reason: run.ReasonHandshake},
		{State: run.TLSAUsable, Verdict: run.Mixed, Reason: run.ReasonAddresses},
		{State: run.TLSAUnusable, Verdict: run.NoSTARTTLS, Reason: run.ReasonNotOffered},
		{State: run.TLSAUnusable, Verdict: run.Mixed, Reason: run.ReasonAlgorithms},
	},
	'U': {
		{State: run.TLSAError, Verdict: run.LookupFailed, Reason: run.ReasonTLSA},
		{State: run.TLSAError, Verdict: run.LookupFailed, Reason: run.ReasonAddress},
		{State: run.TLSAError, Verdict: run.LookupFailed, Reason: run.ReasonAlias},
	},
	'K': {{State: run.TLSAUsable, Verdict: run.Verified}},
	'R': {{State: run.TLSAUsable, Verdict: run.Unreachable, Reason: run.ReasonTimeout}},
	'T': {{State: run.TLSAUsable, Verdict: run.NotTested, Reason: run.ReasonProbeOff}},
	'W': {
		{State: run.TLSAUnusable, Verdict: run.Unusable},
		{State: run.TLSAUnusable, Verdict: run.Unreachable, Reason: run.ReasonRefused},
		{State: run.TLSAUnusable, Verdict: run.NotTested, Reason: run.ReasonPrivate},
	},
	'B': {
		{State: run.TLSANone, Verdict: run.None},
		{State: run.TLSAInsecure, Verdict: run.InsecureTLSA},
		{State: run.TLSANotAsked, Verdict: run.None, Reason: run.ReasonIPLiteral},
		{State: run.TLSANotAsked, Verdict: run.Unreachable, Reason: run.ReasonNoAddress},
		{State: run.TLSANotAsked, Verdict: run.Unreachable, Reason: run.ReasonAddressLookup},
	},
}

const hostKindOrder = "FUKRTWB"

// domainTable is the literal verdict of every set of up to three kinds of hosts
// below a secure MX.
var domainTable = map[string]run.Verdict{
	"F": run.DANEFailed, "FU": run.DANEFailed, "FK": run.DANEFailed, "FR": run.DANEFailed, "FT": run.DANEFailed,
	"FW": run.DANEFailed, "FB": run.DANEFailed, "FUK": run.DANEFailed, "FUR": run.DANEFailed, "FUT": run.DANEFailed,
	"FUW": run.DANEFailed, "FUB": run.DANEFailed, "FKR": run.DANEFailed, "FKT": run.DANEFailed, "FKW": run.DANEFailed,
	"FKB": run.DANEFailed, "FRT": run.DANEFailed, "FRW": run.DANEFailed, "FRB": run.DANEFailed, "FTW": run.DANEFailed,
	"FTB": run.DANEFailed, "FWB": run.DANEFailed,

	"U": run.DANEUndecided, "UK": run.DANEUndecided, "UR": run.DANEUndecided, "UT": run.DANEUndecided,
	"UW": run.DANEUndecided, "UB": run.DANEUndecided, "UKR": run.DANEUndecided, "UKT": run.DANEUndecided,
	"UKW": run.DANEUndecided, "UKB": run.DANEUndecided, "URT": run.DANEUndecided, "URW": run.DANEUndecided,
	"URB": run.DANEUndecided, "UTW": run.DANEUndecided, "UTB": run.DANEUndecided, "UWB": run.DANEUndecided,

	"K": run.DANEVerified, "KR": run.DANEVerified, "KT": run.DANEVerified, "KRT": run.DANEVerified,
	"KW": run.DANEPartial, "KB": run.DANEPartial, "KRW": run.DANEPartial, "KRB": run.DANEPartial,
	"KTW": run.DANEPartial, "KTB": run.DANEPartial, "KWB": run.DANEPartial,

	"R": run.DANEUnreachable, "RT": run.DANEUnreachable, "RW": run.DANEUnreachable, "RB": run.DANEUnreachable,
	"RTW": run.DANEUnreachable, "RTB": run.DANEUnreachable, "RWB": run.DANEUnreachable,

	"T": run.DANENotTested, "TW": run.DANENotTested, "TB": run.DANENotTested, "TWB": run.DANENotTested,

	"W": run.DANEUnusable, "WB": run.DANEUnusable,

	"B": run.NotDANE,
}

// mxStates are all that the MX lookup can come to, with the verdict that follows
// from it alone; empty: the hosts decide.
var mxStates = []struct {
	kind   run.MXKind
	status run.DNSSEC
	alone  run.Verdict
}{
	{run.MXNull, sec, run.NoMail}, {run.MXNull, ins, run.NoMail}, {run.MXNone, sec, run.NoMail}, {run.MXNone, ins, run.NoMail},
	{run.MXError, bog, run.DNSError}, {run.MXError, ind, run.DNSError}, {run.MXError, sec, run.DNSError}, {run.MXError, ins, run.DNSError},
	{run.MXFound, sec, ""}, {run.MXFound, ins, run.HalfDANE}, {run.MXImplicit, sec, ""}, {run.MXImplicit, ins, run.HalfDANE},
}

// members gives every host of every kind in letters, so that "FK" is two hosts.
func everyWord(order string, longest int) []string {
	words := []string{""}
	for start := 0; longest > 0; longest-- {
		end := len(words)
		for _, w := range words[start:end] {
			for _, k := range order {
				words = append(words, w+string(k))
			}
		}
		start = end
	}
	return words[1:]
}

// TestDomainTable judges every combination of up to three hosts, with every state
// and verdict that a host can have, under every MX state: all of them by the
// table's function, and all up to two hosts, with every seventh of three, by Domain.
func TestDomainTable(t *testing.T) {
	cases, whole, seen := 0, 0, map[string]bool{}
	for _, word := range everyWord(hostKindOrder, 3) {
		set := sortedSet(word, hostKindOrder)
		byHosts, ok := domainTable[set]
		if !ok {
			t.Fatalf("the table has no row %q", set)
		}
		seen[set] = true
		for _, facts := range variants(word) {
			for _, mx := range mxStates {
				want := byHosts
				if mx.alone != "" {
					want = mx.alone
				}
				if mx.alone == run.HalfDANE && set == "B" {
					want = run.NotDANE
				}
				if got := domainVerdict(mx.kind, mx.status == sec, membersOf(facts)); got != want {
					t.Fatalf("%s %s %q: %s, want %s", mx.kind, mx.status, word, got, want)
				}
				if cases++; len(facts) == 3 && cases%7 != 0 {
					continue
				}
				whole++
				d := domainOf(mx.kind, mx.status, len(facts))
				if Domain(d, lookupFacts(facts)); d.Verdict != want {
					t.Fatalf("%s %s %q, whole: %s, want %s", mx.kind, mx.status, word, d.Verdict, want)
				}
			}
		}
	}
	if len(seen) != len(domainTable) || len(domainTable) != 63 {
		t.Errorf("%d of %d rows", len(seen), len(domainTable))
	}
	if cases < 12*20*20*20 || whole < 12*20*20*2 {
		t.Errorf("%d cases, %d of them whole", cases, whole)
	}
}

func membersOf(facts []HostFacts) (list []member) {
	for i, f := range facts {
		list = append(list, member{int32(10 * i), classOf(f.State, f.Verdict), f.Verdict})
	}
	return list
}

// variants gives the hosts that a word stands for, in each of their variants.
func variants(word string) [][]HostFacts {
	lists := [][]HostFacts{nil}
	for _, k := range word {
		var longer [][]HostFacts
		for _, l := range lists {
			for _, f := range hostKinds[k] {
				longer = append(longer, append(append([]HostFacts(nil), l...), f))
			}
		}
		lists = longer
	}
	return lists
}

func domainOf(kind run.MXKind, status run.DNSSEC, hosts int) *run.Domain {
	d := &run.Domain{DomainEvidence: run.DomainEvidence{
		Domain: "example.org", ScannedAt: noon, MXKind: kind, MXDNSSEC: status, MXLookup: lookup(run.Found, status),
	}}
	for i := range hosts {
		d.MX = append(d.MX, run.MX{Preference: int32(10 * i), Host: fmt.Sprintf("mx%d.example.net", i)})
	}
	return d
}

// lookupFacts names the hosts mx0.example.net and so on.
func lookupFacts(facts []HostFacts) func(string) HostFacts {
	return func(name string) HostFacts {
		var i int
		if _, err := fmt.Sscanf(name, "mx%d.", &i); err != nil || i >= len(facts) {
			return HostFacts{}
		}
		return facts[i]
	}
}

func TestDomainColumns(t *testing.T) {
	verified, down := hostKinds['K'][0], hostKinds['R'][0]
	failed, unknown, none := hostKinds['F'][0], hostKinds['U'][0], hostKinds['B'][0]
	weak := hostKinds['W'][0]
	for _, c := range []struct {
		name    string
		facts   []HostFacts
		prefs   []int32
		status  run.DNSSEC
		primary bool
		counts  [5]int32 // total, with TLSA, verified, failed, unknown
	}{
		{"one verified", []HostFacts{verified}, []int32{10}, sec, true, [5]int32{1, 1, 1, 0, 0}},
		{"MX insecure", []HostFacts{verified}, []int32{10}, ins, false, [5]int32{1, 1, 1, 0, 0}},
		{"verified and down", []HostFacts{verified, down}, []int32{10, 10}, sec, true, [5]int32{2, 2, 1, 0, 0}},
		{"down alone", []HostFacts{down}, []int32{10}, sec, false, [5]int32{1, 1, 0, 0, 0}},
		{"verified and failed", []HostFacts{verified, failed}, []int32{10, 10}, sec, false, [5]int32{2, 2, 1, 1, 0}},
		{"verified, backup failed", []HostFacts{verified, failed}, []int32{10, 20}, sec, true, [5]int32{2, 2, 1, 1, 0}},
		{"verified, backup bare", []HostFacts{verified, none}, []int32{10, 20}, sec, true, [5]int32{2, 1, 1, 0, 0}},
		{"bare, backup verified", []HostFacts{none, verified}, []int32{10, 20}, sec, false, [5]int32{2, 1, 1, 0, 0}},
		{"listed worst first", []HostFacts{none, verified}, []int32{20, 10}, sec, true, [5]int32{2, 1, 1, 0, 0}},
		{"verified and unknown", []HostFacts{verified, unknown}, []int32{10, 10}, sec, false, [5]int32{2, 1, 1, 0, 1}},
		{"verified and weak", []HostFacts{verified, weak}, []int32{10, 10}, sec, false, [5]int32{2, 2, 1, 0, 0}},
	} {
		d := domainOf(run.MXFound, c.status, len(c.facts))
		for i, p := range c.prefs {
			d.MX[i].Preference = p
		}
		Domain(d, lookupFacts(c.facts))
		counts := [5]int32{d.HostsTotal, d.HostsWithTLSA, d.HostsVerified, d.HostsFailed, d.HostsUnknown}
		if d.PrimaryVerified != c.primary || counts != c.counts || d.MXSecure != (c.status == sec) {
			t.Errorf("%s: primary %v, counts %v; want %v, %v", c.name, d.PrimaryVerified, counts, c.primary, c.counts)
		}
		for i, mx := range d.MX {
			if mx.Verdict != c.facts[i].Verdict || mx.Reason != c.facts[i].Reason {
				t.Errorf("%s: MX %d is %s:%s", c.name, i, mx.Verdict, mx.Reason)
			}
		}
	}
}

// TestDomainMissingHost: a host that the run does not have is unknown, not bare.
func TestDomainMissingHost(t *testing.T) {
	d := domainOf(run.MXFound, sec, 1)
	Domain(d, func(string) HostFacts { return HostFacts{} })
	if d.Verdict != run.DANEUndecided || d.HostsUnknown != 1 || d.PolicyDANE != run.PolicyDeferred {
		t.Errorf("%s, %d unknown, policy %s", d.Verdict, d.HostsUnknown, d.PolicyDANE)
	}
}

// TestDomainRootTarget: a root beside other MX targets is an element of its own,
// never asked about.
func TestDomainRootTarget(t *testing.T) {
	d := domainOf(run.MXFound, sec, 1)
	d.MX = append(d.MX, run.MX{Host: ".", Preference: 20}, run.MX{Host: "192.0.2.1", Preference: 30})
	Domain(d, func(name string) HostFacts {
		if name != "mx0.example.net" {
			t.Errorf("asked about %q", name)
		}
		return hostKinds['K'][0]
	})
	if d.MX[1].Verdict != run.None || d.MX[1].Reason != run.ReasonRoot || d.MX[2].Reason != run.ReasonIPLiteral {
		t.Errorf("root is %s:%s, address is %s", d.MX[1].Verdict, d.MX[1].Reason, d.MX[2].Reason)
	}
	if d.Verdict != run.DANEPartial || d.PolicyDANE != "" {
		t.Errorf("%s, policy %q", d.Verdict, d.PolicyDANE)
	}
}

// TestNothingIsLeftOfTheDomainBefore judges a domain with hosts and a bogus lookup,
// then one without, by turns and from several goroutines: what one case was worked
// out in serves the next.
func TestNothingIsLeftOfTheDomainBefore(t *testing.T) {
	facts := func(string) HostFacts {
		return HostFacts{State: run.TLSAUsable, Verdict: run.Mismatch, Reason: run.ReasonNoMatch}
	}
	full := run.DomainEvidence{Domain: "example.org", MXKind: run.MXFound, MXDNSSEC: run.Secure}
	for i := range mostHosts + 2 {
		full.MX = append(full.MX, run.MX{Preference: int32(i), Host: fmt.Sprintf("mx%d.example.net", i)})
	}
	full.MXLookup = &run.Lookup{Outcome: "bogus", DNSSEC: run.Bogus, Reason: "signature-invalid"}
	empty := run.DomainEvidence{Domain: "example.com", MXKind: run.MXNone, MXDNSSEC: run.Insecure}
	judge := func() {
		for _, size := range []int{mostHosts + 2, 3, 0, mostHosts, 1} {
			big := run.Domain{DomainEvidence: full}
			big.MX = append([]run.MX{}, full.MX[:size]...)
			Judge{}.Domain(&big, facts)
			if int(big.HostsTotal) != size || int(big.HostsFailed) != size || len(big.Findings) == 0 {
				t.Errorf("of %d hosts: %d, %d failed; %d findings", size, big.HostsTotal, big.HostsFailed, len(big.Findings))
			}
			small := run.Domain{DomainEvidence: empty}
			Judge{}.Domain(&small, facts)
			if small.HostsTotal != 0 || small.HostsFailed != 0 || len(small.Findings) != 0 || small.Provider != "" {
				t.Errorf("after %d hosts, a domain with none has %+v", size, small.DomainVerdict)
			}
		}
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(judge)
	}
	all.Wait()
}

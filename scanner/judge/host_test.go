package judge

import (
	"reflect"
	"testing"
	"time"

	"danescan/datasets/run"
)

// hostRow is a row of the literal decision table: which kinds of sessions are
// there (g good, m mismatch, s no-starttls, t tls-error, u unreachable, n
// not-tested), and what that makes of the host.
var hostTable = map[string]run.Verdict{
	"":  run.NotTested,
	"n": run.NotTested, "u": run.Unreachable, "un": run.Unreachable,
	"t": run.TLSFailure, "tn": run.TLSFailure, "tu": run.TLSFailure, "tun": run.TLSFailure,
	"s": run.NoSTARTTLS, "sn": run.NoSTARTTLS, "su": run.NoSTARTTLS, "sun": run.NoSTARTTLS,
	"st": run.NoSTARTTLS, "stn": run.NoSTARTTLS, "stu": run.NoSTARTTLS,
	"m": run.Mismatch, "mn": run.Mismatch, "mu": run.Mismatch, "mun": run.Mismatch,
	"mt": run.Mismatch, "mtn": run.Mismatch, "mtu": run.Mismatch,
	"ms": run.Mismatch, "msn": run.Mismatch, "msu": run.Mismatch, "mst": run.Mismatch,
	"g": "good", "gn": "good", "gu": "good", "gun": "good",
	"gt": run.Mixed, "gtn": run.Mixed, "gtu": run.Mixed,
	"gs": run.Mixed, "gsn": run.Mixed, "gsu": run.Mixed, "gst": run.Mixed,
	"gm": run.Mixed, "gmn": run.Mixed, "gmu": run.Mixed, "gmt": run.Mixed, "gms": run.Mixed,
}

var kinds = map[rune]struct {
	verdict run.Verdict
	reason  run.Reason
}{
	'g': {}, 'm': {run.Mismatch, run.ReasonNoMatch}, 's': {run.NoSTARTTLS, run.ReasonNotOffered},
	't': {run.TLSFailure, run.ReasonHandshake}, 'u': {run.Unreachable, run.ReasonTimeout}, 'n': {run.NotTested, run.ReasonPrivate},
}

const kindOrder = "gmstun"

// sortedSet returns the different letters of s in the order of the table.
func sortedSet(s, order string) string {
	set := ""
	for _, k := range order {
		for _, c := range s {
			if c == k {
				set += string(k)
				break
			}
		}
	}
	return set
}

// TestHostTable judges every sequence of up to three sessions under both states,
// at one address or at several, by the literal table.
func TestHostTable(t *testing.T) {
	var words []string
	for _, a := range kindOrder {
		words = append(words, string(a))
		for _, b := range kindOrder {
			words = append(words, string(a)+string(b))
			for _, c := range kindOrder {
				words = append(words, string(a)+string(b)+string(c))
			}
		}
	}
	words = append(words, "")
	cases, seen := 0, map[string]bool{}
	for _, state := range []run.TLSAState{run.TLSAUsable, run.TLSAUnusable} {
		good, host := run.Verified, run.Verified
		if state == run.TLSAUnusable {
			good, host = run.Encrypted, run.Unusable
		}
		for _, word := range words {
			set := sortedSet(word, kindOrder)
			want, ok := hostTable[set]
			if !ok {
				t.Fatalf("the table has no row %q", set)
			}
			seen[set] = true
			if want == "good" {
				want = host
			}
			for _, oneAddress := range []bool{false, true} {
				var ends []end
				for i, k := range word {
					e := end{verdict: kinds[k].verdict, reason: kinds[k].reason, address: int32(i)}
					if k == 'g' {
						e.verdict = good
					}
					if oneAddress {
						e.address = 0
					}
					ends = append(ends, e)
				}
				cases++
				verdict, reason := tally(state, ends)
				if verdict != want {
					t.Errorf("%s %q: %s, want %s", state, word, verdict, want)
				}
				wantMixed := run.ReasonAddresses
				if oneAddress {
					wantMixed = run.ReasonAlgorithms
				}
				if verdict == run.Mixed && reason != wantMixed {
					t.Errorf("%q: mixed:%s, want %s", word, reason, wantMixed)
				}
			}
		}
	}
	if len(seen) != len(hostTable) || cases != 2*2*(1+6+36+216) {
		t.Errorf("%d cases, %d of %d rows", cases, len(seen), len(hostTable))
	}
}

// TestHostTableOtherStates: no session changes the verdict of a host that DANE
// does not apply to, nor of one whose lookups failed.
func TestHostTableOtherStates(t *testing.T) {
	leaf := issue(t, nil, sheet{})
	certs := store{}
	sums := certs.add(leaf.der)
	sessions := map[string][]run.Endpoint{
		"none":        nil,
		"good":        {shown(first, run.KeyECDSA, sums)},
		"no STARTTLS": {halted(first, run.StageEHLO, "not-offered")},
		"mixed":       {shown(first, run.KeyECDSA, sums), halted(second, run.StageHandshake, "alert")},
		"down":        {halted(first, run.StageConnect, "refused")},
	}
	insecure := plainHost()
	insecure.TLSA = []run.TLSA{usableRecord}
	insecure.TLSACandidates[0].Lookup = *lookup(run.Found, ins)
	broken := signedHost()
	broken.TLSACandidates[0].Lookup = *lookup(run.ServFail, ind)
	gone := signedHost()
	gone.A, gone.AAAA, gone.Addresses = lookup(run.NoData, sec), lookup(run.NoData, sec), nil
	dead := plainHost()
	dead.A, dead.AAAA, dead.Addresses = lookup(run.Timeout, ind), lookup(run.Timeout, ind), nil
	shut := signedHost()
	shut.A, shut.AAAA, shut.Addresses = lookup(run.Timeout, ind), lookup(run.Timeout, ind), nil
	unasked := plainHost()
	unasked.TLSACandidates = nil
	for _, c := range []struct {
		name    string
		h       *run.Host
		verdict run.Verdict
		reason  run.Reason
		report  string
	}{
		{"none", signedHost(), run.None, "", ""},
		{"none, unsigned", plainHost(), run.None, "", ""},
		{"not asked", unasked, run.None, "", ""},
		{"insecure", insecure, run.InsecureTLSA, "", ""},
		{"TLSA error", broken, run.LookupFailed, run.ReasonTLSA, "dnssec-invalid"},
		{"address error", shut, run.LookupFailed, run.ReasonAddress, "dnssec-invalid"},
		{"no address", gone, run.Unreachable, run.ReasonNoAddress, ""},
		{"address lookup", dead, run.Unreachable, run.ReasonAddressLookup, ""},
	} {
		for name, ends := range sessions {
			h, _ := judged(t, Judge{}, c.h, certs, ends...)
			if h.Verdict != c.verdict || h.Reason != c.reason || h.TLSRPTResult != c.report {
				t.Errorf("%s, sessions %s: %s:%s %q; want %s:%s %q", c.name, name, h.Verdict, h.Reason, h.TLSRPTResult, c.verdict, c.reason, c.report)
			}
		}
	}
}

// TestForemostReason: of several reasons the first in the order of precedence is
// reported, whatever the order of the sessions.
func TestForemostReason(t *testing.T) {
	for _, c := range []struct {
		verdict run.Verdict
		order   []run.Reason
	}{
		{run.Mismatch, []run.Reason{run.ReasonName, run.ReasonExpired, run.ReasonChain, run.ReasonTANotServed, run.ReasonNoMatch}},
		{run.TLSFailure, []run.Reason{run.ReasonSTARTTLS4xx, run.ReasonSTARTTLS5xx, run.ReasonSTARTTLSDropped, run.ReasonHandshake, run.ReasonTimeout}},
		{run.Unreachable, []run.Reason{run.ReasonRefused, run.ReasonTimeout, run.ReasonNetwork, run.ReasonGreeting, run.ReasonEHLO}},
		{run.NotTested, []run.Reason{run.ReasonExcluded, run.ReasonPrivate, run.ReasonProbeOff, run.ReasonNoRoute, run.ReasonPortBlocked}},
	} {
		for i, a := range c.order {
			for j, b := range c.order {
				want := c.order[min(i, j)]
				v, r := tally(run.TLSAUsable, []end{{verdict: c.verdict, reason: a}, {verdict: c.verdict, reason: b, address: 1}})
				if v != c.verdict || r != want {
					t.Errorf("%s and %s: %s:%s, want %s", a, b, v, r, want)
				}
			}
		}
	}
}

// TestHostColumns judges a whole host: mixed by algorithms, as a TLSA set makes
// it that covers one of two certificates.
func TestHostColumns(t *testing.T) {
	rsa, ecdsa := issue(t, nil, sheet{}), issue(t, nil, sheet{})
	certs := store{}
	h, ends := judged(t, Judge{}, signedHost(tlsa(t, 3, 1, 1, rsa.der), raw(3, 1, 9, []byte{1})), certs,
		shown(first, run.KeyRSA, certs.add(rsa.der)), shown(first, run.KeyECDSA, certs.add(ecdsa.der)),
		shown(second, run.KeyRSA, certs.add(rsa.der)),
	)
	if ends[0].Verdict != run.Verified || ends[1].Verdict != run.Mismatch || ends[2].Verdict != run.Verified {
		t.Fatalf("sessions: %s, %s, %s", ends[0].Verdict, ends[1].Verdict, ends[2].Verdict)
	}
	if h.Verdict != run.Mixed || h.Reason != run.ReasonAlgorithms || h.TLSRPTResult != "tlsa-invalid" {
		t.Errorf("%s:%s %q", h.Verdict, h.Reason, h.TLSRPTResult)
	}
	if h.AddressesTotal != 2 || h.AddressesVerified != 1 || h.AddressesFailed != 1 {
		t.Errorf("addresses %d, %d verified, %d failed", h.AddressesTotal, h.AddressesVerified, h.AddressesFailed)
	}
	if h.TLSAState != run.TLSAUsable || h.TLSABase != mxName || h.Provider != "example.net" {
		t.Errorf("%s at %s, provider %s", h.TLSAState, h.TLSABase, h.Provider)
	}
	good, bad := h.TLSA[0], h.TLSA[1]
	if !*good.Usable || !*good.Matched || *good.Depth != 0 || good.UnusableReason != "" {
		t.Errorf("the record that matches: %v, %v", *good.Usable, *good.Matched)
	}
	if *bad.Usable || *bad.Matched || bad.Depth != nil || bad.UnusableReason != "matching-type" {
		t.Errorf("the record that cannot match: %v, %v, %q", *bad.Usable, *bad.Matched, bad.UnusableReason)
	}
}

// TestLastAttemptCounts: what a later attempt saw at an address replaces what the
// earlier ones saw there, and nothing elsewhere.
func TestLastAttemptCounts(t *testing.T) {
	leaf, old := issue(t, nil, sheet{}), issue(t, nil, sheet{})
	certs := store{}
	again := func(e run.Endpoint) run.Endpoint { e.Attempt = 2; return e }
	good, bad := shown(first, run.KeyECDSA, certs.add(leaf.der)), shown(first, run.KeyECDSA, certs.add(old.der))
	for _, c := range []struct {
		name    string
		ends    []run.Endpoint
		verdict run.Verdict
	}{
		{"bad, then good", []run.Endpoint{bad, again(good)}, run.Verified},
		{"good, then bad", []run.Endpoint{good, again(bad)}, run.Mismatch},
		{"listed the other way round", []run.Endpoint{again(good), bad}, run.Verified},
		{"tls-error without algorithm, then good", []run.Endpoint{halted(first, run.StageHandshake, "alert"), again(good)}, run.Verified},
		{"second certificate gone", []run.Endpoint{good, shown(first, run.KeyRSA, certs.add(old.der)), again(good)}, run.Verified},
		{"bad elsewhere", []run.Endpoint{bad, again(good), shown(second, run.KeyECDSA, certs.add(old.der))}, run.Mixed},
		{"another base domain", []run.Endpoint{good, func() run.Endpoint { e := bad; e.Base = "old.example"; e.Attempt = 3; return e }()}, run.Verified},
	} {
		h, _ := judged(t, Judge{}, signedHost(tlsa(t, 3, 1, 1, leaf.der)), certs, c.ends...)
		if h.Verdict != c.verdict {
			t.Errorf("%s: %s:%s, want %s", c.name, h.Verdict, h.Reason, c.verdict)
		}
	}
}

// TestJudgeAgain: judging what was judged changes nothing, and what was in the
// columns before does not show through.
func TestJudgeAgain(t *testing.T) {
	leaf := issue(t, nil, sheet{})
	certs := store{}
	h, ends := judged(t, Judge{}, signedHost(tlsa(t, 3, 1, 1, leaf.der)), certs, shown(first, run.KeyECDSA, certs.add(leaf.der)))
	h.Domains = 7
	h.TLSACandidates[0].Lookup = *lookup(run.NoData, sec)
	h.TLSA = []run.TLSA{{RData: []byte{1}, Matched: ptr(true), Depth: ptr(int32(3))}}
	ends[0].NotTried = run.ReasonPrivate
	judged(t, Judge{}, h, certs, ends...)
	if h.Verdict != run.None || h.TLSABase != "" || h.Domains != 7 || h.TLSA[0].Matched != nil || h.TLSA[0].Depth != nil {
		t.Errorf("%s at %q, %d domains, matched %v", h.Verdict, h.TLSABase, h.Domains, h.TLSA[0].Matched)
	}
	if e := ends[0]; e.Verdict != run.NotTested || e.MatchedUsage != nil || e.PathOK != nil {
		t.Errorf("session %s with %v", e.Verdict, e.MatchedUsage)
	}
}

func TestInferred(t *testing.T) {
	leaf := issue(t, nil, sheet{})
	certs := store{}
	e := shown(first, run.KeyECDSA, certs.add(leaf.der))
	e.Inferred = true
	h, ends := judged(t, Judge{}, signedHost(tlsa(t, 3, 1, 1, leaf.der)), certs, e)
	if !h.Inferred || h.Verdict != run.Verified || !NewHostFacts(h, ends).Inferred {
		t.Errorf("%s, inferred %v", h.Verdict, h.Inferred)
	}
}

// TestOrderOfSessions: the order in which sessions are read changes nothing.
func TestOrderOfSessions(t *testing.T) {
	b := newBench(t)
	rsa := b.shows(b.other)
	rsa.Algorithm = run.KeyRSA
	ends := []run.Endpoint{b.shows(b.leaf), rsa, b.showsAt(second, b.next), halted("192.0.2.9", run.StageConnect, "timeout")}
	var first run.HostVerdict
	for i, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {1, 3, 0, 2}} {
		var shuffled []run.Endpoint
		for _, k := range order {
			shuffled = append(shuffled, ends[k])
		}
		h, _ := judged(t, Judge{}, signedHost(b.record(3, 1, 1, b.leaf)), b.certs, shuffled...)
		if i == 0 {
			first = h.HostVerdict
		}
		if !reflect.DeepEqual(h.HostVerdict, first) {
			t.Errorf("order %v: %+v, want %+v", order, h.HostVerdict, first)
		}
	}
}

// TestMoment: dates are judged as of the session, or of the time given, and never
// of the clock.
func TestMoment(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		name    string
		scanned time.Time
		at      time.Time
		want    run.Reason
	}{
		{"in its time", noon, time.Time{}, ""},
		{"seen too early", noon.AddDate(-1, 0, 0), time.Time{}, run.ReasonExpired},
		{"seen too late", noon.AddDate(1, 0, 0), time.Time{}, run.ReasonExpired},
		{"seen too late, judged as of then", noon.AddDate(1, 0, 0), noon, ""},
		{"judged as of later", noon, noon.AddDate(1, 0, 0), run.ReasonExpired},
	} {
		e := b.shows(b.leaf, b.ca)
		e.ScannedAt = c.scanned
		h, _ := judged(t, Judge{At: c.at}, signedHost(b.record(2, 1, 1, b.ca)), b.certs, e)
		if h.Reason != c.want {
			t.Errorf("%s: %s:%s, want %q", c.name, h.Verdict, h.Reason, c.want)
		}
	}
}

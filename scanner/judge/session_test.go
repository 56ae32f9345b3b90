package judge

import (
	"errors"
	"testing"

	"danescan/datasets/run"
)

// TestSessionVerdict is the decision table for endpoints, down to the handshake.
func TestSessionVerdict(t *testing.T) {
	code := func(n int32) *int32 { return &n }
	type facts = run.EndpointEvidence
	for _, c := range []struct {
		name    string
		e       facts
		verdict run.Verdict // empty: the chain is judged
		reason  run.Reason
	}{
		{"excluded", facts{NotTried: run.ReasonExcluded}, run.NotTested, run.ReasonExcluded},
		{"private", facts{NotTried: run.ReasonPrivate}, run.NotTested, run.ReasonPrivate},
		{"probe off", facts{NotTried: run.ReasonProbeOff}, run.NotTested, run.ReasonProbeOff},
		{"no route, by us", facts{NotTried: run.ReasonNoRoute}, run.NotTested, run.ReasonNoRoute},
		{"no route, by the session", facts{Stage: run.StageConnect, Failure: "no-route"}, run.NotTested, run.ReasonNoRoute},
		{"port blocked", facts{NotTried: run.ReasonPortBlocked}, run.NotTested, run.ReasonPortBlocked},

		{"connection refused", facts{Stage: run.StageConnect, Failure: "refused"}, run.Unreachable, run.ReasonRefused},
		{"connection timeout", facts{Stage: run.StageConnect, Failure: "timeout"}, run.Unreachable, run.ReasonTimeout},
		{"network", facts{Stage: run.StageConnect, Failure: "network"}, run.Unreachable, run.ReasonNetwork},
		{"reset on connect", facts{Stage: run.StageConnect, Failure: "dropped"}, run.Unreachable, run.ReasonNetwork},
		{"silent", facts{Stage: run.StageGreeting, Failure: "timeout"}, run.Unreachable, run.ReasonTimeout},
		{"greeting 4xx", facts{Stage: run.StageGreeting, Failure: "code", GreetingCode: code(421)}, run.Unreachable, run.ReasonGreeting},
		{"greeting 5xx", facts{Stage: run.StageGreeting, Failure: "code", GreetingCode: code(554)}, run.Unreachable, run.ReasonGreeting},
		{"greeting dropped", facts{Stage: run.StageGreeting, Failure: "dropped"}, run.Unreachable, run.ReasonGreeting},
		{"not SMTP", facts{Stage: run.StageGreeting, Failure: "protocol"}, run.Unreachable, run.ReasonGreeting},
		{"EHLO 4xx", facts{Stage: run.StageEHLO, Failure: "code", EHLOCode: code(450)}, run.Unreachable, run.ReasonEHLO},
		{"EHLO dropped", facts{Stage: run.StageEHLO, Failure: "dropped"}, run.Unreachable, run.ReasonEHLO},
		{"EHLO timeout", facts{Stage: run.StageEHLO, Failure: "timeout"}, run.Unreachable, run.ReasonTimeout},
		{"HELO refused, too", facts{Stage: run.StageEHLO, Failure: "code", EHLOCode: code(502), HELOCode: code(550), STARTTLS: ptr(false)}, run.Unreachable, run.ReasonEHLO},

		{"not offered", facts{Stage: run.StageEHLO, Failure: "not-offered", EHLOCode: code(250), STARTTLS: ptr(false)}, run.NoSTARTTLS, run.ReasonNotOffered},
		{"not offered after HELO", facts{Stage: run.StageSTARTTLS, Failure: "not-offered", EHLOCode: code(500), HELOCode: code(250)}, run.NoSTARTTLS, run.ReasonNotOffered},
		{"not offered, polite end", facts{Stage: run.StageDone, EHLOCode: code(250), STARTTLS: ptr(false)}, run.NoSTARTTLS, run.ReasonNotOffered},

		{"STARTTLS 4xx", facts{Stage: run.StageSTARTTLS, Failure: "code", STARTTLS: ptr(true), STARTTLSCode: code(454)}, run.TLSFailure, run.ReasonSTARTTLS4xx},
		{"STARTTLS 5xx", facts{Stage: run.StageSTARTTLS, Failure: "code", STARTTLS: ptr(true), STARTTLSCode: code(502)}, run.TLSFailure, run.ReasonSTARTTLS5xx},
		{"STARTTLS 250", facts{Stage: run.StageSTARTTLS, Failure: "code", STARTTLS: ptr(true), STARTTLSCode: code(250)}, run.TLSFailure, run.ReasonSTARTTLS5xx},
		{"STARTTLS dropped", facts{Stage: run.StageSTARTTLS, Failure: "dropped", STARTTLS: ptr(true)}, run.TLSFailure, run.ReasonSTARTTLSDropped},
		{"STARTTLS timeout", facts{Stage: run.StageSTARTTLS, Failure: "timeout", STARTTLS: ptr(true)}, run.TLSFailure, run.ReasonTimeout},

		{"handshake alert", facts{Stage: run.StageHandshake, Failure: "alert", STARTTLS: ptr(true), STARTTLSCode: code(220)}, run.TLSFailure, run.ReasonHandshake},
		{"handshake dropped", facts{Stage: run.StageHandshake, Failure: "dropped", STARTTLSCode: code(220)}, run.TLSFailure, run.ReasonHandshake},
		{"handshake timeout", facts{Stage: run.StageHandshake, Failure: "timeout", STARTTLSCode: code(220)}, run.TLSFailure, run.ReasonTimeout},
		{"client certificate demanded", facts{Stage: run.StageHandshake, Failure: "alert", Stack: "go", AlertFrom: "server", CertificateSeenBeforeAlert: ptr(true), Chain: [][]byte{{1}}},
			run.TLSFailure, run.ReasonHandshake},
		{"the same, by the fetcher", facts{Stage: run.StageHandshake, Failure: "alert", Stack: "fetcher", AlertFrom: "server", CertificateSeenBeforeAlert: ptr(true), Chain: [][]byte{{1}}},
			run.TLSFailure, run.ReasonHandshake},
		{"closed after the certificate", facts{Stage: run.StageHandshake, Failure: "dropped", Stack: "go", Chain: [][]byte{{1}}}, run.TLSFailure, run.ReasonHandshake},

		{"complete", facts{Stage: run.StageDone, HandshakeComplete: true, Chain: [][]byte{{1}}}, "", ""},
		{"complete, then dropped", facts{Stage: run.StageDone, Failure: "dropped", HandshakeComplete: true, Chain: [][]byte{{1}}}, "", ""},
		{"fetched", facts{Stage: run.StageHandshake, Stack: "fetcher", Chain: [][]byte{{1}}}, "", ""},
		{"fetched after our own alert", facts{Stage: run.StageHandshake, Stack: "fetcher", AlertFrom: "client", CertificateSeenBeforeAlert: ptr(true), Chain: [][]byte{{1}}}, "", ""},
		{"our parser refused it", facts{Stage: run.StageHandshake, Failure: "parse", Stack: "go", AlertFrom: "client", CertificateSeenBeforeAlert: ptr(true), Chain: [][]byte{{1}}}, "", ""},
	} {
		verdict, reason, decided := sessionVerdict(&c.e)
		if verdict != c.verdict || reason != c.reason || decided != (c.verdict != "") {
			t.Errorf("%s: %s:%s, decided %v; want %q:%s", c.name, verdict, reason, decided, c.verdict, c.reason)
		}
	}
}

// TestEndpoint judges chains: RFC 7672, Sections 2.2.3 and 3.1 to 3.2.
func TestEndpoint(t *testing.T) {
	ca := issue(t, nil, sheet{ca: true})
	leaf := issue(t, &ca, sheet{})
	other := issue(t, nil, sheet{})
	foreign := issue(t, &ca, sheet{names: []string{"elsewhere.example"}})
	past := issue(t, &ca, sheet{from: noon.AddDate(-1, 0, 0), to: noon.AddDate(0, 0, -1)})
	certs := store{}
	chain := func(ids ...identity) (sums [][]byte) {
		for _, id := range ids {
			sums = append(sums, certs.add(id.der)...)
		}
		return sums
	}
	for _, c := range []struct {
		name    string
		h       *run.Host
		chain   [][]byte
		verdict run.Verdict
		reason  run.Reason
		depth   *int32
		report  string
	}{
		{"DANE-EE key", signedHost(tlsa(t, 3, 1, 1, leaf.der)), chain(leaf), run.Verified, "", ptr(int32(0)), ""},
		{"DANE-EE certificate", signedHost(tlsa(t, 3, 0, 2, leaf.der)), chain(leaf), run.Verified, "", ptr(int32(0)), ""},
		{"DANE-EE, expired and misnamed all the same", signedHost(tlsa(t, 3, 1, 1, past.der)), chain(past), run.Verified, "", ptr(int32(0)), ""},
		{"DANE-TA", signedHost(tlsa(t, 2, 1, 1, ca.der)), chain(leaf, ca), run.Verified, "", ptr(int32(1)), ""},
		{"no match", signedHost(tlsa(t, 3, 1, 1, other.der)), chain(leaf), run.Mismatch, run.ReasonNoMatch, nil, "tlsa-invalid"},
		{"wrong name", signedHost(tlsa(t, 2, 1, 1, ca.der)), chain(foreign, ca), run.Mismatch, run.ReasonName, ptr(int32(1)), "certificate-host-mismatch"},
		{"expired", signedHost(tlsa(t, 2, 1, 1, ca.der)), chain(past, ca), run.Mismatch, run.ReasonExpired, ptr(int32(1)), "certificate-expired"},
		{"not a chain", signedHost(tlsa(t, 2, 1, 1, ca.der)), chain(other, ca), run.Mismatch, run.ReasonChain, ptr(int32(1)), "certificate-not-trusted"},
		{"anchor not sent", signedHost(tlsa(t, 2, 1, 1, ca.der)), chain(leaf), run.Mismatch, run.ReasonTANotServed, nil, "certificate-not-trusted"},
		{"unusable records", signedHost(unusableRecord), chain(leaf), run.Encrypted, "", nil, ""},
		{"no records", plainHost(), chain(leaf), run.Encrypted, "", nil, ""},
	} {
		e := shown(first, run.KeyECDSA, c.chain)
		if err := Endpoint(&e, c.h, certs); err != nil {
			t.Fatal(err)
		}
		if e.Verdict != c.verdict || e.Reason != c.reason || e.TLSRPTResult != c.report {
			t.Errorf("%s: %s:%s, %q; want %s:%s, %q", c.name, e.Verdict, e.Reason, e.TLSRPTResult, c.verdict, c.reason, c.report)
		}
		if c.verdict == run.Verified && (e.MatchedDepth == nil || *e.MatchedDepth != *c.depth) {
			t.Errorf("%s: depth %v", c.name, e.MatchedDepth)
		}
		if (e.MatchedUsage != nil) != (e.MatchedDepth != nil) {
			t.Errorf("%s: matched fields half filled", c.name)
		}
	}
}

func TestEndpointMissingCertificate(t *testing.T) {
	leaf := issue(t, nil, sheet{})
	e := shown(first, run.KeyECDSA, store{}.add(leaf.der))
	h := signedHost(tlsa(t, 3, 1, 1, leaf.der))
	if err := Endpoint(&e, h, store{}); !errors.Is(err, ErrMissingCertificate) {
		t.Errorf("error %v", err)
	}
	if err := Host(h, []run.Endpoint{e}, store{}); !errors.Is(err, ErrMissingCertificate) {
		t.Errorf("error %v", err)
	}
}

// TestReported is the column tlsrpt_result as a literal (RFC 8460, Section 4.3).
func TestReported(t *testing.T) {
	for _, c := range []struct {
		v    run.Verdict
		r    run.Reason
		want string
	}{
		{run.NoSTARTTLS, run.ReasonNotOffered, "starttls-not-supported"},
		{run.Mismatch, run.ReasonName, "certificate-host-mismatch"},
		{run.Mismatch, run.ReasonExpired, "certificate-expired"},
		{run.Mismatch, run.ReasonChain, "certificate-not-trusted"},
		{run.Mismatch, run.ReasonTANotServed, "certificate-not-trusted"},
		{run.Mismatch, run.ReasonNoMatch, "tlsa-invalid"},
		{run.Unusable, "", "tlsa-invalid"},
		{run.TLSFailure, run.ReasonHandshake, "validation-failure"},
		{run.TLSFailure, run.ReasonTimeout, "validation-failure"},
		{run.LookupFailed, run.ReasonTLSA, "dnssec-invalid"},
		{run.LookupFailed, run.ReasonAddress, "dnssec-invalid"},
		{run.Unreachable, run.ReasonTimeout, ""},
		{run.NotTested, run.ReasonPrivate, ""},
		{run.Verified, "", ""},
		{run.Encrypted, "", ""},
		{run.None, "", ""},
		{run.InsecureTLSA, "", ""},
	} {
		if got := reported(c.v, c.r); got != c.want {
			t.Errorf("%s:%s reported as %q, want %q", c.v, c.r, got, c.want)
		}
	}
}

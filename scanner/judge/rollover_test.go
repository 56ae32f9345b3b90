package judge

import (
	"slices"
	"testing"

	"danescan/datasets/run"
)

// TestRollover: readiness for the next key, and what only looks like it.
func TestRollover(t *testing.T) {
	b := newBench(t)
	ee := func(id identity) run.TLSA { return b.record(3, 1, 1, id) }
	rsa := func(ids ...identity) run.Endpoint {
		e := b.shows(ids...)
		e.Algorithm = run.KeyRSA
		return e
	}
	blind := halted(first, run.StageConnect, "refused")
	blind.Algorithm = run.KeyRSA
	swapped := ee(b.leaf)
	swapped.RData = slices.Clone(swapped.RData)
	swapped.RData[1] = 0
	for _, c := range []struct {
		name    string
		records []run.TLSA
		ends    []run.Endpoint
		want    string
	}{
		{"one record", []run.TLSA{ee(b.leaf)}, []run.Endpoint{b.shows(b.leaf)}, "none"},
		{"current and next", []run.TLSA{ee(b.leaf), ee(b.next)}, []run.Endpoint{b.shows(b.leaf)}, "current-next"},
		{"current and issuer", []run.TLSA{ee(b.leaf), b.record(2, 1, 1, b.ca)}, []run.Endpoint{b.shows(b.leaf, b.ca)}, "current-issuer"},
		{"issuer alone", []run.TLSA{b.record(2, 1, 1, b.ca)}, []run.Endpoint{b.shows(b.leaf, b.ca)}, "current-issuer"},
		{"next and issuer", []run.TLSA{ee(b.leaf), ee(b.next), b.record(2, 1, 1, b.ca)}, []run.Endpoint{b.shows(b.leaf, b.ca)}, "current-next"},
		{"issuer that does not match", []run.TLSA{ee(b.leaf), b.record(2, 1, 1, b.other)}, []run.Endpoint{b.shows(b.leaf, b.ca)}, "none"},

		{"the same record twice", []run.TLSA{ee(b.leaf), ee(b.leaf)}, []run.Endpoint{b.shows(b.leaf)}, "none"},
		{"the same key by another digest", []run.TLSA{ee(b.leaf), b.record(3, 1, 2, b.leaf)}, []run.Endpoint{b.shows(b.leaf)}, "none"},
		{"the same certificate by another selector", []run.TLSA{ee(b.leaf), b.record(3, 0, 1, b.leaf)}, []run.Endpoint{b.shows(b.leaf)}, "none"},
		{"a record for each of two certificates", []run.TLSA{ee(b.leaf), ee(b.other)}, []run.Endpoint{b.shows(b.leaf), rsa(b.other)}, "none"},
		{"two certificates and the next", []run.TLSA{ee(b.leaf), ee(b.other), ee(b.next)}, []run.Endpoint{b.shows(b.leaf), rsa(b.other)}, "current-next"},
		{"a second certificate that nobody saw", []run.TLSA{ee(b.leaf), ee(b.other)}, []run.Endpoint{b.shows(b.leaf), blind}, ""},
		{"next by a digest that is set aside", []run.TLSA{b.record(3, 1, 2, b.leaf), ee(b.next)}, []run.Endpoint{b.shows(b.leaf)}, "none"},
		{"next with an unusable record", []run.TLSA{ee(b.leaf), b.record(1, 1, 1, b.next)}, []run.Endpoint{b.shows(b.leaf)}, "none"},
		{"a typing error for the current one", []run.TLSA{ee(b.leaf), slip(ee(b.leaf), 0x40)}, []run.Endpoint{b.shows(b.leaf)}, "none"},
		{"the current one under a wrong selector", []run.TLSA{ee(b.leaf), swapped}, []run.Endpoint{b.shows(b.leaf)}, "none"},
		{"the digest of nothing", []run.TLSA{ee(b.leaf), raw(3, 1, 1, fromHex(emptySHA256))}, []run.Endpoint{b.shows(b.leaf)}, "none"},

		{"not verified", []run.TLSA{ee(b.next)}, []run.Endpoint{b.shows(b.leaf)}, ""},
		{"verified in part", []run.TLSA{ee(b.leaf), ee(b.next)}, []run.Endpoint{b.shows(b.leaf), b.showsAt(second, b.other)}, ""},
	} {
		h, _ := judged(t, Judge{}, signedHost(c.records...), b.certs, c.ends...)
		if h.Rollover != c.want {
			t.Errorf("%s: %q (host %s:%s), want %q", c.name, h.Rollover, h.Verdict, h.Reason, c.want)
		}
	}
}

// TestCoverage: RFC 7671, Sections 8 and 9.
func TestCoverage(t *testing.T) {
	b := newBench(t)
	yes, no := ptr(true), ptr(false)
	for _, c := range []struct {
		name      string
		records   []run.TLSA
		order     []uint8
		verdict   run.Verdict
		dependent *bool
		uncovered []string
	}{
		{"one digest", []run.TLSA{b.record(3, 1, 1, b.leaf)}, nil, run.Verified, no, nil},
		{"both digests match", []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(3, 1, 2, b.leaf)}, nil, run.Verified, no, nil},
		{"the strong one is wrong", []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(3, 1, 2, b.other)}, nil, run.Mismatch, yes, []string{"3 1 2"}},
		{"the weak one is wrong", []run.TLSA{b.record(3, 1, 1, b.other), b.record(3, 1, 2, b.leaf)}, nil, run.Verified, yes, []string{"3 1 1"}},
		{"the strong one is wrong, by another order", []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(3, 1, 2, b.other)}, []uint8{1, 2}, run.Verified, yes, []string{"3 1 2"}},
		{"another selector is wrong", []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(3, 0, 2, b.other)}, nil, run.Verified, no, []string{"3 0 2"}},
		{"an unusable one does not count", []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(1, 1, 2, b.other)}, nil, run.Verified, no, nil},
		{"both wrong", []run.TLSA{b.record(3, 1, 1, b.other), b.record(3, 1, 2, b.other)}, nil, run.Mismatch, no, []string{"3 1 1", "3 1 2"}},
	} {
		h, _ := judged(t, Judge{DigestOrder: c.order}, signedHost(c.records...), b.certs, b.shows(b.leaf))
		if h.Verdict != c.verdict || *h.AgilityDependent != *c.dependent || !slices.Equal(h.CombinationsUncovered, c.uncovered) {
			t.Errorf("%s: %s, dependent %v, uncovered %q; want %s, %v, %q", c.name, h.Verdict, *h.AgilityDependent, h.CombinationsUncovered,
				c.verdict, *c.dependent, c.uncovered)
		}
	}
	h, _ := judged(t, Judge{}, plainHost(), b.certs, b.shows(b.leaf))
	if h.AgilityDependent != nil || h.CombinationsUncovered != nil {
		t.Errorf("without records: %v, %q", h.AgilityDependent, h.CombinationsUncovered)
	}
}

// TestCoverageOfTwoCertificates: a combination is covered only if it matches each
// of the server's certificates.
func TestCoverageOfTwoCertificates(t *testing.T) {
	b := newBench(t)
	rsa := b.shows(b.other)
	rsa.Algorithm = run.KeyRSA
	h, _ := judged(t, Judge{}, signedHost(b.record(3, 1, 1, b.leaf), b.record(3, 1, 1, b.other), b.record(3, 0, 1, b.leaf)), b.certs, b.shows(b.leaf), rsa)
	if h.Verdict != run.Verified || !slices.Equal(h.CombinationsUncovered, []string{"3 0 1"}) {
		t.Errorf("%s, uncovered %q", h.Verdict, h.CombinationsUncovered)
	}
}

func TestAlgorithmsIncomplete(t *testing.T) {
	b := newBench(t)
	rsa := halted(first, run.StageHandshake, "timeout")
	rsa.Algorithm = run.KeyRSA
	elsewhere := rsa
	elsewhere.Address = second
	skipped := notTried(first, run.ReasonExcluded)
	skipped.Algorithm = run.KeyRSA
	for _, c := range []struct {
		name string
		ends []run.Endpoint
		want *bool
	}{
		{"one certificate, no other", []run.Endpoint{b.shows(b.leaf)}, ptr(false)},
		{"the other not seen", []run.Endpoint{b.shows(b.leaf), rsa}, ptr(true)},
		{"nothing seen there at all", []run.Endpoint{b.shows(b.leaf), elsewhere}, ptr(false)},
		{"not tried", []run.Endpoint{b.shows(b.leaf), skipped}, ptr(false)},
		{"no certificate anywhere", []run.Endpoint{rsa}, nil},
		{"no session", nil, nil},
	} {
		h, _ := judged(t, Judge{}, signedHost(b.record(3, 1, 1, b.leaf)), b.certs, c.ends...)
		if got := h.AlgorithmsIncomplete; (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

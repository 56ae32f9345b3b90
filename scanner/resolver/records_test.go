package resolver

import (
	"slices"
	"testing"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// section makes a section of records in zone-file form.
func section(texts ...string) []dnssec.Record {
	var m dns.Msg
	for _, text := range texts {
		m.Answer = append(m.Answer, mustRR(text))
	}
	return dnssec.FromMsg(&m).Answer
}

const (
	recordA   = "a.test. A 192.0.2.1"
	recordA2  = "a.test. A 192.0.2.2"
	recordB   = "b.test. A 192.0.2.3"
	sigA      = "a.test. RRSIG A 13 2 60 20300101000000 20200101000000 1 test. AQID"
	sigB      = "b.test. RRSIG A 13 2 60 20300101000000 20200101000000 1 test. AQID"
	recordC   = "a.test. CNAME b.test."
	recordC2  = "a.test. CNAME c.test."
	sigC      = "a.test. RRSIG CNAME 13 2 60 20300101000000 20200101000000 1 test. AQID"
	chaosA    = "a.test. CH A 192.0.2.1"
	recordTXT = "a.test. TXT x"
)

// TestSignedSet picks RRsets: together, torn apart, their signatures in front.
func TestSignedSet(t *testing.T) {
	for what, c := range map[string]struct{ section, want []string }{
		"alone":              {[]string{recordA, recordA2, sigA}, []string{recordA, recordA2, sigA}},
		"between others":     {[]string{recordB, recordA, sigA, sigB}, []string{recordA, sigA}},
		"torn apart":         {[]string{recordA, recordB, recordA2, sigB, sigA}, []string{recordA, recordA2, sigA}},
		"signature in front": {[]string{sigA, recordA, recordTXT, recordA2}, []string{recordA, recordA2, sigA}},
		"signature between":  {[]string{recordA, sigA, recordA2}, []string{recordA, recordA2, sigA}},
		"signature only":     {[]string{sigA, recordB}, nil},
		"another class":      {[]string{chaosA, sigA}, nil},
	} {
		in := section(c.section...)
		before := slices.Clone(in)
		got := signedSet(in, mustName("a.test."), dns.TypeA)
		if want := section(c.want...); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
		_ = append(got, in[0]) // must not write to the section
		if !slices.Equal(in, before) {
			t.Errorf("%s: the section was changed", what)
		}
	}
}

// TestFirstOnly leaves one of several CNAME records, and the section as it is.
func TestFirstOnly(t *testing.T) {
	in := section(recordC, recordC2, sigC)
	before := slices.Clone(in)
	link, target := aliasAt(in, mustName("test."), mustName("a.test."), dns.TypeA)
	if !slices.Equal(link, section(recordC, sigC)) || target != mustName("b.test.") || !slices.Equal(in, before) {
		t.Errorf("%v to %v; the section is %v", link, target, in)
	}
}

// TestPickShares copies only what does not stand together.
func TestPickShares(t *testing.T) {
	in := section(recordB, recordA, recordA2, sigB, sigA)
	isA := func(r *dnssec.Record) bool { return r.Is(mustName("a.test."), dns.TypeA) }
	if got := pick(in, isA); len(got) != 2 || &got[0] != &in[1] || cap(got) != 2 {
		t.Errorf("%v is a copy, or has room", got)
	}
	torn := section(recordA, recordB, recordA2)
	if got := pick(torn, isA); !slices.Equal(got, section(recordA, recordA2)) {
		t.Errorf("%v", got)
	}
	if got := pick(in, func(*dnssec.Record) bool { return false }); got != nil {
		t.Errorf("%v of nothing", got)
	}
}

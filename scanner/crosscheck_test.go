package scanner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/datasets/run"
	"danescan/scanner/dnssec"
	"danescan/scanner/resolver"
)

func crossAnswer(t *testing.T, outcome resolver.Outcome, status dnssec.Status, records ...string) resolver.Answer {
	t.Helper()
	a := resolver.Answer{Outcome: outcome, Status: status, Question: dnssec.Question{Name: "a.example.", Type: dns.TypeMX}}
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		a.Records = append(a.Records, rr)
	}
	return a
}

// How two answers compare. SERVFAIL is bogus or indeterminate, never an answer.
func TestCrossRow(t *testing.T) {
	const mx, other = "a.example. 300 MX 10 mx.a.example.", "a.example. 300 MX 20 mx2.a.example."
	secure := crossAnswer(t, resolver.Found, dnssec.Secure, mx, other)
	insecure := crossAnswer(t, resolver.Found, dnssec.Insecure, mx, other)
	bogus := crossAnswer(t, resolver.Bogus, dnssec.Bogus)
	silent := crossAnswer(t, resolver.Timeout, dnssec.Indeterminate)
	servfail := crossAnswer(t, resolver.ServFail, dnssec.Indeterminate)
	for _, tc := range []struct {
		name         string
		ours, theirs resolver.Answer
		want         run.CrossOutcome
		detail       string
	}{
		{"equal", secure, secure, run.CrossAgree, ""},
		{"order, TTL and case", secure, crossAnswer(t, resolver.Found, dnssec.Secure, "A.example. 5 MX 20 MX2.A.example.", mx), run.CrossAgree, ""},
		{"a record twice", secure, crossAnswer(t, resolver.Found, dnssec.Secure, mx, other, mx), run.CrossAgree, ""},
		{"both bogus", bogus, bogus, run.CrossAgree, ""},
		{"both absent", crossAnswer(t, resolver.NoData, dnssec.Secure), crossAnswer(t, resolver.NoData, dnssec.Secure), run.CrossAgree, ""},
		{"proof seen by us alone", secure, insecure, run.CrossStatus, "ours: found 10 mx.a.example., 20 mx2.a.example.; theirs: found 10 mx.a.example., 20 mx2.a.example."},
		{"bogus to them", secure, bogus, run.CrossStatus, "ours: found 10 mx.a.example., 20 mx2.a.example.; theirs: bogus"},
		{"bogus to us", bogus, insecure, run.CrossStatus, "ours: bogus; theirs: found 10 mx.a.example., 20 mx2.a.example."},
		{"a record less", secure, crossAnswer(t, resolver.Found, dnssec.Secure, mx), run.CrossData, "ours: found 10 mx.a.example., 20 mx2.a.example.; theirs: found 10 mx.a.example."},
		{"another preference", crossAnswer(t, resolver.Found, dnssec.Secure, "a.example. MX 20 mx.a.example."), crossAnswer(t, resolver.Found, dnssec.Secure, mx), run.CrossData,
			"ours: found 20 mx.a.example.; theirs: found 10 mx.a.example."},
		{"absent in another way", crossAnswer(t, resolver.NoData, dnssec.Secure), crossAnswer(t, resolver.NXDomain, dnssec.Secure), run.CrossData, "ours: nodata; theirs: nxdomain"},
		{"silence there", secure, silent, run.CrossTheirsFailed, ""},
		{"SERVFAIL there", insecure, servfail, run.CrossTheirsFailed, ""},
		{"silence here", silent, insecure, run.CrossOursFailed, ""},
		{"nothing on either side", silent, servfail, run.CrossBothFailed, ""},
		{"bogus, and SERVFAIL", bogus, servfail, run.CrossBothFailed, ""},
	} {
		if got := crossRow(tc.ours, tc.theirs); got.Outcome != tc.want || got.Detail != tc.detail {
			t.Errorf("%s: %s, %q; want %s, %q", tc.name, got.Outcome, got.Detail, tc.want, tc.detail)
		}
	}
}

// What a stranger's records can put into a row has a bound.
func TestCrossDetailIsBounded(t *testing.T) {
	long := crossAnswer(t, resolver.Found, dnssec.Secure)
	for i := range 200 {
		long.Records = append(long.Records, &dns.MX{Preference: uint16(i), Mx: strings.Repeat("x", 60) + `\000.example.`})
	}
	if got := crossRow(long, crossAnswer(t, resolver.NoData, dnssec.Secure)); len(got.Detail) > 4*2*maxDetail+20 {
		t.Errorf("%d octets", len(got.Detail))
	}
}

// The share is drawn by seed and name alone, and is as large as it is said to be.
func TestCrossShare(t *testing.T) {
	in := func(percent float64, seed uint64) (n int) {
		x := newCrossCheck(nil, Cross{Percent: percent}, Config{Seed: seed})
		for i := range 10_000 {
			if x.has(fmt.Sprintf("d%d.example", i)) {
				n++
			}
		}
		return n
	}
	for _, tc := range []struct {
		percent     float64
		least, most int
	}{{100, 10_000, 10_000}, {50, 4800, 5200}, {1, 70, 130}, {0.1, 2, 25}} {
		if n := in(tc.percent, 1); n < tc.least || n > tc.most {
			t.Errorf("%g%%: %d of 10,000", tc.percent, n)
		}
	}
	one, two := newCrossCheck(nil, Cross{Percent: 1}, Config{Seed: 1}), newCrossCheck(nil, Cross{Percent: 1}, Config{Seed: 2})
	both := 0
	for i := range 10_000 {
		if name := fmt.Sprintf("d%d.example", i); one.has(name) && two.has(name) {
			both++
		}
	}
	if both > 10 {
		t.Errorf("%d names are in the shares of two seeds", both)
	}
}

// secondResolver is a second resolver made of a function.
type secondResolver func(ctx context.Context, name string) resolver.Answer

func (f secondResolver) Lookup(ctx context.Context, name string, _ uint16) resolver.Answer {
	return f(ctx, name)
}

// A resolver that is too slow costs a row no more than a bounded wait, and what does
// not fit counts as not asked.
func TestCrossCheckIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		slow := secondResolver(func(ctx context.Context, _ string) resolver.Answer {
			<-ctx.Done()
			return resolver.Answer{Outcome: resolver.Timeout}
		})
		x := newCrossCheck(slow, Cross{Percent: 100}, Config{DNSConcurrency: 8})
		if cap(x.places) != 2 {
			t.Fatalf("%d places for 8 workers", cap(x.places))
		}
		began, outcomes := time.Now(), make(chan run.CrossOutcome)
		for range 8 {
			go func() { outcomes <- x.compare(t.Context(), "a.example", resolver.Answer{})[0].Outcome }()
		}
		count := map[run.CrossOutcome]int{}
		for i := range 8 {
			count[<-outcomes]++
			if took := time.Since(began); i == 5 && took != crossWait {
				t.Errorf("six rows waited for %v, want %v", took, crossWait)
			}
		}
		if took := time.Since(began); took != crossTime {
			t.Errorf("all took %v, want %v", took, crossTime)
		}
		if count[run.CrossNotAsked] != 6 || count[run.CrossTheirsFailed] != 2 {
			t.Errorf("%v", count)
		}
	})
}

// A resolver that has gone silent is asked now and then, and again in full once it
// answers.
func TestCrossCheckLeavesTheSilentAlone(t *testing.T) {
	asked, up := 0, false
	x := newCrossCheck(secondResolver(func(context.Context, string) resolver.Answer {
		asked++
		if up {
			return resolver.Answer{Outcome: resolver.NoData, Status: dnssec.Secure}
		}
		return resolver.Answer{Outcome: resolver.Timeout}
	}), Cross{Percent: 100}, Config{})
	for range crossSilence + 320 {
		x.compare(t.Context(), "a.example", resolver.Answer{Status: dnssec.Secure})
	}
	if asked != crossSilence+10 {
		t.Errorf("asked %d times, want %d", asked, crossSilence+10)
	}
	up, asked = true, 0
	for range crossProbe + 50 {
		x.compare(t.Context(), "a.example", resolver.Answer{Outcome: resolver.NoData, Status: dnssec.Secure})
	}
	if asked != 51 {
		t.Errorf("asked %d times after its return, want 51", asked)
	}
}

// Sums name so many disagreements and no more, and count all.
func TestCrossSum(t *testing.T) {
	var domains, hosts crossSum
	for i := range 80 {
		domains.add([]run.CrossCheck{{Name: fmt.Sprint("d", i), Type: "MX", Outcome: run.CrossStatus, Ours: run.Secure, Theirs: run.Bogus, Queries: 2}})
	}
	for i := range 130 {
		hosts.add([]run.CrossCheck{
			{Name: fmt.Sprint("h", i), Type: "A", Outcome: run.CrossAgree, Ours: run.Secure, Theirs: run.Secure, Queries: 1},
			{Name: fmt.Sprint("h", i), Type: "TLSA", Outcome: run.CrossData, Ours: run.Secure, Theirs: run.Secure, Queries: 1},
		})
	}
	got := crossChecks(&run.CrossChecks{Resolvers: []string{"r"}, Share: "1%"}, &domains, &hosts)
	want := []run.CrossCount{
		{Type: "A", Outcome: run.CrossAgree, Ours: run.Secure, Theirs: run.Secure, Questions: 130},
		{Type: "MX", Outcome: run.CrossStatus, Ours: run.Secure, Theirs: run.Bogus, Questions: 80},
		{Type: "TLSA", Outcome: run.CrossData, Ours: run.Secure, Theirs: run.Secure, Questions: 130},
	}
	if !slices.Equal(got.Counts, want) || got.Questions != 340 || got.Queries != 420 || got.Share != "1%" {
		t.Errorf("%+v", got)
	}
	if n := len(got.Disagreements); n != maxDisagreements || got.Disagreements[79].Name != "d79" || got.Disagreements[80].Name != "h0" {
		t.Errorf("%d disagreements", n)
	}
	if crossChecks(nil, &crossSum{}, &crossSum{}) != nil {
		t.Error("a second resolver is told of where none was asked")
	}
}

package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"danescan/datasets/run"
)

// measured is a run that asked for MTA-STS and TLSRPT, and a second resolver.
func measured() fake {
	f := small()
	f.manifest.Settings = map[string]string{"with": "[mta-sts,tlsrpt]"}
	f.manifest.CrossCheck = &run.CrossChecks{
		Resolvers: []string{"127.0.0.53:53"}, Share: "1%", Questions: 12, Queries: 14,
		Counts: []run.CrossCount{
			{Type: "MX", Outcome: run.CrossAgree, Ours: run.Secure, Theirs: run.Secure, Questions: 8},
			{Type: "MX", Outcome: run.CrossStatus, Ours: run.Secure, Theirs: run.Insecure, Questions: 2},
			{Type: "TLSA", Outcome: run.CrossTheirsFailed, Ours: run.Secure, Theirs: run.Indeterminate, Questions: 1},
			{Type: "TLSA", Outcome: run.CrossNotAsked, Ours: run.Secure, Questions: 1},
		},
		Disagreements: []run.CrossDisagree{{Name: "good.example", Type: "MX", Outcome: run.CrossStatus, Ours: run.Secure, Theirs: run.Insecure, Detail: "ours: <b>found"}},
	}
	sts := func(i int, state run.RecordState, status run.DNSSEC) {
		f.domains[i].MTASTS = &run.MTASTS{State: state, Lookup: lookup(run.Found, status)}
	}
	sts(0, run.RecordValid, run.Secure)   // good.example
	sts(1, run.RecordInvalid, run.Secure) // second.test
	sts(2, run.RecordError, run.Bogus)    // broken.example
	sts(3, run.RecordValid, run.Secure)   // undecided.example
	sts(4, run.RecordValid, run.Insecure) // half.example
	f.domains[0].TLSRPT = &run.TLSRPT{State: run.RecordValid, Lookup: lookup(run.Found, run.Secure)}
	f.domains[5].TLSRPT = &run.TLSRPT{State: run.RecordSeveral, Lookup: lookup(run.Found, run.Insecure)}
	return f
}

func TestExtraFigures(t *testing.T) {
	s := summarise(t, measured())
	for _, tc := range []struct {
		figure, key string
		want        string
	}{
		{"mta-sts", "both", "[1]"},
		{"mta-sts", "DANE alone", "[1]"}, // an invalid record is none
		{"mta-sts", "MTA-STS alone", "[1]"},
		{"mta-sts", "neither", "[0]"},
		{"mta-sts", "DANE, MTA-STS unknown", "[1]"}, // an error is unknown, never no
		{"mta-sts", "MTA-STS, DANE unknown", "[1]"},
		{"mta-sts", "MTA-STS not asked", "[1]"},
		{"tlsrpt", "yes|valid", "[1]"},
		{"tlsrpt", "yes|not asked", "[2]"},
		{"tlsrpt", "no|several", "[1]"},
		{"policy-records", "MTA-STS|valid|secure", "[2]"},
		{"policy-records", "MTA-STS|valid|insecure", "[1]"},
		{"policy-records", "MTA-STS|error|bogus", "[1]"},
		{"policy-records", "TLSRPT|several|insecure", "[1]"},
		{"cross-check", "MX|status|secure|insecure", "[2]"},
		{"cross-check", "TLSA|not-asked|secure|", "[1]"},
	} {
		table := s.table(tc.figure)
		i := slices.IndexFunc(table.Rows, func(r dataRow) bool { return strings.Join(r.Key, "|") == tc.key })
		if i < 0 || fmt.Sprint(table.Rows[i].Counts) != tc.want {
			t.Errorf("%s: %s: %v, want %s", tc.figure, tc.key, table.Rows, tc.want)
		}
	}
	for figure, want := range map[string]string{
		"mta-sts": "Of 6 names that take mail, 1 have DANE and a valid MTA-STS record, 1 have DANE alone, 1 MTA-STS alone and 0 neither.",
		"tlsrpt":  "1 of 3 names with DANE have a valid TLSRPT record", "policy-records": "2 of 3 valid MTA-STS records and 1 of 1 valid TLSRPT records",
		"cross-check": "agrees in status and records on 8 of 10 questions that both answered (80.0\u00a0%); 1 had no answer on one side or both, and 1 were not put to it",
	} {
		if got := s.table(figure).Says(s); !strings.Contains(got, want) {
			t.Errorf("%s: %q", figure, got)
		}
	}
}

// Of names that were looked at twice it is said how the first look failed, and what
// the second came to; where there was none, nothing is.
func TestSecondLooks(t *testing.T) {
	f := small()
	f.manifest.Counts.Again = &run.Again{Domains: 3, Answered: 2}
	f.domains[0].FirstLook = &run.FirstLook{Type: "MX", Outcome: run.Timeout}
	f.domains[1].FirstLook = &run.FirstLook{Type: "MX", Outcome: run.Timeout}
	f.domains[2].FirstLook, f.domains[2].MXKind = &run.FirstLook{Type: "A", Outcome: run.ServFail}, run.MXError
	s := summarise(t, f)
	table := s.table("second-looks")
	if got := fmt.Sprint(table.Rows); got != "[{[MX timeout answered] [2]} {[A servfail failed again] [1]}]" {
		t.Error(got)
	}
	for path, want := range map[string]string{
		"dns.html": "The lookups of 3 names failed at first. A second look, later in the run, was answered for 2 of them,", "data/second-looks.csv": "MX,timeout,answered,2",
		"method.html": "3 names whose lookups had failed; 2 of them answered later",
	} {
		if !strings.Contains(site(t, s)[path], want) {
			t.Errorf("%s has no %q", path, want)
		}
	}
	for path, text := range site(t, summarise(t, small())) {
		if strings.Contains(text, "failed at first") || strings.Contains(text, "Looked at twice") {
			t.Errorf("%s speaks of second looks where there were none", path)
		}
	}
}

// What a run has not measured is not on its pages, and in no file.
func TestExtrasAreAbsentWhereNotMeasured(t *testing.T) {
	for path, text := range site(t, summarise(t, small())) {
		for _, word := range []string{"MTA-STS beside DANE", "TLSRPT beside DANE", "second resolver differs", "to a second resolver<"} {
			if strings.Contains(text, word) && path != "dictionary.html" {
				t.Errorf("%s has %q", path, word)
			}
		}
	}
	all := site(t, summarise(t, measured()))
	for _, name := range []string{"data/mta-sts.csv", "data/tlsrpt.json", "data/policy-records.sql", "data/cross-check.csv"} {
		if all[name] == "" {
			t.Errorf("there is no %s", name)
		}
	}
}

// Disagreements are named on the methodology page, as text and not as markup, and
// not at all where the list may not be republished.
func TestDisagreementsAreNamedOrNot(t *testing.T) {
	page := site(t, summarise(t, measured()))["method.html"]
	for _, want := range []string{"127.0.0.53:53", "8 of 10 questions", "Where the second resolver differs", "<code>good.example</code>", "ours: &lt;b&gt;found"} {
		if !strings.Contains(page, want) {
			t.Errorf("the methodology page has no %q", want)
		}
	}
	g, err := gather(t.Context(), measured())
	if err != nil {
		t.Fatal(err)
	}
	g.redacted = true
	page = site(t, g.summary())["method.html"]
	if strings.Contains(page, "good.example") || strings.Contains(page, "ours: &lt;b") || !strings.Contains(page, "8 of 10 questions") {
		t.Error("a redacted report names what disagrees, or keeps quiet about the rest")
	}
}

package lab_test

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

func newLab(t testing.TB, cfg lab.Config) *lab.Lab {
	t.Helper()
	l, err := lab.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestTruthSpeaksTheVocabulary compares every verdict and reason with the closed
// lists of the run tables.
func TestTruthSpeaksTheVocabulary(t *testing.T) {
	domain := words(run.NoMail, run.DNSError, run.NotDANE, run.HalfDANE, run.DANEFailed, run.DANEUndecided, run.DANEVerified,
		run.DANEPartial, run.DANEUnreachable, run.DANENotTested, run.DANEUnusable)
	host := words(run.Unreachable, run.NoSTARTTLS, run.TLSFailure, run.Verified, run.Mismatch, run.LookupFailed, run.None,
		run.InsecureTLSA, run.Mixed, run.Unusable)
	reason := words(run.Reason(""), run.ReasonRefused, run.ReasonTimeout, run.ReasonGreeting, run.ReasonEHLO, run.ReasonNoAddress,
		run.ReasonAddressLookup, run.ReasonNotOffered, run.ReasonSTARTTLS4xx, run.ReasonSTARTTLS5xx, run.ReasonSTARTTLSDropped,
		run.ReasonHandshake, run.ReasonName, run.ReasonExpired, run.ReasonChain, run.ReasonTANotServed, run.ReasonNoMatch,
		run.ReasonTLSA, run.ReasonAddress, run.ReasonAddresses, run.ReasonAlgorithms, run.ReasonIPLiteral, run.ReasonRoot, run.ReasonNameTooLong)
	seen := map[string]bool{}
	for c := range newLab(t, lab.Config{Domains: 3000}).Truth() {
		if seen[c.Domain] {
			t.Errorf("%s is there twice", c.Domain)
		}
		seen[c.Domain] = true
		if !domain[c.Verdict] || c.Note == "" {
			t.Errorf("%s: verdict %q, note %q", c.Domain, c.Verdict, c.Note)
		}
		for _, m := range c.MX {
			if !host[m.Verdict] || !reason[m.Reason] {
				t.Errorf("%s: host %s is %q:%q", c.Domain, m.Name, m.Verdict, m.Reason)
			}
		}
		if len(c.MX) > 0 && (c.Verdict == "no-mail" || c.Verdict == "dns-error") {
			t.Errorf("%s: %s, and yet it has MX hosts", c.Domain, c.Verdict)
		}
	}
}

func words[T ~string](list ...T) map[string]bool {
	out := map[string]bool{}
	for _, w := range list {
		out[string(w)] = true
	}
	return out
}

// TestEveryVerdictIsThere: a floor for each, in the table and in a lab of the size
// that the demo has.
func TestEveryVerdictIsThere(t *testing.T) {
	table := map[string]int{"no-mail": 5, "dns-error": 6, "not-dane": 15, "half-dane": 4, "dane-failed": 15, "dane-undecided": 8,
		"dane-verified": 35, "dane-partial": 3, "dane-unreachable": 6, "dane-unusable": 6}
	large := map[string]int{"no-mail": 600, "dns-error": 90, "not-dane": 9000, "half-dane": 900, "dane-failed": 25,
		"dane-undecided": 8, "dane-verified": 120, "dane-partial": 5, "dane-unreachable": 10, "dane-unusable": 8}
	for _, tc := range []struct {
		domains int
		floors  map[string]int
	}{{0, table}, {12000, large}} {
		counts := map[string]int{}
		n := 0
		for c := range newLab(t, lab.Config{Domains: tc.domains}).Truth() {
			counts[c.Verdict]++
			n++
		}
		t.Logf("%d domains: %v", n, counts)
		for verdict, floor := range tc.floors {
			if counts[verdict] < floor {
				t.Errorf("%d domains: %d %s, at least %d wanted", n, counts[verdict], verdict, floor)
			}
		}
	}
}

// TestProportions: what the bulk domains promise to be like.
func TestProportions(t *testing.T) {
	l := newLab(t, lab.Config{Domains: 50000, Seed: 9})
	total, selfHosted, top := 0, 0, 0
	for c := range l.Truth() {
		if !c.Bulk {
			continue
		}
		total++
		if len(c.MX) == 0 {
			continue
		}
		var provider int
		host := c.MX[0].Name
		switch i := strings.Index(host, "mail"); {
		case strings.HasSuffix(host, c.Domain):
			selfHosted++
		case i >= 0:
			if n, _ := fmt.Sscanf(host[i:], "mail%d", &provider); n == 1 && provider <= 10 {
				top++
			}
		}
	}
	share := func(n int) float64 { return float64(n) / float64(total) }
	t.Logf("seed 9: %d bulk domains, %.1f %% self-hosted, %.1f %% at the top ten", total, 100*share(selfHosted), 100*share(top))
	if s := share(selfHosted); s < 0.19 || s > 0.21 {
		t.Errorf("%.3f are self-hosted, 0.20 wanted", s)
	}
	if s := share(top); s < 0.58 || s > 0.62 {
		t.Errorf("%.3f are at the top ten, 0.60 wanted", s)
	}
}

func TestListAndTruthFiles(t *testing.T) {
	l := newLab(t, lab.Config{Domains: 300, Without: []lab.Feature{lab.SecondAlgorithm, lab.OddCertificates, lab.Retries}})
	var list, truth strings.Builder
	if err := l.WriteList(&list); err != nil {
		t.Fatal(err)
	}
	if err := l.WriteTruth(&truth); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(list.String(), "\r\n"), "\r\n")
	rows, err := csv.NewReader(bufio.NewReader(strings.NewReader(truth.String()))).ReadAll()
	if err != nil || len(lines) != 300 || len(rows) != 301 || l.Len() != 300 {
		t.Fatalf("%d lines, %d rows, Len %d: %v", len(lines), len(rows), l.Len(), err)
	}
	for i, line := range lines {
		if want := fmt.Sprintf("%d,%s", i+1, rows[i+1][0]); line != want {
			t.Fatalf("line %d is %q, %q wanted", i, line, want)
		}
	}
	if lines[0] != "1,ee-spki.optout" || rows[1][1] != "dane-verified" || rows[1][2] != "mx.ee-spki.optout=verified" {
		t.Errorf("the first case is %q, %q", lines[0], rows[1])
	}
	for _, out := range []string{"one-algorithm.optout", "negative-serial.optout", "greylisting.nsec"} {
		if strings.Contains(list.String(), out) {
			t.Errorf("%s was to be left out", out)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	for want, cfg := range map[string]lab.Config{
		"lab: 10.0.0.0/8 is not a block of 127.0.0.0/8 with at least a /14":    {Base: prefix("10.0.0.0/8")},
		"lab: 127.20.0.0/16 is not a block of 127.0.0.0/8 with at least a /14": {Base: prefix("127.20.0.0/16")},
		"lab: 127.21.0.0/14 has bits below its prefix length":                  {Base: prefix("127.21.0.0/14")},
		"lab: 10000001 domains: at most 10000000 are possible":                 {Domains: 10_000_001},
		"lab: a loss of 1.5 is not a share":                                    {Loss: 1.5},
		"lab: a latency of -1ns is not possible":                               {Latency: -1},
	} {
		if _, err := lab.New(cfg); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

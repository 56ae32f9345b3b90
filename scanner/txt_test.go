package scanner

import (
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// A scan of the lab finds the MTA-STS and TLSRPT records that its truth tells of,
// with their DNSSEC status, and asks for none where there is no mail.
func TestPolicyRecordsOfTheLab(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 11, Domains: 1000})
	job.Config.Probe, job.Config.MTASTS, job.Config.TLSRPT = ProbeNone, true, true
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	truth := map[string]lab.Case{}
	for c := range l.Truth() {
		truth[c.Domain] = c
	}
	r, err := run.Open(job.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	states := map[run.RecordState]int{}
	for d, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		want := truth[d.Domain]
		asked := want.MTASTS.State != ""
		if (d.MTASTS != nil) != asked || (d.TLSRPT != nil) != asked {
			t.Errorf("%s: asked for MTA-STS %v and TLSRPT %v, should be %v", d.Domain, d.MTASTS != nil, d.TLSRPT != nil, asked)
			continue
		}
		if !asked {
			states[""]++
			continue
		}
		states[d.MTASTS.State]++
		texts := append(policyDifference("MTA-STS", d.MTASTS.State, d.MTASTS.Lookup, want.MTASTS),
			policyDifference("TLSRPT", d.TLSRPT.State, d.TLSRPT.Lookup, want.TLSRPT)...)
		for _, text := range texts {
			t.Errorf("%s: %s", d.Domain, text)
		}
		checkPolicyValues(t, &d)
	}
	t.Logf("seed 11: %v", states)
	for state, floor := range map[run.RecordState]int{"": 50, run.RecordNone: 800, run.RecordValid: 15, run.RecordInvalid: 1, run.RecordSeveral: 1, run.RecordError: 1} {
		if states[state] < floor {
			t.Errorf("%d domains with %q, want at least %d: the test shows too little", states[state], state, floor)
		}
	}
}

// checkPolicyValues compares what was read of some records with literals.
func checkPolicyValues(t *testing.T, d *run.Domain) {
	t.Helper()
	want, listed := map[string][3]string{
		"ee-spki.optout": {"20260101T000000", "mailto:tls@reports.example", ""},
		"ee-cert.nsec":   {"20260831", "mailto:a@reports.example", "https://reports.example/tls"},
		"no-match.nsec":  {"20260101T000000", "mailto:tls@reports.example", ""},
		"ee-sha512.nsec": {},
		"ta-key.optout":  {},
		"two-good.nsec":  {"", "mailto:tls@reports.example", ""},
	}[d.Domain]
	if !listed {
		return
	}
	got := [3]string{d.MTASTS.ID}
	copy(got[1:], d.TLSRPT.RUA)
	if got != want || len(d.TLSRPT.RUA) > 2 {
		t.Errorf("%s: %q, want %q", d.Domain, got, want)
	}
}

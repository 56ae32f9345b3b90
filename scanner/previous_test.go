package scanner

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"danescan/datasets/run"
)

// shownRun is a finished run in which mx.example and its alias have the TLSA record
// given ("TLSA 3 1 1 ..."), and show a certificate.
func shownRun(t *testing.T, id, record string, der []byte) string {
	t.Helper()
	data, err := hex.DecodeString(record[strings.LastIndexByte(record, ' ')+1:])
	if err != nil {
		t.Fatal(err)
	}
	found := &run.Lookup{Outcome: run.Found, DNSSEC: run.Secure}
	none := &run.Lookup{Outcome: run.NoData, DNSSEC: run.Secure}
	aliased := *found
	aliased.Chain = []run.Alias{{Name: "alias.example", Target: "mx.example", DNSSEC: run.Secure}}
	host := func(name string, a *run.Lookup) run.Host {
		h := run.Host{HostEvidence: run.HostEvidence{
			Host: name, ScannedAt: noon, A: a, AAAA: none, Addresses: []string{"192.0.2.1"},
			TLSACandidates: []run.TLSACandidate{{Base: "mx.example", QName: tlsaPort + "mx.example", Lookup: *found, LookedUpAt: noon}},
			TLSA:           []run.TLSA{{Usage: 3, Selector: 1, MatchingType: 1, Data: data, RData: append([]byte{3, 1, 1}, data...)}},
		}}
		h.TLSABase = "mx.example"
		return h
	}
	sum := sha256.Sum256(der)
	domain := run.Domain{DomainEvidence: run.DomainEvidence{
		Line: 1, Domain: "example", ScannedAt: noon, MXKind: run.MXFound, MXLookup: found, MXDNSSEC: run.Secure,
		MX: []run.MX{{Preference: 10, Host: "alias.example"}, {Preference: 10, Host: "mx.example"}},
	}}
	return finishedRun(t, func(m *run.Manifest) { m.RunID = id }, domain, host("alias.example", &aliased), host("mx.example", found),
		run.Endpoint{EndpointEvidence: run.EndpointEvidence{
			Host: "mx.example", Base: "mx.example", Address: "192.0.2.1", Port: 25, Attempt: 1, ScannedAt: noon, Connected: true,
			HandshakeComplete: true, Stage: run.StageDone, Stack: "go", Chain: [][]byte{sum[:]},
		}},
		run.Certificate{SHA256: sum[:], DER: der})
}

// staleHosts judges a run again and lists the hosts whose records are of an earlier
// certificate.
func staleHosts(t *testing.T, job RejudgeJob) string {
	t.Helper()
	if _, err := Rejudge(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	var names []string
	for h, err := range openTest(t, job.Dir).Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		if h.Verdict != run.Mismatch {
			t.Errorf("%s is %s %s", h.Host, h.Verdict, h.Reason)
		}
		if hasFinding(h, "mismatch-stale") {
			names = append(names, h.Host)
		}
	}
	return strings.Join(names, " ")
}

// A record of the certificate that the host showed in an earlier run is told from
// one that is merely wrong, for an alias of the host, too.
func TestEarlierCertificates(t *testing.T) {
	old, record := testCertificate(t)
	next, _ := testCertificate(t)
	before, now := shownRun(t, "before", record, old), shownRun(t, "now", record, next)
	if got := staleHosts(t, RejudgeJob{Dir: now}); got != "" {
		t.Errorf("without an earlier run: %s", got)
	}
	if got := staleHosts(t, RejudgeJob{Dir: now, Previous: now}); got != "" {
		t.Errorf("compared with itself: %s", got)
	}
	if got := staleHosts(t, RejudgeJob{Dir: now, Previous: before}); got != "alias.example mx.example" {
		t.Errorf("compared with the run before: %q", got)
	}
	if m, err := run.ReadManifest(now); err != nil || m.Previous != "before" {
		t.Errorf("manifest: previous %q, %v", m.Previous, err)
	}
	if _, err := Rejudge(t.Context(), RejudgeJob{Dir: now}); !errors.Is(err, errPrevious) {
		t.Errorf("without the run that it was judged with: %v", err)
	}
	if got := staleHosts(t, RejudgeJob{Dir: now, Previous: NoPrevious}); got != "" {
		t.Errorf("no longer compared: %s", got)
	}
}

// What is wrong with the earlier run is said before anything is done.
func TestEarlierRunThatCannotBeRead(t *testing.T) {
	now := finishedRun(t, func(*run.Manifest) {})
	unfinished := t.TempDir() + "/unfinished"
	r, err := run.Create(unfinished, run.Manifest{RunID: "unfinished", Started: noon})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	for dir, want := range map[string]error{t.TempDir(): run.ErrNotRun, unfinished: run.ErrUnfinished} {
		if _, err := Rejudge(t.Context(), RejudgeJob{Dir: now, Previous: dir}); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
		list := t.TempDir() + "/list.txt"
		if err := os.WriteFile(list, []byte("example.org\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		job := Job{Sources: []string{list}, Dir: t.TempDir() + "/run", Previous: dir}
		if _, err := Scan(t.Context(), job); !errors.Is(err, want) {
			t.Errorf("scan: %v, want %v", err, want)
		}
	}
	if _, err := Rejudge(t.Context(), RejudgeJob{Dir: unfinished}); !errors.Is(err, run.ErrUnfinished) {
		t.Errorf("judging an unfinished run again: %v", err)
	}
}

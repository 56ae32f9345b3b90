package scanner

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// steadyLab serves a lab and returns a job that scans the part of it that answers
// at once, in ranges so small that there are many.
func steadyLab(t *testing.T, seed uint64, domains int) Job {
	t.Helper()
	_, job := startLab(t, lab.Config{Seed: seed, Domains: domains})
	job.Sources = []string{steadyList(t, job, seed, domains)}
	job.Config.rangeLines = 32
	return job
}

func scanTo(t *testing.T, job Job, dir string) {
	t.Helper()
	job.Dir = dir
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
}

// Three shards merged are what the undivided scan is.
func TestMergedShardsAreTheUndividedRun(t *testing.T) {
	t.Parallel()
	job := steadyLab(t, 31, 500)
	undivided := job.Dir + "-undivided"
	scanTo(t, job, undivided)
	var shards []string
	for i := range 3 {
		job.Config.Ranges = Shard{i + 1, 3}
		job.Settings = map[string]string{"shard": fmt.Sprintf("%d/3", i+1), "probe": "dane"}
		dir := fmt.Sprintf("%s-%d", job.Dir, i+1)
		scanTo(t, job, dir)
		shards = append(shards, dir)
	}
	slices.Reverse(shards)
	merged := job.Dir + "-merged"
	if _, err := Merge(t.Context(), MergeJob{Dir: merged, Sources: shards[:2]}); err == nil || !strings.Contains(err.Error(), "shard 1/3 is missing") {
		t.Errorf("without a shard: %v", err)
	}
	if _, err := Merge(t.Context(), MergeJob{Dir: merged, Sources: shards}); err != nil {
		t.Fatal(err)
	}
	equalRuns(t, merged, undivided, floors{300, 50, 40, 20})
	wantShared(t, shards, merged)
	if _, err := Merge(t.Context(), MergeJob{Dir: merged, Sources: shards}); !errors.Is(err, run.ErrExists) {
		t.Errorf("over a finished run: %v", err)
	}
}

// wantShared looks whether hosts were in several shards, and at the manifest.
func wantShared(t *testing.T, shards []string, merged string) {
	t.Helper()
	var sources []string
	hosts := int64(0)
	for _, dir := range shards {
		m, err := run.ReadManifest(dir)
		if err != nil {
			t.Fatal(err)
		}
		hosts += m.Counts.Rows[run.TableHosts]
		sources = append(sources, m.RunID)
	}
	m, err := run.ReadManifest(merged)
	if err != nil {
		t.Fatal(err)
	}
	if shared := hosts - m.Counts.Rows[run.TableHosts]; shared < 10 {
		t.Errorf("only %d hosts are in several shards: the test shows little", shared)
	}
	if !slices.Equal(m.Sources, sources) || m.Settings["shard"] != "" || m.Settings["probe"] != "dane" || m.List.SHA256 == "" {
		t.Errorf("manifest %+v", m)
	}
}

// finishedRun makes a finished run with the rows given and a manifest that change
// may change.
func finishedRun(t *testing.T, change func(*run.Manifest), rows ...any) string {
	t.Helper()
	dir := t.TempDir() + "/run"
	m := run.Manifest{
		RunID: fmt.Sprintf("run-%s", strings.ReplaceAll(dir, "/", "-")), SchemaVersion: run.SchemaVersion, RulesVersion: "1",
		List: run.List{Source: "list.csv", SHA256: "ab"}, Started: noon, Finished: &noon, Settings: map[string]string{},
	}
	change(&m)
	begun := m
	begun.Finished = nil
	r, err := run.Create(dir, begun)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	final, err := r.Final(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		switch row := row.(type) {
		case run.Domain:
			err = final.Domains.Write(row)
		case run.Host:
			err = final.Hosts.Write(row)
		case run.Endpoint:
			err = final.Endpoints.Write(row)
		case run.Certificate:
			err = final.Certificates.Write(row)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := final.Commit(m); err != nil {
		t.Fatal(err)
	}
	return dir
}

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestRunsThatCannotBeMerged(t *testing.T) {
	shard := func(text string, change func(*run.Manifest)) string {
		return finishedRun(t, func(m *run.Manifest) {
			m.Settings["shard"] = text
			change(m)
		})
	}
	same := func(*run.Manifest) {}
	one := shard("1/2", same)
	for want, other := range map[string]string{
		"were judged by rules 1 and 0":     shard("2/2", func(m *run.Manifest) { m.RulesVersion = "0" }),
		"their lists differ":               shard("2/2", func(m *run.Manifest) { m.List.SHA256 = "cd" }),
		`--probe differs ("" and "none")`:  shard("2/2", func(m *run.Manifest) { m.Settings["probe"] = "none" }),
		"are both shard 1/2":               shard("1/2", same),
		"they are of different splits":     shard("2/3", same),
		"is no shard":                      finishedRun(t, same),
		"their resolver modes differ":      shard("2/2", func(m *run.Manifest) { m.Resolver.Mode = "forward" }),
		"the run was compared with an ear": shard("2/2", func(m *run.Manifest) { m.Previous = "earlier" }),
	} {
		dir := t.TempDir() + "/merged"
		_, err := Merge(t.Context(), MergeJob{Dir: dir, Sources: []string{one, other}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), other) {
			t.Errorf("error %v, want one with %q and %s", err, want, other)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s: the directory is there (%v)", want, err)
		}
	}
	if _, err := Merge(t.Context(), MergeJob{Sources: []string{one}}); err == nil {
		t.Error("a single run was merged")
	}
}

// A merge that was cut short is begun again by the same job.
func TestMergeAgain(t *testing.T) {
	a := finishedRun(t, func(m *run.Manifest) { m.RunID, m.Settings["shard"] = "a", "1/2" })
	b := finishedRun(t, func(m *run.Manifest) { m.RunID, m.Settings["shard"] = "b", "2/2" })
	job := MergeJob{Dir: t.TempDir() + "/merged", Sources: []string{a, b}}
	r, err := run.Create(job.Dir, run.Manifest{RunID: "cut", Started: noon, Sources: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	summary, err := Merge(t.Context(), job)
	if err != nil || summary.RunID != "cut" {
		t.Errorf("%+v, %v", summary, err)
	}
}

// Of a host in two shards the account stays that its sessions belong to, be it the
// second; and of two without sessions that which did not fail.
func TestWholeAccounts(t *testing.T) {
	r := func(i int32) *run.Run { return openTest(t, accountOf(t, i)) }
	j, err := newJoined(t.Context(), []*run.Run{r(1), r(2)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for h, err := range j.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(h.Host, " ", h.A.Server))
	}
	for e, err := range j.Endpoints() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(e.Base, " ", e.NotTried, e.Attempt))
	}
	want := []string{"failed.example 2", "probed.example 2", "same.example 1", "probed.example 2"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func openTest(t *testing.T, dir string) *run.Run {
	t.Helper()
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// accountOf is shard i's account of three hosts, marked by the server that
// answered.
func accountOf(t *testing.T, i int32) string {
	answer := func(o run.Outcome) *run.Lookup {
		return &run.Lookup{Outcome: o, DNSSEC: run.Secure, Server: fmt.Sprint(i)}
	}
	host := func(name string, tlsa run.Outcome) run.Host {
		return run.Host{HostEvidence: run.HostEvidence{
			Host: name, ScannedAt: noon, A: answer(run.Found), AAAA: answer(run.NoData), Addresses: []string{"192.0.2.1"},
			TLSACandidates: []run.TLSACandidate{{Base: name, QName: tlsaPort + name, Lookup: *answer(tlsa), LookedUpAt: noon}},
		}}
	}
	failed := run.Outcome(run.ServFail)
	session := run.EndpointEvidence{Host: "probed.example", Base: "probed.example", Address: "192.0.2.1", Port: 25, Attempt: i, ScannedAt: noon}
	if i == 1 {
		session.NotTried = run.ReasonNoRoute
	} else {
		failed = run.NXDomain
	}
	return finishedRun(t, func(*run.Manifest) {},
		host("failed.example", failed), host("probed.example", run.NXDomain), host("same.example", run.NXDomain),
		run.Endpoint{EndpointEvidence: session})
}

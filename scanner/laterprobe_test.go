package scanner

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

// A scan without sessions, probed later, is what a full scan is, even where the
// probing was interrupted.
func TestProbedLaterIsProbedAtOnce(t *testing.T) {
	t.Parallel()
	job := steadyLab(t, 41, 400)
	whole := job.Dir + "-whole"
	scanTo(t, job, whole)

	dns := job
	dns.Config.Probe, dns.Settings, dns.Previous = ProbeNone, map[string]string{"probe": "none", "seed": "1"}, whole
	scanTo(t, dns, job.Dir)
	if m, err := run.ReadManifest(job.Dir); err != nil || m.Previous == "" || m.Counts.Domains[run.DANENotTested] < 20 {
		t.Fatalf("manifest %+v, %v", m, err)
	}
	probe := ProbeJob{
		Config: job.Config, DNS: job.DNS, Dir: job.Dir, Contact: "mailto:us@example.org", Previous: NoPrevious,
		Settings: map[string]string{"probe": "dane", "timeout": "3s"},
	}
	interruptProbe(t, probe)
	if _, err := ProbeLater(t.Context(), probe); err != nil {
		t.Fatal(err)
	}
	equalRuns(t, job.Dir, whole, floors{250, 40, 40, 20})
	m, err := run.ReadManifest(job.Dir)
	if err != nil || len(m.Interruptions) != 1 || m.Settings["probe"] != "dane" || m.Settings["seed"] != "1" ||
		m.Settings["probe.timeout"] != "3s" || m.Vantage.Contact != "mailto:us@example.org" || m.Previous != "" {
		t.Errorf("manifest %+v, %v", m, err)
	}
	if _, err := ProbeLater(t.Context(), probe); !errors.Is(err, errProbed) {
		t.Errorf("once more: %v", err)
	}
}

// interruptProbe ends the probing after a few hosts: the tables stay, and
// nothing else may touch the run.
func interruptProbe(t *testing.T, probe ProbeJob) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	probe.Config.batchRows, probe.Config.SMTPConcurrency = 1, 2
	probe.Config.Progress = new(Progress)
	inner := probe.Config.session
	probe.Config.session = func(ctx context.Context, target smtp.Target, cfg smtp.Config) smtp.Session {
		if probe.Config.Progress.HostsDone.Load() >= 5 {
			cancel()
		}
		return inner(ctx, target, cfg)
	}
	if _, err := ProbeLater(ctx, probe); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("error %v", err)
	}
	r := openTest(t, probe.Dir)
	if !r.Finished() {
		t.Error("the tables are gone")
	}
	parts, err := filepath.Glob(filepath.Join(probe.Dir, "spool", "hosts", "*.parquet"))
	if err != nil || len(parts) < 5 {
		t.Errorf("%d hosts kept, %v", len(parts), err)
	}
	if _, err := Rejudge(t.Context(), RejudgeJob{Dir: probe.Dir, Previous: NoPrevious}); err == nil {
		t.Error("the run was judged again, and what was kept is lost")
	}
}

// What a run was asked to leave alone is left alone later, too.
func TestExclusionsStand(t *testing.T) {
	end := func(host, address string, reason run.Reason) run.Endpoint {
		return run.Endpoint{EndpointEvidence: run.EndpointEvidence{
			Host: host, Base: host, Address: address, Port: 25, Attempt: 1, ScannedAt: noon, NotTried: reason,
		}}
	}
	dir := finishedRun(t, func(*run.Manifest) {},
		end("all.example", "192.0.2.1", run.ReasonExcluded), end("none.example", "192.0.2.4", run.ReasonProbeOff),
		end("some.example", "192.0.2.2", run.ReasonExcluded), end("some.example", "192.0.2.3", run.ReasonProbeOff))
	x, err := leftAlone(openTest(t, dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	host := func(name string) bool { return x.host(&run.HostEvidence{Host: name}, name) }
	if !host("all.example") || host("some.example") || host("none.example") {
		t.Errorf("hosts: %v", x.names)
	}
	for address, want := range map[string]bool{"192.0.2.2": true, "192.0.2.3": false, "192.0.2.4": false} {
		if got := x.Address(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s excluded: %t", address, got)
		}
	}
}

func TestRunsThatCannotBeProbed(t *testing.T) {
	many := finishedRun(t, func(m *run.Manifest) { m.Counts.Rows = map[run.Table]int64{run.TableDomains: 1001} })
	if _, err := ProbeLater(t.Context(), ProbeJob{Dir: many}); !errors.Is(err, ErrNoContact) {
		t.Errorf("without contact: %v", err)
	}
	if _, err := ProbeLater(t.Context(), ProbeJob{Dir: many, Config: Config{Probe: ProbeNone}}); err == nil {
		t.Error("probed with --probe none")
	}
	unfinished := t.TempDir() + "/run"
	r, err := run.Create(unfinished, run.Manifest{RunID: "unfinished", Started: noon})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := ProbeLater(t.Context(), ProbeJob{Dir: unfinished}); !errors.Is(err, run.ErrUnfinished) {
		t.Errorf("unfinished: %v", err)
	}
}

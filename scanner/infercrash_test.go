package scanner

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

// A scanner that is killed while hosts wait to be inferred from others loses none
// of them: what lies on the disk at that moment is resumed, and each has its row,
// once.
func TestKilledWhileHostsWaitToBeInferred(t *testing.T) {
	const n, moment = 60, 10
	der, record := testCertificate(t)
	dir, killed := t.TempDir()+"/run", t.TempDir()+"/killed"
	progress, held := new(Progress), 0
	f := &farm{
		address: func(int) string { return "192.0.2.1" },
		tlsa:    func(int) string { return record },
		show: func(int, bool) smtp.Session { // one at a time: they are with one address
			if held++; held == moment {
				still(progress, n)
				if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
					t.Error(err)
				}
			}
			return shows(der)
		},
	}
	cfg := Config{Progress: progress, batchRows: 1, Seed: 1}
	f.prepare(&cfg, t.Output())
	r, err := run.Create(dir, run.Manifest{RunID: newTestID(t), SchemaVersion: run.SchemaVersion, Started: time.Now().UTC()})
	if err != nil {
		t.Fatal(err)
	}
	wantInferred(t, collectInto(t, r, n, cfg), n, n-sampleHosts)
	if held != sampleHosts {
		t.Errorf("%d sessions, want %d", held, sampleHosts)
	}

	if r, err = run.Open(killed); err != nil {
		t.Fatal(err)
	}
	cfg.Progress = new(Progress)
	// Those done before are done; of the others so many are connected to anew.
	wantInferred(t, collectInto(t, r, n, cfg), n, n-sampleHosts-(moment-1))
	if held != 2*sampleHosts {
		t.Errorf("%d sessions after the kill, want %d", held-sampleHosts, sampleHosts)
	}
}

// still waits until all hosts are looked up and wait for the one session under way.
func still(p *Progress, n int64) {
	for p.HostsBegun.Load() < n || p.HostsNow.Load() > 0 || p.DomainsNow.Load() > 0 {
		time.Sleep(time.Millisecond) // between two looks
	}
}

func newTestID(t *testing.T) string {
	t.Helper()
	id, err := run.NewRunID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// collectInto collects d0.test, d1.test ... into a run, or the rest of them, and
// finishes it.
func collectInto(t *testing.T, r *run.Run, n int, cfg Config) *run.Run {
	t.Helper()
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "d%d.test\n", i)
	}
	names, errNames := list.NewReader(strings.NewReader(text.String()), list.Config{Format: "plain"})
	spool, errSpool := r.Spool()
	if err := errors.Join(errNames, errSpool); err != nil {
		t.Fatal(err)
	}
	if err := Collect(t.Context(), cfg, names, spool); err != nil {
		t.Fatal(err)
	}
	if _, err := finishRun(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// wantInferred counts the rows of a run of n verified hosts.
func wantInferred(t *testing.T, r *run.Run, n, inferred int) {
	t.Helper()
	defer r.Close()
	hosts, ends := map[string]int{}, map[string]int{}
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		if hosts[h.Host]++; h.Verdict != run.Verified || hosts[h.Host] > 1 {
			t.Errorf("%s: %s, row %d", h.Host, h.Verdict, hosts[h.Host])
		}
		if h.Inferred {
			inferred--
		}
	}
	for e, err := range r.Endpoints() {
		if err != nil {
			t.Fatal(err)
		}
		if ends[e.Host]++; ends[e.Host] > 1 {
			t.Errorf("%s has %d sessions", e.Host, ends[e.Host])
		}
	}
	domains := 0
	for _, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		domains++
	}
	if len(hosts) != n || len(ends) != n || domains != n || inferred != 0 {
		t.Errorf("%d domains, %d hosts, %d endpoints, want %d of each; %d more should be inferred", domains, len(hosts), len(ends), n, inferred)
	}
}

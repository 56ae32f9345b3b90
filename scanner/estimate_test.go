package scanner

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
)

// The factors are dated facts: from where and when is said beside them.
func TestEstimateFactorsOfTheLab(t *testing.T) {
	f, err := labFactors()
	if err != nil {
		t.Fatal(err)
	}
	date, err := time.Parse("2006-01-02", f.Date)
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(date); age > 400*24*time.Hour {
		t.Logf("WARNING: the factors of estimates are %d days old", int(age.Hours()/24))
	}
	if !strings.Contains(estimateFactors, "# source: ") || !strings.Contains(estimateFactors, "# fields: ") {
		t.Error("no source, or no names of the fields")
	}
	if f.QueriesPerName != 2.207 || f.Room != 2 || f.Run != "" || f.Probed {
		t.Errorf("factors %+v", f)
	}
}

// A list of ten names, one of them excluded, one line without a name.
func TestEstimateCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.txt")
	text := "a.example\nb.example\nc.example\nd.example\nnot a name\ne.example\nf.example\ng.example\nh.example\ni.example\nj.example\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	exclude, err := ReadExclusions(strings.NewReader("b.example\n"))
	if err != nil {
		t.Fatal(err)
	}
	job := Job{Sources: []string{path}, Config: Config{Exclude: exclude, Progress: new(Progress)}}
	e, err := job.Estimate(t.Context())
	if err != nil || e.Names != 9 || e.Excluded != 1 || e.Skipped != 1 {
		t.Errorf("%d names, %d excluded, %d skipped, error %v", e.Names, e.Excluded, e.Skipped, err)
	}
	if err := job.CountNames(t.Context()); err != nil || job.Config.Progress.Total.Load() != 9 {
		t.Errorf("CountNames: %d, error %v", job.Config.Progress.Total.Load(), err)
	}
	job.Config.rangeLines, job.Config.Ranges = 2, Shard{1, 2} // lines 1, 2, 5, 6, 9, 10
	if e, err = job.Estimate(t.Context()); err != nil || e.Names != 4 || e.Excluded != 1 {
		t.Errorf("shard: %d names, %d excluded, error %v", e.Names, e.Excluded, err)
	}
	job.Sources = []string{path, "-"}
	job.Config.Progress = new(Progress)
	if err := job.CountNames(t.Context()); err != nil || job.Config.Progress.Total.Load() != 0 {
		t.Errorf("standard input was read: %d names, error %v", job.Config.Progress.Total.Load(), err)
	}
}

func TestEstimateRefusesDownloads(t *testing.T) {
	job := Job{Sources: []string{"https://127.0.0.1:1/list"}}
	if _, err := job.Estimate(t.Context()); !errors.Is(err, errEstimateURL) {
		t.Errorf("error %v, want %v", err, errEstimateURL)
	}
}

// The arithmetic, with factors that a reader can follow.
func TestEstimateOfWorkAndTime(t *testing.T) {
	factors := Factors{
		QueriesPerName: 2, QueriesPerHost: 3, HostsPerName: 0.5, AddressesPerHost: 1.5, DANEHosts: 0.1, SessionsPerDANEHost: 2,
		BusiestAddress: 0.1, SecondsPerName: 0.5, SecondsPerSession: 2, BytesPerName: 100, Room: 2, CPUSecondsPerName: 0.001,
	}
	for _, tc := range []struct {
		about    string
		cfg      Config
		rate     float64
		queries  int64
		sessions int64
		dns      time.Duration
		smtp     time.Duration
		all      time.Duration
	}{
		{about: "bound by rates", cfg: Config{SMTPRate: 1, Confirm: 30 * time.Minute}, rate: 10,
			queries: 35000, sessions: 1000, dns: 3500 * time.Second, smtp: 1000 * time.Second, all: 5300 * time.Second},
		{about: "bound by concurrency", cfg: Config{DNSConcurrency: 10, SMTPConcurrency: 1},
			queries: 35000, sessions: 1000, dns: 500 * time.Second, smtp: 2000 * time.Second, all: 2000 * time.Second},
		{about: "bound by the busiest address", cfg: Config{SMTPPerAddress: 1, SMTPGap: 8 * time.Second},
			queries: 35000, sessions: 1000, dns: 5 * time.Second, smtp: 1000 * time.Second, all: 1000 * time.Second},
		{about: "no sessions", cfg: Config{Probe: ProbeNone, Confirm: time.Hour},
			queries: 35000, dns: 5 * time.Second, all: 3605 * time.Second},
		{about: "all hosts, both certificates", cfg: Config{Probe: ProbeAll, SMTPRate: 5},
			queries: 35000, sessions: 15000, dns: 5 * time.Second, smtp: 3000 * time.Second, all: 3000 * time.Second},
		{about: "two more records", cfg: Config{Probe: ProbeNone, MTASTS: true, TLSRPT: true}, rate: 55,
			queries: 55000, dns: 1000 * time.Second, all: 1000 * time.Second},
		{about: "the zone's SOA", cfg: Config{Probe: ProbeNone, SOA: true}, rate: 45,
			queries: 45000, dns: 1000 * time.Second, all: 1000 * time.Second},
	} {
		e := Estimate{Names: 10000, Factors: factors}
		e.work(tc.cfg.withDefaults())
		e.time(Job{Config: tc.cfg, DNS: DNS{Rate: tc.rate}})
		if e.Hosts != 5000 || e.DANE != 500 || e.Bytes != 1_000_000 || e.Room != 2_000_000 || e.CPU != 10*time.Second {
			t.Errorf("%s: %+v", tc.about, e)
		}
		if e.Queries != tc.queries || e.Sessions != tc.sessions || e.DNS != tc.dns || e.SMTP != tc.smtp || e.All() != tc.all {
			t.Errorf("%s: %d queries, %d sessions, DNS %v, SMTP %v, all %v", tc.about, e.Queries, e.Sessions, e.DNS, e.SMTP, e.All())
		}
	}
}

// What an earlier run took is read from its tables: the sessions that made no row,
// and those that were put off, included.
func TestEstimateByAnEarlierRun(t *testing.T) {
	t.Parallel()
	job := steadyLab(t, 1, 300)
	job.Settings = map[string]string{"algorithms": "[rsa,ecdsa]", "probe": "dane"}
	job.Config.Progress = new(Progress)
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	p := job.Config.Progress
	r, err := run.Open(job.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, err := countRun(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d domains, %d hosts, %d sessions, %d rows, %d at one address", n.domains, n.hosts, n.sessions, n.rows, n.worst)
	if n.domains != p.Domains.Load() || n.hosts != p.Hosts.Load() || n.sessions != p.Sessions.Load() {
		t.Errorf("counted %d domains, %d hosts and %d sessions, were %d, %d and %d",
			n.domains, n.hosts, n.sessions, p.Domains.Load(), p.Hosts.Load(), p.Sessions.Load())
	}
	if n.rows < 20 || n.sessions <= n.rows || n.queries < n.domains || n.queries > p.Queries.Load() || n.worst < 2 {
		t.Errorf("counted %+v", n)
	}
	f, err := (Factors{}).of(t.Context(), job.Dir)
	if err != nil || !f.Probed || f.Names != n.domains || f.SessionsPerDANEHost <= 0 || f.BytesPerName <= 0 || f.SecondsPerSession <= 0 {
		t.Errorf("factors %+v, error %v", f, err)
	}
	if f, err := (Factors{}).of(t.Context(), t.TempDir()); err == nil {
		t.Errorf("an empty directory gave %+v", f)
	}
}

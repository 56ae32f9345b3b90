package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"danescan/datasets/list"
	"danescan/datasets/run"
)

// Estimate is what a scan is expected to take.
type Estimate struct {
	Names    int64 // to be looked up
	Excluded int64 // names left alone by request
	Skipped  int64 // lines of the list without a usable name
	Factors  Factors

	Queries  int64
	Hosts    int64
	DANE     int64 // hosts to which DANE applies
	Sessions int64
	AtMost   bool // there will hardly be so many sessions

	DNS     time.Duration // the lookups, at the given pace
	SMTP    time.Duration // the sessions, at the given pace
	Confirm time.Duration // how long after them what failed is looked at once more
	CPU     time.Duration // of one core
	Bytes   int64         // of tables
	Room    int64         // of disk, at the most
}

// All is how long the scan takes: lookups and sessions go on side by side.
func (e *Estimate) All() time.Duration { return max(e.DNS, e.SMTP) + e.Confirm }

// Estimate reads the list of a job and says what the scan would take. Nothing is
// sent: a list that is to be fetched is an error. The factors are those measured on
// the lab, or those of the finished run that the job would be compared with.
func (job Job) Estimate(ctx context.Context) (Estimate, error) {
	for _, source := range job.Sources {
		if strings.HasPrefix(source, "http://") || strings.HasPrefix(source, "https://") {
			return Estimate{}, fmt.Errorf("%s: %w", source, errEstimateURL)
		}
	}
	factors, err := labFactors()
	if err == nil && job.Previous != "" {
		factors, err = factors.of(ctx, job.Previous)
	}
	if err != nil {
		return Estimate{}, err
	}
	e := Estimate{Factors: factors}
	if err := e.count(ctx, job); err != nil {
		return Estimate{}, err
	}
	e.work(job.Config.withDefaults())
	e.time(job)
	return e, nil
}

var errEstimateURL = errors.New("an estimate sends nothing, and this would be a download: fetch the list first, and give the file")

// count reads the list.
func (e *Estimate) count(ctx context.Context, job Job) error {
	names, err := list.OpenAll(ctx, job.Sources, job.List)
	if err != nil {
		return err
	}
	defer names.Close()
	e.Names, e.Excluded, err = countNames(ctx, names, job.Config)
	for _, n := range names.Counts().Skipped {
		e.Skipped += n
	}
	return err
}

// countNames counts the names of a list that a scan with a config takes, and those
// that it leaves alone by request.
func countNames(ctx context.Context, names Names, cfg Config) (taken, excluded int64, err error) {
	lines := cfg.withDefaults().rangeLines
	for {
		name, err := names.Next()
		switch {
		case errors.Is(err, io.EOF):
			return taken, excluded, nil
		case err != nil:
			return 0, 0, err
		case ctx.Err() != nil:
			return 0, 0, ctx.Err()
		case !cfg.Ranges.hasRange(int((name.Line - 1) / lines)):
		case cfg.Exclude.Name(name.Domain):
			excluded++
		default:
			taken++
		}
	}
}

// CountNames counts the names that a job will look up, and notes them as the total
// of its progress. Only lists that can be read twice are counted: files. It is for
// whoever watches the scan, beside which it may run.
func (job Job) CountNames(ctx context.Context) error {
	for _, source := range job.Sources {
		if info, err := os.Stat(source); err != nil || !info.Mode().IsRegular() {
			return nil // no file, or none that is there: the scan says what is wrong with it
		}
	}
	names, err := list.OpenAll(ctx, job.Sources, job.List)
	if err != nil {
		return err
	}
	defer names.Close()
	n, _, err := countNames(ctx, names, job.Config)
	if err == nil {
		job.Config.Progress.Total.Store(n)
	}
	return err
}

// work says how much there is to do.
func (e *Estimate) work(cfg Config) {
	f, names := e.Factors, float64(e.Names)
	hosts := names * f.HostsPerName
	e.Hosts, e.DANE = whole(hosts), whole(hosts*f.DANEHosts)
	asked := 0
	for _, record := range []bool{cfg.MTASTS, cfg.TLSRPT, cfg.SOA} {
		if record {
			asked++
		}
	}
	e.Queries = whole(names*(f.QueriesPerName+float64(max(0, asked-f.With))) + hosts*f.QueriesPerHost)
	switch cfg.Probe {
	case ProbeDANE:
		e.Sessions = whole(hosts * f.DANEHosts * f.SessionsPerDANEHost)
	case ProbeAll:
		// One for each address, and one for the certificate of the other algorithm.
		e.Sessions, e.AtMost = whole(hosts*f.AddressesPerHost*float64(min(2, len(cfg.Algorithms)))), true
	}
	e.CPU = seconds(names * f.CPUSecondsPerName)
	e.Bytes = whole(names * f.BytesPerName)
	e.Room = whole(names * f.BytesPerName * f.Room)
}

// time says how long that takes at the job's pace: as long as the narrowest of what
// it has to go through.
func (e *Estimate) time(job Job) {
	cfg, f := job.Config.withDefaults(), e.Factors
	e.DNS = max(seconds(float64(e.Names)*f.SecondsPerName/float64(cfg.DNSConcurrency)), atRate(e.Queries, job.DNS.Rate))
	if e.Names > 0 { // of many names, the lookups of some fail
		e.Confirm = cfg.Confirm
	}
	if e.Sessions == 0 {
		return
	}
	sessions := float64(e.Sessions)
	e.SMTP = max(seconds(sessions*f.SecondsPerSession/float64(cfg.SMTPConcurrency)), atRate(e.Sessions, cfg.SMTPRate))
	if cfg.SMTPPerAddress > 0 {
		each := f.SecondsPerSession + cfg.SMTPGap.Seconds()
		e.SMTP = max(e.SMTP, seconds(sessions*f.BusiestAddress*each/float64(cfg.SMTPPerAddress)))
	}
}

// atRate is how long n of something take; a rate of 0 bounds nothing.
func atRate(n int64, rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return seconds(float64(n) / rate)
}

// seconds is a number of seconds, of a hundred years at most.
func seconds(s float64) time.Duration {
	const most = 100 * 365 * 24 * time.Hour
	return time.Duration(min(s, most.Seconds()) * float64(time.Second))
}

func whole(f float64) int64 { return int64(f + 0.5) }

// counted is what the tables of a run say of the work that it took.
type counted struct {
	domains, queries, lookupMS       int64
	hosts, daneHosts, addresses      int64
	sessions, rows, sessionMS, worst int64
}

// countRun reads the tables of a finished run.
func countRun(ctx context.Context, r *run.Run) (counted, error) {
	var n counted
	for d, err := range run.Select[run.Domain](r, "queries", "elapsed_ms") {
		if err := alive(ctx, err); err != nil {
			return n, err
		}
		n.domains++
		n.queries += d.Queries
		n.lookupMS += d.ElapsedMS
	}
	for h, err := range run.Select[run.Host](r, "addresses", "tlsa_state") {
		if err := alive(ctx, err); err != nil {
			return n, err
		}
		n.hosts++
		n.addresses += int64(len(h.Addresses))
		if applies(h.TLSAState) {
			n.daneHosts++
		}
	}
	return n, n.countSessions(ctx, r)
}

// countSessions counts the sessions behind the endpoints of a run. One for the
// certificate of a second algorithm that the server does not have made no row: a
// chain with a key of one algorithm stands for it.
func (n *counted) countSessions(ctx context.Context, r *run.Run) error {
	type endpoint struct {
		base, address string
		attempt       int32
	}
	seen := map[endpoint]bool{}
	each := map[string]int64{}
	both := strings.Contains(r.Manifest().Settings["algorithms"], ",")
	for e, err := range run.Select[run.Endpoint](r, "base", "address", "algorithm", "attempt", "not_tried", "inferred", "tries", "total_ms") {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if e.Inferred || e.NotTried != "" {
			continue
		}
		n.rows++
		if e.TotalMS != nil {
			n.sessionMS += *e.TotalMS
		}
		key := endpoint{strings.Clone(e.Base), strings.Clone(e.Address), e.Attempt}
		held := 1 + int64(len(e.Tries))
		switch {
		case seen[key]:
			held = 0 // counted with the first of the two
		case both && (e.Algorithm == run.KeyRSA || e.Algorithm == run.KeyECDSA):
			held++
		}
		seen[key] = true
		n.sessions += held
		each[key.address] += held
		n.worst = max(n.worst, each[key.address])
	}
	return nil
}

package scanner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/judge"
)

// Job is a scan from the list to the finished run.
type Job struct {
	Config Config // Resolver is made from DNS
	DNS    DNS

	Sources []string // the lists, one after the other: files, URLs, or "-"
	List    list.Config
	Dir     string // run directory
	Resume  bool   // go on with what Dir holds

	Cross    Cross  // whether a second resolver is asked, and for how much
	Previous string // directory of an earlier run to compare certificates with; "": none

	Version  string            // of the program
	Command  []string          // as typed
	Settings map[string]string // effective, by flag
	ListID   string
	ListURL  string
	Contact  string
	HostName string
}

// ErrInterrupted is that the context ended a scan early. What was done is sealed:
// the same job with Resume goes on from there.
var ErrInterrupted = errors.New("interrupted; what is done is kept")

// Scan does a job: collect, then finish. What is wrong with the list, the settings
// or the run directory is said before the first packet.
func Scan(ctx context.Context, job Job) (Summary, error) {
	if job.Config.Progress == nil {
		job.Config.Progress = new(Progress)
	}
	names, err := list.OpenAll(ctx, job.Sources, job.List)
	if err != nil {
		return Summary{}, err
	}
	defer names.Close()
	lookups, err := job.lookups()
	if err != nil {
		return Summary{}, err
	}
	defer lookups.close()
	if err := job.admissible(names); err != nil {
		return Summary{}, err
	}
	before, err := readEarlier(ctx, job.Previous)
	if err != nil {
		return Summary{}, err
	}
	if err := lookups.cross.check(ctx); err != nil {
		return Summary{}, err
	}
	if err := job.DNS.preflight(ctx, lookups, job.Config); err != nil {
		return Summary{}, err
	}
	r, err := job.open(names, lookups)
	if err != nil {
		return Summary{}, err
	}
	defer r.Close()
	if err := job.collect(ctx, r, names, lookups); err != nil {
		return Summary{}, err
	}
	return job.finish(ctx, r, before)
}

// finish makes the tables of what was collected. The exclusions of a resumed run may
// be more than when it was begun.
func (job Job) finish(ctx context.Context, r *run.Run, before *earlier) (Summary, error) {
	if !job.Resume {
		return finishRun(ctx, r, before)
	}
	f, err := newFinishing(r, before)
	if err != nil {
		return Summary{}, err
	}
	if f.in, err = withoutExcluded(ctx, f.in, job.Config.Exclude); err != nil {
		return Summary{}, err
	}
	return f.do(ctx)
}

// admissible says whether the job may write to its directory.
func (job Job) admissible(names *list.Lists) error {
	if !job.Resume {
		return run.Free(job.Dir)
	}
	r, err := run.Open(job.Dir)
	if err != nil {
		return err
	}
	return errors.Join(job.fits(r, names), r.Close())
}

// open begins a run directory, or opens the one to go on with and notes the
// interruption.
func (job Job) open(names *list.Lists, l *lookups) (*run.Run, error) {
	if !job.Resume {
		m, err := job.manifest(names, l)
		if err != nil {
			return nil, err
		}
		return run.Create(job.Dir, m)
	}
	r, err := run.Open(job.Dir)
	if err != nil {
		return nil, err
	}
	m := r.Manifest()
	m.Interruptions = append(m.Interruptions, run.Interruption{Resumed: stamp(time.Now())})
	return r, r.WriteManifest(m)
}

// fits checks that a run to go on with was begun with the same settings.
func (job Job) fits(r *run.Run, names *list.Lists) error {
	m := r.Manifest()
	if r.Finished() {
		return fmt.Errorf("%s: nothing to resume: the run is finished", job.Dir)
	}
	if source := names.Source(); m.List.Source != source {
		return fmt.Errorf("%s: the run was begun with the list %q, not %q", job.Dir, m.List.Source, source)
	}
	if p := names.Provenance().Override(job.ListID, job.ListURL); p.ID != m.List.ID || p.Date != m.List.Date {
		return fmt.Errorf("%s: the run was begun with another edition of the list (%q of %q, now %q of %q): give that one, or begin another run",
			job.Dir, m.List.ID, m.List.Date, p.ID, p.Date)
	}
	for name, value := range job.Settings {
		if was, known := m.Settings[name]; known && was != value && decides(name) {
			return fmt.Errorf("%s: the run was begun with --%s=%s, not %s: a run has one set of settings", job.Dir, name, was, value)
		}
	}
	return nil
}

// decides reports whether a setting decides what a run finds, beside how fast.
func decides(setting string) bool {
	switch setting {
	case "resolver", "trust-ad", "root-hints", "trust-anchor", "at", "sha1", "probe", "smtp-port", "ipv4-only",
		"ipv6-only", "tlsa-always", "limit", "format", "seed", "sample", "only-signed", "shard", "group-column", "allow-private", "infer",
		"previous", "with", "cross-check", "cross-share":
		return true
	}
	return false
}

func (job Job) collect(ctx context.Context, r *run.Run, names *list.Lists, l *lookups) error {
	spool, err := r.Spool()
	if err != nil {
		return err
	}
	cfg := job.Config
	cfg.Resolver, cfg.ZoneFacts = l, l.zoneFacts
	cfg.cross = l.cross
	defer cfg.Progress.follow(l)()
	cfg.Now, cfg.AllowAny, cfg.Log = job.DNS.now(), job.DNS.AllowPrivate, job.DNS.Log
	if err := Collect(ctx, cfg, names, spool); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ErrInterrupted, context.Cause(ctx))
		}
		return err
	}
	return job.cite(r, names)
}

// cite puts into the manifest what is known of the list once it is read, and how
// much was left out by request.
func (job Job) cite(r *run.Run, names *list.Lists) error {
	m := r.Manifest()
	if err := job.citeLists(&m, names); err != nil {
		return err
	}
	p := job.Config.Progress
	m.Exclusions = run.Exclusions{
		Domains: p.ExcludedDomains.Load(), Hosts: p.ExcludedHosts.Load(), Addresses: p.ExcludedAddresses.Load(),
	}
	return r.WriteManifest(m)
}

// manifest says who began what, when and how.
func (job Job) manifest(names *list.Lists, l *lookups) (run.Manifest, error) {
	now := time.Now()
	id, err := run.NewRunID(now, rand.Reader)
	if err != nil {
		return run.Manifest{}, err
	}
	from := names.Provenance().Override(job.ListID, job.ListURL)
	m := run.Manifest{
		RunID: id, SchemaVersion: run.SchemaVersion, RulesVersion: judge.RulesVersion,
		Tool:    run.Tool{Name: "danescan", Version: job.Version, Commit: commit(), GoVersion: runtime.Version()},
		Command: job.Command, Settings: job.Settings,
		List:        run.List{Source: names.Source(), ID: from.ID, URL: from.URL, Date: from.Date},
		Resolver:    run.Resolver{Mode: job.DNS.mode(), TrustAnchors: l.anchors, SHA1: job.DNS.sha1()},
		DigestOrder: []string{"sha2-512", "sha2-256"}, RetiredCAList: judge.RetiredCAs(),
		Vantage: run.Vantage{HostName: job.HostName, EHLO: job.Config.SMTP.EHLO, Contact: job.Contact},
		Started: stamp(now), CrossCheck: l.cross.begun(),
	}
	for _, a := range l.addresses {
		m.Resolver.Addresses = append(m.Resolver.Addresses, a.String())
	}
	return m, nil
}

func (d DNS) sha1() string {
	if d.SHA1Insecure {
		return "insecure"
	}
	return "validate"
}

// commit is the revision that the program was built from, where that is known.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

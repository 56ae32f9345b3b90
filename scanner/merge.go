package scanner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"danescan/datasets/run"
)

// MergeJob is the runs of several shards to be joined into one.
type MergeJob struct {
	Dir      string   // run directory to write
	Sources  []string // finished runs
	Partial  bool     // even if a shard is missing
	Previous string   // as in RejudgeJob

	Version string   // of the program
	Command []string // as typed
}

// Merge joins the runs of several shards of one list into one, as if it had not
// been split. A host or a session that several shards saw is in it once. What is
// wrong is said before anything is written; what a kill cuts short is begun again
// by the same job.
func Merge(ctx context.Context, job MergeJob) (Summary, error) {
	runs, err := openAll(job.Sources)
	defer closeAll(runs)
	if err != nil {
		return Summary{}, err
	}
	m, err := job.manifest(runs)
	if err != nil {
		return Summary{}, err
	}
	before, err := comparison(ctx, job.Previous, runs...)
	if err != nil {
		return Summary{}, err
	}
	in, err := newJoined(ctx, runs)
	if err != nil {
		return Summary{}, err
	}
	r, err := job.open(m)
	if err != nil {
		return Summary{}, err
	}
	defer r.Close()
	return finishing{run: r, in: in, manifest: m.with(r), earlier: before}.do(ctx)
}

func openAll(dirs []string) ([]*run.Run, error) {
	var runs []*run.Run
	for _, dir := range dirs {
		r, err := run.Open(dir)
		if err != nil {
			return runs, err
		}
		runs = append(runs, r)
		if err := settled(r); err != nil {
			return runs, err
		}
	}
	return runs, nil
}

func closeAll(runs []*run.Run) {
	for _, r := range runs {
		r.Close() // nothing is written to it
	}
}

// merged is the manifest of a run to be made of others.
type merged struct {
	run.Manifest
	finished *time.Time
}

// with is the manifest for the directory r, with the time at which the last of the
// sources was finished.
func (m merged) with(r *run.Run) run.Manifest {
	m.RunID, m.Finished = r.Manifest().RunID, m.finished
	return m.Manifest
}

// open begins the directory, or takes the one in which the same merge was cut
// short.
func (job MergeJob) open(m merged) (*run.Run, error) {
	free := run.Free(job.Dir)
	if free == nil {
		id, err := run.NewRunID(time.Now(), rand.Reader)
		if err != nil {
			return nil, err
		}
		m.RunID = id
		return run.Create(job.Dir, m.Manifest)
	}
	r, err := run.Open(job.Dir)
	if err != nil {
		return nil, free
	}
	if r.Finished() || !slices.Equal(r.Manifest().Sources, m.Sources) {
		return nil, errors.Join(free, r.Close())
	}
	return r, nil
}

// manifest joins those of the runs, if they belong together.
func (job MergeJob) manifest(runs []*run.Run) (merged, error) {
	if len(runs) < 2 {
		return merged{}, errors.New("merging takes at least two runs")
	}
	if err := job.complete(runs); err != nil {
		return merged{}, err
	}
	first := runs[0].Manifest()
	m := merged{Manifest: first, finished: first.Finished}
	m.Sources, m.Parts, m.Counts, m.Finished, m.Previous = []string{first.RunID}, nil, run.Counts{}, nil, ""
	for _, r := range runs[1:] {
		other := r.Manifest()
		if err := alike(first, other); err != nil {
			return merged{}, fmt.Errorf("%s and %s do not belong together: %w", runs[0].Dir(), r.Dir(), err)
		}
		m.add(other)
	}
	m.Tool.Version, m.Tool.Commit, m.Command = job.Version, commit(), job.Command
	delete(m.Settings, "shard")
	return m, nil
}

// add joins the manifest of one more run. Exclusions are summed: a host that two
// shards left alone counts twice.
func (m *merged) add(o run.Manifest) {
	m.Sources = append(m.Sources, o.RunID)
	m.CrossCheck = joinCross(m.CrossCheck, o.CrossCheck)
	m.Exclusions.Domains += o.Exclusions.Domains
	m.Exclusions.Hosts += o.Exclusions.Hosts
	m.Exclusions.Addresses += o.Exclusions.Addresses
	m.Interruptions = append(slices.Clip(m.Interruptions), o.Interruptions...)
	m.Resolver.Addresses = union(m.Resolver.Addresses, o.Resolver.Addresses)
	m.Resolver.TrustAnchors = union(m.Resolver.TrustAnchors, o.Resolver.TrustAnchors)
	m.Vantage.Addresses = union(m.Vantage.Addresses, o.Vantage.Addresses)
	m.Vantage.HostName = both(m.Vantage.HostName, o.Vantage.HostName)
	m.Vantage.EHLO = both(m.Vantage.EHLO, o.Vantage.EHLO)
	m.Vantage.Contact = both(m.Vantage.Contact, o.Vantage.Contact)
	if o.Started.Before(m.Started) {
		m.Started = o.Started
	}
	if o.Finished.After(*m.finished) {
		m.finished = o.Finished
	}
	common := map[string]string{}
	for name, value := range m.Settings {
		if other, there := o.Settings[name]; there && other == value {
			common[name] = value
		}
	}
	m.Settings = common
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func both(a, b string) string {
	if a == b || b == "" {
		return a
	}
	return a + ", " + b
}

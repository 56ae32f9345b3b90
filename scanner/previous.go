package scanner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// earlier is what hosts showed in an earlier run: a record that describes such a
// certificate was not kept up with a renewal.
type earlier struct {
	id     string
	leaves map[string][][32]byte // by the name of the host and by the base domain
	bases  map[string]string     // base domain of hosts that have another's
	certs  certificates
}

// readEarlier reads the finished run in dir; an empty dir is none.
func readEarlier(ctx context.Context, dir string) (*earlier, error) {
	if dir == "" {
		return nil, nil
	}
	r, err := run.Open(dir)
	if err == nil && !r.Finished() {
		err = fmt.Errorf("%s: %w", dir, run.ErrUnfinished)
	}
	if err != nil {
		return nil, fmt.Errorf("previous run: %w", err)
	}
	defer r.Close()
	e := &earlier{
		id: r.Manifest().RunID, leaves: map[string][][32]byte{}, bases: map[string]string{}, certs: certificates{},
	}
	for _, read := range []func(context.Context, *run.Run) error{e.readSessions, e.readBases, e.readLeaves} {
		if err := read(ctx, r); err != nil {
			return nil, fmt.Errorf("previous run: %w", err)
		}
	}
	return e, nil
}

func (e *earlier) readSessions(ctx context.Context, r *run.Run) error {
	for s, err := range r.Endpoints() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if len(s.Chain) == 0 || len(s.Chain[0]) != 32 {
			continue
		}
		leaf := [32]byte(s.Chain[0])
		e.certs[leaf] = nil // to be read
		for _, name := range []string{s.Host, s.Base} {
			if !slices.Contains(e.leaves[name], leaf) {
				e.leaves[strings.Clone(name)] = append(e.leaves[name], leaf)
			}
		}
	}
	return nil
}

// readBases notes which hosts share the sessions of another name.
func (e *earlier) readBases(ctx context.Context, r *run.Run) error {
	for h, err := range r.Hosts() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if h.TLSABase != "" && h.TLSABase != h.Host && e.leaves[h.TLSABase] != nil {
			e.bases[strings.Clone(h.Host)] = strings.Clone(h.TLSABase)
		}
	}
	return nil
}

func (e *earlier) readLeaves(ctx context.Context, r *run.Run) error {
	for c, err := range r.Certificates() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if len(c.SHA256) != 32 {
			continue
		}
		if _, wanted := e.certs[[32]byte(c.SHA256)]; wanted {
			e.certs[[32]byte(c.SHA256)] = slices.Clone(c.DER)
		}
	}
	return nil
}

// lookup is what the judge asks: the leaves that a host showed. Without an earlier
// run it is nil.
func (e *earlier) lookup() func(host string) [][]byte {
	if e == nil {
		return nil
	}
	return func(host string) [][]byte {
		var ders [][]byte
		for _, name := range []string{host, e.bases[host]} {
			for _, leaf := range e.leaves[name] {
				if der := e.certs[leaf]; der != nil {
					ders = append(ders, der)
				}
			}
		}
		return ders
	}
}

// NoPrevious, in place of a directory, is that a run is no longer to be compared
// with the earlier one that it was compared with.
const NoPrevious = "none"

// RejudgeJob is a run to be judged again.
type RejudgeJob struct {
	Dir      string
	Previous string // run directory to compare with; NoPrevious; "" where the run was compared with none
}

// Rejudge judges the stored evidence of a finished run by the current rules. No
// network is touched. The tables are replaced as a whole, or not at all.
func Rejudge(ctx context.Context, job RejudgeJob) (Summary, error) {
	r, err := run.Open(job.Dir)
	if err != nil {
		return Summary{}, err
	}
	defer r.Close()
	if err := settled(r); err != nil {
		return Summary{}, err
	}
	before, err := comparison(ctx, job.Previous, r)
	if err != nil {
		return Summary{}, err
	}
	f := finishing{run: r, in: stored{r}, manifest: r.Manifest(), earlier: before}
	f.manifest.Previous = ""
	return f.do(ctx)
}

// settled says what is unfinished about a run whose tables are to be used.
func settled(r *run.Run) error {
	if !r.Finished() {
		return fmt.Errorf("%s: %w: go on with danescan scan --resume", r.Dir(), run.ErrUnfinished)
	}
	spool, err := r.HasSpool()
	if err == nil && spool {
		err = fmt.Errorf("%s: probing this run was interrupted: go on with danescan probe", r.Dir())
	}
	return err
}

// comparison reads the earlier run that runs are to be compared with. What a run
// was judged by is not left out in silence.
func comparison(ctx context.Context, previous string, runs ...*run.Run) (*earlier, error) {
	switch previous {
	case NoPrevious:
		return nil, nil
	case "":
		for _, r := range runs {
			if id := r.Manifest().Previous; id != "" {
				return nil, fmt.Errorf("%s: %w (run ID %s): give it with --previous RUN, or --previous none to judge without",
					r.Dir(), errPrevious, id)
			}
		}
	}
	return readEarlier(ctx, previous)
}

var errPrevious = errors.New("the run was compared with an earlier one")

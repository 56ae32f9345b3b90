package scanner

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/judge"
)

// Finish judges the evidence of the runs src, of which each is finished or not,
// and writes the final tables of the run dst. Where src is dst alone, a run that
// is finished is judged again by the current rules: no network is touched.
func Finish(ctx context.Context, dst string, src ...string) (Summary, error) {
	if len(src) > 1 || len(src) == 1 && src[0] != dst {
		return Summary{}, errors.New("joining several runs into one is not what this version does")
	}
	r, err := run.Open(dst)
	if err != nil {
		return Summary{}, err
	}
	defer r.Close()
	return finishRun(ctx, r)
}

// finishRun judges what a run directory holds: its spool, or its tables once more.
func finishRun(ctx context.Context, r *run.Run) (Summary, error) {
	var in evidence = stored{r}
	if !r.Finished() {
		spool, err := r.Spool()
		if err != nil {
			return Summary{}, err
		}
		in = spool
	}
	m := r.Manifest()
	m.RulesVersion = judge.RulesVersion
	final, err := r.Final(m)
	if err != nil {
		return Summary{}, err
	}
	defer final.Abort()
	f := &finisher{in: in, out: writers{final}, summary: newSummary()}
	if err := f.finish(ctx); err != nil {
		return Summary{}, fmt.Errorf("%s: %w", r.Dir(), err)
	}
	f.summary.RunID = m.RunID
	if m.Finished == nil {
		m.Finished = ptr(stamp(time.Now()))
	}
	m.Counts = f.summary.counts()
	return *f.summary, final.Commit(m)
}

// stored is the evidence in the tables of a finished run.
type stored struct{ *run.Run }

func (s stored) Domains() iter.Seq2[run.DomainEvidence, error] {
	return column(s.Run.Domains(), func(d run.Domain) run.DomainEvidence { return d.DomainEvidence })
}

func (s stored) Hosts() iter.Seq2[run.HostEvidence, error] {
	return column(s.Run.Hosts(), func(h run.Host) run.HostEvidence { return h.HostEvidence })
}

func (s stored) Endpoints() iter.Seq2[run.EndpointEvidence, error] {
	return column(s.Run.Endpoints(), func(e run.Endpoint) run.EndpointEvidence { return e.EndpointEvidence })
}

// column takes the evidence out of a stream of rows.
func column[From, To any](rows iter.Seq2[From, error], take func(From) To) iter.Seq2[To, error] {
	return func(yield func(To, error) bool) {
		for row, err := range rows {
			if !yield(take(row), err) {
				return
			}
		}
	}
}

// writers puts rows into the final tables.
type writers struct{ final *run.Final }

func (w writers) Domain(d *run.Domain) error           { return w.final.Domains.Write(*d) }
func (w writers) Host(h *run.Host) error               { return w.final.Hosts.Write(*h) }
func (w writers) Endpoint(e *run.Endpoint) error       { return w.final.Endpoints.Write(*e) }
func (w writers) Certificate(c *run.Certificate) error { return w.final.Certificates.Write(*c) }

package scanner

import (
	"context"
	"fmt"
	"iter"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/judge"
)

// Finish judges the evidence of the finished runs src and writes the final tables
// of the run dst. Where src is dst alone, it is Rejudge; else it is Merge.
func Finish(ctx context.Context, dst string, src ...string) (Summary, error) {
	if len(src) == 0 || len(src) == 1 && src[0] == dst {
		return Rejudge(ctx, RejudgeJob{Dir: dst})
	}
	return Merge(ctx, MergeJob{Dir: dst, Sources: src})
}

// finishing is the making of final tables: from what, where to, and with what the
// judge may draw on.
type finishing struct {
	run      *run.Run
	in       evidence
	manifest run.Manifest
	earlier  *earlier
}

// finishRun judges what a run directory holds: its spool, or its tables once more.
func finishRun(ctx context.Context, r *run.Run, before *earlier) (Summary, error) {
	f, err := newFinishing(r, before)
	if err != nil {
		return Summary{}, err
	}
	return f.do(ctx)
}

// newFinishing prepares to judge what a run directory holds.
func newFinishing(r *run.Run, before *earlier) (finishing, error) {
	f := finishing{run: r, in: stored{r}, manifest: r.Manifest(), earlier: before}
	if !r.Finished() {
		spool, err := r.Spool()
		if err != nil {
			return f, err
		}
		f.in = spool
	}
	return f, nil
}

// do judges and writes. The tables of before, if any, stay until all is written.
func (f finishing) do(ctx context.Context) (Summary, error) {
	m := f.manifest
	m.RulesVersion = judge.RulesVersion
	if f.earlier != nil {
		m.Previous = f.earlier.id
	}
	final, err := f.run.Final(m)
	if err != nil {
		return Summary{}, err
	}
	defer final.Abort()
	w := &finisher{in: f.in, out: writers{final}, long: writers{final}, summary: newSummary()}
	w.judge.Earlier, w.judge.Operators = f.earlier.lookup(), judge.NewOperators()
	if err := w.finish(ctx); err != nil {
		return Summary{}, fmt.Errorf("%s: %w", f.run.Dir(), err)
	}
	w.summary.RunID = m.RunID
	if m.Finished == nil {
		m.Finished = ptr(stamp(time.Now()))
	}
	m.Counts = w.summary.counts()
	m.CrossCheck = crossChecks(m.CrossCheck, &w.summary.crossDomains, &w.summary.crossHosts)
	w.summary.CrossCheck = m.CrossCheck
	return *w.summary, final.Commit(m)
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

func (w writers) Domains(rows []run.Domain) error      { return w.final.Domains.WriteLent(rows) }
func (w writers) Hosts(rows []run.Host) error          { return w.final.Hosts.WriteLent(rows) }
func (w writers) Endpoint(e *run.Endpoint) error       { return w.final.Endpoints.Write(*e) }
func (w writers) Certificate(c *run.Certificate) error { return w.final.Certificates.Write(*c) }

// Done writes what a table still has in memory, so that no two take any at a time.
func (w writers) Done(t run.Table) error { return w.final.Done(t) }

package scanner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/dnssec"
)

// failedRange is a range of the list with domains to look at once more. A run of ten
// million domains has six hundred ranges: what is known of each domain stays on disk
// until it is the turn of its range.
type failedRange struct {
	number  int
	domains int
	due     time.Time // of the first of them
}

// failedRanges reads back how the looks at domains ended and lists the ranges with
// some that failed and were looked at once, soonest due first.
func (c *collector) failedRanges(ctx context.Context) ([]failedRange, error) {
	parts, err := c.spool.Parts(run.TableDomains)
	if err != nil {
		return nil, err
	}
	var failed []failedRange
	for _, n := range parts {
		r := failedRange{number: n}
		for l, err := range c.spool.Looks(n) {
			if err := alive(ctx, err); err != nil {
				return nil, err
			}
			if l.MXKind != run.MXError || l.Attempts > 1 {
				continue
			}
			if due := c.dueAgain(l.ScannedAt, l.ElapsedMS); r.domains == 0 || due.Before(r.due) {
				r.due = due
			}
			r.domains++
		}
		if r.domains > 0 {
			failed = append(failed, r)
		}
	}
	slices.SortFunc(failed, func(a, b failedRange) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.number, b.number)) })
	return failed, nil
}

// dueAgain is from when on a domain is looked at once more.
func (c *collector) dueAgain(began time.Time, elapsedMS int64) time.Time {
	return began.Add(time.Duration(elapsedMS)*time.Millisecond + c.cfg.Confirm)
}

// againSpan is the domains of one range that are looked at once more, on their way
// to the part that holds their second looks.
type againSpan struct {
	number   int
	order    []dueLook // soonest due first
	finished func()

	mu    sync.Mutex
	first *run.Pile[run.DomainEvidence] // the looks that failed
	rows  *run.Pile[run.DomainEvidence] // the second ones
}

// dueLook is a row of againSpan.first with its time.
type dueLook struct {
	row int
	due time.Time
}

// look gives a look that failed.
func (s *againSpan) look(row int) run.DomainEvidence {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first.At(row)
}

// againTask is one domain to look at once more, for its span.
type againTask struct {
	span *againSpan
	row  int
}

// again looks once more at the domains whose lookups failed.
type again struct {
	*collector
	ranges []failedRange
	room   chan struct{} // a place for each open span: their rows are in memory

	mu   sync.Mutex
	open map[*againSpan]struct{}
}

func newAgain(c *collector, ranges []failedRange) *again {
	for _, r := range ranges {
		c.cfg.Progress.Again.Add(int64(r.domains))
	}
	return &again{collector: c, ranges: ranges, room: make(chan struct{}, spansInFlight), open: map[*againSpan]struct{}{}}
}

// run looks at each domain when it is due, and queues the hosts that are named for
// the first time. Where ctx ends, all that is done is sealed.
func (a *again) run(ctx context.Context) error {
	defer a.hosts.close()
	g, ctx := errgroup.WithContext(ctx)
	tasks := make(chan againTask)
	g.Go(func() error {
		defer close(tasks)
		return a.hand(ctx, tasks)
	})
	g.Go(func() error {
		return crowd(a.cfg.DNSConcurrency, func() error { return a.worker(ctx, tasks) })
	})
	err := g.Wait()
	return errors.Join(err, a.seal())
}

// hand gives out the domains of one range after the other, each when it is due.
func (a *again) hand(ctx context.Context, tasks chan<- againTask) error {
	for _, r := range a.ranges {
		if err := hand(ctx, struct{}{}, a.room); err != nil {
			return err
		}
		s, err := a.load(ctx, r)
		if err != nil {
			return err
		}
		if s == nil {
			<-a.room
			continue
		}
		for _, l := range s.order {
			if err := await(ctx, l.due, a.cfg.now); err != nil {
				return err
			}
			if err := hand(ctx, againTask{s, l.row}, tasks); err != nil {
				return err
			}
		}
	}
	return nil
}

// load reads the looks of a range that failed. The span is nil where none is left:
// by now, somebody may have asked to leave them alone.
func (a *again) load(ctx context.Context, r failedRange) (*againSpan, error) {
	s := &againSpan{
		number: r.number, finished: func() { <-a.room },
		first: run.NewPile[run.DomainEvidence](), rows: run.NewPile[run.DomainEvidence](),
	}
	for d, err := range a.spool.DomainPart(r.number) {
		if err := alive(ctx, err); err != nil {
			return nil, err
		}
		if d.MXKind != run.MXError || d.Attempts > 1 {
			continue
		}
		if a.cfg.Exclude.Name(d.Domain) {
			a.cfg.Progress.Again.Add(-1)
			continue
		}
		s.order = append(s.order, dueLook{s.first.Len(), a.dueAgain(d.ScannedAt, d.ElapsedMS)})
		s.first.Add(&d)
	}
	if len(s.order) == 0 {
		return nil, nil
	}
	slices.SortFunc(s.order, func(x, y dueLook) int { return cmp.Or(x.due.Compare(y.due), cmp.Compare(x.row, y.row)) })
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open[s] = struct{}{}
	return s, nil
}

// worker looks domains up once more and queues the hosts that they name.
func (a *again) worker(ctx context.Context, tasks <-chan againTask) error {
	for task := range tasks {
		first := task.span.look(task.row)
		a.cfg.Progress.DomainsNow.Add(1)
		d := a.domainAgain(a.afresh(ctx), &first)
		a.cfg.Progress.DomainsNow.Add(-1)
		if ctx.Err() != nil {
			return ctx.Err() // what was seen may be the interrupt's doing
		}
		a.cfg.Progress.countAgain(&d, &first)
		for _, mx := range d.MX {
			if err := a.queueHost(mx.Host); err != nil {
				return err
			}
		}
		if err := a.add(task.span, &d); err != nil {
			return err
		}
	}
	return nil
}

// silentPause is how long a second look waits, and no longer than Config.Confirm,
// where a server was not asked because it had been silent before: by then, who is
// trying whether it is back has found out.
const silentPause = 5 * time.Second

// domainAgain looks at a domain once more. Of the first look stays how it ended, and
// what the list says of the domain.
func (c *collector) domainAgain(ctx context.Context, first *run.DomainEvidence) run.DomainEvidence {
	name := list.Name{Line: first.Line, Rank: first.Rank, Domain: first.Domain, Group: first.Group}
	d := c.domain(ctx, name)
	notAsked := d.MXKind == run.MXError && firstLook(&d).Reason == string(dnssec.ReasonSilent)
	if notAsked && pause(ctx, nil, min(silentPause, c.cfg.Confirm)) {
		queries := d.Queries
		d = c.domain(ctx, name)
		d.Queries += queries
	}
	if len(d.DS) == 0 {
		d.DS = first.DS
	}
	d.Queries += first.Queries
	d.ElapsedMS += first.ElapsedMS
	d.Attempts, d.FirstLook = max(first.Attempts, 1)+1, firstLook(first)
	return d
}

// firstLook says how a look failed: by its MX lookup, or where there was no MX by
// that for an address of the domain.
func firstLook(d *run.DomainEvidence) *run.FirstLook {
	f := &run.FirstLook{ScannedAt: d.ScannedAt, Type: "MX"}
	l := d.MXLookup
	switch {
	case l == nil:
		return f
	case l.Outcome.Failed():
	case d.FallbackA != nil && d.FallbackA.Outcome.Failed():
		f.Type, l = "A", d.FallbackA
	case d.FallbackAAAA != nil:
		f.Type, l = "AAAA", d.FallbackAAAA
	}
	f.Outcome, f.Rcode, f.DNSSEC, f.Reason, f.EDE, f.Server = l.Outcome, l.Rcode, l.DNSSEC, l.Reason, l.EDE, l.Server
	return f
}

// add takes one second look; with the last one of its span they are written.
func (a *again) add(s *againSpan, d *run.DomainEvidence) error {
	s.mu.Lock()
	s.rows.Add(d)
	complete := s.rows.Len() == len(s.order)
	s.mu.Unlock()
	if !complete {
		return nil
	}
	a.mu.Lock()
	delete(a.open, s)
	a.mu.Unlock()
	defer s.finished()
	return a.write(s)
}

// seal writes what there is of the spans that were not finished. Nobody is at work
// on them any more.
func (a *again) seal() error {
	var errs []error
	for s := range a.open {
		if s.rows.Len() > 0 {
			errs = append(errs, a.write(s))
		}
	}
	return errors.Join(errs...)
}

func (a *again) write(s *againSpan) error {
	if err := a.spool.PutAgain(s.number, s.rows); err != nil {
		return fmt.Errorf("writing second looks at range %d of the list: %w", s.number, err)
	}
	return nil
}

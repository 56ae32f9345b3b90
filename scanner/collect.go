package scanner

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"danescan/datasets/list"
	"danescan/datasets/run"
)

// collector is one run of Collect.
type collector struct {
	cfg     Config
	spool   *run.Spool
	done    map[int]bool // domain parts that were there before
	resumed bool         // something was there before
	hosts   *queue       // host names to look up
	known   *nameSet     // host names that were ever queued
	plan    *schedule[*visit]
	rate    *rate.Limiter
	seen    *endpointSet // endpoints that were ever scheduled
	out     *batch

	groups *groups    // hosts that share an address and records
	hush   *hush      // addresses that answer nobody
	ports  *portWatch // whether connections get out at all

	confirming time.Time // when second looks began; zero before

	excluded *endpointSet  // addresses that were counted as excluded
	visits   chan struct{} // a place for each host between its lookup and its row
}

// Names is the list to look at: a list.Reader, or several lists as one. The lines
// ascend, and io.EOF ends it.
type Names interface {
	Next() (list.Name, error)
}

// Collect looks at every name of the list and writes what it sees to the spool.
// What the spool holds already is not done again. Where ctx ends, all that is done
// is sealed and the error is that of ctx.
func Collect(ctx context.Context, cfg Config, names Names, w *run.Spool) error {
	c, err := newCollector(cfg.withDefaults(), w)
	if err != nil {
		return err
	}
	defer c.countWork()
	err = c.collect(ctx, names)
	err = errors.Join(err, c.out.flush(), c.hosts.release())
	if err == nil && cfg.Confirm > 0 {
		err = errors.Join(c.confirm(ctx), c.out.flush())
	}
	if err != nil {
		return err
	}
	return c.recountExcluded(ctx)
}

// countWork notes what validation took, where the resolver knows it.
func (c *collector) countWork() {
	if v, ok := c.cfg.Resolver.(interface{ verified() int64 }); ok {
		c.cfg.Progress.Verified.Store(v.verified())
	}
}

func newCollector(cfg Config, w *run.Spool) (*collector, error) {
	limit := rate.Inf
	if cfg.SMTPRate > 0 {
		limit = rate.Limit(cfg.SMTPRate)
	}
	c := &collector{
		cfg:   cfg,
		spool: w,
		hosts: newQueue(w.Dir(), cfg.KeepHosts),
		known: newNameSet(),
		plan:  newPlan(cfg),
		rate:  rate.NewLimiter(limit, 1),
		seen:  newEndpointSet(),
		out:   newBatch(w, cfg.batchRows),

		groups: newGroups(),
		hush:   newHush(cfg.InferOff),
		ports:  newPortWatch(cfg.Log, cfg.SMTPPort),

		excluded: newEndpointSet(),
		visits:   make(chan struct{}, 16*cfg.SMTPConcurrency),
	}
	return c, c.recall()
}

// newPlan is a schedule of sessions with nothing in it.
func newPlan(cfg Config) *schedule[*visit] {
	plan := newSchedule[*visit](cfg.SMTPPerAddress, cfg.SMTPGap)
	plan.bound(cfg.SMTPPerNet, cfg.SMTPPerProvider, func(v *visit) string { return v.provider })
	plan.length = &cfg.Progress.Planned
	return plan
}

// collect is the picture in the package comment:
//
//	list ──spans──► domain workers ──► queue ──► host workers ──► plan ──► sessions ──► batch
//	                      └─► domain parts                                             └─► host parts
func (c *collector) collect(ctx context.Context, names Names) error {
	g, ctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(ctx, c.hosts.drop)
	defer stop()

	tasks := make(chan lookupTask)
	g.Go(func() error {
		defer close(tasks)
		return c.readSpans(ctx, names, tasks)
	})
	g.Go(func() error {
		defer c.hosts.close()
		return crowd(c.cfg.DNSConcurrency, func() error { return c.domainWorker(ctx, tasks) })
	})
	g.Go(func() error {
		defer c.plan.close()
		return crowd(c.cfg.DNSConcurrency/2+1, func() error { return c.hostWorker(ctx) })
	})
	c.holdSessions(ctx, g)
	if err := g.Wait(); err != nil {
		return err
	}
	return c.write(c.ports.rest())
}

// holdSessions holds the planned sessions until the plan is closed and empty.
func (c *collector) holdSessions(ctx context.Context, g *errgroup.Group) {
	sessions := make(chan *visit)
	g.Go(func() error {
		defer close(sessions)
		return c.dispatch(ctx, sessions)
	})
	g.Go(func() error {
		return crowd(c.cfg.SMTPConcurrency, func() error { return c.sessionWorker(ctx, sessions) })
	})
}

// crowd runs n workers and waits for them.
func crowd(n int, work func() error) error {
	var g errgroup.Group
	for range n {
		g.Go(work)
	}
	return g.Wait()
}

// domainWorker looks names up and queues the hosts that they name.
func (c *collector) domainWorker(ctx context.Context, tasks <-chan lookupTask) error {
	var d run.DomainEvidence // one for all: the span keeps what is packed of it
	for task := range tasks {
		c.cfg.Progress.DomainsNow.Add(1)
		d = c.domain(ctx, task.name)
		c.cfg.Progress.DomainsNow.Add(-1)
		if ctx.Err() != nil {
			return ctx.Err() // what was seen may be the interrupt's doing
		}
		c.cfg.Progress.countDomain(&d)
		for _, mx := range d.MX {
			if err := c.queueHost(mx.Host); err != nil {
				return err
			}
		}
		if err := task.span.add(c.spool, &d); err != nil {
			return err
		}
	}
	return nil
}

// queueHost queues a host name of this shard that was never queued before.
func (c *collector) queueHost(host string) error {
	if !c.cfg.Hosts.hasHost(host) || !c.known.add(host) {
		return nil
	}
	c.cfg.Progress.Hosts.Add(1)
	return c.hosts.put(host)
}

// hostWorker looks hosts up and plans a session with each of their addresses.
func (c *collector) hostWorker(ctx context.Context) error {
	for {
		host, ok, err := c.hosts.take()
		if err != nil || !ok {
			return err
		}
		c.cfg.Progress.HostsBegun.Add(1)
		if err := c.visit(ctx, host, 1); err != nil {
			return err
		}
	}
}

// visit looks a host up and plans its sessions.
func (c *collector) visit(ctx context.Context, host string, attempt int32) error {
	select {
	case c.visits <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	c.cfg.Progress.HostsNow.Add(1)
	h, queries := c.host(ctx, host)
	c.cfg.Progress.HostsNow.Add(-1)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.cfg.Progress.Queries.Add(int64(queries))
	return c.planVisit(ctx, h, attempt)
}

// dispatch hands planned sessions to the workers, one address at its own pace.
func (c *collector) dispatch(ctx context.Context, sessions chan<- *visit) error {
	for {
		_, v, ok := c.plan.take(ctx)
		if !ok {
			return ctx.Err()
		}
		if c.hush.sees(v.address) == nil { // else there will be no session
			if err := c.rate.Wait(ctx); err != nil {
				return context.Cause(ctx)
			}
		}
		select {
		case sessions <- v:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// sessionWorker holds sessions. The last one with a host finishes its row.
func (c *collector) sessionWorker(ctx context.Context, sessions <-chan *visit) error {
	for v := range sessions {
		how, err := c.hold(ctx, v)
		c.plan.done(v.address, v, how)
		if err != nil {
			return err
		}
	}
	return nil
}

// readSpans reads the list range by range and hands out their names.
func (c *collector) readSpans(ctx context.Context, names Names, tasks chan<- lookupTask) error {
	room := make(chan struct{}, spansInFlight)
	next, err := names.Next()
	for err == nil {
		var s *span
		s, next, err = c.readSpan(names, next)
		if s == nil {
			continue
		}
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		s.finished = func() { <-room }
		if e := s.hand(ctx, tasks); e != nil {
			return e
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	c.cfg.Progress.ListRead.Store(true)
	return nil
}

package scanner

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"danescan/datasets/run"
)

// second is a host that is to be looked at once more.
type second struct {
	host string
	due  time.Time
}

// hostLook is a look at a host, the first or the second.
type hostLook struct {
	host    string
	attempt int32
}

// confirm looks once more at what another moment may show differently, each no
// sooner than Config.Confirm after the first look: hosts that would end badly, and
// domains whose lookups failed. Both looks at a host stay in the tables, of a domain
// the second and how the first one ended; the last counts. A host that only a second
// look at a domain names is looked at for the first time, and once.
//
//	domains ──due──► domain workers ──► second looks
//	                      └─► queue ──┐
//	hosts ────due─────────────────────┴► host workers ──► plan ──► sessions ──► batch
func (c *collector) confirm(ctx context.Context) error {
	hosts, err := c.doubtful(ctx)
	if err != nil {
		return err
	}
	ranges, err := c.failedRanges(ctx)
	if err != nil || len(hosts)+len(ranges) == 0 {
		return err
	}
	c.cfg.Progress.Confirm.Store(int64(len(hosts)))
	c.confirming = c.cfg.now()
	c.plan, c.groups, c.hush = newPlan(c.cfg), newGroups(), newHush(c.cfg.InferOff)
	c.hosts = newQueue(c.spool.Dir(), c.cfg.KeepHosts)
	err = c.lookAgain(ctx, hosts, newAgain(c, ranges))
	return errors.Join(err, c.hosts.release())
}

// lookAgain is the picture above.
func (c *collector) lookAgain(ctx context.Context, hosts []second, domains *again) error {
	g, ctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(ctx, c.hosts.drop)
	defer stop()

	looks := make(chan hostLook)
	g.Go(func() error { return domains.run(ctx) })
	g.Go(func() error {
		defer close(looks)
		return c.handHosts(ctx, hosts, looks)
	})
	g.Go(func() error {
		defer c.plan.close()
		return crowd(c.cfg.DNSConcurrency/2+1, func() error { return c.hostAgainWorker(ctx, looks) })
	})
	c.holdSessions(ctx, g)
	if err := g.Wait(); err != nil {
		return err
	}
	return c.write(c.ports.rest())
}

// handHosts gives out hosts, sorted by when they are due, each at its time, and
// beside them those that are new.
func (c *collector) handHosts(ctx context.Context, hosts []second, looks chan<- hostLook) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for _, s := range hosts {
			if err := await(ctx, s.due, c.cfg.now); err != nil {
				return err
			}
			if err := hand(ctx, hostLook{s.host, 2}, looks); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		for {
			host, ok, err := c.hosts.take()
			if err != nil || !ok {
				return err
			}
			c.cfg.Progress.HostsBegun.Add(1)
			if err := hand(ctx, hostLook{host, 1}, looks); err != nil {
				return err
			}
		}
	})
	return g.Wait()
}

// await waits for a time.
func await(ctx context.Context, due time.Time, now func() time.Time) error {
	if wait := due.Sub(now()); wait > 0 && !pause(ctx, nil, wait) {
		return ctx.Err()
	}
	return nil
}

// hand gives something to whoever takes it.
func hand[T any](ctx context.Context, what T, to chan<- T) error {
	select {
	case to <- what:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hostAgainWorker looks hosts up, past every cache, and plans their sessions.
func (c *collector) hostAgainWorker(ctx context.Context, looks <-chan hostLook) error {
	for l := range looks {
		if err := c.visit(c.afresh(ctx), l.host, l.attempt); err != nil {
			return err
		}
		if l.attempt > 1 {
			c.cfg.Progress.Confirm.Add(-1)
		}
	}
	return nil
}

// doubtful judges what the spool holds and returns the hosts to look at again,
// soonest due first. Hosts that were looked at twice are not among them.
func (c *collector) doubtful(ctx context.Context) ([]second, error) {
	f := &finisher{in: c.spool, out: nowhere{}, summary: newSummary()}
	for _, read := range []func(context.Context) error{f.readCertificates, f.readEndpoints} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	spared, err := c.spared(ctx)
	if err != nil {
		return nil, err
	}
	var hosts []second
	for rows, err := range c.spool.HostBatches() {
		if err := alive(ctx, err); err != nil {
			return nil, err
		}
		rows = slices.DeleteFunc(rows, func(h run.Host) bool { return spared.has(h.Host) })
		ends, err := f.judgeEachHost(rows)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			h := &rows[i]
			again := slices.ContainsFunc(ends[i], func(e run.Endpoint) bool { return e.Attempt > 1 })
			if !again && mayChange(h) {
				hosts = append(hosts, second{strings.Clone(h.Host), h.ScannedAt.Add(c.cfg.Confirm)})
			}
		}
	}
	slices.SortFunc(hosts, func(a, b second) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.host, b.host)) })
	return hosts, nil
}

// mayChange reports whether a verdict is one that a passing fault brings about. A
// host that is proven to have no address is not unreachable by accident.
func mayChange(h *run.Host) bool {
	switch h.Verdict {
	case run.Mismatch, run.Mixed, run.NoSTARTTLS, run.TLSFailure, run.LookupFailed:
		return true
	case run.Unreachable:
		return h.Reason != run.ReasonNoAddress
	}
	return false
}

// nowhere takes rows that are not to be kept.
type nowhere struct{}

func (nowhere) Endpoint(*run.Endpoint) error       { return nil }
func (nowhere) Certificate(*run.Certificate) error { return nil }
func (nowhere) Done(run.Table) error               { return nil }

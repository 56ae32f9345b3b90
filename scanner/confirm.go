package scanner

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"danescan/datasets/run"
	"danescan/scanner/resolver"
)

// second is a host that is to be looked at once more.
type second struct {
	host string
	due  time.Time
}

// confirm looks once more at the hosts that would end in a way that another moment
// may show differently, each no sooner than Config.Confirm after the first look.
// Both looks stay in the tables; the last one counts.
func (c *collector) confirm(ctx context.Context) error {
	hosts, err := c.doubtful(ctx)
	if err != nil || len(hosts) == 0 {
		return err
	}
	c.cfg.Progress.Confirm.Store(int64(len(hosts)))
	c.plan, c.groups, c.hush = newPlan(c.cfg), newGroups(), newHush(c.cfg.InferOff)
	g, ctx := errgroup.WithContext(ctx)
	due := make(chan string)
	g.Go(func() error {
		defer close(due)
		return handWhenDue(ctx, hosts, c.cfg.now, due)
	})
	g.Go(func() error {
		defer c.plan.close()
		return crowd(min(len(hosts), c.cfg.DNSConcurrency), func() error {
			for host := range due {
				if err := c.visit(resolver.Fresh(ctx), host, 2); err != nil {
					return err
				}
				c.cfg.Progress.Confirm.Add(-1)
			}
			return nil
		})
	})
	c.holdSessions(ctx, g)
	if err := g.Wait(); err != nil {
		return err
	}
	return c.write(c.ports.rest())
}

// handWhenDue gives out hosts, sorted by when they are due, each at its time.
func handWhenDue(ctx context.Context, hosts []second, now func() time.Time, due chan<- string) error {
	for _, s := range hosts {
		if wait := s.due.Sub(now()); wait > 0 && !pause(ctx, nil, wait) {
			return ctx.Err()
		}
		select {
		case due <- s.host:
		case <-ctx.Done():
			return ctx.Err()
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
	var hosts []second
	for h, err := range c.spool.Hosts() {
		if err := alive(ctx, err); err != nil {
			return nil, err
		}
		row, ends, err := f.judgeHost(h)
		if err != nil {
			return nil, err
		}
		again := slices.ContainsFunc(ends, func(e run.Endpoint) bool { return e.Attempt > 1 })
		if !again && mayChange(&row) {
			hosts = append(hosts, second{h.Host, h.ScannedAt.Add(c.cfg.Confirm)})
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

func (nowhere) Domain(*run.Domain) error           { return nil }
func (nowhere) Host(*run.Host) error               { return nil }
func (nowhere) Endpoint(*run.Endpoint) error       { return nil }
func (nowhere) Certificate(*run.Certificate) error { return nil }
func (nowhere) Done(run.Table) error               { return nil }

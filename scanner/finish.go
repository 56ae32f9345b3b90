package scanner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"golang.org/x/sync/errgroup"

	"danescan/datasets/run"
	"danescan/scanner/judge"
)

// evidence is what a run's spool holds, each table sorted by its key. Rows that come
// many at a time are the caller's until the next batch but one; domains and hosts have
// room for their verdicts.
type evidence interface {
	DomainBatches() iter.Seq2[[]run.Domain, error]
	NamingBatches() iter.Seq2[[]run.Naming, error]
	HostBatches() iter.Seq2[[]run.Host, error]
	Hosts() iter.Seq2[run.HostEvidence, error]
	Endpoints() iter.Seq2[run.EndpointEvidence, error]
	Certificates() iter.Seq2[run.Certificate, error]
}

// tables takes the rows of the final tables, each table sorted by its key and whole
// before the next begins.
type tables interface {
	Endpoint(*run.Endpoint) error
	Certificate(*run.Certificate) error
	Done(run.Table) error // the table has all its rows
}

// longTables takes the rows of the two long tables as tables does, but many at a
// time. They may change after the call.
type longTables interface {
	Domains([]run.Domain) error
	Hosts([]run.Host) error
}

// finisher judges one run. It holds what the joins need: certificates and sessions
// until the hosts are judged, facts of hosts, and eight octets of each domain while
// it looks for those that are there twice.
type finisher struct {
	judge   judge.Judge
	in      evidence
	out     tables
	long    longTables
	summary *Summary

	certs   certificates
	ends    *sessions
	hosts   *hostTable
	repeats map[int64]struct{} // lines with a name that was there before
}

// finish reads the evidence twice: once to know which hosts the list names, once
// to judge. Where names are there twice, it reads once more to know which.
func (f *finisher) finish(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		f.gather, f.judgeHosts, f.writeEndpoints, f.judgeDomains,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// gather reads what the judging of hosts rests on: sessions with their certificates
// and, side by side with them, what the list names.
func (f *finisher) gather(ctx context.Context) error {
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		if err := f.readCertificates(ctx); err != nil {
			return err
		}
		return f.readEndpoints(ctx)
	})
	both.Go(func() error { return f.countHosts(ctx) })
	return both.Wait()
}

// certificates holds DER by SHA-256.
type certificates map[[32]byte][]byte

// DER implements judge.Certificates.
func (c certificates) DER(sha256 []byte) []byte {
	if len(sha256) != 32 {
		return nil
	}
	return c[[32]byte(sha256)]
}

func (f *finisher) readCertificates(ctx context.Context) error {
	f.certs = certificates{}
	for c, err := range f.in.Certificates() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if len(c.SHA256) != 32 {
			return fmt.Errorf("certificate with a SHA-256 of %d octets", len(c.SHA256))
		}
		f.certs[[32]byte(c.SHA256)] = slices.Clone(c.DER)
		row := describe(c)
		if err := f.out.Certificate(&row); err != nil {
			return err
		}
		f.summary.Certificates++
	}
	return f.out.Done(run.TableCertificates)
}

func (f *finisher) readEndpoints(ctx context.Context) error {
	f.ends = newSessions()
	f.judge.Run = judge.NewIndex()
	for e, err := range f.in.Endpoints() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		f.ends.add(&e)
		f.judge.Run.Add(&e, f.certs)
	}
	return nil
}

// countHosts counts the domains that name each host. A domain on several lines
// counts once: the lines after its first are noted, to be passed over.
func (f *finisher) countHosts(ctx context.Context) error {
	f.hosts, f.repeats = newHostTable(), map[int64]struct{}{}
	names := newTwice()
	for rows, err := range f.in.NamingBatches() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		for _, d := range rows {
			names.add(d.Domain)
			for _, mx := range d.MX {
				f.hosts.name(mx.Host, 1)
			}
		}
	}
	suspects := names.suspects()
	if len(suspects) == 0 {
		return nil
	}
	return f.findRepeats(ctx, func(domain string) bool { return names.suspect(domain, suspects) })
}

// findRepeats notes the lines with a name that was there before, and takes back
// what was counted for them.
func (f *finisher) findRepeats(ctx context.Context, suspect func(domain string) bool) error {
	listed := map[nameKey]struct{}{}
	for rows, err := range f.in.NamingBatches() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		for _, d := range rows {
			if !suspect(d.Domain) {
				continue
			}
			known := len(listed)
			if listed[keyOf(d.Domain)] = struct{}{}; len(listed) > known {
				continue
			}
			f.repeats[d.Line] = struct{}{}
			for _, mx := range d.MX {
				f.hosts.name(mx.Host, -1)
			}
		}
	}
	return nil
}

// judgeHosts judges the hosts that the list names. Others are leftovers of an
// interrupted run: the range that named them was read again, and named others.
func (f *finisher) judgeHosts(ctx context.Context) error {
	out := newBehind(f.long.Hosts)
	if err := errors.Join(f.joinHosts(ctx, out), out.wait()); err != nil {
		return err
	}
	f.certs, f.judge.Run = nil, nil // they have served
	return f.out.Done(run.TableHosts)
}

// joinHosts judges the hosts of a batch side by side, while those of the batch before
// are written and the next are read.
func (f *finisher) joinHosts(ctx context.Context, out *behind[run.Host]) error {
	for rows, err := range f.in.HostBatches() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(h run.Host) bool { return f.hosts.domains(h.Host) == 0 })
		ends, err := f.judgeEachHost(rows)
		if err != nil {
			return err
		}
		for i := range rows {
			row := &rows[i]
			row.Domains = f.hosts.domains(row.Host)
			f.hosts.set(row.Host, judge.NewHostFacts(row, ends[i]), len(ends[i]))
			f.ends.keep(sessionBase(&row.HostEvidence), ends[i])
			f.summary.countHost(row)
		}
		if err := out.put(rows); err != nil {
			return err
		}
	}
	return nil
}

// judgeEachHost judges hosts by their sessions, and gives these with their verdicts.
func (f *finisher) judgeEachHost(rows []run.Host) ([][]run.Endpoint, error) {
	ends, failed := make([][]run.Endpoint, len(rows)), make([]error, len(rows))
	sideBySide(len(rows), func(i int) {
		row := &rows[i]
		ends[i] = f.ends.of(sessionBase(&row.HostEvidence))
		if err := f.judge.Host(row, ends[i], f.certs); err != nil {
			failed[i] = fmt.Errorf("judging host %q: %w", row.Host, err)
		}
	})
	return ends, cmp.Or(failed...)
}

// sessionBase is the base domain under which the sessions of a host are stored.
func sessionBase(h *run.HostEvidence) string {
	if state, base := judge.State(h); applies(state) {
		return base
	}
	return h.Host
}

func (f *finisher) writeEndpoints(ctx context.Context) error {
	err := f.ends.each(func(e *run.Endpoint) error {
		if err := alive(ctx, f.out.Endpoint(e)); err != nil {
			return err
		}
		f.summary.countEndpoint(e)
		return nil
	})
	if err != nil {
		return err
	}
	f.ends = nil
	return f.out.Done(run.TableEndpoints)
}

// judgeDomains joins the domains, in the order of the list, with their hosts: those of
// a batch side by side, while those of the batch before are written and the next are
// read.
func (f *finisher) judgeDomains(ctx context.Context) error {
	out := newBehind(f.long.Domains)
	if err := errors.Join(f.joinDomains(ctx, out), out.wait()); err != nil {
		return err
	}
	return f.out.Done(run.TableDomains)
}

func (f *finisher) joinDomains(ctx context.Context, out *behind[run.Domain]) error {
	for rows, err := range f.in.DomainBatches() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		rows = f.unrepeated(rows)
		sideBySide(len(rows), func(i int) { f.judge.Domain(&rows[i], f.hosts.of) })
		for i := range rows {
			f.summary.countDomain(&rows[i])
		}
		if err := out.put(rows); err != nil {
			return err
		}
	}
	return nil
}

// unrepeated leaves the rows out whose name was there before.
func (f *finisher) unrepeated(rows []run.Domain) []run.Domain {
	if len(f.repeats) == 0 {
		return rows
	}
	return slices.DeleteFunc(rows, func(d run.Domain) bool {
		_, again := f.repeats[d.Line]
		return again
	})
}

// alive is the error of a stream, or that of the context.
func alive(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	return ctx.Err()
}

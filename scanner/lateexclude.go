package scanner

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// lessExcluded is evidence less what people have asked to be left alone since it was
// collected: between an interruption and --resume the list of exclusions may have
// grown. What is left is what a run with that list would have collected: no row of an
// excluded domain, and of sessions with excluded hosts and addresses no more than that
// none was tried.
type lessExcluded struct {
	evidence
	exclude *Exclusions
	bases   map[string]struct{}   // base domains by which only excluded hosts go
	certs   map[[32]byte]struct{} // certificates that only the sessions left out have shown
}

// withoutExcluded reads hosts and sessions once more, to know which of them to leave
// out.
func withoutExcluded(ctx context.Context, in evidence, x *Exclusions) (evidence, error) {
	if x == nil {
		return in, nil
	}
	w := lessExcluded{evidence: in, exclude: x, bases: map[string]struct{}{}, certs: map[[32]byte]struct{}{}}
	for _, excluded := range []bool{true, false} {
		if err := w.findBases(ctx, excluded); err != nil {
			return nil, err
		}
	}
	for _, excluded := range []bool{true, false} {
		if err := w.findCertificates(ctx, excluded); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// findBases notes the base domains of excluded hosts, or takes back those of others:
// an excluded host takes no session away from another that shares it.
func (w lessExcluded) findBases(ctx context.Context, excluded bool) error {
	for h, err := range w.evidence.Hosts() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		base := sessionBase(&h)
		switch {
		case w.exclude.host(&h, base) != excluded:
		case excluded:
			w.bases[strings.Clone(base)] = struct{}{}
		default:
			delete(w.bases, base)
		}
	}
	return nil
}

// findCertificates notes the certificates of the sessions to leave out, or takes back
// those of others.
func (w lessExcluded) findCertificates(ctx context.Context, excluded bool) error {
	for e, err := range w.evidence.Endpoints() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if w.isExcluded(&e) != excluded {
			continue
		}
		for _, sum := range e.Chain {
			switch {
			case len(sum) != 32:
			case excluded:
				w.certs[[32]byte(sum)] = struct{}{}
			default:
				delete(w.certs, [32]byte(sum))
			}
		}
	}
	return nil
}

func (w lessExcluded) isExcluded(e *run.EndpointEvidence) bool {
	if _, ok := w.bases[e.Base]; ok {
		return true
	}
	address, err := netip.ParseAddr(e.Address)
	return err == nil && w.exclude.Address(address)
}

func (w lessExcluded) DomainBatches() iter.Seq2[[]run.Domain, error] {
	return fewer(w.evidence.DomainBatches(), func(d run.Domain) bool { return w.exclude.Name(d.Domain) })
}

func (w lessExcluded) NamingBatches() iter.Seq2[[]run.Naming, error] {
	return fewer(w.evidence.NamingBatches(), func(d run.Naming) bool { return w.exclude.Name(d.Domain) })
}

// fewer leaves rows out of batches.
func fewer[T any](batches iter.Seq2[[]T, error], out func(T) bool) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		for rows, err := range batches {
			if !yield(slices.DeleteFunc(rows, out), err) {
				return
			}
		}
	}
}

// Endpoints has of each excluded endpoint one row, which says that it was not tried.
func (w lessExcluded) Endpoints() iter.Seq2[run.EndpointEvidence, error] {
	return func(yield func(run.EndpointEvidence, error) bool) {
		var base, address string // of the row before
		for e, err := range w.evidence.Endpoints() {
			if err == nil {
				again := e.Base == base && e.Address == address
				base, address = strings.Clone(e.Base), strings.Clone(e.Address)
				excluded := w.isExcluded(&e)
				if excluded && again {
					continue
				}
				if excluded {
					e = run.EndpointEvidence{
						Host: e.Host, Base: e.Base, Address: e.Address, Port: e.Port, Attempt: 1, ScannedAt: e.ScannedAt,
						NotTried: run.ReasonExcluded,
					}
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (w lessExcluded) Certificates() iter.Seq2[run.Certificate, error] {
	return func(yield func(run.Certificate, error) bool) {
		for c, err := range w.evidence.Certificates() {
			if err == nil && len(c.SHA256) == 32 {
				if _, out := w.certs[[32]byte(c.SHA256)]; out {
					continue
				}
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// spared are the hosts that nobody names but domains that are excluded by now: what was
// begun for these is not gone on with.
type spared struct {
	named *nameSet // by others; nil: nothing is spared
}

// spared reads which hosts the spool's domains name, where some of them may have been
// excluded since. A spool without domains names none, and spares none: that of
// danescan probe.
func (c *collector) spared(ctx context.Context) (spared, error) {
	parts, err := c.spool.Parts(run.TableDomains)
	if err != nil || len(parts) == 0 || !c.resumed || c.cfg.Exclude == nil {
		return spared{}, err
	}
	s := spared{newNameSet()}
	for rows, err := range c.spool.NamingBatches() {
		if err := alive(ctx, err); err != nil {
			return s, err
		}
		for _, d := range rows {
			if c.cfg.Exclude.Name(d.Domain) {
				continue
			}
			for _, mx := range d.MX {
				s.named.add(mx.Host)
			}
		}
	}
	return s, nil
}

// has reports whether a host is one of them.
func (s spared) has(host string) bool { return s.named != nil && !s.named.has(host) }

// recountExcluded counts what was left alone once more, where an earlier part of the
// run was collected with another list of exclusions.
func (c *collector) recountExcluded(ctx context.Context) error {
	spared, err := c.spared(ctx)
	if err != nil || spared.named == nil {
		return err
	}
	c.excluded = newEndpointSet()
	c.cfg.Progress.ExcludedHosts.Store(0)
	c.cfg.Progress.ExcludedAddresses.Store(0)
	for h, err := range c.spool.Hosts() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if !spared.has(h.Host) {
			c.noteExcluded(&h)
		}
	}
	return nil
}

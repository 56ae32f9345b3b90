package scanner

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"danescan/datasets/run"
	"danescan/scanner/judge"
)

// evidence is what a run's spool holds, each table sorted by its key.
type evidence interface {
	Domains() iter.Seq2[run.DomainEvidence, error]
	Namings() iter.Seq2[run.Naming, error]
	Hosts() iter.Seq2[run.HostEvidence, error]
	Endpoints() iter.Seq2[run.EndpointEvidence, error]
	Certificates() iter.Seq2[run.Certificate, error]
}

// tables takes the rows of the final tables, each table sorted by its key.
type tables interface {
	Domain(*run.Domain) error
	Host(*run.Host) error
	Endpoint(*run.Endpoint) error
	Certificate(*run.Certificate) error
}

// finisher judges one run. It holds what the joins need: certificates, sessions
// and facts of hosts, never domains.
type finisher struct {
	judge   judge.Judge
	in      evidence
	out     tables
	summary *Summary

	certs   certificates
	ends    map[string][]run.Endpoint // by base domain
	named   map[string]int64          // domains that name a host
	repeats map[int64]struct{}        // lines with a name that was there before
	facts   map[string]judge.HostFacts
}

// finish reads the evidence twice: once to know which hosts the list names, once
// to judge.
func (f *finisher) finish(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		f.readCertificates, f.readEndpoints, f.countHosts, f.judgeHosts, f.writeEndpoints, f.judgeDomains,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
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
	return nil
}

func (f *finisher) readEndpoints(ctx context.Context) error {
	f.ends = map[string][]run.Endpoint{}
	f.judge.Run = judge.NewIndex()
	for e, err := range f.in.Endpoints() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		f.ends[e.Base] = append(f.ends[e.Base], run.Endpoint{EndpointEvidence: e})
		f.judge.Run.Add(&e, f.certs)
	}
	return nil
}

// countHosts counts the domains that name each host. A domain on several lines
// counts once: the lines after its first are noted, to be passed over.
func (f *finisher) countHosts(ctx context.Context) error {
	f.named, f.repeats = map[string]int64{}, map[int64]struct{}{}
	listed := map[nameKey]struct{}{}
	for d, err := range run.Ahead(f.in.Namings()) {
		if err := alive(ctx, err); err != nil {
			return err
		}
		known := len(listed)
		if listed[keyOf(d.Domain)] = struct{}{}; len(listed) == known {
			f.repeats[d.Line] = struct{}{}
			continue
		}
		for _, mx := range d.MX {
			f.name(mx.Host)
		}
	}
	return nil
}

// name counts a host once more. The strings of a row may be parts of a larger one,
// which they would keep.
func (f *finisher) name(host string) {
	n, known := f.named[host]
	if !known {
		host = strings.Clone(host)
	}
	f.named[host] = n + 1
}

// nameKey stands for a domain name where millions of them must be told apart: by
// half of a SHA-256, nobody can make two names that pass for one.
type nameKey [sha256.Size / 2]byte

func keyOf(name string) nameKey {
	sum := sha256.Sum256([]byte(name))
	return nameKey(sum[:sha256.Size/2])
}

// judgeHosts judges the hosts that the list names. Others are leftovers of an
// interrupted run: the range that named them was read again, and named others.
func (f *finisher) judgeHosts(ctx context.Context) error {
	f.facts = map[string]judge.HostFacts{}
	for h, err := range run.Ahead(f.in.Hosts()) {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if f.named[h.Host] == 0 {
			continue
		}
		row, ends, err := f.judgeHost(h)
		if err != nil {
			return err
		}
		row.Domains = f.named[h.Host]
		f.facts[row.Host] = judge.NewHostFacts(&row, ends)
		if err := f.out.Host(&row); err != nil {
			return err
		}
		f.summary.countHost(&row)
	}
	return nil
}

// judgeHost judges one host by its sessions, whose verdicts it fills in place.
func (f *finisher) judgeHost(h run.HostEvidence) (run.Host, []run.Endpoint, error) {
	row := run.Host{HostEvidence: h}
	ends := f.ends[sessionBase(&h)]
	if err := f.judge.Host(&row, ends, f.certs); err != nil {
		return row, nil, fmt.Errorf("judging host %q: %w", h.Host, err)
	}
	return row, ends, nil
}

// sessionBase is the base domain under which the sessions of a host are stored.
func sessionBase(h *run.HostEvidence) string {
	if state, base := judge.State(h); applies(state) {
		return base
	}
	return h.Host
}

func (f *finisher) writeEndpoints(ctx context.Context) error {
	for _, base := range slices.Sorted(maps.Keys(f.ends)) {
		for i := range f.ends[base] {
			e := &f.ends[base][i]
			if err := alive(ctx, nil); err != nil {
				return err
			}
			if e.Verdict == "" {
				continue // its host is named by no domain
			}
			if err := f.out.Endpoint(e); err != nil {
				return err
			}
			f.summary.countEndpoint(e)
		}
	}
	return nil
}

// judgeDomains joins the domains, in the order of the list, with their hosts.
// Reading, judging and writing them go on side by side.
func (f *finisher) judgeDomains(ctx context.Context) error {
	out := newBehind(f.out.Domain)
	err := f.joinDomains(ctx, out)
	if e := out.close(); e != nil {
		return e
	}
	return err
}

func (f *finisher) joinDomains(ctx context.Context, out *behind[run.Domain]) error {
	facts := func(name string) judge.HostFacts { return f.facts[name] }
	for d, err := range run.Ahead(f.in.Domains()) {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if _, again := f.repeats[d.Line]; again {
			continue
		}
		row := run.Domain{DomainEvidence: d}
		f.judge.Domain(&row, facts)
		f.summary.countDomain(&row)
		if !out.put(row) {
			return nil // out says why
		}
	}
	return nil
}

// alive is the error of a stream, or that of the context.
func alive(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	return ctx.Err()
}

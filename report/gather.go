package report

import (
	"context"
	"iter"
	"strings"

	"danescan/datasets/run"
)

// Tables are the tables of a finished run, as *run.Run has them.
type Tables interface {
	Manifest() run.Manifest
	Domains() iter.Seq2[run.Domain, error]
	Hosts() iter.Seq2[run.Host, error]
	Endpoints() iter.Seq2[run.Endpoint, error]
	Certificates() iter.Seq2[run.Certificate, error]
}

// gathered is a run as counters. It is made in one pass over each table, leaves
// before sessions before hosts before domains: what a domain has is what its
// hosts have, and what a host has is what its sessions have.
type gathered struct {
	manifest run.Manifest
	redacted bool

	figures []*figure
	tallies []*tally

	total [steps]int64 // the whole list, as a slice
	hosts hostTotals

	serial   int64
	leaves   map[string]*leaf  // by SHA-256
	bases    map[string][]*row // rows of figures that the sessions under a base domain have
	links    map[string][]*row // rows of figures that a host has
	broken   *brokenHosts      // hosts that fail, or whose lookups do
	culprits culprits
	detail   map[string]*details // by slice: what its page shows beside its line
	blamed   int                 // hosts in them all
}

// hostTotals are the lines of the headline that count hosts and sessions.
type hostTotals struct{ all, withTLSA, verified, sessions, handshakes int64 }

func newGathered(m run.Manifest) *gathered {
	g := &gathered{
		manifest: m, figures: figures(), leaves: map[string]*leaf{}, bases: map[string][]*row{}, links: map[string][]*row{},
		broken: newBrokenHosts(), culprits: culprits{}, detail: map[string]*details{},
	}
	for _, f := range g.figures {
		g.tallies = append(g.tallies, newTally(len(f.columns()), f.Fixed))
	}
	return g
}

func gather(ctx context.Context, in Tables) (*gathered, error) {
	g := newGathered(in.Manifest())
	for c, err := range in.Certificates() {
		if err := alive(ctx, err); err != nil {
			return nil, err
		}
		g.leaves[string(c.SHA256)] = newLeaf(&c)
	}
	for group, err := range byBase(in.Endpoints()) {
		if err := alive(ctx, err); err != nil {
			return nil, err
		}
		g.base(group)
	}
	for h, err := range run.Ahead(in.Hosts()) {
		if err := alive(ctx, err); err != nil {
			return nil, err
		}
		g.host(&h)
	}
	g.leaves, g.bases = nil, nil
	for d, err := range run.Ahead(in.Domains()) {
		if err := alive(ctx, err); err != nil {
			return nil, err
		}
		g.domain(&d)
	}
	return g, nil
}

func alive(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	return ctx.Err()
}

// base counts the sessions under one TLSA base domain.
func (g *gathered) base(ends []run.Endpoint) {
	g.serial++
	var rows []*row
	for _, s := range counting(ends) {
		s.leaf = g.leafOf(s.Endpoint)
		g.hosts.sessions++
		if s.HandshakeComplete {
			g.hosts.handshakes++
		}
		for i, f := range g.figures {
			if f.Session == nil {
				continue
			}
			f.Session(&s, func(n int64, key ...string) {
				r := g.tallies[i].at(key...)
				r.counts[0] += n
				if r.once(g.serial) {
					rows = append(rows, r)
				}
			})
		}
	}
	g.bases[strings.Clone(ends[0].Base)] = rows
}

func (g *gathered) host(h *run.Host) {
	g.serial++
	g.hosts.all++
	if applies(h.TLSAState) {
		g.hosts.withTLSA++
	}
	if h.Verdict == run.Verified {
		g.hosts.verified++
	}
	rows := g.fromSessions(h)
	for i, f := range g.figures {
		switch {
		case f.Slice != nil && f.Hosts && h.Provider != "":
			g.tallies[i].at(h.Provider).counts[steps]++
		case f.Host != nil:
			f.Host(h, func(n int64, key ...string) {
				r := g.tallies[i].at(key...)
				if f.Things != "" {
					r.counts[0] += n
				}
				if r.once(g.serial) {
					r.counts[f.hostColumn()]++
					rows = append(rows, r)
				}
			})
		}
	}
	g.links[strings.Clone(h.Host)] = rows
	g.broken.host(h)
	g.culprits.host(h)
}

// fromSessions counts a host under what its sessions have.
func (g *gathered) fromSessions(h *run.Host) []*row {
	var rows []*row
	for _, r := range g.bases[sessionBase(h)] {
		if r.once(g.serial) {
			r.counts[1]++ // things, hosts, domains
			rows = append(rows, r)
		}
	}
	return rows
}

// hostColumn is where hosts are counted.
func (f *figure) hostColumn() int {
	if f.Things != "" {
		return 1
	}
	return 0
}

func (g *gathered) domain(d *run.Domain) {
	g.serial++
	came := progress(d)
	for i, c := range came {
		g.total[i] += c
	}
	for i, f := range g.figures {
		switch {
		case f.Slice != nil:
			if key := f.Slice(d); key != "" {
				r := g.tallies[i].at(key)
				for j, c := range came {
					r.counts[j] += c
				}
			}
		case f.Domain != nil:
			f.Domain(d, func(n int64, key ...string) { g.countDomain(f, g.tallies[i].at(key...), n) })
		}
	}
	for _, mx := range d.MX {
		for _, r := range g.links[mx.Host] {
			if r.once(g.serial) {
				r.counts[len(r.counts)-1]++
			}
		}
	}
	g.details(d)
}

// countDomain counts what a domain has of itself.
func (g *gathered) countDomain(f *figure, r *row, n int64) {
	if f.Things != "" {
		r.counts[0] += n
	}
	if r.once(g.serial) {
		r.counts[len(r.counts)-1]++
	}
}

// progress says how far a domain came, as the counts of a slice. Names with mail
// are those with an MX host, explicit or implicit; names whose MX lookup failed
// are neither with nor without mail.
func progress(d *run.Domain) (came [steps]int64) {
	came[atNames] = 1
	if d.MXKind == run.MXFound || d.MXKind == run.MXImplicit {
		came[atWithMail] = 1
		if d.MXSecure {
			came[atSignedMX] = 1
		}
		if d.HostsWithTLSA > 0 && d.Verdict != run.NotDANE && d.Verdict != run.HalfDANE {
			came[atDANE] = 1
		}
	}
	if d.PrimaryVerified {
		came[atPrimary] = 1
	}
	if at, ok := verdictStep(d.Verdict); ok {
		came[at] = 1
	}
	return came
}

package report

import (
	"context"
	"iter"

	"danescan/datasets/run"
)

// Tables are the tables of a finished run. A row is good until the next.
type Tables interface {
	Manifest() run.Manifest
	Domains() iter.Seq2[*run.Domain, error]
	Hosts() iter.Seq2[*run.Host, error]
	Endpoints() iter.Seq2[*run.Endpoint, error]
	Certificates() iter.Seq2[*run.Certificate, error]
}

// gathered is a run as counters. It is made in one pass over each table, leaves
// before sessions before hosts before domains: what a domain has is what its
// hosts have, and what a host has is what its sessions have.
type gathered struct {
	manifest run.Manifest
	redacted bool

	figures []*figure
	tallies []*tally
	adders  []adder // of each figure, for the thing at hand
	phase   phase   // what the thing at hand is
	met     []*row  // rows that the thing at hand is counted in

	total [steps]int64 // the whole list, as a slice
	hosts hostTotals

	serial   int64
	leaves   leaves
	bases    holdings   // what the sessions under a base domain have
	links    holdings   // what a host has
	sets     []*string  // TLSA parameters of a host, by list of links; nil: without
	dane     []daneHost // of the domain at hand
	shared   meetings   // of slices and hosts with TLSA records
	broken   *brokenHosts
	culprits culprits
	detail   map[string]*details // by slice: what its page shows beside its line
	blamed   int                 // hosts in them all
}

// phase says what is being counted.
type phase int

const (
	inSessions phase = iota
	inHosts
	inDomains
)

// hostTotals are the lines of the headline that count hosts and sessions.
type hostTotals struct{ all, withTLSA, verified, sessions, handshakes int64 }

func newGathered(m run.Manifest) *gathered {
	g := &gathered{
		manifest: m, figures: figuresOf(m), leaves: leaves{}, bases: newHoldings(), links: newHoldings(), shared: newMeetings(),
		broken: newBrokenHosts(), culprits: culprits{}, detail: map[string]*details{},
	}
	rows := new(int32)
	for _, f := range g.figures {
		t := newTally(len(f.columns()), f.Fixed, rows)
		g.tallies = append(g.tallies, t)
		g.adders = append(g.adders, g.adder(f, t))
	}
	return g
}

// adder gives what counts the thing at hand under the keys of a figure: things each
// time, the host or the domain once.
func (g *gathered) adder(f *figure, t *tally) adder {
	return func(n int64, key ...string) {
		r := t.at(key...)
		if f.Things != "" {
			r.counts[0] += n
		}
		if !r.once(g.serial) {
			return
		}
		g.met = append(g.met, r)
		switch g.phase {
		case inHosts:
			r.counts[f.hostColumn()]++
		case inDomains:
			r.counts[len(r.counts)-1]++
		}
	}
}

// hostColumn is where hosts are counted.
func (f *figure) hostColumn() int {
	if f.Things != "" {
		return 1
	}
	return 0
}

func gather(ctx context.Context, in Tables) (*gathered, error) {
	g := newGathered(in.Manifest())
	if err := each(ctx, in.Certificates(), func(c *run.Certificate) { g.leaves.add(c) }); err != nil {
		return nil, err
	}
	if err := each(ctx, byBase(in.Endpoints()), g.base); err != nil {
		return nil, err
	}
	g.leaves = nil
	g.phase = inHosts
	if err := each(ctx, in.Hosts(), g.host); err != nil {
		return nil, err
	}
	g.bases, g.phase = holdings{}, inDomains
	for i, f := range g.figures {
		if f.Name == setsFigure {
			g.sets = g.links.keys(g.tallies[i])
		}
	}
	if err := each(ctx, in.Domains(), g.domain); err != nil {
		return nil, err
	}
	g.links = holdings{}
	return g, nil
}

// each goes through rows until one of them is an error, or nobody waits any more.
func each[T any](ctx context.Context, rows iter.Seq2[T, error], do func(T)) error {
	for row, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		do(row)
	}
	return nil
}

// next begins a new thing to count.
func (g *gathered) next() {
	g.serial++
	g.met = g.met[:0]
}

// base counts the sessions under one TLSA base domain.
func (g *gathered) base(ends []run.Endpoint) {
	g.next()
	for _, s := range counting(ends) {
		s.leaf = g.leaves.of(s.Endpoint)
		g.hosts.sessions++
		if s.HandshakeComplete {
			g.hosts.handshakes++
		}
		for i, f := range g.figures {
			if f.Session != nil {
				f.Session(&s, g.adders[i])
			}
		}
	}
	g.bases.put(ends[0].Base, g.met)
}

func (g *gathered) host(h *run.Host) {
	g.next()
	g.hosts.all++
	if applies(h.TLSAState) {
		g.hosts.withTLSA++
	}
	if h.Verdict == run.Verified {
		g.hosts.verified++
	}
	for _, r := range g.bases.of(sessionBase(h)) {
		if r.once(g.serial) {
			r.counts[1]++ // things, hosts, domains
			g.met = append(g.met, r)
		}
	}
	for i, f := range g.figures {
		switch {
		case f.Slice != nil && f.Hosts && h.Provider != "":
			g.tallies[i].at(h.Provider).counts[steps]++
		case f.Host != nil:
			f.Host(h, g.adders[i])
		}
	}
	g.links.put(h.Host, g.met)
	g.broken.host(h)
	g.culprits.host(h)
}

func (g *gathered) domain(d *run.Domain) {
	g.next()
	came := progress(d)
	for i, c := range came {
		g.total[i] += c
	}
	withTLSA := g.withTLSA(d)
	for i, f := range g.figures {
		switch {
		case f.Slice != nil:
			if key := f.Slice(d); key != "" {
				g.slice(f, g.tallies[i].at(key), &came, withTLSA)
			}
		case f.Sets != nil:
			f.Sets(withTLSA, g.adders[i])
		case f.Domain != nil:
			f.Domain(d, g.adders[i])
		}
	}
	for i := range d.MX {
		for _, r := range g.links.of(d.MX[i].Host) {
			if r.once(g.serial) {
				r.counts[len(r.counts)-1]++
			}
		}
	}
	g.details(d)
}

// daneHost is an MX host with TLSA records that senders must heed.
type daneHost struct{ name, set string }

// withTLSA are those of a domain.
func (g *gathered) withTLSA(d *run.Domain) []daneHost {
	g.dane = g.dane[:0]
	for i := range d.MX {
		if at, ok := g.links.at(d.MX[i].Host); ok && g.sets[at] != nil {
			g.dane = append(g.dane, daneHost{d.MX[i].Host, *g.sets[at]})
		}
	}
	return g.dane
}

// slice counts a domain, and its hosts with TLSA records, in the line of a slice.
func (g *gathered) slice(f *figure, r *row, came *[steps]int64, hosts []daneHost) {
	for i, c := range came {
		r.counts[i] += c
	}
	for _, h := range hosts {
		if f.TLSA && g.shared.first(r, h.name) {
			r.counts[len(r.counts)-1]++
		}
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

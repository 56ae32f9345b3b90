package scanner

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"danescan/datasets/run"
	"danescan/scanner/judge"
	"danescan/scanner/smtp"
)

const (
	// sampleHosts is how many host names of a group are connected to before the
	// others are inferred from them.
	sampleHosts = 20
	// maxGroups bounds how many groups are remembered. One that is forgotten is
	// sampled anew: that costs its operator sessions, never a verdict.
	maxGroups = 1 << 17
	// inferring is how many hosts of a group are inferred at a time: that may take
	// a DNS lookup each.
	inferring = 16
)

// group is the host names of one provider that share an address and a TLSA RRset.
// Their operator is spared: the first sampleHosts of them are connected to, the
// others wait. Where all that were connected to showed the same chain, and the
// same one of the other algorithm, the others are taken to show it, too; each is
// judged by its own records and names. A server that could not be connected to at
// all, in the same way each time, was never told a name: that holds for the others
// as well. In any other case the others are connected to after all.
type group struct {
	planned int32 // samples, up to sampleHosts
	over    int32
	open    bool // samples disagree: all are connected to
	sight   sight
	waiting []*visit
	shown   *sample // by the last of samples that agree
	at      time.Time
}

// groupKey names a group: a digest, since millions of hosts must not cost a name
// each.
type groupKey [16]byte

// sight is what a sample saw, in a form to compare.
type sight [sha256.Size]byte

// sample is what sessions with one of a group's hosts showed.
type sample struct {
	group   *group
	rows    []run.EndpointEvidence
	chains  [][][]byte
	unclear bool // no session to conclude anything from
}

// add notes a session of the sample.
func (s *sample) add(row run.EndpointEvidence, session *smtp.Session, second bool) {
	switch {
	case session.ChainCounts():
	case second:
		// There is no such certificate, or this session could not tell.
		s.unclear = s.unclear || !session.NoSuchCertificate()
		return
	case session.Stage != smtp.StageConnect || session.Failure == smtp.FailNoRoute:
		s.unclear = true
	}
	s.rows, s.chains = append(s.rows, row), append(s.chains, session.Chain)
}

// sight is what the sample saw; ok is false where that says nothing of others.
func (s *sample) sight() (seen sight, ok bool) {
	if s.unclear || len(s.rows) == 0 {
		return seen, false
	}
	sum := sha256.New()
	for _, row := range s.rows {
		part(sum.Write, []byte(row.Algorithm), []byte(row.Stage))
		if len(row.Chain) == 0 {
			part(sum.Write, []byte(row.Failure))
		}
		part(sum.Write, row.Chain...)
	}
	return sight(sum.Sum(nil)), true
}

// part writes texts so that where each ends is part of what is written.
func part(write func([]byte) (int, error), texts ...[]byte) {
	var size [8]byte
	for _, text := range append([][]byte{binary.BigEndian.AppendUint32(nil, uint32(len(texts)))}, texts...) {
		binary.BigEndian.PutUint64(size[:], uint64(len(text)))
		write(size[:])
		write(text)
	}
}

// groups are the groups of a pass over the hosts.
type groups struct {
	limit int

	mu  sync.Mutex
	all map[groupKey]*group
}

func newGroups() *groups { return &groups{limit: maxGroups, all: map[groupKey]*group{}} }

// join puts a visit into its group. It is to be planned, as a sample or not, unless
// it waits; or, where shown is not nil, to be inferred from that.
func (g *groups) join(v *visit, key groupKey) (shown *sample, waits bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	of := g.of(key)
	switch {
	case of == nil || of.open:
		return nil, false
	case of.shown != nil && time.Since(of.at) <= maxEvidenceAge:
		return of.shown, false
	case of.shown != nil: // a verdict must not come from looking at two moments
		*of = group{}
	}
	if of.planned < sampleHosts {
		of.planned++
		v.sample = &sample{group: of}
		return nil, false
	}
	of.waiting = append(of.waiting, v)
	return nil, true
}

// of finds or makes a group; nil where there is no room for one.
func (g *groups) of(key groupKey) *group {
	if of := g.all[key]; of != nil {
		return of
	}
	if len(g.all) >= g.limit && !g.forget() {
		return nil
	}
	of := &group{}
	g.all[key] = of
	return of
}

// forget drops some group that nobody waits for, if one is soon found.
func (g *groups) forget() bool {
	looks := 0
	for key, of := range g.all {
		if of.planned == of.over {
			delete(g.all, key)
			return true
		}
		if looks++; looks == 16 {
			break
		}
	}
	return false
}

// conclude ends a sample. It returns the visits that need wait no longer, and what
// they are to be inferred from; nil: they are to be planned.
func (g *groups) conclude(s *sample) (ready []*visit, shown *sample) {
	g.mu.Lock()
	defer g.mu.Unlock()
	of := s.group
	of.over++
	seen, ok := s.sight()
	switch {
	case of.open:
	case !ok, of.over > 1 && seen != of.sight:
		of.open = true
	case of.over == sampleHosts:
		of.shown, of.at = s, time.Now()
	}
	of.sight = seen
	if of.open || of.shown != nil {
		ready, of.waiting = of.waiting, nil
	}
	return ready, of.shown
}

// groupOf is the group that a visit belongs to; ok is false where it has none:
// DANE does not apply to the host.
func (c *collector) groupOf(v *visit) (key groupKey, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	state, base := judge.State(&v.host)
	if c.cfg.InferOff || !applies(state) || base != v.base {
		return key, false
	}
	sum := sha256.New()
	part(sum.Write, []byte(v.provider), v.address.AsSlice(), []byte{byte(v.attempt)})
	for _, record := range v.host.TLSA {
		part(sum.Write, record.RData)
	}
	return groupKey(sum.Sum(nil)[:len(key)]), true
}

// route plans a visit, or leaves it to its group.
func (c *collector) route(ctx context.Context, v *visit) error {
	if key, ok := c.groupOf(v); ok {
		shown, waits := c.groups.join(v, key)
		if waits {
			return nil
		}
		if shown != nil {
			return c.infer(ctx, v, shown)
		}
	}
	c.plan.put(v.address, v)
	return nil
}

// conclude ends the sample that a visit was, if it was one, and sees to the hosts
// that waited for it.
func (c *collector) conclude(ctx context.Context, v *visit) error {
	if v.sample == nil {
		return nil
	}
	ready, shown := c.groups.conclude(v.sample)
	if shown == nil {
		for _, w := range ready {
			c.plan.put(w.address, w)
		}
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inferring)
	for _, w := range ready {
		g.Go(func() error { return c.infer(ctx, w, shown) })
	}
	return g.Wait()
}

// infer gives a host the sessions of a sample for its own. Where its records turn
// out to be others by now, it is connected to.
func (c *collector) infer(ctx context.Context, v *visit, shown *sample) error {
	was, _ := c.groupOf(v)
	c.freshen(ctx, v.stay)
	rows := slices.Clone(shown.rows)
	for i := range rows {
		row := &rows[i]
		row.Host, row.Base, row.Inferred = v.host.Host, v.base, true
		row.Tries, row.ConnectMS, row.TLSMS, row.TotalMS = nil, nil, nil, nil
		v.mu.Lock()
		row.TLSAAgeMS = tlsaAge(v.stay, row.ScannedAt)
		v.mu.Unlock()
		c.ask(ctx, v, row, shown.chains[i])
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if is, ok := c.groupOf(v); !ok || is != was {
		c.plan.put(v.address, v)
		return nil
	}
	for i := range rows {
		v.keep(rows[i], shown.chains[i])
	}
	c.cfg.Progress.Inferred.Add(1)
	return c.over(v.stay)
}

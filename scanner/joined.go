package scanner

import (
	"context"
	"iter"
	"strings"

	"danescan/datasets/run"
	"danescan/scanner/judge"
)

// joined is the evidence of several runs as that of one. Of what several of them
// saw, one account stays whole: sessions with a base domain at an address come from
// one run, and a host's records from the run that its sessions come from, so that no
// verdict comes from two looks.
type joined struct {
	runs   []stored
	owners map[sessionKey]owner
}

// sessionKey is a base domain at an address.
type sessionKey struct{ base, address string }

// owner is the run whose sessions stay.
type owner struct {
	run  int
	held bool // a session was held there, not only passed over
}

// newJoined finds out which run every session is to be taken from: the first in
// which it was held.
func newJoined(ctx context.Context, runs []*run.Run) (*joined, error) {
	j := &joined{owners: map[sessionKey]owner{}}
	for i, r := range runs {
		j.runs = append(j.runs, stored{r})
		for e, err := range r.Endpoints() {
			if err := alive(ctx, err); err != nil {
				return nil, err
			}
			key := sessionKey{e.Base, e.Address}
			held := e.NotTried == ""
			if o, known := j.owners[key]; !known || held && !o.held {
				j.owners[sessionKey{strings.Clone(key.base), strings.Clone(key.address)}] = owner{i, held}
			}
		}
	}
	return j, nil
}

func (j *joined) DomainBatches() iter.Seq2[[]run.Domain, error] {
	return inBatches(joinOf(j, stored.Domains), func(d run.DomainEvidence) run.Domain { return run.Domain{DomainEvidence: d} })
}

func (j *joined) NamingBatches() iter.Seq2[[]run.Naming, error] {
	rows := joinOf(j, func(s stored) iter.Seq2[run.Naming, error] { return s.Run.Namings() })
	return inBatches(rows, func(d run.Naming) run.Naming { return d })
}

// joinedRows is how many rows of several runs are taken at a time.
const joinedRows = 256

// inBatches reads a stream ahead and gives its rows, as what they are made, many at
// a time. They are the caller's until the next batch but one.
func inBatches[From run.Row, To any](rows iter.Seq2[From, error], as func(From) To) iter.Seq2[[]To, error] {
	return func(yield func([]To, error) bool) {
		batch, before := make([]To, 0, joinedRows), make([]To, 0, joinedRows)
		for row, err := range run.Ahead(rows) {
			if err != nil {
				yield(nil, err)
				return
			}
			if batch = append(batch, as(row)); len(batch) < joinedRows {
				continue
			}
			if !yield(batch, nil) {
				return
			}
			clear(before[:cap(before)])
			batch, before = before[:0], batch
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
	}
}

func (j *joined) Certificates() iter.Seq2[run.Certificate, error] {
	return joinOf(j, func(s stored) iter.Seq2[run.Certificate, error] { return s.Run.Certificates() })
}

// joinOf merges the streams of a table, of which rows of one key are alike.
func joinOf[T run.Row](j *joined, rows func(stored) iter.Seq2[T, error]) iter.Seq2[T, error] {
	var all []iter.Seq2[T, error]
	for _, s := range j.runs {
		all = append(all, rows(s))
	}
	return run.Distinct(run.KeepFirst, run.Merge(all...))
}

// Endpoints merges the sessions, each from its owner.
func (j *joined) Endpoints() iter.Seq2[run.EndpointEvidence, error] {
	var all []iter.Seq2[run.EndpointEvidence, error]
	for i, s := range j.runs {
		all = append(all, j.owned(i, s.Endpoints()))
	}
	return run.Merge(all...)
}

func (j *joined) owned(i int, rows iter.Seq2[run.EndpointEvidence, error]) iter.Seq2[run.EndpointEvidence, error] {
	return func(yield func(run.EndpointEvidence, error) bool) {
		for e, err := range rows {
			if err == nil && j.owners[sessionKey{e.Base, e.Address}].run != i {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// Hosts merges the hosts. Of several accounts the best stays, of equals the first.
func (j *joined) Hosts() iter.Seq2[run.HostEvidence, error] {
	return func(yield func(run.HostEvidence, error) bool) {
		heads := make([]hostHead, len(j.runs))
		for i, s := range j.runs {
			heads[i].pull(s.Hosts())
			defer heads[i].stop()
		}
		for {
			best := -1
			for i := range heads {
				h := &heads[i]
				if h.err != nil {
					yield(h.row, h.err)
					return
				}
				if h.ok && (best < 0 || h.before(&heads[best]) || h.same(&heads[best]) && j.rank(i, &h.row) > j.rank(best, &heads[best].row)) {
					best = i
				}
			}
			if best < 0 || !yield(heads[best].row, nil) {
				return
			}
			pass(heads, heads[best].row.Host)
		}
	}
}

// rank says how good an account of a host is: one whose sessions stay; else one
// whose lookups did not fail.
func (j *joined) rank(i int, h *run.HostEvidence) int {
	base := sessionBase(h)
	for _, address := range h.Addresses {
		if o, known := j.owners[sessionKey{base, address}]; known && o.run == i {
			return 2
		}
	}
	if state, _ := judge.State(h); state != run.TLSAError {
		return 1
	}
	return 0
}

// hostHead is where a stream of hosts stands.
type hostHead struct {
	row  run.HostEvidence
	err  error
	ok   bool
	next func() (run.HostEvidence, error, bool)
	stop func()
}

func (h *hostHead) pull(rows iter.Seq2[run.HostEvidence, error]) {
	h.next, h.stop = iter.Pull2(rows)
	h.row, h.err, h.ok = h.next()
}

func (h *hostHead) before(o *hostHead) bool { return h.row.Host < o.row.Host }
func (h *hostHead) same(o *hostHead) bool   { return h.row.Host == o.row.Host }

// pass moves all streams past a host.
func pass(heads []hostHead, host string) {
	for i := range heads {
		if h := &heads[i]; h.ok && h.row.Host == host {
			h.row, h.err, h.ok = h.next()
		}
	}
}

package resolver

import (
	"errors"
	"net/netip"
	"sync/atomic"

	"danescan/scanner/exchange"
)

const (
	// upstreamDead is how many questions in a row without a reply make a resolver the
	// last to be asked.
	upstreamDead = 3
	// upstreamRetry is how often it is asked first all the same, to see whether it is
	// back: once in so many lookups.
	upstreamRetry = 32
)

// upstreams are the resolvers of a Forward. Lookups are spread over them.
type upstreams struct {
	all  []*upstream
	turn atomic.Uint32
}

// upstream is one resolver.
type upstream struct {
	addr netip.AddrPort
	row  atomic.Int32 // questions without a reply since the last one
}

func newUpstreams(servers []netip.AddrPort) *upstreams {
	u := &upstreams{}
	for _, s := range servers {
		u.all = append(u.all, &upstream{addr: s})
	}
	return u
}

// order returns all resolvers as one lookup shall ask them: another one first
// each time, those that do not answer last.
func (u *upstreams) order() []*upstream {
	turn := u.turn.Add(1)
	n := uint32(len(u.all))
	alive, dead := make([]*upstream, 0, n), []*upstream(nil)
	for i := range n {
		up := u.all[(turn+i)%n]
		if up.row.Load() >= upstreamDead && (i > 0 || turn/n%upstreamRetry != 0) {
			dead = append(dead, up)
		} else {
			alive = append(alive, up)
		}
	}
	return append(alive, dead...)
}

// note remembers whether a reply came.
func (up *upstream) note(err error) {
	var e *exchange.Error
	switch {
	case err == nil:
		up.row.Store(0)
	case errors.As(err, &e) && e.Kind != exchange.Cancelled:
		up.row.Add(1)
	}
}

package resolver

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// pool gives the servers of a zone one after the other: those whose addresses are
// known, then those whose names have to be looked up, and at the end those that
// were of no use lately.
type pool struct {
	l       *lookup
	d       *delegation
	q       dnssec.Question
	depth   int
	ready   []candidate
	last    []candidate
	names   []string // without known addresses
	others  []string // of which perhaps not all addresses are known
	sought  int      // names looked up
	offered []netip.Addr
	space   poolSpace
}

// poolSpace is what the lists of a pool lie in: most zones have no more servers.
type poolSpace struct {
	ready   [8]candidate
	last    [4]candidate
	names   [4]string
	offered [8]netip.Addr
	addrs   [8]netip.Addr
}

// pools are used again: nothing of one is needed once its zone was asked.
var pools = sync.Pool{New: func() any { return new(pool) }}

// free gives a pool back.
func (p *pool) free() {
	*p = pool{}
	pools.Put(p)
}

// newPool makes the pool of a question, which the caller frees.
func (l *lookup) newPool(d *delegation, q dnssec.Question, depth int) *pool {
	p := pools.Get().(*pool)
	p.l, p.d, p.q, p.depth = l, d, q, depth
	p.ready, p.last, p.names, p.offered = p.space.ready[:0], p.space.last[:0], p.space.names[:0], p.space.offered[:0]
	addrs := p.space.addrs[:0]
	now := l.it.cfg.Now()
	for _, ns := range d.servers {
		known := ns.Addrs
		if len(known) == 0 {
			known, _ = l.host(ns.Name, now)
		}
		addrs = append(addrs, known...)
		// A name below the cut that came without glue can only be found by way of
		// itself.
		if len(known) == 0 && (d.fixed || !within(d.zone, ns.Name)) {
			p.names = append(p.names, ns.Name)
		}
	}
	p.add(addrs)
	// A reply did not validate: it is worth looking for servers that came without
	// glue, or with glue of one family only.
	if len(l.avoid[q]) > 0 && len(l.it.addressTypes()) > 1 {
		for _, ns := range d.servers {
			if ns.Name != "" && !slices.Contains(p.names, ns.Name) {
				p.others = append(p.others, ns.Name)
			}
		}
	}
	return p
}

// add offers addresses that were not offered before and that may be asked.
func (p *pool) add(addrs []netip.Addr) {
	now := p.l.it.cfg.Now()
	avoid := p.l.avoid[p.q]
	ready, last := len(p.ready), len(p.last)
	for _, a := range addrs {
		if slices.Contains(p.offered, a) || !p.l.it.usable(a, p.d.fixed) {
			continue
		}
		p.offered = append(p.offered, a)
		c := p.l.candidate(a, p.d.zone, p.q.Type, now)
		switch {
		case avoid[c.server]:
		case c.last:
			p.last = append(p.last, c)
		default:
			p.ready = append(p.ready, c)
		}
	}
	cheapestFirst(p.ready[ready:])
	cheapestFirst(p.last[last:])
}

// next returns the next server to ask; false: there is none left.
func (p *pool) next(ctx context.Context) (candidate, bool) {
	for ctx.Err() == nil {
		switch {
		case len(p.ready) > 0:
			c := p.ready[0]
			p.ready = p.ready[1:]
			return c, true
		case len(p.names) > 0 && p.sought < p.l.it.cfg.Limits.ServerNames:
			name := p.names[0]
			p.names = p.names[1:]
			p.sought++
			p.add(p.l.addresses(ctx, name, p.depth+1))
		case len(p.others) > 0 && p.sought < p.l.it.cfg.Limits.ServerNames:
			name := p.others[0]
			p.others = p.others[1:]
			p.sought++
			p.add(p.l.seek(ctx, name, dns.TypeAAAA, p.depth+1))
		case len(p.last) > 0:
			c := p.last[0]
			p.last = p.last[1:]
			return c, true
		default:
			return candidate{}, false
		}
	}
	return candidate{}, false
}

// sentInVain is how many questions an exchange without a reply cost.
func sentInVain(err error) int {
	var xe *exchange.Error
	if errors.As(err, &xe) {
		return xe.Queries
	}
	return 0
}

package resolver

import (
	"context"
	"errors"
	"net/netip"
	"slices"

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
}

func (l *lookup) newPool(d *delegation, q dnssec.Question, depth int) *pool {
	p := &pool{l: l, d: d, q: q, depth: depth}
	addrs := make([]netip.Addr, 0, 2*len(d.servers))
	now := l.it.cfg.Now()
	for _, ns := range d.servers {
		known := ns.Addrs
		if len(known) == 0 {
			known, _ = l.it.hosts.get(ns.Name, now)
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
	fresh := make([]netip.Addr, 0, len(addrs))
	p.offered = slices.Grow(p.offered, len(addrs))
	for _, a := range addrs {
		if slices.Contains(p.offered, a) || !p.l.it.usable(a, p.d.fixed) {
			continue
		}
		p.offered = append(p.offered, a)
		if !p.l.avoid[p.q][netip.AddrPortFrom(a, p.l.it.cfg.Port)] {
			fresh = append(fresh, a)
		}
	}
	for _, c := range p.l.it.order(fresh, p.d.zone, p.q.Type) {
		if c.last {
			p.last = append(p.last, c)
		} else {
			p.ready = append(p.ready, c)
		}
	}
}

// next returns the next server to ask; false: there is none left.
func (p *pool) next(ctx context.Context) (netip.AddrPort, bool) {
	for ctx.Err() == nil {
		switch {
		case len(p.ready) > 0:
			c := p.ready[0]
			p.ready = p.ready[1:]
			return c.server, true
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
			return c.server, true
		default:
			return netip.AddrPort{}, false
		}
	}
	return netip.AddrPort{}, false
}

// sentInVain is how many questions an exchange without a reply cost.
func sentInVain(err error) int {
	var xe *exchange.Error
	if errors.As(err, &xe) {
		return xe.Queries
	}
	return 0
}

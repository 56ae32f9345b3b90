package resolver

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// ask puts one question, aliases not followed across zones, from the deepest zone
// cut known downwards. Each referral is deeper than the one before, so that there
// are no more turns than labels.
func (l *lookup) ask(ctx context.Context, q dnssec.Question, depth int) (*part, error) {
	d := l.closest(q)
	for {
		p, next, err := l.askZone(ctx, d, q, depth)
		if next != nil {
			l.keep(next)
			if depth == 0 {
				l.proofs = append(l.proofs, next)
			}
		}
		if err != nil {
			l.it.forget(d, err)
		}
		if p != nil || err != nil {
			return p, err
		}
		d = next
	}
}

// keep remembers a delegation that a referral brought.
func (l *lookup) keep(d *delegation) {
	d.since = l.since
	l.it.keepGlue(d)
	l.it.cuts.put(d.zone, d, d.until)
}

// forget drops a delegation whose servers do not serve the zone, or have been
// silent for some time: the parent may know others by now.
func (it *Iterate) forget(d *delegation, err error) {
	e := asLookupError(err)
	if d.fixed || e.reason != dnssec.ReasonNoReply {
		return
	}
	now := it.cfg.Now()
	if errors.Is(e, errLame) || now.Before(it.state.get(e.server, now).dead) {
		it.cuts.delete(d.zone)
	}
}

// askZone asks servers of one zone until one is of use: it answers, or refers to
// a zone below. A reply of doubtful use is taken where no server has a better one.
func (l *lookup) askZone(ctx context.Context, d *delegation, q dnssec.Question, depth int) (*part, *delegation, error) {
	asked, err := l.spell(q.Name)
	if err != nil {
		return nil, nil, errNoName
	}
	servers := l.newPool(d, q, depth)
	defer servers.free()
	var doubtful *part
	failure := errNoServers
	for range l.it.cfg.Limits.Servers {
		server, ok := servers.next(ctx)
		if !ok {
			break
		}
		r, err := l.query(ctx, server, q)
		if err != nil {
			e := asLookupError(err)
			if e.reason == dnssec.ReasonWorkLimit || ctx.Err() != nil {
				return nil, nil, e
			}
			failure = worse(failure, e)
			continue
		}
		v := l.it.judge(r, d, asked, q.Type)
		switch {
		case v.err != nil:
			failure = worse(failure, v.err)
		case v.doubtful:
			doubtful = v.part
		default:
			return v.part, v.next, nil
		}
	}
	if doubtful != nil {
		return doubtful, nil, nil
	}
	return nil, nil, failure
}

// spell reads a name that is asked for, which mostly is the one before.
func (l *lookup) spell(name string) (dnssec.Spelled, error) {
	if l.asked.Text == name {
		return l.asked, nil
	}
	asked, err := dnssec.Spell(name)
	if err == nil {
		l.asked = asked
	}
	return asked, err
}

// worse picks the failure that says more: an rcode more than silence.
func worse(a, b *lookupError) *lookupError {
	if a == errNoServers || b.rcode >= a.rcode {
		return b
	}
	return a
}

// query asks one server, without EDNS where it cannot bear that.
func (l *lookup) query(ctx context.Context, c candidate, q dnssec.Question) (exchange.Reply, error) {
	server := c.server
	opt := exchange.Options{DO: true}
	if c.noEDNS {
		opt = exchange.Options{NoEDNS: true}
	}
	r, err := l.exchange(ctx, server, q, opt)
	if err != nil || opt.NoEDNS || !ednsRefused(r.Msg.Rcode) {
		if err == nil && c.unsure {
			l.it.state.bearsEDNS(server, l.it.cfg.Now())
		}
		return r, err
	}
	plain, err := l.exchange(ctx, server, q, exchange.Options{NoEDNS: true})
	if err != nil {
		return r, nil
	}
	if !ednsRefused(plain.Msg.Rcode) {
		l.it.state.setNoEDNS(server, l.since, l.it.cfg.Now())
	}
	return plain, nil
}

// ednsRefused reports whether an rcode may mean that a server cannot bear EDNS
// (RFC 6891, Section 7).
func ednsRefused(rcode int) bool {
	return rcode == dns.RcodeFormatError || rcode == dns.RcodeNotImplemented || rcode == dns.RcodeBadVers
}

// exchange sends one question within the budget and remembers how the server did.
func (l *lookup) exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	if l.queries >= l.it.cfg.Limits.Queries {
		return exchange.Reply{}, errWorkLimit
	}
	r, err := l.it.cfg.Exchanger.Exchange(ctx, server, q, opt)
	now := l.it.cfg.Now()
	if err != nil {
		e := asLookupError(err)
		l.queries += max(1, sentInVain(err))
		if e.outcome == Timeout && ctx.Err() == nil || e.outcome == NetworkError {
			l.it.state.silence(server, now)
		}
		e.server = server
		return r, e
	}
	l.queries += max(1, r.Queries)
	l.it.state.replied(server, r.RTT, now)
	return r, nil
}

// hostAddrs are the addresses of a name server; none: it has none, or they could
// not be found.
type hostAddrs struct {
	addrs []netip.Addr
	since int64 // as lookup.since of the one that found them
}

const (
	hostFailureTTL = time.Minute // before a name server that was not found is sought again
)

// addresses looks up the addresses of a name server: IPv4, and IPv6 where there
// is no IPv4. They are not validated: what a wrong server says does not validate.
func (l *lookup) addresses(ctx context.Context, name string, depth int) []netip.Addr {
	now := l.it.cfg.Now()
	if known, ok := l.host(name, now); ok {
		return known
	}
	sought := l.targets
	for _, qtype := range l.it.addressTypes() {
		if addrs := l.seek(ctx, name, qtype, depth); len(addrs) > 0 {
			return addrs
		}
	}
	if l.targets > sought && l.queries < l.it.cfg.Limits.Queries && ctx.Err() == nil {
		l.it.hosts.put(name, hostAddrs{nil, l.since}, now.Add(hostFailureTTL))
	}
	return nil
}

// host returns the addresses of a name server that are known and believed.
func (l *lookup) host(name string, now time.Time) ([]netip.Addr, bool) {
	known, ok := l.it.hosts.get(name, now)
	if !ok || known.since < l.since {
		return nil, false
	}
	return known.addrs, true
}

// seek looks up the addresses of one family of a name server, within the limits
// of depth and number.
func (l *lookup) seek(ctx context.Context, name string, qtype uint16, depth int) []netip.Addr {
	limits := l.it.cfg.Limits
	q := dnssec.Question{Name: name, Type: qtype}
	if l.sought[q] || depth > limits.Depth || l.targets >= limits.Targets {
		return nil
	}
	if l.sought == nil {
		l.sought = map[dnssec.Question]bool{}
	}
	l.sought[q] = true // not again in this lookup, so that no lookup waits for itself
	l.targets++
	step := func(ctx context.Context, q dnssec.Question) (*part, bool, error) {
		p, err := l.ask(ctx, q, depth)
		return p, true, err
	}
	msg, _, err := l.chase(ctx, q, step)
	if err != nil {
		return nil
	}
	addrs, ttl := messageAddrs(msg, qtype)
	if len(addrs) > 0 {
		now := l.it.cfg.Now()
		known, _ := l.host(name, now)
		l.it.hosts.put(name, hostAddrs{joinAddrs(addrs, known), l.since}, now.Add(clampTTL(ttl)))
	}
	return addrs
}

// joinAddrs adds the addresses of the other family to those found.
func joinAddrs(found, known []netip.Addr) []netip.Addr {
	out := slices.Clone(found)
	for _, a := range known {
		if a.Is4() != found[0].Is4() && len(out) < maxServerAddrs {
			out = append(out, a)
		}
	}
	return out
}

func (it *Iterate) addressTypes() []uint16 {
	switch {
	case it.cfg.IPv4Only:
		return []uint16{dns.TypeA}
	case it.cfg.IPv6Only:
		return []uint16{dns.TypeAAAA}
	}
	return []uint16{dns.TypeA, dns.TypeAAAA}
}

func messageAddrs(msg *dnssec.Message, qtype uint16) ([]netip.Addr, uint32) {
	var addrs []netip.Addr
	ttl := uint32(1 << 31)
	for i := range msg.Answer {
		r := &msg.Answer[i]
		ttl = min(ttl, r.TTL)
		if addr, ok := addrIn(r); ok && r.Type == qtype && len(addrs) < maxServerAddrs {
			addrs = append(addrs, addr)
		}
	}
	return addrs, ttl
}

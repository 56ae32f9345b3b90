package lab

import (
	"iter"

	"github.com/miekg/dns"
)

// small is a tree of a few nodes in canonical order, made for one answer.
type small []*node

func (t small) find(name string) *node {
	for _, n := range t {
		if n.name == name {
			return n
		}
	}
	return nil
}

func (t small) around(name string) (at, next string) {
	key := sortKey(name)
	at, next = t[0].name, t[0].name
	for _, n := range t {
		if len(n.sets) == 0 {
			continue
		}
		if sortKey(n.name) > key {
			return at, n.name
		}
		at = n.name
	}
	return at, next
}

func (t small) all() iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for _, n := range t {
			if !yield(n) {
				return
			}
		}
	}
}

func (t small) ring(z *zone) *ring { return newRing(z) }

// zone makes the zone of the bulk domain that has the answer to a question, nil if
// none has.
func (b *bulk) zone(q question) *zone {
	i := b.index(q.name)
	if i < 0 {
		return nil
	}
	apex := b.name(i)
	if q.rrtype == dns.TypeDS && q.name == apex {
		return nil
	}
	return b.zoneOf(b.domain(i), apex)
}

func (b *bulk) zoneOf(d domain, apex string) *zone {
	z := &zone{apex: apex, bulk: true, dead: d.shape == lost, servers: d.operator.servers}
	top := &node{name: apex}
	top.add(&dns.SOA{
		Hdr: header(apex, dns.TypeSOA, ttlNegative), Ns: z.servers[0].name, Mbox: join("hostmaster", apex),
		Serial: 1, Refresh: 7200, Retry: 3600, Expire: 1209600, Minttl: ttlNegative,
	})
	top.sets = append(top.sets, d.operator.ns(apex))
	if d.signed {
		z.keys, z.trust = b.keys(d), secure
		if d.nsec3 {
			z.denial = byNSEC3
			top.add(z.nsec3param())
		}
		if d.forged {
			z.trust = bogus
		}
		top.sets = append(top.sets, z.keys.dnskeys(apex))
	}
	z.tree = b.mail(d, top)
	return z
}

// keys returns the keys that a signed domain shares with many.
func (b *bulk) keys(d domain) *keyring {
	kind := 0
	if d.nsec3 {
		kind = 1
	}
	return b.rings[kind][d.i%bulkKeys]
}

// ds returns the DS RRset of a signed domain.
func (b *bulk) ds(d domain, apex string) []dns.RR {
	keys := b.keys(d)
	if d.forged {
		keys = b.rings[0][(d.i+1)%bulkKeys]
		if d.nsec3 {
			keys = b.rings[1][(d.i+1)%bulkKeys]
		}
	}
	return keys.ds(apex)
}

// mail adds what a domain says about its mail.
func (b *bulk) mail(d domain, top *node) tree {
	policies := b.policies(d, top.name)
	switch d.shape {
	case hosted:
		top.sets = append(top.sets, d.provider.mx(b, d, top.name))
	case nullMX:
		top.add(&dns.MX{Hdr: header(top.name, dns.TypeMX, ttlUsual), Mx: "."})
	case implicit:
		top.add(addressRecord(top.name, d.machine.addr))
	case selfHosted:
		host := &node{name: join("mail", top.name)}
		top.add(&dns.MX{Hdr: header(top.name, dns.TypeMX, ttlUsual), Preference: 10, Mx: host.name})
		host.add(addressRecord(host.name, d.machine.addr))
		t := append(append(small{top}, policies...), host)
		if d.tlsa != noTLSA {
			tcp := &node{name: join("_tcp", host.name)}
			smtp := &node{name: join("_25", tcp.name)}
			smtp.add(tlsaRecord(smtp.name, d.tlsa, d.machine))
			t = append(t, tcp, smtp)
		}
		return t
	}
	return append(small{top}, policies...)
}

// staleDigest is of a key that nobody has.
const staleDigest = "00000000deadbeef00000000deadbeef00000000deadbeef00000000deadbeef"

func tlsaRecord(owner string, kind tlsaKind, s *mailServer) dns.RR {
	rr := &dns.TLSA{Hdr: header(owner, dns.TypeTLSA, ttlUsual), Usage: 3, Selector: 1, MatchingType: 1, Certificate: staleDigest}
	if kind == pkixTLSA {
		rr.Usage = 1
	}
	if kind != staleTLSA {
		rr.Certificate = s.digest
	}
	return rr
}

// crowd is a TLD: what is planted in it, and the bulk domains under it.
type crowd struct {
	*planted
	bulk *bulk
	tld  int
	apex string
}

func (c *crowd) find(name string) *node {
	if n := c.planted.find(name); n != nil {
		return n
	}
	if len(name) != labelSize+1+len(c.apex) || c.bulk.index(name) < 0 {
		return nil
	}
	return c.bulk.cut(c.bulk.domain(c.bulk.number(name[:labelSize])), name)
}

// cut is a bulk domain as its TLD knows it.
func (b *bulk) cut(d domain, name string) *node {
	n := &node{name: name, sets: [][]dns.RR{d.operator.ns(name)}}
	if d.signed {
		n.sets = append(n.sets, b.ds(d, name))
	}
	return n
}

// around merges the order of the planted names with that of the numbers.
func (c *crowd) around(name string) (at, next string) {
	at, next = c.planted.around(name)
	key := sortKey(name)
	i := c.bulk.lastUpTo(key, c.apex)
	if i >= c.bulk.n && c.bulk.n > 0 {
		i = c.bulk.n - 1
	}
	before := c.step(i, -1)
	if before != "" && (sortKey(before) > sortKey(at) || sortKey(at) > key) {
		at = before
	}
	if after := c.step(i+1, +1); after != "" && (next == c.apex || sortKey(after) < sortKey(next)) {
		next = after
	}
	return at, next
}

// lastUpTo returns the number of the last label that sorts at or before a key, -1
// if none does. The label need not be a domain of that TLD.
func (b *bulk) lastUpTo(key, apex string) int {
	lo, hi := 0, b.n
	for lo < hi {
		mid := (lo + hi) / 2
		if sortKey(join(b.label(mid), apex)) > key {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo - 1
}

// step goes from a number in one direction to the next domain of the TLD.
func (c *crowd) step(i, by int) string {
	for ; i >= 0 && i < c.bulk.n; i += by {
		if c.bulk.tldOf(i) == c.tld && c.bulk.shapeOf(i) != gone {
			return join(c.bulk.label(i), c.apex)
		}
	}
	return ""
}

func (c *crowd) all() iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for n := range c.planted.all() {
			if !yield(n) {
				return
			}
		}
		for i := range c.bulk.n {
			if name := c.bulk.name(i); c.bulk.index(name) == i && c.bulk.tldOf(i) == c.tld && !yield(c.find(name)) {
				return
			}
		}
	}
}

// settle hashes the signed bulk domains into the TLD's NSEC3 chain.
func (c *crowd) settle(z *zone) {
	if c.hash == nil {
		return
	}
	for i := range c.bulk.n {
		if c.bulk.tldOf(i) == c.tld && c.bulk.isSigned(i) {
			c.hash.hashes = append(c.hash.hashes, z.hash(c.bulk.name(i)))
		}
	}
	c.hash.sort()
}

package resolver

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"danescan/scanner/dnssec"
)

// serverSets lets delegations to the same servers share one list of them: a
// provider has two servers and a million zones.
type serverSets struct {
	seed maphash.Seed
	sets *table[uint64, serverSet]
}

// serverSet is a list of servers, and their names once more, one behind the other,
// in wire form.
type serverSet struct {
	names   string
	servers []NameServer
}

// referred is the servers that a referral names, as its records have them.
type referred struct {
	names []dnssec.Name
	glue  []glued

	space struct { // what these lie in
		names [maxServerNames]dnssec.Name
		glue  [maxServerAddrs]glued
	}
}

// referrals are used again: what is made of one holds on to no part of it.
var referrals = sync.Pool{New: func() any { return new(referred) }}

func newReferred() *referred {
	r := referrals.Get().(*referred)
	r.names, r.glue = r.space.names[:0], r.space.glue[:0]
	return r
}

// free gives it back.
func (r *referred) free() {
	*r = referred{}
	referrals.Put(r)
}

// glued is an address of one of the servers named.
type glued struct {
	of   int
	addr netip.Addr
}

// setTTL is how long a list is known that nobody uses; delegations keep theirs.
const setTTL = maxDelegationTTL

func newServerSets(limit int) *serverSets {
	return &serverSets{seed: maphash.MakeSeed(), sets: newTable[uint64, serverSet](limit)}
}

// share returns the list of the servers of a referral, which others may have, too.
// It is never changed.
func (s *serverSets) share(r *referred, now time.Time) []NameServer {
	key := s.hash(r)
	if known, ok := s.sets.get(key, now); ok && known.is(r) {
		return known.servers
	}
	made := r.set()
	s.sets.put(key, made, now.Add(setTTL))
	return made.servers
}

// is reports whether a set is that of a referral.
func (s serverSet) is(r *referred) bool {
	if len(s.servers) != len(r.names) {
		return false
	}
	rest := s.names
	for i, n := range r.names {
		after, ok := strings.CutPrefix(rest, string(n))
		if !ok || !r.addressed(i, s.servers[i].Addrs) {
			return false
		}
		rest = after
	}
	return rest == ""
}

// addressed reports whether a server came with these addresses, in this order.
func (r *referred) addressed(server int, addrs []netip.Addr) bool {
	for _, g := range r.glue {
		switch {
		case g.of != server:
		case len(addrs) == 0 || addrs[0] != g.addr:
			return false
		default:
			addrs = addrs[1:]
		}
	}
	return len(addrs) == 0
}

// set makes the list of the servers.
func (r *referred) set() serverSet {
	servers, addrs := make([]NameServer, len(r.names)), make([]netip.Addr, 0, len(r.glue))
	var names strings.Builder
	for i, n := range r.names {
		names.WriteString(string(n))
		start := len(addrs)
		for _, g := range r.glue {
			if g.of == i {
				addrs = append(addrs, g.addr)
			}
		}
		servers[i].Name = n.String()
		if end := len(addrs); end > start {
			servers[i].Addrs = addrs[start:end:end]
		}
	}
	return serverSet{names.String(), servers}
}

func (s *serverSets) hash(r *referred) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for i, n := range r.names {
		h.WriteString(string(n))
		for _, g := range r.glue {
			if g.of == i {
				octets := g.addr.As16()
				h.Write(octets[:])
			}
		}
	}
	return h.Sum64()
}

// name adds a server, unless it is there or there are enough. It reports whether it
// did.
func (r *referred) name(n dnssec.Name) bool {
	if slices.Contains(r.names, n) || len(r.names) == maxServerNames {
		return false
	}
	r.names = append(r.names, n)
	return true
}

// addresses takes the addresses of the servers named, where the zone that refers has
// a say over their names (RFC 2181, Section 5.4.1).
func (r *referred) addresses(additional []dnssec.Record, parent dnssec.Name) {
	for i := range additional {
		record := &additional[i]
		addr, ok := addrIn(record)
		if !ok || len(r.glue) == maxServerAddrs {
			continue
		}
		if of := slices.Index(r.names, record.Owner); of >= 0 && record.Owner.Within(parent) {
			r.glue = append(r.glue, glued{of, addr})
		}
	}
}

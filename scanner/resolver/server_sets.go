package resolver

import (
	"hash/maphash"
	"slices"
	"time"
)

// serverSets lets delegations to the same servers share one list of them: a
// provider has two servers and a million zones.
type serverSets struct {
	seed maphash.Seed
	sets *table[uint64, []NameServer]
}

// setTTL is how long a list is known that nobody uses; delegations keep theirs.
const setTTL = maxDelegationTTL

func newServerSets(limit int) *serverSets {
	return &serverSets{seed: maphash.MakeSeed(), sets: newTable[uint64, []NameServer](limit)}
}

// share returns a list that is equal to the one given, and that others may have.
// None of them is ever changed.
func (s *serverSets) share(servers []NameServer, now time.Time) []NameServer {
	key := s.hash(servers)
	if known, ok := s.sets.get(key, now); ok && slices.EqualFunc(known, servers, sameServer) {
		return known
	}
	s.sets.put(key, servers, now.Add(setTTL))
	return servers
}

func sameServer(a, b NameServer) bool {
	return a.Name == b.Name && slices.Equal(a.Addrs, b.Addrs)
}

func (s *serverSets) hash(servers []NameServer) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, ns := range servers {
		h.WriteString(ns.Name)
		for _, a := range ns.Addrs {
			octets := a.As16()
			h.Write(octets[:])
		}
		h.WriteByte(0)
	}
	return h.Sum64()
}

package dnssec

import (
	"sync"
	"sync/atomic"

	"filippo.io/nistec"
)

// Bounds of a p256Store. What a table costs is won back after some six
// signatures. Most keys of a scan sign few; the keys of top-level domains, and
// those that an operator has for all its zones, sign thousands.
const (
	p256Worth  = 32    // signatures of a key before it gets a table
	p256Tables = 128   // of 48 KiB
	p256Counts = 8_192 // keys whose signatures are counted
)

// p256Store holds tables for the keys that verify much, shared by all the zones
// that have the same key. It is safe for concurrent use.
type p256Store struct {
	counts *cache[p256Octets, *p256Use]
	tabled atomic.Int64 // signatures that a table has verified

	mu   sync.Mutex
	held []*p256Use // those with a table
}

// p256Use is the use of a key.
type p256Use struct {
	count atomic.Int64 // signatures put to it, halved whenever another key loses its table
	table atomic.Pointer[comb]
}

func newP256Store() *p256Store {
	return &p256Store{counts: newCache[p256Octets, *p256Use](p256Counts)}
}

// table counts a use of a key. It returns the key's table, nil while there is none:
// one caller makes it when it is due, and the others go on without.
func (s *p256Store) table(key *p256Octets) *comb {
	use, ok := s.counts.get(*key)
	if !ok {
		use = new(p256Use)
		s.counts.set(*key, use)
	}
	count, table := use.count.Add(1), use.table.Load()
	if table != nil || count != p256Worth {
		return table
	}
	point, err := key.point()
	if err != nil { // it is none that was read
		return nil
	}
	return s.hold(use, newComb(point))
}

// hold gives a key its table. Where all are taken it is in the place of the one
// used least. What was used much long ago does not count for ever.
func (s *p256Store) hold(use *p256Use, table *comb) *comb {
	s.mu.Lock()
	defer s.mu.Unlock()
	if use.table.Load() != nil { // its count was halved meanwhile, and is due again
		return table
	}
	use.table.Store(table)
	if len(s.held) < p256Tables {
		s.held = append(s.held, use)
		return table
	}
	least := 0
	for i, u := range s.held {
		u.count.Store(u.count.Load() / 2)
		if u.count.Load() < s.held[least].count.Load() {
			least = i
		}
	}
	s.held[least].giveUp()
	s.held[least] = use
	return table
}

// giveUp takes the table from a key, which has to earn the next one.
func (u *p256Use) giveUp() {
	u.count.Store(0)
	u.table.Store(nil)
}

// point decodes a key.
func (o *p256Octets) point() (*nistec.P256Point, error) {
	return new(nistec.P256Point).SetBytes(append([]byte{4}, o[:]...))
}

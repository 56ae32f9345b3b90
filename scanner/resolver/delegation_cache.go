package resolver

import (
	"hash/maphash"
	"sync"
	"time"
)

// tableShards is how many locks a table spreads its keys over.
const tableShards = 16

// table is a sharded map with a bound and an expiry for each entry. Each shard has
// two generations: when the young one has half of what the shard may hold, it
// becomes the old one, and what was old is forgotten. A hit in the old one moves
// the entry to the young one: what is asked for time and again stays, however much
// that is asked for once passes by.
type table[K comparable, V any] struct {
	seed   maphash.Seed
	limit  int // of each generation of a shard
	shards [tableShards]shard[K, V]
}

type shard[K comparable, V any] struct {
	mu         sync.Mutex
	young, old map[K]expiring[V]
}

// expiring is an entry. Its time is a number, so that a table of values without
// pointers is none of the garbage collector's business.
type expiring[V any] struct {
	value V
	until int64 // Unix time in nanoseconds
}

// newTable makes a table of limit entries at most.
func newTable[K comparable, V any](limit int) *table[K, V] {
	return &table[K, V]{seed: maphash.MakeSeed(), limit: max(1, limit/(2*tableShards))}
}

func (t *table[K, V]) shard(key K) *shard[K, V] {
	return &t.shards[maphash.Comparable(t.seed, key)%tableShards]
}

// get returns the value of key where it has not expired.
func (t *table[K, V]) get(key K, now time.Time) (V, bool) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.young[key]
	aged := false
	if !ok {
		e, aged = s.old[key]
	}
	switch {
	case !ok && !aged:
	case now.UnixNano() >= e.until:
		delete(s.young, key)
		delete(s.old, key)
	default:
		if aged {
			t.store(s, key, e)
		}
		return e.value, true
	}
	var none V
	return none, false
}

// put stores a value until the time given.
func (t *table[K, V]) put(key K, value V, until time.Time) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	t.store(s, key, expiring[V]{value, until.UnixNano()})
}

// update changes the value of key, the zero value where there is none that has not
// expired, and stores it until the time given: one lock, where get and put take two.
func (t *table[K, V]) update(key K, now, until time.Time, change func(value V, known bool) V) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, young := s.young[key]
	known := young
	if !young {
		e, known = s.old[key]
	}
	if known && now.UnixNano() >= e.until {
		e, known = expiring[V]{}, false
	}
	e = expiring[V]{change(e.value, known), until.UnixNano()}
	if young {
		s.young[key] = e
		return
	}
	t.store(s, key, e)
}

// store puts an entry into the young generation of a shard that the caller has
// locked.
func (t *table[K, V]) store(s *shard[K, V], key K, e expiring[V]) {
	if _, there := s.young[key]; !there && len(s.young) >= t.limit {
		clear(s.old)
		s.young, s.old = s.old, s.young
	}
	if s.young == nil {
		s.young = make(map[K]expiring[V])
	}
	s.young[key] = e
	delete(s.old, key)
}

func (t *table[K, V]) delete(key K) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.young, key)
	delete(s.old, key)
}

// len counts the entries, expired ones that were not met since included.
func (t *table[K, V]) len() int {
	n := 0
	for i := range t.shards {
		t.shards[i].mu.Lock()
		n += len(t.shards[i].young) + len(t.shards[i].old)
		t.shards[i].mu.Unlock()
	}
	return n
}

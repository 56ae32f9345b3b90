package resolver

import (
	"hash/maphash"
	"sync"
	"time"
)

// tableShards is how many locks a table spreads its keys over.
const tableShards = 16

// table is a sharded map with a bound and an expiry for each entry. Where a
// shard is full, the soonest to expire of a few entries makes room.
type table[K comparable, V any] struct {
	seed   maphash.Seed
	limit  int // of each shard
	shards [tableShards]shard[K, V]
}

type shard[K comparable, V any] struct {
	mu sync.Mutex
	m  map[K]expiring[V]
}

type expiring[V any] struct {
	value V
	until time.Time
}

// evictionSample is how many entries are looked at to find one that may go.
const evictionSample = 8

func newTable[K comparable, V any](limit int) *table[K, V] {
	t := &table[K, V]{seed: maphash.MakeSeed(), limit: max(1, limit/tableShards)}
	for i := range t.shards {
		t.shards[i].m = map[K]expiring[V]{}
	}
	return t
}

func (t *table[K, V]) shard(key K) *shard[K, V] {
	return &t.shards[maphash.Comparable(t.seed, key)%tableShards]
}

// get returns the value of key where it has not expired.
func (t *table[K, V]) get(key K, now time.Time) (V, bool) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.m[key]
	if ok && !now.Before(e.until) {
		delete(s.m, key)
		ok = false
	}
	if !ok {
		var none V
		return none, false
	}
	return e.value, true
}

// put stores a value until the time given.
func (t *table[K, V]) put(key K, value V, until time.Time) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.m[key]; !ok && len(s.m) >= t.limit {
		s.evict()
	}
	s.m[key] = expiring[V]{value, until}
}

func (s *shard[K, V]) evict() {
	var victim K
	var soonest time.Time
	seen := 0
	for key, e := range s.m {
		if seen == 0 || e.until.Before(soonest) {
			victim, soonest = key, e.until
		}
		if seen++; seen == evictionSample {
			break
		}
	}
	delete(s.m, victim)
}

func (t *table[K, V]) delete(key K) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.m, key)
}

// len counts the entries, expired ones that were not met since included.
func (t *table[K, V]) len() int {
	n := 0
	for i := range t.shards {
		t.shards[i].mu.Lock()
		n += len(t.shards[i].m)
		t.shards[i].mu.Unlock()
	}
	return n
}

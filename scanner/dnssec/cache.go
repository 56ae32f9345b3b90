package dnssec

import (
	"hash/maphash"
	"sync"
)

const shards = 64

// cache is a bounded map for concurrent use. Each shard has two generations: when
// the young one is full it becomes the old one, and what was old is forgotten. A
// hit in the old one moves the entry to the young one.
type cache[K comparable, V any] struct {
	seed  maphash.Seed
	limit int // entries of one generation of one shard
	shard [shards]struct {
		sync.Mutex
		young, old map[K]V
	}
}

// newCache returns a cache that never holds more than entries, rounded up to a
// multiple of twice the shards.
func newCache[K comparable, V any](entries int) *cache[K, V] {
	return &cache[K, V]{seed: maphash.MakeSeed(), limit: max(1, (entries+2*shards-1)/(2*shards))}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	s := &c.shard[maphash.Comparable(c.seed, key)%shards]
	s.Lock()
	defer s.Unlock()
	if v, ok := s.young[key]; ok {
		return v, true
	}
	v, ok := s.old[key]
	if ok {
		c.put(&s.young, &s.old, key, v)
	}
	return v, ok
}

func (c *cache[K, V]) set(key K, v V) {
	s := &c.shard[maphash.Comparable(c.seed, key)%shards]
	s.Lock()
	defer s.Unlock()
	c.put(&s.young, &s.old, key, v)
}

// put stores in the young generation of a shard that the caller has locked.
func (c *cache[K, V]) put(young, old *map[K]V, key K, v V) {
	if _, there := (*young)[key]; !there && len(*young) >= c.limit {
		*old, *young = *young, nil
	}
	if *young == nil {
		*young = make(map[K]V)
	}
	(*young)[key] = v
	delete(*old, key)
}

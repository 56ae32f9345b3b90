package report

import (
	"cmp"
	"maps"
	"slices"
)

// maxKeys bounds the distinct keys that a tally holds: providers and parameters
// are named by strangers.
const maxKeys = 1 << 20

// tally counts by key.
type tally[K cmp.Ordered] struct {
	counts map[K]*count
	lost   count // what came after maxKeys keys
}

// count is one row of a figure: by domains and by hosts.
type count struct{ domains, hosts int64 }

func newTally[K cmp.Ordered]() *tally[K] { return &tally[K]{counts: map[K]*count{}} }

func (t *tally[K]) at(key K) *count {
	c := t.counts[key]
	if c == nil {
		if len(t.counts) >= maxKeys {
			return &t.lost
		}
		c = new(count)
		t.counts[key] = c
	}
	return c
}

// domain counts a domain under a key, host a host.
func (t *tally[K]) domain(key K) { t.at(key).domains++ }
func (t *tally[K]) host(key K)   { t.at(key).hosts++ }

// top returns the keys with the highest counts by domains, then by hosts, then by
// name; all of them where n is 0.
func (t *tally[K]) top(n int) []K {
	keys := slices.SortedFunc(maps.Keys(t.counts), func(a, b K) int {
		x, y := t.counts[a], t.counts[b]
		return cmp.Or(cmp.Compare(y.domains, x.domains), cmp.Compare(y.hosts, x.hosts), cmp.Compare(a, b))
	})
	if n > 0 && len(keys) > n {
		keys = keys[:n]
	}
	return keys
}

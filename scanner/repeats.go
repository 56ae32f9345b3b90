package scanner

import (
	"hash/maphash"
	"slices"
)

// twice finds the names that come more than once among millions, in eight octets
// and a little more for each: names whose hashes are alike are suspects, which a
// second look tells apart.
type twice struct {
	seed    maphash.Seed
	buckets [256][]uint64 // by the first octet of the hash: none grows large
}

func newTwice() *twice { return &twice{seed: maphash.MakeSeed()} }

func (t *twice) add(name string) {
	h := maphash.String(t.seed, name)
	b := &t.buckets[h>>56]
	*b = append(*b, h)
}

// suspects are the hashes that came more than once. What was added is forgotten.
func (t *twice) suspects() map[uint64]struct{} {
	found := map[uint64]struct{}{}
	for i, b := range t.buckets {
		slices.Sort(b)
		for j := 1; j < len(b); j++ {
			if b[j] == b[j-1] {
				found[b[j]] = struct{}{}
			}
		}
		t.buckets[i] = nil
	}
	return found
}

// suspect says whether a name is among those whose hashes were found.
func (t *twice) suspect(name string, found map[uint64]struct{}) bool {
	if len(found) == 0 {
		return false
	}
	_, is := found[maphash.String(t.seed, name)]
	return is
}

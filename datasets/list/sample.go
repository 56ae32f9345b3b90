package list

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"golang.org/x/net/publicsuffix"
)

// sampler takes a share of all names: those for which the first 64 bits of the
// SHA-256 of "seed:name" (the seed in decimal, the name in A-labels) lie below
// that share of 2^64. So anyone can draw the same sample, whatever the order of
// the list; a larger sample holds the smaller ones of the same seed; and a name
// that stays on a list stays in its sample.
type sampler struct {
	all    bool
	below  uint64
	prefix []byte
}

func newSampler(percent float64, seed uint64) (sampler, error) {
	if percent < 0 || percent > 100 || math.IsNaN(percent) {
		return sampler{}, fmt.Errorf("a sample of %v %%: want more than 0 and at most 100", percent)
	}
	if percent == 0 || percent == 100 {
		return sampler{all: true}, nil
	}
	return sampler{
		below:  uint64(percent / 100 * (1 << 63) * 2),
		prefix: append(strconv.AppendUint(nil, seed, 10), ':'),
	}, nil
}

// has reports whether a name is in the sample.
func (s sampler) has(name string) bool {
	if s.all {
		return true
	}
	var buffer [300]byte
	sum := sha256.Sum256(append(append(buffer[:0], s.prefix...), name...))
	return binary.BigEndian.Uint64(sum[:]) < s.below
}

// registrable folds a name to the domain that was registered, by the public suffix
// list. A public suffix stays as it is.
func registrable(name string) string {
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return name
	}
	return domain
}

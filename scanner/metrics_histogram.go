package scanner

import (
	"sync/atomic"
	"time"
)

// bounds are the upper ends of the buckets of a histogram, the last bucket's left
// out: that has none.
var bounds = [...]time.Duration{
	10 * time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond,
	time.Second, 3 * time.Second, 10 * time.Second, 30 * time.Second, 100 * time.Second,
}

// histogram counts durations by how long they are. Its zero value is empty.
type histogram struct {
	buckets [len(bounds) + 1]atomic.Int64
	sum     atomic.Int64 // nanoseconds
}

func (h *histogram) add(d time.Duration) {
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.buckets[i].Add(1)
	h.sum.Add(int64(d))
}

// Spread is a histogram as it stands.
type Spread struct {
	Count int64
	Sum   float64   // seconds
	Upto  []float64 // seconds: the upper end of each bucket, ascending
	Below []int64   // how many were no longer than that: it never falls
}

// read reads the histogram. What is added meanwhile may be in it or not.
func (h *histogram) read() Spread {
	var s Spread
	for i, bound := range bounds {
		s.Count += h.buckets[i].Load()
		s.Upto, s.Below = append(s.Upto, bound.Seconds()), append(s.Below, s.Count)
	}
	s.Count += h.buckets[len(bounds)].Load()
	s.Sum = time.Duration(h.sum.Load()).Seconds()
	return s
}

package run

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// maxCrew bounds the goroutines that write the columns of a part side by side. Each
// has a compressor of its own while it works.
const maxCrew = 4

// crew writes columns side by side: what one column becomes depends on no other.
// Its zero value is of no use.
type crew struct {
	presses []*press // of each goroutine
}

func newCrew() crew {
	var c crew
	for range crewSize() {
		c.presses = append(c.presses, newPress())
	}
	return c
}

// crewSize is how many goroutines a crew has: as many as there are processors.
func crewSize() int { return min(runtime.GOMAXPROCS(0), maxCrew) }

// each calls do for each of so many columns, each time with a press that nobody else
// uses meanwhile. It gives the first error, and returns when all goroutines have.
func (c crew) each(columns int, do func(column int, p *press) error) error {
	var next atomic.Int64
	var failed sync.Once
	var first error
	work := func(p *press) {
		for column := next.Add(1) - 1; column < int64(columns); column = next.Add(1) - 1 {
			if err := do(int(column), p); err != nil {
				failed.Do(func() { first = err })
				next.Store(int64(columns))
			}
		}
	}
	var others sync.WaitGroup
	for _, p := range c.presses[1:] {
		others.Go(func() { work(p) })
	}
	work(c.presses[0])
	others.Wait()
	return first
}

package run

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
)

// maxCrew bounds the goroutines that write the columns of a part side by side. Each
// has a compressor of its own while it works.
const maxCrew = 4

// crew writes columns side by side: what one column becomes depends on no other.
// Its zero value is of no use.
type crew struct {
	scratch [][]parquet.Value // of each goroutine
}

func newCrew() crew { return crew{make([][]parquet.Value, crewSize())} }

// crewSize is how many goroutines a crew has: as many as there are processors.
func crewSize() int { return min(runtime.GOMAXPROCS(0), maxCrew) }

// each calls do for each of so many columns, each time with values that nobody else
// uses meanwhile and that do gives back for the next. It gives the first error, and
// returns when all goroutines have.
func (c crew) each(columns int, do func(column int, values []parquet.Value) ([]parquet.Value, error)) error {
	var next atomic.Int64
	var failed sync.Once
	var first error
	work := func(i int) {
		values := c.scratch[i]
		for column := next.Add(1) - 1; column < int64(columns); column = next.Add(1) - 1 {
			var err error
			if values, err = do(int(column), values); err != nil {
				failed.Do(func() { first = err })
				next.Store(int64(columns))
			}
		}
		c.scratch[i] = values
	}
	var others sync.WaitGroup
	for i := 1; i < len(c.scratch); i++ {
		others.Go(func() { work(i) })
	}
	work(0)
	others.Wait()
	return first
}

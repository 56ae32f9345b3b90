package scanner

import (
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	"danescan/datasets/run"
)

// Bounds of the goroutines that judge the rows of a batch, and how many rows each of
// them takes at a time: some hosts take a hundred times as long as others.
const (
	judges    = 4
	judgeRows = 8
)

// sideBySide calls do for each of so many rows, in several goroutines.
func sideBySide(rows int, do func(row int)) {
	var next atomic.Int64
	work := func() {
		for first := int(next.Add(judgeRows)) - judgeRows; first < rows; first = int(next.Add(judgeRows)) - judgeRows {
			for row := first; row < min(first+judgeRows, rows); row++ {
				do(row)
			}
		}
	}
	var others sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), judges, 1+rows/judgeRows) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
}

// HostBatches gives the hosts with room for their verdicts.
func (j *joined) HostBatches() iter.Seq2[[]run.Host, error] { return inBatches(j.Hosts(), unjudged) }

// HostBatches gives the hosts with room for their verdicts.
func (p probed) HostBatches() iter.Seq2[[]run.Host, error] { return inBatches(p.Hosts(), unjudged) }

func unjudged(h run.HostEvidence) run.Host { return run.Host{HostEvidence: h} }

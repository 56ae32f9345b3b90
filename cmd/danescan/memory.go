package main

import (
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// By how many percent of what is alive memory may grow before the garbage collector
// runs. With Go's 100, a scan of 100,000 domains of the lab had 234 MB at its peak,
// with 50 it had 193; of 20,000, 173 and 140, for 3 percent more CPU time. Less than
// 50 costs more than it saves: stacks are a quarter of the rest.
//
// A long list is worth more memory: what a scan of it has is bounded all the same, by
// spareBytes beside what is alive. There is no limit to memory as a whole: where what
// is alive comes close to one, the collector would run all the time.
const (
	collectAt     = 50
	collectLongAt = 125       // from longList names on
	longList      = 1 << 17   // names
	spareBytes    = 256 << 20 // of garbage, where collectAt does not allow for more
)

// collectorPercent is by how many percent memory may grow after so many names, with
// so many bytes alive.
func collectorPercent(names int64, live uint64) int {
	if names < longList {
		return collectAt
	}
	return max(collectAt, min(collectLongAt, int(100*spareBytes/max(live, 1))))
}

// spareMemory sees to it that the garbage collector runs as often as collectorPercent
// says for the names taken so far, until stop is called; unless the user has said how
// often it shall.
func spareMemory(lookup func(string) (string, bool), names func() int64) (stop func()) {
	if _, set := lookup("GOGC"); set {
		return func() {}
	}
	percent := collectAt
	debug.SetGCPercent(percent)
	ended := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ended:
				return
			}
			// Each change stops all goroutines for a moment: small ones are not worth it.
			if now := collectorPercent(names(), liveBytes()); now > percent+5 || now < percent-5 {
				percent = now
				debug.SetGCPercent(percent)
			}
		}
	})
	return func() {
		close(ended)
		watch.Wait()
	}
}

// liveBytes is what the last run of the garbage collector found alive.
func liveBytes() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

package main

import (
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestCollectorPercent(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		names int64
		live  uint64
		want  int
	}{
		{0, 0, 50},
		{100_000, 40 * mb, 50},
		{131_071, 60 * mb, 50},
		{131_072, 60 * mb, 125},
		{1_000_000, 0, 125},
		{1_000_000, 200 * mb, 125},
		{4_000_000, 256 * mb, 100},
		{10_000_000, 400 * mb, 64},
		{30_000_000, 512 * mb, 50},
		{30_000_000, 4000 * mb, 50},
	} {
		if got := collectorPercent(c.names, c.live); got != c.want {
			t.Errorf("%d names, %d MB alive: %d percent, want %d", c.names, c.live/mb, got, c.want)
		}
	}
}

func TestSpareMemory(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	set := func() int {
		is := debug.SetGCPercent(100)
		debug.SetGCPercent(is)
		return is
	}
	synctest.Test(t, func(t *testing.T) {
		var names atomic.Int64
		names.Store(1_000_000)
		stop := spareMemory(func(name string) (string, bool) { return "200", name == "GOGC" }, names.Load)
		time.Sleep(time.Minute) // of the bubble
		if got := set(); got != 100 {
			t.Errorf("%d percent where GOGC is set, want what it was", got)
		}
		stop()
		names.Store(100_000)
		stop = spareMemory(func(string) (string, bool) { return "", false }, names.Load)
		time.Sleep(time.Minute)
		if got := set(); got != 50 {
			t.Errorf("%d percent of a short list, want 50", got)
		}
		names.Store(200_000)
		time.Sleep(2 * time.Second)
		if got := set(); got != 125 { // nothing to speak of is alive in this test
			t.Errorf("%d percent of a long list, want 125", got)
		}
		stop()
	})
}

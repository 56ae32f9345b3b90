package scanner

import (
	"runtime"
	"testing"
	"testing/synctest"
)

// inBubble runs f by the clock of a bubble of its own. The library that reads parts
// keeps what it decompresses with in a sync.Pool; one that was made in a bubble must
// not be used outside it, as another test would, so that the pool is emptied: two
// collections do that.
func inBubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	defer func() {
		runtime.GC()
		runtime.GC()
	}()
	synctest.Test(t, f)
}

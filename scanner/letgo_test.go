package scanner

import (
	"runtime"
	"testing"

	"danescan/scanner/exchange"
	"danescan/scanner/resolver"
)

// What the lookups took is known after they were let go, and their resolver, with
// its caches, is garbage then.
func TestLookupsAreLetGo(t *testing.T) {
	type caches struct{ resolver.Resolver }
	p := new(Progress)
	gone := make(chan struct{})
	func() {
		r := &caches{}
		runtime.AddCleanup(r, func(c chan struct{}) { close(c) }, gone)
		l := &lookups{Resolver: r, traffic: func() exchange.Stats { return exchange.Stats{TCP: 7} }}
		leave := p.follow(l)
		if got := p.Work().TCP; got != 7 {
			t.Errorf("%d queries over TCP while it lasts, want 7", got)
		}
		leave()
	}()
	if got := p.Work().TCP; got != 7 {
		t.Errorf("%d queries over TCP afterwards, want 7", got)
	}
	runtime.GC()
	<-gone
	runtime.KeepAlive(p)
}

package scanner

import (
	"net/netip"
	"time"
)

// lookups is how many there are at a time, at most: of domains and of hosts.
func (c Config) lookups() int {
	n := c.withDefaults().DNSConcurrency
	return n + n/2 + 1
}

// gate bounds how many sessions run under one key at a time: a network, a
// provider. What finds it full is parked there, and let go one at a time as
// sessions end. A key under which nothing runs takes no memory.
type gate[K comparable, T any] struct {
	limit int // 0: unlimited
	doors map[K]*door[T]
}

type door[T any] struct {
	running int
	parked  []T
}

func newGate[K comparable, T any](limit int) gate[K, T] {
	return gate[K, T]{limit: limit, doors: map[K]*door[T]{}}
}

// bounds reports whether the gate bounds a key at all: the zero key is that of
// nobody.
func (g *gate[K, T]) bounds(key K) bool {
	var nobody K
	return g.limit > 0 && key != nobody
}

func (g *gate[K, T]) full(key K) bool {
	d := g.doors[key]
	return g.bounds(key) && d != nil && d.running >= g.limit
}

func (g *gate[K, T]) enter(key K) {
	if !g.bounds(key) {
		return
	}
	d := g.doors[key]
	if d == nil {
		d = &door[T]{}
		g.doors[key] = d
	}
	d.running++
}

// leave ends what entered.
func (g *gate[K, T]) leave(key K) {
	d := g.doors[key]
	if d == nil {
		return
	}
	d.running--
	g.tidy(key, d)
}

// park keeps something at a full gate.
func (g *gate[K, T]) park(key K, what T) {
	d := g.doors[key]
	d.parked = append(d.parked, what)
}

// free takes back what was parked first, where there is room for it.
func (g *gate[K, T]) free(key K) (what T, ok bool) {
	d := g.doors[key]
	if d == nil || len(d.parked) == 0 || g.full(key) {
		return what, false
	}
	var none T
	what, d.parked[0], d.parked = d.parked[0], none, d.parked[1:]
	g.tidy(key, d)
	return what, true
}

func (g *gate[K, T]) tidy(key K, d *door[T]) {
	if d.running == 0 && len(d.parked) == 0 {
		delete(g.doors, key)
	}
}

// network is the part of the Internet that an address is bounded with: most often
// one operator's, behind one line.
func network(addr netip.Addr) netip.Prefix {
	bits := 48
	if addr = addr.Unmap(); addr.Is4() {
		bits = 24
	}
	p, _ := addr.WithZone("").Prefix(bits)
	return p
}

// maxSlowdown is how many times the usual gap an address that is in trouble is
// left alone at most.
const maxSlowdown = 16

// mood is how an address bore a session.
type mood uint8

const (
	calm      mood = iota
	troubled       // it was silent, or said that it cannot now (421)
	untouched      // nothing was sent to it
)

// nextGap is the gap to keep to an address after a session, given the one kept
// before: doubled while it is in trouble, up to maxSlowdown times the usual.
func nextGap(usual, before time.Duration, how mood) time.Duration {
	switch how {
	case troubled:
		return min(max(2*before, 2*usual), maxSlowdown*usual)
	case untouched:
		return before
	}
	return usual
}

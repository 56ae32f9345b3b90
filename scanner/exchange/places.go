package exchange

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// places are what so many questions may hold at a time, a number that may change,
// and those who wait for one, first come first served. Whoever owns them guards
// them with a mutex.
type places struct {
	size  int // that may be held
	out   int // that are held
	queue []chan bool
}

// errTurnedAway ends the wait of those for whom there will be no place.
var errTurnedAway = errors.New("turned away")

// take returns with a place, waiting for one where need be, or with an error when
// ctx ends or the queue is turned away. The caller holds mu, and no longer does
// afterwards.
func (p *places) take(ctx context.Context, mu *sync.Mutex) error {
	if p.out < p.size {
		p.out++
		mu.Unlock()
		return nil
	}
	turn := make(chan bool, 1)
	p.queue = append(p.queue, turn) // no longer than the callers are many
	mu.Unlock()
	select {
	case ok := <-turn:
		if !ok {
			return errTurnedAway
		}
		return nil
	case <-ctx.Done():
	}
	mu.Lock()
	defer mu.Unlock()
	if i := slices.Index(p.queue, turn); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
	} else if <-turn { // the turn came at the same moment: pass it on
		p.give()
	}
	return ctx.Err()
}

// give gives a place back.
func (p *places) give() {
	p.out--
	p.admit()
}

// resize changes how many places there are.
func (p *places) resize(n int) {
	p.size = n
	p.admit()
}

// admit lets in whom there is room for.
func (p *places) admit() {
	for p.out < p.size && len(p.queue) > 0 {
		p.queue[0] <- true
		p.queue[0] = nil
		p.queue = p.queue[1:]
		p.out++
	}
}

// turnAway ends the wait of all who wait.
func (p *places) turnAway() {
	for _, turn := range p.queue {
		turn <- false
	}
	p.queue = nil
}

package scanner

import (
	"container/heap"
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// schedule hands out tasks so that one address is never served by more than a
// given number of takers at a time, nor more often than once per gap, nor a
// network or a provider by too many. A task for a busy address waits without
// holding a taker, so that many host names on one address delay nothing but
// themselves.
type schedule[T any] struct {
	perAddress int            // at a time; 0: unlimited
	gap        time.Duration  // from the end of a session to the start of the next
	provider   func(T) string // whose limit a task counts for; "": nobody's
	length     *atomic.Int64  // kept at waiting, for those who only look

	mu      sync.Mutex
	peers   map[netip.Addr]*peer[T]
	nets    gate[netip.Prefix, *peer[T]]
	owners  gate[string, *peer[T]]
	ready   readyHeap[T]
	later   laterHeap[T]  // tasks that are not to be handed out yet
	changed chan struct{} // closed and renewed when something may have become ready
	waiting int           // tasks put and not yet taken
	active  int           // tasks taken and not yet done: they may put more
	closed  bool
}

// peer is one address with what waits for it. It is forgotten when nothing waits,
// nothing runs and its gap is over.
type peer[T any] struct {
	addr    netip.Addr
	tasks   []T
	running int
	free    time.Time     // not before this
	gap     time.Duration // kept to it; longer than the usual one while it is in trouble
	parked  bool          // at a gate: it could run but for others
	index   int           // in the heap, -1 if not there
}

func newSchedule[T any](perAddress int, gap time.Duration) *schedule[T] {
	return &schedule[T]{
		perAddress: perAddress, gap: gap, provider: func(T) string { return "" },
		peers: map[netip.Addr]*peer[T]{}, changed: make(chan struct{}), length: new(atomic.Int64),
		nets: newGate[netip.Prefix, *peer[T]](0), owners: newGate[string, *peer[T]](0),
	}
}

// bound adds limits for a network and a provider, 0 being none. It is called
// before the first task is put.
func (s *schedule[T]) bound(perNet, perProvider int, provider func(T) string) {
	s.nets, s.owners = newGate[netip.Prefix, *peer[T]](perNet), newGate[string, *peer[T]](perProvider)
	s.provider = provider
}

// put adds a task for an address.
func (s *schedule[T]) put(addr netip.Addr, task T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting++
	s.length.Add(1)
	s.queue(addr, task)
	s.wake()
}

// putAt adds a task that is not to be handed out before a moment. Until then it
// holds nothing but its memory.
func (s *schedule[T]) putAt(at time.Time, addr netip.Addr, task T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting++
	s.length.Add(1)
	heap.Push(&s.later, delayed[T]{at, addr, task})
	s.wake()
}

// queue puts a task behind the others of its address.
func (s *schedule[T]) queue(addr netip.Addr, task T) {
	p := s.peers[addr]
	if p == nil {
		p = &peer[T]{addr: addr, gap: s.gap, index: -1}
		s.peers[addr] = p
	}
	p.tasks = append(p.tasks, task)
	s.enter(p)
}

// ripen queues the delayed tasks whose time has come, and returns how long it is
// until the next one's has; negative: there is none.
func (s *schedule[T]) ripen() time.Duration {
	for len(s.later) > 0 {
		if wait := time.Until(s.later[0].at); wait > 0 {
			return wait
		}
		d := heap.Pop(&s.later).(delayed[T])
		s.queue(d.addr, d.task)
		p := s.peers[d.addr] // who was put off waits no longer than who comes new
		copy(p.tasks[1:], p.tasks)
		p.tasks[0] = d.task
	}
	return -1
}

// close says that nothing more will be put, but by those who took a task and are
// not done with it.
func (s *schedule[T]) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake()
}

// take waits for a task whose address may be served. ok is false when all is done
// or ctx has ended. The taker must call done with the address and the task
// afterwards.
func (s *schedule[T]) take(ctx context.Context) (addr netip.Addr, task T, ok bool) {
	for {
		s.mu.Lock()
		if s.closed && s.waiting == 0 && s.active == 0 {
			s.mu.Unlock()
			return addr, task, false
		}
		wait := s.ripen()
		p, free := s.first()
		if p != nil {
			task = s.start(p)
			s.mu.Unlock()
			return p.addr, task, true
		}
		if free >= 0 && (wait < 0 || free < wait) {
			wait = free
		}
		changed := s.changed
		s.mu.Unlock()
		if !pause(ctx, changed, wait) {
			return addr, task, false
		}
	}
}

// first returns a peer that may be served now, or how long it is until the gap of
// the next one is over; negative: there is none. Peers whose network or provider
// is busy are parked on the way.
func (s *schedule[T]) first() (*peer[T], time.Duration) {
	for len(s.ready) > 0 {
		p := s.ready[0]
		if free := time.Until(p.free); free > 0 {
			return nil, free
		}
		net, owner := network(p.addr), s.provider(p.tasks[0])
		switch {
		case s.nets.full(net):
			s.park(p)
			s.nets.park(net, p)
			letGo(s, &s.owners, owner) // p may have been let go for a place that it does not take
		case s.owners.full(owner):
			s.park(p)
			s.owners.park(owner, p)
			letGo(s, &s.nets, net)
		default:
			return p, 0
		}
	}
	return nil, -1
}

func (s *schedule[T]) park(p *peer[T]) {
	heap.Remove(&s.ready, p.index)
	p.parked = true
}

// letGo lets peers that are parked at a gate run again: as many as it takes to
// fill one place. One whose own gap is not over yet takes none.
func letGo[K comparable, T any](s *schedule[T], g *gate[K, *peer[T]], key K) {
	for p, ok := g.free(key); ok; p, ok = g.free(key) {
		p.parked = false
		s.enter(p)
		if p.index >= 0 && time.Until(p.free) <= 0 {
			return
		}
	}
}

// pause waits for a change or for a time; a negative time waits for a change only.
func pause(ctx context.Context, changed <-chan struct{}, wait time.Duration) bool {
	var timer <-chan time.Time
	if wait >= 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-changed:
	case <-timer:
	}
	return true
}

// start takes the first task of a peer and puts the peer where it belongs now.
func (s *schedule[T]) start(p *peer[T]) T {
	task := p.tasks[0]
	s.nets.enter(network(p.addr))
	s.owners.enter(s.provider(task))
	p.tasks = p.tasks[1:]
	p.running++
	s.waiting--
	s.length.Add(-1)
	s.active++
	p.free = time.Now().Add(p.gap)
	heap.Remove(&s.ready, p.index)
	s.enter(p)
	return task
}

// done ends a session with an address.
func (s *schedule[T]) done(addr netip.Addr, task T, how mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peers[addr]
	p.running--
	s.active--
	p.gap = nextGap(s.gap, p.gap, how)
	p.free = time.Now()
	if how != untouched {
		p.free = p.free.Add(p.gap)
	}
	defer s.wake()
	net, owner := network(addr), s.provider(task)
	s.nets.leave(net)
	s.owners.leave(owner)
	letGo(s, &s.nets, net)
	letGo(s, &s.owners, owner)
	if len(p.tasks) == 0 && p.running == 0 {
		s.forget(p)
		return
	}
	if p.index >= 0 {
		heap.Fix(&s.ready, p.index)
	}
	s.enter(p)
}

// forget drops the state of an idle address once its gap is over.
func (s *schedule[T]) forget(p *peer[T]) {
	if p.gap <= 0 {
		delete(s.peers, p.addr)
		return
	}
	time.AfterFunc(p.gap, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(p.tasks) == 0 && p.running == 0 && !time.Now().Before(p.free) {
			delete(s.peers, p.addr)
		}
	})
}

// enter puts a peer into the heap if it has a task that may run.
func (s *schedule[T]) enter(p *peer[T]) {
	may := len(p.tasks) > 0 && (s.perAddress <= 0 || p.running < s.perAddress)
	if may && p.index < 0 && !p.parked {
		heap.Push(&s.ready, p)
	}
}

func (s *schedule[T]) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// readyHeap orders peers by the time from which they may be served.
type readyHeap[T any] []*peer[T]

func (h readyHeap[T]) Len() int           { return len(h) }
func (h readyHeap[T]) Less(i, j int) bool { return h[i].free.Before(h[j].free) }
func (h readyHeap[T]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *readyHeap[T]) Push(x any) {
	p := x.(*peer[T])
	p.index = len(*h)
	*h = append(*h, p)
}
func (h *readyHeap[T]) Pop() any {
	old := *h
	p := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	p.index = -1
	return p
}

// delayed is a task for later.
type delayed[T any] struct {
	at   time.Time
	addr netip.Addr
	task T
}

// laterHeap orders delayed tasks by their time.
type laterHeap[T any] []delayed[T]

func (h laterHeap[T]) Len() int           { return len(h) }
func (h laterHeap[T]) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h laterHeap[T]) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *laterHeap[T]) Push(x any)        { *h = append(*h, x.(delayed[T])) }
func (h *laterHeap[T]) Pop() any {
	old := *h
	d := old[len(old)-1]
	old[len(old)-1] = delayed[T]{}
	*h = old[:len(old)-1]
	return d
}

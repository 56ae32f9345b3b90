package exchange

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"danescan/scanner/dnssec"
)

// networkModel is a network with many servers behind one line. It is an Exchanger
// that tries once. The line carries so many packets a second, queues some, and drops
// those that find the queue full.
type networkModel struct {
	rate    float64       // packets per second that the line carries; 0: any number
	queue   int           // packets that may wait for it
	rtt     time.Duration // without the queue
	timeout time.Duration
	loss    float64                   // lost whatever is sent
	dead    func(netip.AddrPort) bool // servers that never reply; nil: none
	rcode   int                       // of each reply

	mu     sync.Mutex
	dice   *rand.Rand
	free   time.Time // when the line has sent all that waits
	away   atomic.Bool
	counts modelCounts
}

// modelCounts is what happened on the network.
type modelCounts struct{ sent, dropped, replied, out, most atomic.Int64 }

func newModel(seed uint64) *networkModel {
	return &networkModel{rtt: 50 * time.Millisecond, timeout: 3 * time.Second, dice: rand.New(rand.NewPCG(seed, 1))}
}

func (m *networkModel) Exchange(ctx context.Context, server netip.AddrPort, _ dnssec.Question, _ Options) (Reply, error) {
	m.counts.sent.Add(1)
	m.counts.most.Store(max(m.counts.most.Load(), m.counts.out.Add(1)))
	defer m.counts.out.Add(-1)
	wait, dropped := m.carry()
	if dropped {
		m.counts.dropped.Add(1)
	}
	if dropped || m.away.Load() || m.dead != nil && m.dead(server) {
		wait = m.timeout
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
		return Reply{}, &Error{Kind: Cancelled, Server: server, Queries: 1, Err: ctx.Err()}
	}
	if wait == m.timeout {
		return Reply{}, &Error{Kind: Timeout, Server: server, Queries: 1, Err: errTimeout}
	}
	m.counts.replied.Add(1)
	return Reply{Msg: &dnssec.Message{Rcode: m.rcode}, Server: server, Queries: 1, RTT: wait}, nil
}

// carry puts a packet on the line, or drops it.
func (m *networkModel) carry() (wait time.Duration, dropped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dice.Float64() < m.loss {
		return 0, true
	}
	if m.rate == 0 {
		return m.rtt, false
	}
	each := time.Duration(float64(time.Second) / m.rate)
	now := time.Now()
	if m.free.Before(now) {
		m.free = now
	}
	if m.free.Sub(now) > time.Duration(m.queue)*each {
		return 0, true
	}
	m.free = m.free.Add(each)
	return m.free.Sub(now) + m.rtt, false
}

// pass is what happened in some time: per second sent and replied, and the share
// that the line dropped.
type pass struct{ sent, replied, dropped float64 }

// crowd keeps callers asking random ones of so many servers for some time.
func (m *networkModel) crowd(g *Governor, callers, servers int, d time.Duration) pass {
	sent, replied, dropped := m.counts.sent.Load(), m.counts.replied.Load(), m.counts.dropped.Load()
	var wg sync.WaitGroup
	end := time.Now().Add(d)
	for i := range callers {
		dice := rand.New(rand.NewPCG(uint64(i), 2))
		wg.Go(func() {
			for time.Now().Before(end) {
				began := time.Now()
				g.Exchange(context.Background(), addr(dice.IntN(servers)), question, Options{})
				if time.Now().Equal(began) {
					time.Sleep(200 * time.Millisecond) // an answer without a wait: the caller goes on to another domain
				}
			}
		})
	}
	wg.Wait()
	n := float64(m.counts.sent.Load() - sent)
	return pass{
		sent: n / d.Seconds(), replied: float64(m.counts.replied.Load()-replied) / d.Seconds(),
		dropped: float64(m.counts.dropped.Load()-dropped) / n,
	}
}

func (p pass) log(t *testing.T, what string, g *Governor) {
	t.Helper()
	t.Logf("%s: %.0f sent, %.0f replied a second, %.1f %% dropped; %+v", what, p.sent, p.replied, 100*p.dropped, g.Stats())
}

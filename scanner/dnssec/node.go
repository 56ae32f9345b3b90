package dnssec

import (
	"context"
	"sync"
	"time"
)

// How long what went wrong is remembered, and the most that anything is.
const (
	rememberBogus         = 60 * time.Second
	rememberIndeterminate = 5 * time.Second
	rememberMost          = 24 * time.Hour
)

// rememberOctets is how much of keys is remembered of one zone, some fifteen keys of
// RSA of 4,096 bits. A reply has room for 64 KiB of them: who has many zones could
// make us hold gigabytes. The keys of a zone with more are asked for by each lookup.
const rememberOctets = 8 << 10

// node is what the chain of trust says about one name.
type node struct {
	name   Name
	parent *node     // nil at an anchor
	status Status    // other than Secure: that of everything at and below the name
	reason Reason    // of the status
	zone   *zoneKeys // whose keys sign here; nil unless Secure
	apex   bool      // a zone begins at the name

	until   time.Time    // when to forget
	since   int64        // as Work.Since of who found it out: nothing that it rests on is older
	private bool         // depends on the budget or context of the lookup that asked
	heavy   bool         // it, or what it hangs from, has more keys than is remembered
	vouch   *anchorPoint // only while the keys are still to be had
	ds      []voucher    // that vouch for the keys, for a trace
	proof   *proof       // of the DNSKEY RRset or of the denial
}

// blame notes the signature that was found wanting.
func (n *node) blame(p *proof) *node {
	n.proof = p
	return n
}

// anchored reports whether the node is where a chain of trust begins.
func (n *node) anchored() bool { return n.parent == nil }

// flight is the work of finding out about a node, which others wait for.
type flight struct {
	done chan struct{} // made by the first who waits, with the lock of the nodes
	node *node
}

// nodes is the cache of nodes: bounded, with one flight for each name.
type nodes struct {
	known   *cache[Name, *node]
	mu      sync.Mutex
	flights map[Name]*flight
}

func newNodes(entries int) *nodes {
	return &nodes{known: newCache[Name, *node](entries), flights: make(map[Name]*flight)}
}

// moment is when a lookup takes place, and how far back it believes.
type moment struct {
	now   time.Time
	since int64 // as Work.Since
}

// get returns what is known about a name at a moment, nil for nothing.
func (c *nodes) get(n Name, at moment) *node {
	if known, ok := c.known.get(n); ok && at.now.Before(known.until) && known.since >= at.since {
		return known
	}
	return nil
}

// resolve returns what is known about a name, or finds it out, once for all who
// ask at the same time. What depended on the budget or the context of another
// lookup, or may rest on what is too old for this one, is found out again.
//
// The name that find is given holds on to nothing but itself; n may be a part of a
// message.
func (c *nodes) resolve(ctx context.Context, n Name, at moment, find func(n Name) *node) *node {
	for {
		if known := c.get(n, at); known != nil {
			return known
		}
		n = n.clone()
		c.mu.Lock()
		f := c.flights[n]
		if f == nil {
			f = &flight{}
			c.flights[n] = f
			c.mu.Unlock()
			return c.lead(n, f, at.since, find)
		}
		if f.done == nil {
			f.done = make(chan struct{})
		}
		c.mu.Unlock()
		select {
		case <-f.done:
			if f.node != nil && !f.node.private && f.node.since >= at.since {
				return f.node
			}
		case <-ctx.Done():
			return &node{name: n, reason: ReasonCancelled, private: true}
		}
	}
}

// lead finds out about a name and tells those who wait, even if find panics.
func (c *nodes) lead(n Name, f *flight, since int64, find func(n Name) *node) *node {
	defer func() {
		c.mu.Lock()
		delete(c.flights, n)
		if f.done != nil {
			close(f.done)
		}
		c.mu.Unlock()
	}()
	f.node = find(n)
	f.node.since = since
	f.node.heavy = f.node.weighs()
	if !f.node.private && !f.node.heavy {
		c.known.set(n, f.node)
	}
	return f.node
}

// weighs reports whether remembering the node would be remembering too many keys, be
// they those of a zone above it.
func (n *node) weighs() bool {
	if n.parent != nil && n.parent.heavy {
		return true
	}
	if !n.apex || n.zone == nil {
		return false
	}
	octets := 0
	for _, k := range n.zone.keys {
		octets += len(k.rdata)
	}
	return octets > rememberOctets
}

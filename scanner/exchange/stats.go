package exchange

import "sync/atomic"

// Stats counts what a Client has sent and received since it was made.
type Stats struct {
	Queries    int64 // messages sent, retries and TCP included
	Replies    int64 // usable ones
	TCP        int64 // queries sent over TCP
	Truncated  int64 // replies over UDP that sent us to TCP
	Mismatches int64 // datagrams with another ID or question than the one asked
	Timeouts   int64 // tries that no usable reply ended
	Network    int64 // tries that the network refused
	Malformed  int64 // replies that could not be read
}

type counters struct {
	queries, replies, tcp, truncated, mismatches, timeouts, network, malformed atomic.Int64
}

// Stats returns the counters as they stand.
func (c *Client) Stats() Stats {
	n := &c.count
	return Stats{
		Queries:    n.queries.Load(),
		Replies:    n.replies.Load(),
		TCP:        n.tcp.Load(),
		Truncated:  n.truncated.Load(),
		Mismatches: n.mismatches.Load(),
		Timeouts:   n.timeouts.Load(),
		Network:    n.network.Load(),
		Malformed:  n.malformed.Load(),
	}
}

// tally counts how a try without a usable reply ended.
func (n *counters) tally(k Kind) {
	switch k {
	case Timeout:
		n.timeouts.Add(1)
	case Network:
		n.network.Add(1)
	case Malformed:
		n.malformed.Add(1)
	}
}

package exchange

import (
	"sync/atomic"
	"time"
)

// enoughFaded is how many servers that answer must have lost a question, and nobody
// have replied, for the network to be gone.
const enoughFaded = 8

// presence notices when the network is gone, so that the silence of everybody is not
// taken for that of each.
type presence struct {
	faded atomic.Int32 // servers that answer and lost a question since anybody's latest reply
	back  atomic.Int64 // when the network came back last, in ns since 1970
}

// fade counts a server that answers and has lost a question.
func (n *presence) fade() { n.faded.Add(1) }

// heard notes a reply.
func (n *presence) heard(now time.Time) {
	if n.faded.Load() == 0 {
		return
	}
	if n.faded.Swap(0) >= enoughFaded {
		n.back.Store(now.UnixNano())
	}
}

// gone reports whether the network was gone while a question was out that was sent
// then and lost.
func (n *presence) gone(sent time.Time) bool {
	return n.faded.Load() >= enoughFaded || sent.UnixNano() < n.back.Load()
}

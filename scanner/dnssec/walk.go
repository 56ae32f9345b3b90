package dnssec

import (
	"context"
	"errors"
	"time"

	"github.com/miekg/dns"
)

// lookup is one call of Validate.
type lookup struct {
	ctx context.Context
	v   *Validator

	asked Spelled // the name of the question
	src   Source
	w     *Work
	now   time.Time
}

// moment is when this is, and how far back what is known is believed.
func (l *lookup) moment() moment { return moment{l.now, l.w.Since} }

// walk follows the chain of trust from the closest anchor, or from what is known
// below it, down to a name, one label at a time (RFC 4035, Section 5). It ends
// early where the chain does.
func (l *lookup) walk(target Name) *node {
	at, point := l.v.closestAnchor(target)
	if point == nil {
		return l.node(nil, target, ReasonNoAnchor)
	}
	n := l.deepest(target, at)
	if n == nil {
		n = l.v.nodes.resolve(l.ctx, at, l.moment(), func(at Name) *node { return l.prime(at, point) })
	}
	for n.status == Secure && n.name != target {
		parent := n
		child := target.suffix(parent.name.Labels() + 1)
		n = l.v.nodes.resolve(l.ctx, child, l.moment(), func(child Name) *node { return l.delegation(parent, child) })
	}
	l.traceNode(n)
	return n
}

// deepest returns what is known that is nearest to the target, not above the
// anchor.
func (l *lookup) deepest(target, anchor Name) *node {
	for n := target; n.Within(anchor); n = n.parent() {
		if known := l.v.nodes.get(n, l.moment()); known != nil {
			return known
		}
		if n == Root {
			break
		}
	}
	return nil
}

// overtaken reports whether a zone is known to begin below apex, at or above top:
// the zone at apex then has no say there.
func (l *lookup) overtaken(top, apex Name) bool {
	for n := top; n.below(apex); n = n.parent() {
		known := l.v.nodes.get(n, l.moment())
		if known != nil && known.status == Secure && known.apex && !known.anchored() {
			return true
		}
	}
	return false
}

// node makes a node of everything but success.
func (l *lookup) node(parent *node, n Name, reason Reason) *node {
	made := &node{name: n, parent: parent, reason: reason, status: reasons[reason].status}
	if parent != nil && made.status == Insecure {
		made.apex = true
	}
	switch made.status {
	case Insecure:
		made.until = l.now.Add(rememberMost)
	case Bogus:
		made.until = l.now.Add(rememberBogus)
	default:
		made.until = l.now.Add(rememberIndeterminate)
		made.private = l.ctx.Err() != nil || reason == ReasonCancelled || l.w.exhausted(&l.v.limits)
	}
	return made
}

// broken makes a node of a failure; reasons that can be those of an insecure zone,
// too, are here those of a bogus one.
func (l *lookup) broken(parent *node, n Name, reason Reason) *node {
	made := l.node(parent, n, reason)
	if made.status == Insecure {
		made.status, made.until = Bogus, l.now.Add(rememberBogus)
	}
	return made
}

// lasts sets how long a node is remembered: no longer than its records live.
func (l *lookup) lasts(n *node, ttl uint32) *node {
	n.until = l.now.Add(min(time.Duration(ttl)*time.Second, rememberMost))
	return n
}

// fetch asks the source. The reason is set where no usable reply came. The caller
// frees the message.
func (l *lookup) fetch(n Name, t uint16, again int) (*message, Reason) {
	if l.ctx.Err() != nil {
		return nil, ReasonCancelled
	}
	if l.w.Fetches >= l.v.limits.Fetches {
		l.w.spent = true
		return nil, ReasonWorkLimit
	}
	l.w.Fetches++
	msg, err := l.src.Fetch(l.ctx, Query{Question{l.asked.Of(n), t}, again})
	switch {
	case l.ctx.Err() != nil:
		return nil, ReasonCancelled
	case errors.Is(err, ErrBudget):
		l.w.spent = true
		return nil, ReasonWorkLimit
	case err != nil || msg == nil:
		return nil, ReasonNoReply
	case msg.Rcode != dns.RcodeSuccess && msg.Rcode != dns.RcodeNameError:
		return nil, ReasonRcode
	}
	read := messages.Get().(*message)
	if !read.read(msg, &l.v.limits) {
		read.free()
		return nil, ReasonWorkLimit
	}
	return read, ReasonNone
}

// insist reads a reply, and where that shows nothing good asks again, up to the
// limit: the source may know a better server. A reply that was bogus stays the
// verdict where no further one comes.
func (l *lookup) insist(parent *node, n Name, t uint16, read func(*message) *node) *node {
	var last *node
	for again := 0; again <= l.v.limits.Retries; again++ {
		msg, reason := l.fetch(n, t, again)
		if reason != ReasonNone {
			if last != nil && reason != ReasonCancelled && reason != ReasonWorkLimit {
				return last
			}
			return l.node(parent, n, reason)
		}
		last = read(msg)
		msg.free()
		if last.status != Bogus {
			return last
		}
	}
	return last
}

package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// lookup is the state of one lookup: its budget, and which servers said what. It
// is used by one goroutine, and is the Source of the validator's questions.
type lookup struct {
	it      *Iterate
	work    dnssec.Work
	asked   dnssec.Spelled           // the name asked for last
	since   int64                    // as work.Since: what is remembered from before is not believed
	queries int                      // sent
	targets int                      // name-server names looked up
	sought  map[dnssec.Question]bool // addresses of name servers looked up, or under way

	replies replies                                     // the latest to each question
	proofs  []*delegation                               // met on the way, whose proofs the validator may read
	avoid   map[dnssec.Question]map[netip.AddrPort]bool // servers whose reply did not validate
	last    *lookupError                                // the latest failure to get something
	final   *part                                       // the last step of the alias chain

	space struct { // what the lists lie in, as long as they are short
		replies [2]askedPart
		proofs  [2]*delegation
		message dnssec.Message // the first one
		taken   bool           // it is in use
	}
}

// idleLookups are used again: nothing of one is needed once it has its answer.
var idleLookups = sync.Pool{New: func() any { return new(lookup) }}

func newLookup(ctx context.Context, it *Iterate) *lookup {
	l := idleLookups.Get().(*lookup)
	l.it, l.since = it, sinceOf(ctx)
	l.work.Since = l.since
	l.replies, l.proofs = l.space.replies[:0], l.space.proofs[:0]
	return l
}

// free gives a lookup back.
func (l *lookup) free() {
	*l = lookup{}
	idleLookups.Put(l)
}

// newMessage makes an empty message of this lookup.
func (l *lookup) newMessage() *dnssec.Message {
	if l.space.taken {
		return new(dnssec.Message)
	}
	l.space.taken = true
	return &l.space.message
}

// replies are what the questions of one lookup brought. There are few: looking
// through them costs less than a map.
type replies []askedPart

type askedPart struct {
	q    dnssec.Question
	part *part
}

func (r replies) get(q dnssec.Question) *part {
	for i := range r {
		if r[i].q == q {
			return r[i].part
		}
	}
	return nil
}

func (r *replies) put(q dnssec.Question, p *part) {
	for i := range *r {
		if (*r)[i].q == q {
			(*r)[i].part = p
			return
		}
	}
	*r = append(*r, askedPart{q, p})
}

// lookupError says why a question brought no usable reply from any server.
type lookupError struct {
	outcome Outcome
	reason  dnssec.Reason
	rcode   int // -1: no reply came
	server  netip.AddrPort
	err     error
}

func (e *lookupError) Error() string {
	if e.err != nil {
		return fmt.Sprintf("%v: %v", e.outcome, e.err)
	}
	return e.outcome.String()
}

func (e *lookupError) Unwrap() error { return e.err }

// Errors that end a whole lookup.
var (
	errWorkLimit = &lookupError{outcome: WorkLimit, reason: dnssec.ReasonWorkLimit, rcode: -1}
	errTooLarge  = &lookupError{outcome: WorkLimit, reason: dnssec.ReasonWorkLimit, rcode: -1,
		err: errors.New("reply with too many records")}
	errNoName    = &lookupError{outcome: Malformed, reason: dnssec.ReasonMalformed, rcode: -1}
	errAliasLoop = &lookupError{outcome: AliasLoop, reason: dnssec.ReasonAliasLoop, rcode: -1}
	errNoServers = &lookupError{outcome: ServFail, reason: dnssec.ReasonNoReply, rcode: -1,
		err: errors.New("no server to ask")}
)

// asLookupError makes a lookupError of any error.
func asLookupError(err error) *lookupError {
	var le *lookupError
	if errors.As(err, &le) {
		return le
	}
	e := &lookupError{outcome: NetworkError, reason: dnssec.ReasonNoReply, rcode: -1, err: err}
	var xe *exchange.Error
	if errors.As(err, &xe) {
		e.server = xe.Server
		switch xe.Kind {
		case exchange.Timeout:
			e.outcome = Timeout
		case exchange.Malformed:
			e.outcome, e.reason = Malformed, dnssec.ReasonMalformed
		case exchange.Cancelled:
			e.outcome, e.reason = Timeout, dnssec.ReasonCancelled
		}
	}
	return e
}

// resolve asks the question and follows aliases from zone to zone. The message
// holds what each step brought: the whole chain in the answer section, the
// denials of every step in the authority section. With an error it holds the
// steps before.
func (l *lookup) resolve(ctx context.Context, q dnssec.Question) (*dnssec.Message, error) {
	msg, _, err := l.chase(ctx, q, l.step)
	return msg, err
}

// retry is resolve once more, where each step may not use the servers that it
// used before. It reports whether any step found another server.
func (l *lookup) retry(ctx context.Context, q dnssec.Question) (*dnssec.Message, bool) {
	msg, fresh, err := l.chase(ctx, q, l.step)
	return msg, fresh && err == nil
}

// stepFunc asks one question. Its second result tells whether the part is new.
type stepFunc func(ctx context.Context, q dnssec.Question) (*part, bool, error)

func (l *lookup) chase(ctx context.Context, q dnssec.Question, step stepFunc) (*dnssec.Message, bool, error) {
	msg := l.newMessage()
	seen := []string{q.Name} // no longer than the limit of aliases
	anyFresh := false
	for links := 0; ; {
		p, fresh, err := step(ctx, q)
		if err != nil {
			return msg, anyFresh, err
		}
		anyFresh = anyFresh || fresh
		msg.Answer = together(msg.Answer, p.answer)
		msg.Authority = together(msg.Authority, p.authority)
		msg.Rcode = p.rcode
		for _, target := range p.targets {
			if slices.Contains(seen, target) {
				return msg, anyFresh, errAliasLoop
			}
			seen = append(seen, target)
		}
		if links += len(p.targets); links > l.it.cfg.Limits.Aliases {
			return msg, anyFresh, errWorkLimit
		}
		if !p.open {
			return msg, anyFresh, nil
		}
		q.Name = p.targets[len(p.targets)-1]
	}
}

// step asks one question of the chain. Where it was asked before in this lookup,
// servers not used before are asked. Where there are none, the reply that came
// before stays, but of several aliases in it only the first: the server is asked
// for the rest of the chain.
func (l *lookup) step(ctx context.Context, q dnssec.Question) (*part, bool, error) {
	old := l.replies.get(q)
	l.shun(q, old)
	p := l.referred(q)
	var err error
	if old != nil || p == nil {
		p, err = l.ask(ctx, q, 0)
	}
	if err != nil && old != nil && ctx.Err() == nil {
		short := old.firstLink()
		if short != nil {
			old = short
			l.replies.put(q, short)
		}
		l.final = old
		return old, short != nil, nil
	}
	if err != nil {
		return nil, false, err
	}
	l.replies.put(q, p)
	l.final = p
	return p, true, nil
}

// shun keeps the server of a reply from being asked the same question again.
func (l *lookup) shun(q dnssec.Question, p *part) {
	if p == nil {
		return
	}
	if l.avoid == nil {
		l.avoid = map[dnssec.Question]map[netip.AddrPort]bool{}
	}
	if l.avoid[q] == nil {
		l.avoid[q] = map[netip.AddrPort]bool{}
	}
	l.avoid[q][p.server] = true
}

// referred is what a referral said of a DS set as a part; nil: nothing.
func (l *lookup) referred(q dnssec.Question) *part {
	if msg := l.referral(q); msg != nil {
		return &part{answer: msg.Answer, authority: msg.Authority}
	}
	return nil
}

// referral returns what a referral said of a DS set, as a reply that is read only;
// nil: nothing.
func (l *lookup) referral(q dnssec.Question) *dnssec.Message {
	if q.Type != dns.TypeDS {
		return nil
	}
	now := l.it.cfg.Now()
	d := l.cut(q.Name, now)
	if d == nil {
		return nil
	}
	msg := d.said(now)
	if msg == nil {
		return nil
	}
	l.proofs = append(l.proofs, d)
	return msg
}

// settled lets go of the proofs that this lookup met, where it has come to know
// what they show.
func (l *lookup) settled(status dnssec.Status) {
	if status < dnssec.Insecure {
		return
	}
	for _, d := range l.proofs {
		d.settled()
	}
}

// Fetch implements dnssec.Source. What a referral said of a DS set answers the
// question for it without asking.
func (l *lookup) Fetch(ctx context.Context, q dnssec.Query) (*dnssec.Message, error) {
	known := l.replies.get(q.Question)
	switch {
	case q.Again > 0:
		l.shun(q.Question, known)
	case known != nil && !known.open:
		return known.message(), nil
	default:
		if msg := l.referral(q.Question); msg != nil {
			return msg, nil
		}
	}
	p, err := l.ask(ctx, q.Question, 0)
	if err != nil {
		l.last = asLookupError(err)
		if l.last.rcode > dns.RcodeSuccess {
			return (&part{rcode: l.last.rcode}).message(), nil
		}
		return nil, err
	}
	l.replies.put(q.Question, p)
	return p.message(), nil
}

package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// TrustADConfig says which resolver is to be believed.
type TrustADConfig struct {
	Exchanger exchange.Exchanger
	Server    netip.AddrPort
	// Insecure allows a Server that is not on this machine, whose AD bit anybody on
	// the way can set (RFC 7672, Section 2.1.1).
	Insecure bool
	Queries  int              // bound for one lookup, retries not counted; 0: 40
	Now      func() time.Time // nil: time.Now
}

const defaultQueries = 40

// ErrNotLoopback is the error of NewTrustAD for a resolver elsewhere.
var ErrNotLoopback = errors.New("its AD bit can be forged on the way: believe only a resolver on this machine")

// TrustAD is a Resolver that leaves validation to a recursive resolver on this
// machine and believes its AD bit (RFC 4035, Section 4.9.3).
//
// The bit covers a whole answer. Where it is missing from an answer with aliases,
// each link is asked for by itself, because the first link may be secure although
// what follows is not (RFC 7672, Section 2.1.3). Links after the first insecure
// one count as insecure, too. A link whose own lookup failed keeps the status of
// that failure beside an answer that is merely insecure.
type TrustAD struct {
	cfg TrustADConfig
}

// NewTrustAD makes a resolver. It asks nothing yet: see Preflight.
func NewTrustAD(cfg TrustADConfig) (*TrustAD, error) {
	if !cfg.Server.IsValid() {
		return nil, errors.New("no resolver given")
	}
	if !cfg.Insecure && !cfg.Server.Addr().Unmap().IsLoopback() {
		return nil, fmt.Errorf("resolver %v: %w", cfg.Server, ErrNotLoopback)
	}
	if cfg.Queries <= 0 {
		cfg.Queries = defaultQueries
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &TrustAD{cfg: cfg}, nil
}

// Lookup implements Resolver.
func (t *TrustAD) Lookup(ctx context.Context, name string, qtype uint16) Answer {
	q, ok := asked(name, qtype)
	if !ok {
		return notAsked(q)
	}
	l := adLookup{TrustAD: t, ctx: ctx, left: t.cfg.Queries}
	a := l.resolve(q)
	if len(a.Links) > 0 && a.Status == dnssec.Insecure {
		l.judgeLinks(a.Links)
	}
	a.Queries = l.sent
	return a
}

// adLookup is one lookup under way: its budget.
type adLookup struct {
	*TrustAD
	ctx  context.Context
	left int // questions that may still be asked
	sent int // messages sent
}

var errBudget = errors.New("too many questions for one lookup")

func (l *adLookup) ask(q dnssec.Question, cd bool) (exchange.Reply, error) {
	if l.left == 0 {
		return exchange.Reply{}, errBudget
	}
	l.left--
	opt := exchange.Options{RD: true, AD: true, DO: true, CD: cd}
	r, err := l.cfg.Exchanger.Exchange(l.ctx, l.cfg.Server, q, opt)
	l.sent += sentBy(r, err)
	return r, err
}

// resolve asks q and gives the answer a status; of links it knows only what the
// AD bit of the whole says.
func (l *adLookup) resolve(q dnssec.Question) Answer {
	r, err := l.ask(q, false)
	switch {
	case errors.Is(err, errBudget):
		return failure(q, WorkLimit, dnssec.ReasonWorkLimit)
	case err != nil:
		return fromError(q, err)
	case r.Msg.Rcode == dns.RcodeServerFailure:
		return l.servfail(q, r)
	}
	return l.judge(q, r)
}

func (l *adLookup) judge(q dnssec.Question, r exchange.Reply) Answer {
	a := read(q, r, l.cfg.Now())
	a.EDE = extendedError(r.Msg)
	switch {
	case a.Failed():
		return a
	case r.Msg.AuthenticatedData:
		a.Status, a.EDE = dnssec.Secure, noEDE
	default:
		a.Status, a.Reason = dnssec.Insecure, reasonOf(a.EDE)
		if a.Denial == dnssec.DenialOptOut && a.Reason == dnssec.ReasonNone {
			a.Reason = dnssec.ReasonOptOut
		}
		a.Signer, a.KeyTag, a.Algorithm, a.Expires, a.Wildcard = "", 0, 0, time.Time{}, false
	}
	for i := range a.Links {
		a.Links[i].Status = a.Status
	}
	return a
}

// servfail finds out what a SERVFAIL means: what is there to a resolver that does
// not validate, and not to one that does, is bogus (RFC 4035, Section 5.5). Where
// the resolver does not say that validation failed, it is asked once more: it may
// have been the network. Where the keys cannot be had, it was.
func (l *adLookup) servfail(q dnssec.Question, first exchange.Reply) Answer {
	a := read(q, first, l.cfg.Now())
	a.EDE = extendedError(first.Msg)
	cd, err := l.ask(q, true)
	if err != nil || outcomeOf(cd.Msg.Rcode) > NXDomain {
		return a
	}
	if !aboutDNSSEC(a.EDE) {
		again, err := l.ask(q, false)
		if err == nil && again.Msg.Rcode != dns.RcodeServerFailure {
			return l.judge(q, again)
		}
	}
	seen := read(q, cd, l.cfg.Now())
	if !l.keysCome(seen.Signer, a.EDE) {
		return a
	}
	a.Outcome, a.Status, a.Reason = Bogus, dnssec.Bogus, reasonOf(a.EDE)
	a.Zone, a.Signer, a.KeyTag, a.Algorithm, a.Expires = seen.Zone, seen.Signer, seen.KeyTag, seen.Algorithm, seen.Expires
	if a.Reason == dnssec.ReasonNone && !a.Expires.IsZero() && a.Expires.Before(l.cfg.Now()) {
		a.Reason = dnssec.ReasonSignatureExpired
	}
	return a
}

// keysCome reports whether the keys of the signer can be had at all: where they
// cannot, validation did not fail, it never took place. It asks only where the
// extended error leaves that open.
func (l *adLookup) keysCome(signer string, ede int) bool {
	why := reasonOf(ede)
	if signer == "" || why != dnssec.ReasonNone && why != dnssec.ReasonDNSKEYMissing {
		return true
	}
	r, err := l.ask(dnssec.Question{Name: signer, Type: dns.TypeDNSKEY}, true)
	return err == nil && outcomeOf(r.Msg.Rcode) <= NXDomain
}

// judgeLinks asks for each link by itself, as far as the first that is not
// secure.
func (l *adLookup) judgeLinks(links []dnssec.Link) {
	for i := range links {
		a := l.resolve(dnssec.Question{Name: links[i].Name, Type: dns.TypeCNAME})
		links[i].Status, links[i].Reason = a.Status, a.Reason
		if !a.Failed() && !leadsTo(a.Records, links[i].Target) {
			links[i].Status = dnssec.Indeterminate // it changed between two questions
		}
		switch links[i].Status {
		case dnssec.Secure, dnssec.Insecure:
		default:
			taint(links[i+1:], dnssec.Indeterminate)
			return
		}
		if links[i].Status == dnssec.Insecure {
			taint(links[i+1:], dnssec.Insecure)
			return
		}
	}
}

func leadsTo(records []dns.RR, target string) bool {
	for _, rr := range records {
		if c, ok := rr.(*dns.CNAME); ok && canonical(c.Target) == target {
			return true
		}
	}
	return false
}

func taint(links []dnssec.Link, s dnssec.Status) {
	for i := range links {
		links[i].Status = s
	}
}

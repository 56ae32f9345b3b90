package resolver

import (
	"errors"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

var errLame = errors.New("server does not serve the zone")

// rcodeError is the failure that a reply with an error code is.
func rcodeError(r exchange.Reply) *lookupError {
	return &lookupError{
		outcome: outcomeOf(r.Msg.Rcode), reason: dnssec.ReasonRcode, rcode: r.Msg.Rcode, server: r.Server,
	}
}

// answer makes the story of a lookup of what validation made of its message.
func (l *lookup) answer(q dnssec.Question, msg *dnssec.Message, res *dnssec.Result, a *Answer) {
	*a = Answer{
		Question: q, Rcode: msg.Rcode, Status: res.Status, Reason: res.Reason, EDE: noEDE,
		Links: res.Links, Records: res.Records, TTL: res.TTL, Zone: res.Zone,
		Signer: res.Signer, KeyTag: res.KeyTag, Algorithm: res.Alg, Expires: res.Expires,
		Denial: res.Denial, NSEC3Iterations: res.NSEC3Iterations, Wildcard: res.Wildcard,
		Queries: l.queries,
	}
	if res.Reason != dnssec.ReasonNone {
		a.EDE = int(res.EDE)
	}
	if l.final != nil {
		a.Server, a.Size = l.final.server, l.final.size
		if a.Zone == "" {
			a.Zone = l.final.zone
		}
	}
	switch {
	case res.Status == dnssec.Bogus:
		a.Outcome = Bogus
	case res.Status == dnssec.Indeterminate:
		a.Outcome, a.Reason = l.indeterminate(res.Reason), told(res.Reason, l.last)
	case len(res.Records) > 0:
		a.Outcome = Found
	case res.Rcode == dns.RcodeNameError:
		a.Outcome = NXDomain
	default:
		a.Outcome = NoData
		a.Mailbox = mailboxOf(a, msg)
	}
}

// indeterminate finds the outcome of a lookup whose chain of trust could not be
// followed.
func (l *lookup) indeterminate(reason dnssec.Reason) Outcome {
	switch {
	case reason == dnssec.ReasonWorkLimit:
		return WorkLimit
	case reason == dnssec.ReasonAliasLoop:
		return AliasLoop
	case l.last != nil:
		return l.last.outcome
	}
	return ServFail
}

// EDE codes of lookups that brought no reply (RFC 8914, Sections 4.23 and 4.24).
const (
	edeNoReachableAuthority = 22
	edeNetworkError         = 23
)

// failure makes the story of a lookup that brought no reply to validate.
func (l *lookup) failure(q dnssec.Question, msg *dnssec.Message, err error, a *Answer) {
	e := asLookupError(err)
	*a = Answer{
		Question: q, Outcome: e.outcome, Rcode: e.rcode, Status: dnssec.Indeterminate,
		Reason: told(e.reason, e), EDE: edeNoReachableAuthority, Server: e.server, Queries: l.queries,
		Links: openLinks(msg),
	}
	if e.outcome == NetworkError {
		a.EDE = edeNetworkError
	}
}

// told is the reason to give: that a server was not asked, because it had been
// silent, says more than that there was no reply.
func told(reason dnssec.Reason, e *lookupError) dnssec.Reason {
	if reason == dnssec.ReasonNoReply && e != nil && errors.Is(e, exchange.ErrSilent) {
		return dnssec.ReasonSilent
	}
	return reason
}

// openLinks lists the aliases of a chain whose end was not reached.
func openLinks(msg *dnssec.Message) []dnssec.Link {
	var links []dnssec.Link
	for i := range msg.Answer {
		if r := &msg.Answer[i]; r.Type == dns.TypeCNAME {
			links = append(links, dnssec.Link{
				Name: r.Owner.String(), Target: targetOf(r).String(),
				Reason: dnssec.ReasonNoReply,
			})
		}
	}
	return links
}

// cancelledAnswer is the answer to a lookup whose context ended.
func cancelledAnswer(q dnssec.Question) Answer {
	return failure(q, Timeout, dnssec.ReasonCancelled)
}

package resolver

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// noEDE stands in Answer.EDE where no code was given.
const noEDE = -1

// asked makes the canonical question; false where name is no domain name.
func asked(name string, qtype uint16) (dnssec.Question, bool) {
	q := dnssec.Question{Name: canonical(name), Type: qtype}
	return q, name != "" && isName(q.Name)
}

// isName reports whether a name can be sent: no empty label, none over 63 octets,
// 255 octets in all (RFC 1035, Section 2.3.4).
func isName(name string) bool {
	var wire [maxName + 1]byte
	n, err := dns.PackDomainName(name, wire[:], 0, nil, false)
	return err == nil && n <= maxName
}

const maxName = 255

// failure is the answer of a lookup that came to nothing.
func failure(q dnssec.Question, o Outcome, why dnssec.Reason) Answer {
	return Answer{Question: q, Outcome: o, Rcode: -1, Reason: why, EDE: noEDE}
}

// notAsked is the answer to a question that cannot be put.
func notAsked(q dnssec.Question) Answer {
	return failure(q, FormErr, dnssec.ReasonMalformed)
}

// fromError is the answer of a lookup whose exchange brought no usable reply.
func fromError(q dnssec.Question, err error) Answer {
	var e *exchange.Error
	if !errors.As(err, &e) {
		return failure(q, NetworkError, dnssec.ReasonNoReply)
	}
	switch e.Kind {
	case exchange.Timeout:
		return from(e.Server, failure(q, Timeout, dnssec.ReasonNoReply))
	case exchange.Malformed:
		return from(e.Server, failure(q, Malformed, dnssec.ReasonMalformed))
	case exchange.Cancelled:
		return from(e.Server, failure(q, Timeout, dnssec.ReasonCancelled))
	}
	return from(e.Server, failure(q, NetworkError, dnssec.ReasonNoReply))
}

func from(server netip.AddrPort, a Answer) Answer {
	a.Server = server
	return a
}

// outcomeOf sorts an rcode. That of NOERROR is Found until somebody looks for
// records.
func outcomeOf(rcode int) Outcome {
	switch rcode {
	case dns.RcodeSuccess:
		return Found
	case dns.RcodeNameError:
		return NXDomain
	case dns.RcodeRefused, dns.RcodeNotAuth:
		return Refused
	case dns.RcodeNotImplemented:
		return NotImp
	case dns.RcodeFormatError, dns.RcodeBadVers:
		return FormErr
	}
	return ServFail
}

// read makes an answer of a reply, with everything but a status: what the reply
// says, not what is proven of it.
func read(q dnssec.Question, r exchange.Reply, now time.Time) Answer {
	a := Answer{
		Question: q, Outcome: outcomeOf(r.Msg.Rcode), Rcode: r.Msg.Rcode, EDE: noEDE,
		Server: r.Server, Size: r.Size,
	}
	if a.Failed() {
		a.Reason = dnssec.ReasonRcode
		return a
	}
	c := follow(r.Msg.Answer, q)
	a.Links, a.Records = c.links, dnssec.RRs(c.records)
	switch {
	case c.loop:
		a.Outcome, a.Reason = AliasLoop, dnssec.ReasonAliasLoop
		return a
	case c.long:
		a.Outcome, a.Reason = WorkLimit, dnssec.ReasonWorkLimit
		return a
	case len(a.Records) > 0:
		a.Outcome = Found
	case a.Outcome == Found:
		a.Outcome = NoData
	}
	describe(&a, r.Msg, now)
	a.Mailbox = mailboxOf(&a, r.Msg)
	return a
}

// validated makes an answer of what validation made of a reply. Where the status
// is indeterminate, the caller knows the outcome better.
func validated(q dnssec.Question, r exchange.Reply, res dnssec.Result) Answer {
	a := Answer{
		Question: q, Rcode: r.Msg.Rcode, Status: res.Status, Reason: res.Reason, EDE: noEDE,
		Links: res.Links, Records: res.Records, TTL: res.TTL, Zone: res.Zone,
		Signer: res.Signer, KeyTag: res.KeyTag, Algorithm: res.Alg, Expires: res.Expires,
		Denial: res.Denial, NSEC3Iterations: res.NSEC3Iterations, Wildcard: res.Wildcard,
		Server: r.Server, Size: r.Size,
	}
	if res.Reason != dnssec.ReasonNone {
		a.EDE = int(res.EDE)
	}
	switch {
	case res.Status == dnssec.Bogus:
		a.Outcome = Bogus
	case res.Status == dnssec.Indeterminate:
		a.Outcome = ServFail
	case len(res.Records) > 0:
		a.Outcome = Found
	case res.Rcode == dns.RcodeNameError:
		a.Outcome = NXDomain
	case res.Rcode != dns.RcodeSuccess: // a DNAME makes a name that is too long
		a.Outcome = outcomeOf(res.Rcode)
	default:
		a.Outcome = NoData
		a.Mailbox = mailboxOf(&a, r.Msg)
	}
	return a
}

// maxLinks bounds an alias chain.
const maxLinks = 12

// chain is the way through an answer section from the name asked to its end.
type chain struct {
	links   []dnssec.Link
	records []dnssec.Record
	loop    bool // it comes back to a name
	long    bool // it has too many links
}

// follow walks the alias chain. Records beside it are not looked at.
func follow(section []dnssec.Record, q dnssec.Question) chain {
	var c chain
	at, err := dnssec.ParseName(q.Name)
	if err != nil {
		return c
	}
	for text := q.Name; ; {
		if c.records = recordsAt(section, at, q.Type); len(c.records) > 0 {
			return c
		}
		to, ok := alias(section, at)
		if !ok {
			return c
		}
		if len(c.links) == maxLinks {
			c.long = true
			return c
		}
		target := to.String()
		c.links = append(c.links, dnssec.Link{Name: text, Target: target})
		if slices.ContainsFunc(c.links, func(l dnssec.Link) bool { return l.Name == target }) {
			c.loop = true
			return c
		}
		at, text = to, target
	}
}

// recordsAt returns the records of one owner name and type.
func recordsAt(section []dnssec.Record, owner dnssec.Name, qtype uint16) []dnssec.Record {
	return pick(section, func(r *dnssec.Record) bool { return r.Is(owner, qtype) })
}

// alias returns where a CNAME at the name leads, or a DNAME above it to which
// nobody added the CNAME (RFC 6672, Section 3.1).
func alias(section []dnssec.Record, name dnssec.Name) (target dnssec.Name, ok bool) {
	for i := range section {
		if r := &section[i]; r.Type == dns.TypeCNAME && r.Owner == name {
			return targetOf(r), true
		}
	}
	for i := range section {
		r := &section[i]
		if r.Type != dns.TypeDNAME || r.Owner == name || !name.Within(r.Owner) {
			continue
		}
		return name.Rewrite(r.Owner, targetOf(r))
	}
	return "", false
}

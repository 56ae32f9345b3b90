package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// Preflight asks whether the resolver is one that can be believed: it must call
// the root's keys authentic. The error says what is wrong and what to do.
func (t *TrustAD) Preflight(ctx context.Context) error {
	p := probe{exchanger: t.cfg.Exchanger, server: t.cfg.Server}
	msg, err := p.ask(ctx, rootKeys, exchange.Options{RD: true, AD: true, DO: true})
	if err != nil {
		return err
	}
	if !msg.AuthenticatedData {
		return p.errorf("it does not validate (no AD bit on the keys of the root): enable DNSSEC validation there, " +
			"or validate here instead of believing its AD bit")
	}
	return nil
}

var rootKeys = dnssec.Question{Name: ".", Type: dns.TypeDNSKEY}

// probe puts the questions that come before a scan to one resolver.
type probe struct {
	exchanger exchange.Exchanger
	server    netip.AddrPort
}

// ask returns a reply that a working resolver gives: recursive, with EDNS and
// without an error.
func (p probe) ask(ctx context.Context, q dnssec.Question, opt exchange.Options) (*dnssec.Message, error) {
	r, err := p.exchanger.Exchange(ctx, p.server, q, opt)
	if err != nil {
		return nil, p.silent(q, err)
	}
	switch {
	case r.Msg.Rcode == dns.RcodeRefused:
		return nil, p.errorf("it refuses to answer us: allow this machine there (Unbound: access-control)")
	case r.Msg.Rcode == dns.RcodeServerFailure:
		return nil, p.errorf("it answers %s to %s%s: its trust anchor may be out of date, its clock wrong, or the name servers out of its reach",
			dns.RcodeToString[r.Msg.Rcode], show(q), edeText(r.Msg))
	case outcomeOf(r.Msg.Rcode) > NXDomain:
		return nil, p.errorf("it answers %s to %s: it may not know EDNS", dns.RcodeToString[r.Msg.Rcode], show(q))
	case !r.Msg.RecursionAvailable:
		return nil, p.errorf("it does not recurse for us: give the address of a resolver, not of an authoritative server")
	case !holds(r.Msg.Additional, dns.TypeOPT):
		return nil, p.errorf("it does not know EDNS, and so no DNSSEC")
	}
	return r.Msg, nil
}

func (p probe) silent(q dnssec.Question, err error) error {
	var e *exchange.Error
	if errors.As(err, &e) && e.Kind == exchange.Timeout {
		return p.errorf("it does not answer (%s, asked %d times): %w", show(q), e.Queries, err)
	}
	return p.errorf("it cannot be asked: %w", err)
}

func (p probe) errorf(format string, args ...any) error {
	return fmt.Errorf("resolver %v: %w", p.server, fmt.Errorf(format, args...))
}

func show(q dnssec.Question) string {
	return q.Name + " " + dns.TypeToString[q.Type]
}

func edeText(msg *dnssec.Message) string {
	code := extendedError(msg)
	if code < 0 {
		return ""
	}
	return fmt.Sprintf(" (%s)", dns.ExtendedErrorCodeToString[uint16(code)])
}

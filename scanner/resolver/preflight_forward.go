package resolver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// Preflight asks each resolver for what validation needs and many a box on the
// way drops: DNSKEY, DS, NSEC3 and their signatures. The error says what is wrong
// and what to do.
func (f *Forward) Preflight(ctx context.Context) error {
	for _, server := range f.cfg.Servers {
		p := probe{exchanger: f.cfg.Exchanger, server: server}
		if err := p.passesDNSSEC(ctx, f.cfg.ProbeDS, f.cfg.ProbeDenied); err != nil {
			return err
		}
	}
	return CheckTrust(ctx, f, f.cfg.Now)
}

func (p probe) passesDNSSEC(ctx context.Context, signed, denied string) error {
	opt := exchange.Options{RD: true, DO: true, CD: true}
	keys, err := p.ask(ctx, rootKeys, opt)
	if err != nil {
		return err
	}
	if !holds(keys.Answer, dns.TypeDNSKEY) || !holds(keys.Answer, dns.TypeRRSIG) {
		return p.strips("the signed keys of the root")
	}
	ds, err := p.ask(ctx, dnssec.Question{Name: dns.CanonicalName(signed), Type: dns.TypeDS}, opt)
	if err != nil {
		return err
	}
	if !holds(ds.Answer, dns.TypeDS) || !holds(ds.Answer, dns.TypeRRSIG) {
		return p.strips("the signed DS records of " + signed)
	}
	none, err := p.ask(ctx, dnssec.Question{Name: dns.CanonicalName(denied), Type: dns.TypeA}, opt)
	if err != nil {
		return err
	}
	if holds(none.Answer, dns.TypeA) {
		return p.errorf("it makes up an address for %s, which does not exist: ask a resolver that does not lie", denied)
	}
	if !holds(none.Authority, dns.TypeNSEC3) || !holds(none.Authority, dns.TypeRRSIG) {
		return p.strips("the signed NSEC3 records that deny " + denied)
	}
	return nil
}

func (p probe) strips(what string) error {
	return p.errorf("it does not pass on %s: it, or something on the way to it, drops DNSSEC records; "+
		"use another resolver, or none to ask the name servers themselves", what)
}

// CheckTrust looks whether the root validates: a wrong clock or an outdated trust
// anchor would make everything bogus. The error says which it may be.
func CheckTrust(ctx context.Context, r Resolver, now func() time.Time) error {
	a := r.Lookup(Fresh(ctx, time.Time{}), ".", dns.TypeSOA)
	if a.Status == dnssec.Secure {
		return nil
	}
	err := fmt.Errorf("the root zone is %v (%v, %s): %s", a.Status, a.Outcome, reasonText(a), distrust(a, now()))
	if a.Outcome == Timeout {
		return fmt.Errorf("%w: %w", ErrSilent, err)
	}
	return err
}

// ErrSilent is that no server answers at all.
var ErrSilent = errors.New("no answer")

func reasonText(a Answer) string {
	if a.Reason == dnssec.ReasonNone {
		return "no reason given"
	}
	return string(a.Reason)
}

// distrust says what to do about a root that does not validate.
func distrust(a Answer, now time.Time) string {
	clock := now.UTC().Format("2006-01-02 15:04 MST")
	switch {
	case a.Reason == dnssec.ReasonSignatureExpired, a.Reason == dnssec.ReasonSignatureNotYet:
		return "validation happens as of " + clock + "; set the clock, or the moment to validate at"
	case a.Status == dnssec.Bogus:
		return "the trust anchor may be out of date, or somebody forges replies; give the anchor of the root that you mean (the clock says " + clock + ")"
	case a.Status == dnssec.Insecure:
		return "the trust anchor holds no algorithm or digest that is supported, or none for the root"
	}
	return "the name servers of the root cannot be reached, or their replies cannot be used"
}

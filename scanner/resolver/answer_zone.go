package resolver

import (
	"context"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// ZoneOf finds the zone that a name lies in and its status, by asking for the SOA
// of the name and of its ancestors until one answers. An empty apex: none did.
//
// Where only the parent of a zone answers, the delegation decides: with a DS
// RRset the silent zone below is secure, though dead; without one it is insecure.
func ZoneOf(ctx context.Context, r Resolver, name string) (apex string, status dnssec.Status) {
	q, ok := asked(name, dns.TypeSOA)
	if !ok {
		return "", dnssec.Indeterminate
	}
	silent := "" // the closest descendant asked that did not answer
	for at := q.Name; ; at = parentName(at) {
		apex, status = zoneAt(ctx, r, at)
		if apex != "" {
			break
		}
		if status != dnssec.Insecure { // a failure, not an alias
			silent = at
		}
		if at == "." || ctx.Err() != nil {
			return "", dnssec.Indeterminate
		}
	}
	if silent != "" && status == dnssec.Secure {
		return delegated(ctx, r, silent, apex)
	}
	return apex, status
}

// zoneAt asks for the SOA at a name. Without an apex, Insecure means that the name
// answers but is no apex and does not tell its zone, anything else that it failed.
func zoneAt(ctx context.Context, r Resolver, name string) (string, dnssec.Status) {
	a := r.Lookup(ctx, name, dns.TypeSOA)
	switch {
	case a.Failed():
		return "", a.Status
	case len(a.Links) > 0:
		return "", dnssec.Insecure // the zone of an alias is above it
	case a.Outcome == Found:
		return a.Question.Name, a.Status
	case a.Zone == "" || a.Zone == a.Question.Name || !within(a.Zone, a.Question.Name):
		return "", dnssec.Insecure
	}
	// A denial below an opt-out span is insecure although its zone is secure.
	soa := r.Lookup(ctx, a.Zone, dns.TypeSOA)
	if soa.Outcome != Found || len(soa.Links) > 0 {
		return a.Zone, a.Status
	}
	return a.Zone, soa.Status
}

// delegated asks the secure parent whether the silent zone below is secure.
func delegated(ctx context.Context, r Resolver, name, parent string) (string, dnssec.Status) {
	ds := r.Lookup(ctx, name, dns.TypeDS)
	switch {
	case ds.Failed():
		return parent, dnssec.Secure
	case ds.Outcome == Found:
		return name, ds.Status
	}
	return name, dnssec.Insecure
}

package resolver

import (
	"strings"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// describe fills in what a reply shows beside its records: how long it may be
// believed, from which zone, signed how. None of it is proven here.
func describe(a *Answer, msg *dnssec.Message, now time.Time) {
	a.TTL = ttlOf(msg.Answer)
	end, section, covered := a.Expanded(), msg.Answer, a.Question.Type
	if a.Outcome != Found {
		describeDenial(a, msg)
		end, section, covered = a.Zone, msg.Authority, dns.TypeSOA
	}
	sig, ok := signature(section, end, covered)
	if !ok {
		return
	}
	a.Signer, a.KeyTag, a.Algorithm = sig.Signer.String(), sig.KeyTag, sig.Algorithm
	a.Expires = earliest(msg, now)
	if a.Outcome == Found {
		a.Zone = a.Signer
		a.Wildcard = expanded(end, sig.Labels)
	}
}

// describeDenial reads an authority section (RFC 2308, Section 5).
func describeDenial(a *Answer, msg *dnssec.Message) {
	for i := range msg.Authority {
		r := &msg.Authority[i]
		if minimum, ok := r.MinimumTTL(); ok {
			a.Zone = r.Owner.String()
			ttl := time.Duration(min(r.TTL, minimum)) * time.Second
			if len(a.Links) == 0 || ttl < a.TTL {
				a.TTL = ttl
			}
		}
		if r.Type == dns.TypeNSEC {
			a.Denial = dnssec.DenialNSEC
		}
		if p, ok := r.NSEC3Parameters(); ok {
			if a.Denial != dnssec.DenialOptOut {
				a.Denial = dnssec.DenialNSEC3
			}
			a.NSEC3Iterations = max(a.NSEC3Iterations, p.Iterations)
			if p.OptOut && !msg.AuthenticatedData {
				a.Denial = dnssec.DenialOptOut
			}
		}
	}
	if a.Zone == "" {
		a.TTL = 0 // a denial without SOA is not to be kept
	}
}

// ttlOf returns the least TTL of a section, 0 for an empty one.
func ttlOf(section []dnssec.Record) time.Duration {
	var least time.Duration
	for i := range section {
		if t := time.Duration(section[i].TTL) * time.Second; i == 0 || t < least {
			least = t
		}
	}
	return least
}

// signature finds the signature over the RRset of an owner and a type.
func signature(section []dnssec.Record, owner string, covered uint16) (dnssec.Signature, bool) {
	name, err := dnssec.ParseName(owner)
	for i := range section {
		r := &section[i]
		if err == nil && r.Owner == name && r.Type == dns.TypeRRSIG && r.Covers() == covered {
			return r.Signature()
		}
	}
	return dnssec.Signature{}, false
}

// expanded reports whether a signature with so many labels is of a wildcard that
// became the owner name (RFC 4034, Section 3.1.3).
func expanded(owner string, signed uint8) bool {
	labels := dns.CountLabel(owner)
	if strings.HasPrefix(owner, "*.") {
		labels--
	}
	return int(signed) < labels
}

// earliest returns the first expiry of the signatures that an answer rests on.
func earliest(msg *dnssec.Message, now time.Time) time.Time {
	var first time.Time
	for _, section := range [2][]dnssec.Record{msg.Answer, msg.Authority} {
		for i := range section {
			sig, ok := section[i].Signature()
			if !ok || sig.Covered == dns.TypeNS {
				continue
			}
			if t := near(sig.Expiration, now); first.IsZero() || t.Before(first) {
				first = t
			}
		}
	}
	return first
}

// near reads a time of 32 bits as the moment closest to now (RFC 4034, Section
// 3.1.5; RFC 1982).
func near(t uint32, now time.Time) time.Time {
	return time.Unix(now.Unix()+int64(int32(t-uint32(now.Unix()))), 0).UTC()
}

package resolver

import (
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// describe fills in what a reply shows beside its records: how long it may be
// believed, from which zone, signed how. None of it is proven here.
func describe(a *Answer, msg *dns.Msg, now time.Time) {
	a.TTL = ttlOf(msg.Answer)
	end, section, covered := a.Expanded(), msg.Answer, a.Question.Type
	if a.Outcome != Found {
		describeDenial(a, msg)
		end, section, covered = a.Zone, msg.Ns, dns.TypeSOA
	}
	sig := signature(section, end, covered)
	if sig == nil {
		return
	}
	a.Signer, a.KeyTag, a.Algorithm = canonical(sig.SignerName), sig.KeyTag, sig.Algorithm
	a.Expires = earliest(msg, now)
	if a.Outcome == Found {
		a.Zone = a.Signer
		a.Wildcard = expanded(sig)
	}
}

// describeDenial reads an authority section (RFC 2308, Section 5).
func describeDenial(a *Answer, msg *dns.Msg) {
	for _, rr := range msg.Ns {
		switch rr := rr.(type) {
		case *dns.SOA:
			a.Zone = canonical(rr.Hdr.Name)
			ttl := time.Duration(min(rr.Hdr.Ttl, rr.Minttl)) * time.Second
			if len(a.Links) == 0 || ttl < a.TTL {
				a.TTL = ttl
			}
		case *dns.NSEC:
			a.Denial = dnssec.DenialNSEC
		case *dns.NSEC3:
			if a.Denial != dnssec.DenialOptOut {
				a.Denial = dnssec.DenialNSEC3
			}
			a.NSEC3Iterations = max(a.NSEC3Iterations, rr.Iterations)
			if rr.Flags&1 != 0 && !msg.AuthenticatedData {
				a.Denial = dnssec.DenialOptOut
			}
		}
	}
	if a.Zone == "" {
		a.TTL = 0 // a denial without SOA is not to be kept
	}
}

// ttlOf returns the least TTL of a section, 0 for an empty one.
func ttlOf(section []dns.RR) time.Duration {
	var least time.Duration
	for i, rr := range section {
		// RFC 2181, Section 8: a TTL with the highest bit set is zero.
		ttl := rr.Header().Ttl
		if ttl > 1<<31-1 {
			ttl = 0
		}
		if t := time.Duration(ttl) * time.Second; i == 0 || t < least {
			least = t
		}
	}
	return least
}

func signature(section []dns.RR, owner string, covered uint16) *dns.RRSIG {
	for _, rr := range section {
		sig, ok := rr.(*dns.RRSIG)
		if ok && sig.TypeCovered == covered && canonical(sig.Hdr.Name) == owner {
			return sig
		}
	}
	return nil
}

// expanded reports whether sig is of a wildcard that became its owner name (RFC
// 4034, Section 3.1.3).
func expanded(sig *dns.RRSIG) bool {
	labels := dns.CountLabel(sig.Hdr.Name)
	if len(sig.Hdr.Name) > 1 && sig.Hdr.Name[:2] == "*." {
		labels--
	}
	return int(sig.Labels) < labels
}

// earliest returns the first expiry of the signatures that an answer rests on.
func earliest(msg *dns.Msg, now time.Time) time.Time {
	var first time.Time
	for _, section := range [][]dns.RR{msg.Answer, msg.Ns} {
		for _, rr := range section {
			sig, ok := rr.(*dns.RRSIG)
			if !ok || sig.TypeCovered == dns.TypeNS {
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

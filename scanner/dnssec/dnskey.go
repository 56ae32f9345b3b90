package dnssec

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/miekg/dns"
)

// prime finds out about a trust anchor.
func (l *lookup) prime(n Name, point *anchorPoint) *node {
	if point.negative {
		return l.node(nil, n, ReasonNegativeAnchor)
	}
	usable, reason := l.v.supported(point)
	if reason != ReasonNone {
		return l.node(nil, n, reason)
	}
	return l.keys(nil, n, usable)
}

// supported drops what cannot be used of DS records and anchors. The reason is
// set where nothing is left: the zone is insecure (RFC 4035, Section 5.2). SHA-1
// digests do not count beside stronger ones (RFC 4509, Section 3).
func (v *Validator) supported(point *anchorPoint) (*anchorPoint, Reason) {
	kept := &anchorPoint{}
	reason, strong := ReasonUnsupportedAlg, false
	for _, ds := range point.ds {
		switch {
		case v.algorithms[ds.alg] == nil:
		case digestHash(ds.digestType) == 0:
			reason = ReasonUnsupportedDigest
		default:
			kept.ds = append(kept.ds, ds)
			strong = strong || ds.digestType != dns.SHA1
		}
	}
	if strong && !v.cfg.HonourSHA1DS {
		all := kept.ds
		kept.ds = nil
		for _, ds := range all {
			if ds.digestType != dns.SHA1 {
				kept.ds = append(kept.ds, ds)
			}
		}
	}
	for _, k := range point.keys {
		if v.algorithms[k.alg] != nil {
			kept.keys = append(kept.keys, k)
		}
	}
	if len(kept.ds) == 0 && len(kept.keys) == 0 {
		return nil, reason
	}
	return kept, ReasonNone
}

// keys gets the DNSKEY RRset of a zone and the keys in it that are trusted
// because of what point vouches for.
func (l *lookup) keys(parent *node, n Name, point *anchorPoint) *node {
	return l.insist(parent, n, dns.TypeDNSKEY, func(msg *message) *node {
		return l.readDNSKEY(parent, n, point, msg)
	})
}

func (l *lookup) readDNSKEY(parent *node, n Name, point *anchorPoint, msg *message) *node {
	set := find(msg.answer, n, dns.TypeDNSKEY)
	switch {
	case set == nil:
		return l.broken(parent, n, ReasonDNSKEYMissing)
	case len(set.records) > l.v.limits.DNSKEYs:
		return l.node(parent, n, ReasonWorkLimit)
	case len(set.sigs) == 0:
		return l.broken(parent, n, ReasonDNSKEYUnsigned)
	case set.canonicalise() != nil:
		return l.broken(parent, n, ReasonMalformed)
	}
	all := readKeys(set, l.v.algorithms)
	e, reason := l.v.vouched(n, all, point)
	if reason != ReasonNone {
		return l.broken(parent, n, reason)
	}
	trusted := &zoneKeys{apex: n, keys: e.keys, weak: parent != nil && parent.zone.weak}
	trusted.required = l.v.required(point)
	r := l.v.newResponse(l.w)
	p, reason := r.verify(set, trusted)
	if p == nil {
		return l.broken(parent, n, reason).blame(r.blamed)
	}
	made := &node{name: n, parent: parent, status: Secure, apex: true, ds: e.by, proof: p}
	made.zone = &zoneKeys{apex: n, keys: all, weak: p.weak, required: trusted.required}
	return l.lasts(made, p.ttl)
}

// required returns the algorithms that have to sign in a zone.
func (v *Validator) required(point *anchorPoint) []uint8 {
	if !v.cfg.EveryAlgorithm {
		return nil
	}
	var algorithms []uint8
	for _, ds := range point.ds {
		algorithms = append(algorithms, ds.alg)
	}
	for _, k := range point.keys {
		algorithms = append(algorithms, k.alg)
	}
	slices.Sort(algorithms)
	return slices.Compact(algorithms)
}

// entry is the keys of a DNSKEY RRset that a DS record or an anchor vouches for,
// and what does, for a trace.
type entry struct {
	keys []*key
	by   []voucher
}

// voucher is a DS record or, by its digest type 0, a DNSKEY record.
type voucher struct {
	tag             uint16
	alg, digestType uint8
}

func (v voucher) String() string {
	if v.digestType == 0 {
		return fmt.Sprintf("%d %d DNSKEY", v.tag, v.alg)
	}
	return fmt.Sprintf("%d %d %d", v.tag, v.alg, v.digestType)
}

// vouched picks the entry keys. Revoked keys and keys that are not for zones are
// none of them.
func (v *Validator) vouched(owner Name, all []*key, point *anchorPoint) (entry, Reason) {
	var e entry
	for _, k := range point.keys {
		for _, have := range all {
			if bytes.Equal(have.rdata, k.rdata) && have.zone && !have.revoked {
				e.keys, e.by = append(e.keys, have), append(e.by, voucher{k.tag, k.alg, 0})
			}
		}
	}
	reason, mismatches := ReasonDSMismatch, 0
	for _, ds := range point.ds {
		for _, k := range all {
			if k.tag != ds.tag || k.alg != ds.alg {
				continue
			}
			if why := k.unusable(&rrset{typ: dns.TypeDS}, owner); why != ReasonNone {
				reason = why
				continue
			}
			if vouches(ds, owner, k) {
				e.keys, e.by = append(e.keys, k), append(e.by, voucher{ds.tag, ds.alg, ds.digestType})
				continue
			}
			if mismatches++; mismatches > v.limits.DSMismatches {
				return entry{}, ReasonWorkLimit
			}
		}
	}
	if len(e.keys) == 0 {
		return entry{}, reason
	}
	return e, ReasonNone
}

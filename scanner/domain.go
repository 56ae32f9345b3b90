package scanner

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/resolver"
)

// domain looks at one name of the list: its MX hosts, or why it has none.
func (c *collector) domain(ctx context.Context, n list.Name) run.DomainEvidence {
	began := c.cfg.now()
	d := run.DomainEvidence{
		Line:      n.Line,
		Rank:      n.Rank,
		Domain:    n.Domain,
		Unicode:   list.Unicode(n.Domain),
		TLD:       n.Domain[strings.LastIndexByte(n.Domain, '.')+1:],
		Group:     n.Group,
		ScannedAt: stamp(began),
		Attempts:  1,
	}
	for _, ds := range n.DS {
		d.DS = append(d.DS, run.DS{KeyTag: int32(ds.KeyTag), Algorithm: int32(ds.Algorithm), DigestType: int32(ds.DigestType)})
	}
	d.Registrable, _ = publicsuffix.EffectiveTLDPlusOne(n.Domain)

	mx := c.cfg.Resolver.Lookup(resolver.Once(ctx), n.Domain, dns.TypeMX)
	d.Queries += int64(mx.Queries)
	d.MXLookup = ptr(lookupRow(mx))
	d.MXDNSSEC = run.DNSSEC(mx.Status.String())
	if mx.Zone != "" && len(mx.Links) == 0 {
		d.Zone, d.ZoneDNSSEC = name(mx.Zone), d.MXDNSSEC
		c.zoneFacts(&d, mx.Zone)
	}
	switch {
	case mx.Failed():
		d.MXKind = run.MXError
	case mx.Outcome == resolver.NXDomain:
		d.MXKind = run.MXNone
	case mx.Outcome == resolver.NoData:
		c.fallback(ctx, &d)
	default:
		d.MXKind, d.MX = exchangers(mx.Records)
		if d.MXKind == run.MXNull {
			d.NullPreference, d.MX = ptr(d.MX[0].Preference), nil
		}
	}
	c.mailbox(ctx, &d, mx)
	c.policies(ctx, &d)
	d.ElapsedMS = c.cfg.now().Sub(began).Milliseconds()
	d.CrossCheck = c.cfg.cross.compare(ctx, d.Domain, mx)
	return d
}

// zoneFacts notes what the lookup has taught about the domain's zone on the way.
func (c *collector) zoneFacts(d *run.DomainEvidence, apex string) {
	if c.cfg.ZoneFacts == nil {
		return
	}
	facts := c.cfg.ZoneFacts(dns.CanonicalName(apex))
	for _, ns := range facts.NS {
		d.NS = append(d.NS, name(ns))
	}
	for _, algorithm := range facts.Algorithms {
		d.DNSKEYAlgorithms = append(d.DNSKEYAlgorithms, int32(algorithm))
	}
	if len(facts.Algorithms) > 0 {
		d.ZoneDNSSEC = run.Secure // whatever its opt-out spans leave unproven
	}
	if len(d.DS) > 0 {
		return // the list has them
	}
	for _, ds := range facts.DS {
		d.DS = append(d.DS, run.DS{KeyTag: int32(ds.KeyTag), Algorithm: int32(ds.Algorithm), DigestType: int32(ds.DigestType)})
	}
}

// fallback asks for the domain's own address: with one, and without MX, the domain
// is its own and only host (RFC 5321, Section 5.1; RFC 7672, Section 2.2.2).
func (c *collector) fallback(ctx context.Context, d *run.DomainEvidence) {
	a := c.cfg.Resolver.Lookup(ctx, d.Domain, dns.TypeA)
	aaaa := c.cfg.Resolver.Lookup(ctx, d.Domain, dns.TypeAAAA)
	d.Queries += int64(a.Queries + aaaa.Queries)
	d.FallbackA, d.FallbackAAAA = ptr(lookupRow(a)), ptr(lookupRow(aaaa))
	switch {
	case a.Outcome == resolver.Found || aaaa.Outcome == resolver.Found:
		d.MXKind = run.MXImplicit
		d.MX = []run.MX{{Host: d.Domain}}
	case a.Failed() || aaaa.Failed():
		d.MXKind = run.MXError
	default:
		d.MXKind = run.MXNone
	}
}

// exchangers are the distinct MX hosts, each at its best preference, best first. A
// sole root is a null MX (RFC 7505), and then the only one.
func exchangers(records []dns.RR) (run.MXKind, []run.MX) {
	var hosts []run.MX
	for _, rr := range records {
		if mx, ok := rr.(*dns.MX); ok {
			hosts = append(hosts, run.MX{Preference: int32(mx.Preference), Host: name(mx.Mx)})
		}
	}
	slices.SortFunc(hosts, func(a, b run.MX) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Preference, b.Preference))
	})
	hosts = slices.CompactFunc(hosts, func(a, b run.MX) bool { return a.Host == b.Host })
	slices.SortFunc(hosts, func(a, b run.MX) int {
		return cmp.Or(cmp.Compare(a.Preference, b.Preference), cmp.Compare(a.Host, b.Host))
	})
	if len(hosts) == 1 && hosts[0].Host == "." {
		return run.MXNull, hosts
	}
	return run.MXFound, hosts
}

// stamp is a time as the tables keep it.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

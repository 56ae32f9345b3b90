package scanner

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"danescan/datasets/run"
	"danescan/scanner/judge"
	"danescan/scanner/resolver"
)

// tlsaPort is the label of the port that mail is relayed to. It stays 25 where a
// lab's servers listen elsewhere: the owner name is part of the protocol (RFC
// 7672, Section 2.2.3).
const tlsaPort = "_25._tcp."

// host looks at one MX host: addresses first, since they decide whether and where
// TLSA records may stand (RFC 7672, Section 2.2.2), then TLSA.
func (c *collector) host(ctx context.Context, host string) (h run.HostEvidence, queries int) {
	h = run.HostEvidence{Host: host, ScannedAt: stamp(c.cfg.now())}
	if ok, _ := judge.MXTarget(host); !ok {
		return h, 0
	}
	l := &hostLookup{Resolver: c.cfg.Resolver, h: &h, keep: c.cfg.cross.has(host)}
	l.addresses(ctx)
	c.tlsa(ctx, l)
	h.CrossCheck = c.cfg.cross.compare(ctx, host, l.kept...)
	return h, l.queries
}

// hostLookup is the lookups of one host, counted.
type hostLookup struct {
	resolver.Resolver
	h       *run.HostEvidence
	queries int
	keep    bool              // what is asked for, to ask a second resolver, too
	kept    []resolver.Answer // A, AAAA and TLSA
}

// addresses asks for both families: an error in one does not stop the other.
func (l *hostLookup) addresses(ctx context.Context) {
	h := l.h
	a := l.Lookup(ctx, h.Host, dns.TypeA)
	aaaa := l.Lookup(ctx, h.Host, dns.TypeAAAA)
	h.A, h.AAAA = ptr(lookupRow(a)), ptr(lookupRow(aaaa))
	h.Addresses = append(addressesOf(a), addressesOf(aaaa)...)
	l.zone(ctx, a, aaaa)
	if judge.NeedsAlias(h) {
		h.AliasLookup = ptr(lookupRow(l.Lookup(ctx, h.Host, dns.TypeCNAME)))
	}
}

// zone notes whether the host's zone is proven secure. That is asked for only
// where no family gave an address and one failed: there it decides.
func (l *hostLookup) zone(ctx context.Context, answers ...resolver.Answer) {
	failed := false
	for _, a := range answers {
		if !a.Failed() && len(a.Links) == 0 {
			l.h.AddressZoneDNSSEC = run.DNSSEC(a.Status.String())
			return
		}
		failed = failed || a.Failed()
	}
	if failed && len(l.h.Addresses) == 0 {
		_, status := resolver.ZoneOf(ctx, l, l.h.Host)
		l.h.AddressZoneDNSSEC = run.DNSSEC(status.String())
	}
}

// Lookup counts what a helper asks on our behalf.
func (l *hostLookup) Lookup(ctx context.Context, name string, qtype uint16) resolver.Answer {
	a := l.Resolver.Lookup(ctx, name, qtype)
	l.queries += a.Queries
	if l.keep && (qtype == dns.TypeTLSA && strings.HasPrefix(name, tlsaPort) || qtype == dns.TypeA || qtype == dns.TypeAAAA) {
		l.kept = append(l.kept, a)
	}
	return a
}

// addressesOf are the addresses of an answer, each once, in order.
func addressesOf(a resolver.Answer) []string {
	if a.Failed() {
		return nil
	}
	var found []string
	for _, rr := range a.Records {
		switch rr := rr.(type) {
		case *dns.A:
			found = append(found, rr.A.String())
		case *dns.AAAA:
			found = append(found, rr.AAAA.String())
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// tlsa asks for TLSA at each candidate in turn. Secure records or an error end
// the search; else the next candidate is asked.
func (c *collector) tlsa(ctx context.Context, l *hostLookup) {
	h := l.h
	bases, figureOnly := judge.Candidates(h)
	if figureOnly && c.cfg.SkipTLSA {
		return
	}
	h.TLSACandidates, h.TLSA = nil, nil
	for _, base := range bases {
		a := l.Lookup(ctx, tlsaPort+base, dns.TypeTLSA)
		h.TLSACandidates = append(h.TLSACandidates, run.TLSACandidate{
			Base: base, QName: tlsaPort + base, Lookup: lookupRow(a), LookedUpAt: stamp(c.cfg.now()),
		})
		found := a.Outcome == resolver.Found
		secure := found && run.DNSSEC(a.Status.String()) == run.Secure
		if found && (secure || len(h.TLSA) == 0) {
			h.TLSA = tlsaRows(a.Records)
		}
		if secure || a.Failed() {
			break
		}
	}
	if state, base := judge.State(h); applies(state) {
		ent := l.Lookup(ctx, "_tcp."+base, dns.TypeTLSA)
		h.ENT = &run.ENT{QName: "_tcp." + base, Lookup: lookupRow(ent)}
	}
}

// applies reports whether DANE senders must use TLS with a host in this state.
func applies(state run.TLSAState) bool {
	return state == run.TLSAUsable || state == run.TLSAUnusable
}

// tlsaRows are the TLSA records of an answer, in canonical order and each once, so
// that equal evidence makes equal rows.
func tlsaRows(records []dns.RR) []run.TLSA {
	var rows []run.TLSA
	for _, rr := range records {
		if row, ok := tlsaRow(rr); ok {
			rows = append(rows, row)
		}
	}
	compare := func(a, b run.TLSA) int { return slices.Compare(a.RData, b.RData) }
	slices.SortFunc(rows, compare)
	return slices.CompactFunc(rows, func(a, b run.TLSA) bool { return compare(a, b) == 0 })
}

func tlsaRow(rr dns.RR) (run.TLSA, bool) {
	switch rr := rr.(type) {
	case *dns.TLSA:
		data, err := hex.DecodeString(rr.Certificate)
		if err != nil {
			return run.TLSA{}, false
		}
		return run.TLSA{
			Usage: int32(rr.Usage), Selector: int32(rr.Selector), MatchingType: int32(rr.MatchingType), Data: data,
			RData: append([]byte{rr.Usage, rr.Selector, rr.MatchingType}, data...),
		}, true
	case *dns.RFC3597: // RDATA too short to be taken apart
		if data, err := hex.DecodeString(strings.ToLower(rr.Rdata)); err == nil {
			return run.TLSA{Data: []byte{}, RData: data}, true
		}
	}
	return run.TLSA{}, false
}

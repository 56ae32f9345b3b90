package judge

import (
	"slices"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// references returns the names beside the TLSA base domain that a certificate of
// the domain's MX hosts may carry under DANE-TA (RFC 7672, Section 3.2.2): the
// next-hop domain and what it is an alias of, if the DNS proved them to lead to
// the host. Where the domain is its own MX host, its name came from the sender.
// Below MX records that are not secure there is none: what that section calls the MX
// hostname there is taken to be the base domain, which it asks for in all cases.
func references(d *run.DomainEvidence) dane.Names {
	switch {
	case d.MXKind == run.MXImplicit:
		return dane.Names{canonical(d.Domain)}
	case d.MXKind != run.MXFound || d.MXDNSSEC != run.Secure:
		return nil
	}
	names := dane.Names{canonical(d.Domain)}
	if l := d.MXLookup; l != nil && len(l.Chain) > 0 {
		names = append(names, canonical(l.Chain[len(l.Chain)-1].Target))
	}
	return names
}

// under returns the facts of a host as a sender sees them that knows those names
// beside the base domain: sessions that failed by name alone are judged again,
// and the host's verdict with them.
func under(f HostFacts, names dane.Names) HostFacts {
	var ends []end
	for _, n := range f.byName {
		if _, ok := names.Match(n.seen); !ok {
			continue
		}
		if ends == nil {
			ends = slices.Clone(f.ends)
		}
		ends[n.end].verdict, ends[n.end].reason = run.Verified, ""
	}
	if ends != nil {
		f.ends = ends
		f.Verdict, f.Reason = tally(f.State, ends)
	}
	return f
}

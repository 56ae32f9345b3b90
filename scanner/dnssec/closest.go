package dnssec

import "github.com/miekg/dns"

// encloserProof is the closest encloser proof of RFC 5155, Section 8.3.
type encloserProof struct {
	encloser Name
	match    *nsec3Record // at the closest encloser
	cover    *nsec3Record // of the next closer name
}

// insecureCut reports whether the closest encloser is a delegation without DS:
// what is asked lies beyond it.
func (p *encloserProof) insecureCut() bool {
	return cutAt(p.match.types, p.encloser) == cutInsecure
}

// enclose finds the longest existing ancestor of q and the denial of the name one
// label longer. It is nil where that is not proven, or where the ancestor is a
// cut with DS or a DNAME, which say nothing of what is below.
func (e *evidence) enclose(c *nsec3Chain, q Name) *encloserProof {
	next := q
	for n := q.parent(); ; next, n = n, n.parent() {
		if !n.Within(e.zone.apex) || e.overLimit {
			return nil
		}
		m := e.match(c, n)
		if m == nil {
			if n == e.zone.apex {
				return nil
			}
			continue
		}
		p := &encloserProof{encloser: n, match: m}
		if p.insecureCut() {
			return p
		}
		if delegates(m.types) || m.types.has(dns.TypeDNAME) {
			return nil
		}
		if p.cover = e.cover(c, next); p.cover == nil {
			return nil
		}
		return p
	}
}

// nsec3NoData proves that q has no RRset of type t (RFC 5155, Section 8.5 to 8.7).
func (e *evidence) nsec3NoData(c *nsec3Chain, q Name, t uint16) verdict {
	if m := e.match(c, q); m != nil {
		if t != dns.TypeDS && q != e.zone.apex && cutAt(m.types, q) == cutInsecure {
			return e.judge(true, beyondCut)
		}
		return e.judge(deniesType(m.types, q, t), noData)
	}
	if q == e.zone.apex {
		return unproven
	}
	p := e.enclose(c, q)
	switch {
	case p == nil:
		return unproven
	case p.insecureCut():
		return e.judge(t != dns.TypeDS, beyondCut)
	}
	if wildcard := p.encloser.wildcard(); wildcard != "" {
		if m := e.match(c, wildcard); m != nil {
			if !deniesType(m.types, wildcard, t) {
				return unproven
			}
			return e.judge(true, withOptOut(noData, p.cover))
		}
	}
	return e.judge(p.cover.optOut, noDataOptOut)
}

// nsec3NXDomain proves that neither q nor its wildcard exists (RFC 5155, Section
// 8.4).
func (e *evidence) nsec3NXDomain(c *nsec3Chain, q Name) verdict {
	if q == e.zone.apex || e.match(c, q) != nil {
		return unproven
	}
	p := e.enclose(c, q)
	switch {
	case p == nil:
		return unproven
	case p.insecureCut():
		return e.judge(true, beyondCut)
	}
	wildcard := p.encloser.wildcard()
	if wildcard != "" && e.cover(c, wildcard) == nil {
		return unproven
	}
	return e.judge(true, withOptOut(nxDomain, p.cover))
}

// nsec3NoCloser proves that the name one label longer than the wildcard's parent
// does not exist (RFC 5155, Section 8.8).
func (e *evidence) nsec3NoCloser(c *nsec3Chain, q, encloser Name) verdict {
	cover := e.cover(c, q.suffix(encloser.Labels()+1))
	if cover == nil {
		return unproven
	}
	return e.judge(true, withOptOut(noData, cover))
}

// nsec3NoDS looks for the proof of what is at a name where a zone cut may be (RFC
// 5155, Section 8.6 and 8.9).
func (e *evidence) nsec3NoDS(c *nsec3Chain, q Name) cut {
	if m := e.match(c, q); m != nil {
		return cutAt(m.types, q)
	}
	p := e.enclose(c, q)
	switch {
	case p == nil || e.overLimit:
		return cutUnknown
	case p.insecureCut():
		return cutInsecure
	case p.cover.optOut:
		return cutOptOut
	}
	if e.nsec3NXDomain(c, q) == nxDomain || e.nsec3NoData(c, q, dns.TypeDS) == noData {
		return cutNone
	}
	return cutUnknown
}

// withOptOut turns a denial into its opt-out form where the record that denies
// the next closer name has the flag: unsigned names may be there (RFC 5155,
// Section 9.2).
func withOptOut(v verdict, cover *nsec3Record) verdict {
	switch {
	case !cover.optOut:
		return v
	case v == nxDomain:
		return nxDomainOptOut
	}
	return noDataOptOut
}

// judge returns v where it holds and no limit was passed on the way to it.
func (e *evidence) judge(holds bool, v verdict) verdict {
	if !holds || e.overLimit {
		return unproven
	}
	return v
}

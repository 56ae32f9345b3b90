package dnssec

import "github.com/miekg/dns"

// delegation finds out what is at a name one label below what the parent node
// covers: a zone with DS, a zone without, or no zone cut.
func (l *lookup) delegation(parent *node, n Name) *node {
	found := l.insist(parent, n, dns.TypeDS, func(msg *message) *node { return l.readDS(parent, n, msg) })
	if found.vouch == nil {
		return found
	}
	made := l.keys(parent, n, found.vouch)
	if made.status == Secure {
		made.zone.weak = made.zone.weak || found.proof.weak
		if found.until.Before(made.until) {
			made.until = found.until
		}
	}
	return made
}

// readDS reads the reply to a DS question. The zone above speaks, and no other
// (RFC 4035, Section 5.2).
func (l *lookup) readDS(parent *node, n Name, msg *message) *node {
	r := l.v.newResponse(l.w)
	set := find(msg.answer, n, dns.TypeDS)
	if set == nil {
		set = find(msg.authority, n, dns.TypeDS) // a referral carries it there
	}
	if set != nil {
		return l.secureCut(r, parent, n, set)
	}
	if made := l.aliasCut(r, parent, n, msg); made != nil {
		return made
	}
	e := r.gather(msg.authority, parent.zone)
	defer e.free()
	var made *node
	switch e.noDS(n) {
	case cutNone:
		return l.noCut(parent, n, e.last, e.ttl)
	case cutInsecure:
		made = l.node(parent, n, ReasonNoDS)
	case cutOptOut:
		made = l.node(parent, n, ReasonOptOut)
	case cutIterations:
		made = l.node(parent, n, ReasonNSEC3Iterations)
	default:
		reason := e.why()
		if reason == ReasonDenialMissing || reason == ReasonDenialInvalid {
			reason = ReasonDSUnproven
		}
		return l.broken(parent, n, reason).blame(r.blamed)
	}
	made.proof = e.last
	return l.lasts(made, e.ttl)
}

// noCut makes the node of a name where no zone begins: the keys of the zone above go
// on, but no longer than they are known there (RFC 4035, Section 5.3.3).
func (l *lookup) noCut(parent *node, n Name, p *proof, ttl uint32) *node {
	made := l.lasts(&node{name: n, parent: parent, status: Secure, zone: parent.zone, proof: p}, ttl)
	if parent.until.Before(made.until) {
		made.until = parent.until
	}
	return made
}

// secureCut verifies the DS RRset at a name.
func (l *lookup) secureCut(r *response, parent *node, n Name, set *rrset) *node {
	if len(set.records) > l.v.limits.DSs {
		return l.node(parent, n, ReasonWorkLimit)
	}
	p, reason := r.verify(set, parent.zone)
	switch {
	case p == nil:
		return l.broken(parent, n, reason).blame(r.blamed)
	case p.expanded(set):
		return l.broken(parent, n, ReasonWildcardForbidden)
	}
	point := &anchorPoint{}
	for i := range set.records {
		if ds, ok := readDS(&set.records[i]); ok {
			point.ds = append(point.ds, ds)
		}
	}
	point, reason = l.v.supported(point)
	made := &node{name: n, parent: parent, status: Secure, vouch: point}
	if reason != ReasonNone {
		made = l.node(parent, n, reason)
	}
	made.proof = p
	return l.lasts(made, p.ttl)
}

// aliasCut reads a CNAME or DNAME in reply to a DS question: no zone begins at an
// alias. It returns nil where there is none.
func (l *lookup) aliasCut(r *response, parent *node, n Name, msg *message) *node {
	set := find(msg.answer, n, dns.TypeCNAME)
	if set == nil || len(set.sigs) == 0 {
		if d := findDNAME(msg.answer, n); d != nil {
			set = d
		}
	}
	if set == nil {
		return nil
	}
	f := r.checkSet(msg, set, parent.zone)
	switch f.status {
	case Secure:
		return l.noCut(parent, n, f.proof, f.ttl)
	case Insecure:
		return l.lasts(l.node(parent, n, f.reason), f.ttl)
	}
	return l.broken(parent, n, f.reason).blame(f.proof)
}

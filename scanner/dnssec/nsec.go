package dnssec

import "github.com/miekg/dns"

// nsecRecord is an NSEC record as the proofs need it. Whether it is signed is
// looked into when a proof wants to use it.
type nsecRecord struct {
	set   *evidenceSet
	owner Name
	next  Name
	types bitmap
}

// readNSEC takes a record, where its next name is one of the zone.
func (e *evidence) readNSEC(set *evidenceSet, data string) {
	next, types := cutName(data)
	if next != "" && next.Within(e.zone.apex) {
		e.nsec = append(e.nsec, nsecRecord{set: set, owner: set.owner, next: next, types: bitmap(types)})
	}
}

// delegates reports whether a type list is that of the parent's side of a zone
// cut.
func delegates(types bitmap) bool {
	return types.has(dns.TypeNS) && !types.has(dns.TypeSOA)
}

// deniesType reports whether the type list at a name says that the name has no
// RRset of the type and no alias (RFC 6840, Section 4.1 and 4.3). The parent's
// side of a cut speaks of DS only, the child's side of all else.
func deniesType(types bitmap, owner Name, t uint16) bool {
	if types.has(t) || types.has(dns.TypeCNAME) {
		return false
	}
	if t == dns.TypeDS {
		return owner == Root || !types.has(dns.TypeSOA)
	}
	return !delegates(types)
}

// covers reports whether the record says that q is not in the zone (RFC 4034,
// Section 4.1.1): q sorts between owner and next, or after the last owner. What
// lies below a cut or a DNAME at the owner is not the record's to deny (RFC
// 6840, Section 4.1).
func (n *nsecRecord) covers(q, apex Name) bool {
	if n.owner.compare(q) >= 0 || !q.Within(apex) {
		return false
	}
	if n.next != apex && n.next.compare(q) <= 0 {
		return false
	}
	if q.below(n.owner) && (delegates(n.types) || n.types.has(dns.TypeDNAME)) {
		return false
	}
	return true
}

// emptyNonTerminal reports whether the record, which covers q, says that q has
// names below it (RFC 4592, Section 2.2.2).
func (n *nsecRecord) emptyNonTerminal(q Name) bool { return n.next.below(q) }

// encloser is the closest encloser of q that the record, which covers q, shows.
func (n *nsecRecord) encloser(q Name) Name {
	a, b := common(q, n.owner), common(q, n.next)
	if len(a) > len(b) {
		return a
	}
	return b
}

// matchNSEC returns the usable record at q.
func (e *evidence) matchNSEC(q Name) *nsecRecord {
	for i := range e.nsec {
		if n := &e.nsec[i]; n.owner == q && e.use(n.set) {
			return n
		}
	}
	return nil
}

// coverNSEC returns a usable record that covers q.
func (e *evidence) coverNSEC(q Name) *nsecRecord {
	for i := range e.nsec {
		if n := &e.nsec[i]; n.covers(q, e.zone.apex) && e.use(n.set) {
			return n
		}
	}
	return nil
}

// nsecNoData proves that q has no RRset of type t (RFC 4035, Section 5.4; RFC
// 4592): q is there without it, or an empty non-terminal, or its wildcard is one
// of these.
func (e *evidence) nsecNoData(q Name, t uint16) bool {
	if n := e.matchNSEC(q); n != nil {
		return deniesType(n.types, q, t)
	}
	n := e.coverNSEC(q)
	if n == nil {
		return false
	}
	if n.emptyNonTerminal(q) {
		return true
	}
	wildcard := n.encloser(q).wildcard()
	if wildcard == "" {
		return false
	}
	if w := e.matchNSEC(wildcard); w != nil {
		return deniesType(w.types, wildcard, t)
	}
	w := e.coverNSEC(wildcard)
	return w != nil && w.emptyNonTerminal(wildcard)
}

// nsecNXDomain proves that neither q nor a wildcard that would stand in for it
// exists.
func (e *evidence) nsecNXDomain(q Name) bool {
	n := e.coverNSEC(q)
	if n == nil || n.emptyNonTerminal(q) {
		return false
	}
	wildcard := n.encloser(q).wildcard()
	if wildcard == "" {
		return true
	}
	w := e.coverNSEC(wildcard)
	return w != nil && !w.emptyNonTerminal(wildcard)
}

// nsecNoCloser proves that nothing closer to q exists than the wildcard below
// encloser that an answer was made from (RFC 4035, Section 5.3.4).
func (e *evidence) nsecNoCloser(q, encloser Name) bool {
	n := e.coverNSEC(q)
	return n != nil && !n.emptyNonTerminal(q) && n.encloser(q) == encloser
}

// nsecInsecureCut proves that q lies at or below a delegation without DS, so that
// the zone that speaks has no say (RFC 4035, Section 5.2).
func (e *evidence) nsecInsecureCut(q Name, t uint16) bool {
	if t == dns.TypeDS {
		q = q.parent()
	}
	for i := range e.nsec {
		n := &e.nsec[i]
		if q.Within(n.owner) && n.owner != e.zone.apex && cutAt(n.types, n.owner) == cutInsecure && e.use(n.set) {
			return true
		}
	}
	return false
}

// nsecNoDS looks for the proof of what is at a name where a zone cut may be.
func (e *evidence) nsecNoDS(q Name) cut {
	if n := e.matchNSEC(q); n != nil {
		return cutAt(n.types, q)
	}
	if e.nsecNoData(q, dns.TypeDS) || e.nsecNXDomain(q) {
		return cutNone
	}
	return cutUnknown
}

// cut says what a denial of DS shows about a name.
type cut uint8

const (
	cutUnknown    cut = iota // nothing
	cutNone                  // no zone begins here
	cutInsecure              // a zone begins here and has no DS
	cutOptOut                // a zone may begin here, and would have no DS
	cutIterations            // proven by NSEC3 with too many iterations
)

// cutAt reads the type list at a name.
func cutAt(types bitmap, q Name) cut {
	switch {
	case types.has(dns.TypeDS) || types.has(dns.TypeSOA) && q != Root:
		return cutUnknown // it is there; or this is the child speaking
	case types.has(dns.TypeNS):
		return cutInsecure
	}
	return cutNone
}

package judge

import "danescan/datasets/run"

// found reports whether a lookup gave records that can be believed.
func found(l *run.Lookup) bool {
	return l != nil && l.Outcome == run.Found && !doubtful(l.DNSSEC)
}

// failed reports whether a lookup is an error to a sender. A status that is no
// answer counts, too, whatever the outcome says (RFC 7672, Section 2.1.1).
func failed(l *run.Lookup) bool {
	return l != nil && (l.Outcome.Failed() || l.Outcome != "" && doubtful(l.DNSSEC))
}

func doubtful(s run.DNSSEC) bool { return s == run.Bogus || s == run.Indeterminate }

func bogus(l *run.Lookup) bool {
	return l != nil && (l.Outcome == run.BogusAnswer || l.DNSSEC == run.Bogus)
}

// address is what the address lookups of a host say about where TLSA records may
// stand (RFC 7672, Section 2.2.2).
type address struct {
	secure bool        // of the records and every alias before them
	links  []run.Alias // the aliases, in order; empty: the name is none
}

// addressOf reads the address lookups. Where the families differ, which one zone
// cannot bring about, the less secure one decides: DANE must not rest on half an
// answer. It is not ok where no family gave an address. An error in one family does
// not undo the other, though RFC 7672, Section 2.2.2, can be read as if it did: a
// sender need not ask for both, and Postfix goes on with what it has.
func addressOf(h *run.HostEvidence) (address, bool) {
	var best *run.Lookup
	for _, l := range []*run.Lookup{h.A, h.AAAA} {
		if !found(l) {
			continue
		}
		if best == nil || best.DNSSEC == run.Secure && l.DNSSEC != run.Secure {
			best = l
		}
	}
	if best == nil {
		return address{}, false
	}
	return address{secure: best.DNSSEC == run.Secure, links: best.Chain}, true
}

// addressFailure says what follows where no family gave an address. Senders
// defer where that may be an attack, that is where the zone is signed; a dead
// host of an unsigned zone is no failure of DANE.
func addressFailure(h *run.HostEvidence) (verdict run.Verdict, reason run.Reason) {
	switch {
	case !failed(h.A) && !failed(h.AAAA) && (h.A != nil || h.AAAA != nil):
		return run.Unreachable, run.ReasonNoAddress
	case bogus(h.A) || bogus(h.AAAA) || h.AddressZoneDNSSEC == run.Secure:
		return run.LookupFailed, run.ReasonAddress
	}
	return run.Unreachable, run.ReasonAddressLookup
}

// firstLink returns the security of the first alias alone. A validating resolver
// gives it with the chain; where all that is known is that the whole was not
// secure, the CNAME was asked for by name, which says whether the zone that it
// stands in is signed (RFC 7672, Section 2.1.3). A denial says so, too, and is no
// error (RFC 7672, Section 2.1.1). It is not ok where that lookup failed or is
// missing.
func firstLink(h *run.HostEvidence, links []run.Alias) (secure, ok bool) {
	status := links[0].DNSSEC
	if l := h.AliasLookup; l != nil {
		if failed(l) || l.Outcome == "" {
			return false, false
		}
		status = l.DNSSEC
	}
	return status == run.Secure, status == run.Secure || status == run.Insecure
}

// NeedsAlias reports whether the host's CNAME must be asked for by name before
// its TLSA base domains are known: it is an alias, the answer as a whole is
// insecure, and the chain does not say whether its first link is.
func NeedsAlias(h *run.HostEvidence) bool {
	a, ok := addressOf(h)
	if !ok || a.secure || len(a.links) == 0 || h.AliasLookup != nil {
		return false
	}
	first := a.links[0].DNSSEC
	return first != run.Secure && first != run.Insecure
}

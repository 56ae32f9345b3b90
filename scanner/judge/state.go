package judge

import "danescan/datasets/run"

// standing is what the lookups of an MX host say about DANE, before any session.
type standing struct {
	state run.TLSAState
	base  string // of the candidate that decided; empty: none did

	// Verdict and reason are set where the lookups alone decide the host:
	// lookup-failed, unreachable, or none for a name that can have no TLSA.
	verdict run.Verdict
	reason  run.Reason

	lookup *run.Lookup // of TLSA at base
}

// State says what the TLSA lookups of a host came to, and at which base domain:
// the one whose records count where the state is usable or unusable (it is the
// SNI, too), whose records were seen where it is insecure, whose lookup failed
// where it is error. Else base is empty.
//
// A host is to be probed for DANE where the state is usable or unusable.
func State(h *run.HostEvidence) (state run.TLSAState, base string) {
	s := standingOf(h)
	return s.state, s.base
}

// Candidates returns the base domains at which TLSA records are to be asked for,
// in order, given the address lookups (RFC 7672, Section 2.2.2): the next one
// only where the one before gave no secure records and no error. With figureOnly
// set DANE does not apply to the host: the answer is a figure, an error in it
// means nothing, and it need not be asked at all.
//
// Senders need not follow the alias of an MX host (RFC 7672, Section 2.2.2); those
// that do not cannot reach it. Here it is followed, as Postfix does.
func Candidates(h *run.HostEvidence) (bases []string, figureOnly bool) {
	if ok, _ := MXTarget(h.Host); !ok {
		return nil, false
	}
	a, ok := addressOf(h)
	if !ok {
		return nil, false
	}
	host := canonical(h.Host)
	if len(a.links) == 0 {
		return []string{host}, !a.secure
	}
	if a.secure {
		return expansion(host, a.links), false
	}
	firstSecure, ok := firstLink(h, a.links)
	if !ok {
		return nil, false
	}
	// The first alias secure and a later link not: only the original name is
	// known to be what the MX record meant.
	return []string{host}, !firstSecure
}

// expansion returns the fully expanded name, then the original one; never a name
// between them.
func expansion(host string, links []run.Alias) []string {
	target := canonical(links[len(links)-1].Target)
	if ok, _ := MXTarget(target); !ok || target == host {
		return []string{host}
	}
	return []string{target, host}
}

func standingOf(h *run.HostEvidence) standing {
	if ok, reason := MXTarget(h.Host); !ok {
		return standing{state: run.TLSANotAsked, verdict: run.None, reason: reason}
	}
	if _, ok := addressOf(h); !ok {
		return addressless(h)
	}
	bases, figureOnly := Candidates(h)
	if len(bases) == 0 {
		return lookupFailed(canonical(h.Host), run.ReasonAlias)
	}
	if figureOnly {
		return figure(h, bases[0])
	}
	return search(h, bases)
}

func addressless(h *run.HostEvidence) standing {
	verdict, reason := addressFailure(h)
	if verdict == run.LookupFailed {
		return lookupFailed("", reason)
	}
	return standing{state: run.TLSANotAsked, verdict: verdict, reason: reason}
}

func lookupFailed(base string, reason run.Reason) standing {
	return standing{state: run.TLSAError, base: base, verdict: run.LookupFailed, reason: reason}
}

// figure reads TLSA records that no sender may use.
func figure(h *run.HostEvidence, base string) standing {
	c := candidate(h, base)
	switch {
	case c == nil:
		return standing{state: run.TLSANotAsked}
	case found(&c.Lookup):
		return standing{state: run.TLSAInsecure, base: base, lookup: &c.Lookup}
	}
	return standing{state: run.TLSANone}
}

// search goes through the candidates as a sender does: the first with secure
// records wins, even if none of them is usable; an error ends the search.
func search(h *run.HostEvidence, bases []string) standing {
	result := standing{state: run.TLSANone}
	for _, base := range bases {
		c := candidate(h, base)
		if c == nil || failed(&c.Lookup) || c.Lookup.Outcome == "" {
			return lookupFailed(base, run.ReasonTLSA)
		}
		if !found(&c.Lookup) {
			continue
		}
		if c.Lookup.DNSSEC == run.Secure {
			return standing{state: usability(h.TLSA), base: base, lookup: &c.Lookup}
		}
		if result.base == "" {
			result = standing{state: run.TLSAInsecure, base: base, lookup: &c.Lookup}
		}
	}
	return result
}

// usability says whether DANE can authenticate by the records of a secure TLSA
// RRset, or can only ask for encryption (RFC 7672, Section 2.2.3).
func usability(records []run.TLSA) run.TLSAState {
	for i := range records {
		if ok, _ := usable(&records[i]); ok {
			return run.TLSAUsable
		}
	}
	return run.TLSAUnusable
}

func candidate(h *run.HostEvidence, base string) *run.TLSACandidate {
	for i := range h.TLSACandidates {
		if canonical(h.TLSACandidates[i].Base) == base {
			return &h.TLSACandidates[i]
		}
	}
	return nil
}

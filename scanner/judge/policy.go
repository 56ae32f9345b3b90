package judge

import (
	"slices"

	"danescan/datasets/run"
)

// level is a column of the policies' table: what a sender insists on, and how the
// host's name came to it.
type level uint8

const (
	mayLevel      level = iota
	daneSecure          // DANE, the MX records secure or implicit
	daneInsecure        // DANE, the MX records not secure: the host's name is hearsay
	daneOnlyLevel       // nothing but DANE, the MX records secure or implicit
)

// Values beside run's: next sends the sender to the next endpoint; unsaid, which
// is null in a row, means that nobody looked.
const (
	next   run.Policy = "next"
	unsaid run.Policy = ""
)

// weakness orders policies from the weakest. A host that was not looked at may be
// as weak as any but cleartext.
var weakness = []run.Policy{
	run.PolicyCleartext, unsaid, run.PolicyOpportunistic, run.PolicyEncrypted, run.PolicyVerified,
}

func weakest(values []run.Policy) run.Policy {
	return slices.MinFunc(values, func(a, b run.Policy) int {
		return slices.Index(weakness, a) - slices.Index(weakness, b)
	})
}

// hostPolicy is what a sender would do at a host: the weakest of its endpoints
// that it would use, or next where it would use none.
func hostPolicy(f *HostFacts, l level) run.Policy {
	switch {
	case f.unconnectable() || f.Reason == run.ReasonAddressLookup:
		return next
	case f.Verdict == run.LookupFailed:
		return failedLookupPolicy(f.Reason, l)
	case f.State != run.TLSAUsable && f.State != run.TLSAUnusable:
		return plainPolicy(f.deciding(), l)
	}
	values, tested := valuesOf(f.deciding(), func(e end) run.Policy { return endPolicy(f.State, e.verdict, l) })
	if !tested {
		return unsaid
	}
	return chosen(values)
}

// plainPolicy is that of a host to which DANE does not apply.
func plainPolicy(ends []end, l level) run.Policy {
	if l == daneOnlyLevel {
		return next
	}
	values, tested := valuesOf(ends, func(e end) run.Policy { return plainEndPolicy(e.verdict) })
	if !tested {
		return run.PolicyOpportunistic
	}
	return chosen(values)
}

func failedLookupPolicy(reason run.Reason, l level) run.Policy {
	if l == mayLevel && reason != run.ReasonAddress {
		return unsaid // its addresses are there, but nothing was probed
	}
	return next
}

// valuesOf maps the sessions that were tried. Those that were not do not count
// beside them.
func valuesOf(ends []end, value func(end) run.Policy) (values []run.Policy, tested bool) {
	for _, e := range ends {
		if e.verdict == run.NotTested {
			continue
		}
		tested = true
		if v := value(e); v != next {
			values = append(values, v)
		}
	}
	return values, tested
}

func chosen(values []run.Policy) run.Policy {
	if len(values) == 0 {
		return next
	}
	return weakest(values)
}

// endPolicy is the policies' table for endpoints of a host with secure TLSA
// records.
func endPolicy(state run.TLSAState, v run.Verdict, l level) run.Policy {
	switch v {
	case run.Verified:
		return [...]run.Policy{run.PolicyEncrypted, run.PolicyVerified, run.PolicyEncrypted, run.PolicyVerified}[l]
	case run.Encrypted:
		return [...]run.Policy{run.PolicyEncrypted, run.PolicyEncrypted, run.PolicyEncrypted, next}[l]
	case run.Mismatch:
		return [...]run.Policy{run.PolicyEncrypted, next, next, next}[l]
	case run.NoSTARTTLS, run.TLSFailure:
		return [...]run.Policy{run.PolicyCleartext, next, next, next}[l]
	}
	return next
}

// plainEndPolicy is the table for endpoints of a host without secure TLSA
// records: the same at every level that does not insist on them.
func plainEndPolicy(v run.Verdict) run.Policy {
	switch v {
	case run.Encrypted:
		return run.PolicyEncrypted
	case run.NoSTARTTLS, run.TLSFailure:
		return run.PolicyCleartext
	}
	return next
}

// route is an MX host with its preference.
type route struct {
	preference int32
	facts      *HostFacts
}

// domainPolicy is what a sender would do with mail for a domain: it goes through
// the preferences and stays at the first that has a host it would use.
func domainPolicy(routes []route, l level) run.Policy {
	if !slices.ContainsFunc(routes, func(r route) bool { return !r.facts.unconnectable() }) {
		return run.PolicyUndeliverable
	}
	var values []run.Policy
	best := int32(0)
	for _, r := range routes {
		v := hostPolicy(r.facts, l)
		if v == next || len(values) > 0 && r.preference > best {
			continue
		}
		if len(values) > 0 && r.preference < best {
			values = values[:0]
		}
		best, values = r.preference, append(values, v)
	}
	if len(values) == 0 {
		return run.PolicyDeferred
	}
	return weakest(values)
}

// policies fills the policy columns of a domain.
func policies(v *run.DomainVerdict, kind run.MXKind, secure bool, routes []route) {
	switch kind {
	case run.MXNull, run.MXNone:
		v.PolicyMay, v.PolicyDANE, v.PolicyDANEOnly = run.PolicyUndeliverable, run.PolicyUndeliverable, run.PolicyUndeliverable
		return
	case run.MXFound, run.MXImplicit:
	default:
		v.PolicyMay, v.PolicyDANE, v.PolicyDANEOnly = run.PolicyDeferred, run.PolicyDeferred, run.PolicyDeferred
		return
	}
	v.PolicyMay = domainPolicy(routes, mayLevel)
	if secure || kind == run.MXImplicit {
		v.PolicyDANE = domainPolicy(routes, daneSecure)
		v.PolicyDANEOnly = domainPolicy(routes, daneOnlyLevel)
		return
	}
	v.PolicyDANE = domainPolicy(routes, daneInsecure)
	v.PolicyDANEOnly = run.PolicyDeferred
	if v.PolicyMay == run.PolicyUndeliverable {
		v.PolicyDANEOnly = run.PolicyUndeliverable
	}
}

// deciding returns the sessions that a sender would have held. Where an address
// shows several certificates, the one that OpenSSL is shown decides: it prefers
// ECDSA, then EdDSA, then RSA.
func (f *HostFacts) deciding() []end {
	if len(f.ends) < 2 {
		return f.ends
	}
	best := map[int32]int{}
	for _, e := range f.ends {
		if rank, known := best[e.address]; !known || preferred(e.algorithm) < rank {
			best[e.address] = preferred(e.algorithm)
		}
	}
	return slices.DeleteFunc(slices.Clone(f.ends), func(e end) bool { return preferred(e.algorithm) != best[e.address] })
}

// preferred is the rank of an algorithm in the order of OpenSSL's client; a
// session that showed no certificate comes last.
func preferred(a run.KeyAlgorithm) int {
	if i := slices.Index(algorithms[:], a); i >= 0 {
		return i
	}
	return len(algorithms)
}

package judge

import (
	"slices"

	"danescan/datasets/run"
)

// class sorts the hosts of a domain by what they mean for its verdict.
type class uint8

const (
	bare    class = iota // DANE asks nothing of the host
	fail                 // a DANE sender would refuse it by what was seen
	unknown              // a lookup that gates TLSA failed: a DANE sender defers
	ok                   // verified
	open                 // usable TLSA records, but no session to judge by
	weak                 // encryption asked for, authentication impossible
)

func classOf(state run.TLSAState, v run.Verdict) class {
	switch {
	case isFailure(v) || v == run.Mixed:
		return fail
	case v == run.LookupFailed:
		return unknown
	case v == run.Verified:
		return ok
	case state == run.TLSAUsable && (v == run.Unreachable || v == run.NotTested):
		return open
	case state == run.TLSAUnusable:
		return weak
	}
	return bare
}

// member is one MX host of a domain as the domain's tables see it.
type member struct {
	preference int32
	class      class
	verdict    run.Verdict
}

// domainVerdict is the decision table for domains: the first row that holds.
func domainVerdict(kind run.MXKind, secure bool, members []member) run.Verdict {
	switch kind {
	case run.MXNull, run.MXNone:
		return run.NoMail
	case run.MXFound, run.MXImplicit:
	default:
		return run.DNSError
	}
	has := func(c class) bool { return slices.ContainsFunc(members, func(m member) bool { return m.class == c }) }
	openAs := func(v run.Verdict) bool {
		return slices.ContainsFunc(members, func(m member) bool { return m.class == open && m.verdict == v })
	}
	switch {
	case !has(fail) && !has(unknown) && !has(ok) && !has(open) && !has(weak):
		return run.NotDANE
	case !secure:
		return run.HalfDANE
	case has(fail):
		return run.DANEFailed
	case has(unknown):
		return run.DANEUndecided
	case has(ok) && !has(bare) && !has(weak):
		return run.DANEVerified
	case has(ok):
		return run.DANEPartial
	case openAs(run.Unreachable):
		return run.DANEUnreachable
	case has(open):
		return run.DANENotTested
	}
	return run.DANEUnusable
}

// primaryVerified reports whether mail takes an authenticated way at the best
// preference: one host there verified, the others verified or not to be judged.
func primaryVerified(secure bool, members []member) bool {
	if !secure || len(members) == 0 {
		return false
	}
	best := slices.MinFunc(members, func(a, b member) int { return int(a.preference - b.preference) }).preference
	verified := false
	for _, m := range members {
		if m.preference != best {
			continue
		}
		if m.class != ok && m.class != open {
			return false
		}
		verified = verified || m.class == ok
	}
	return verified
}

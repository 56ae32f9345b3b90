package judge

import (
	"cmp"
	"slices"

	"danescan/datasets/run"
)

// end is what the host's verdict needs of a session that counts.
type end struct {
	verdict   run.Verdict
	reason    run.Reason
	address   int32 // sessions of one address share the number
	algorithm run.KeyAlgorithm
	inferred  bool
}

// isFailure reports whether a DANE sender would refuse the endpoint.
func isFailure(v run.Verdict) bool {
	return v == run.Mismatch || v == run.NoSTARTTLS || v == run.TLSFailure
}

// goodVerdict is the verdict of an endpoint to which a DANE sender would deliver.
func goodVerdict(state run.TLSAState) run.Verdict {
	if state == run.TLSAUsable {
		return run.Verified
	}
	return run.Encrypted
}

// tally folds the sessions of a host whose TLSA records are secure into its
// verdict: the last five rows of the decision table for hosts.
func tally(state run.TLSAState, ends []end) (run.Verdict, run.Reason) {
	good := goodVerdict(state)
	ok := slices.ContainsFunc(ends, func(e end) bool { return e.verdict == good })
	bad := slices.ContainsFunc(ends, func(e end) bool { return isFailure(e.verdict) })
	switch {
	case ok && bad:
		return run.Mixed, mixture(ends, good)
	case ok && state == run.TLSAUsable:
		return run.Verified, ""
	case ok:
		return run.Unusable, ""
	}
	for _, v := range []run.Verdict{run.Mismatch, run.NoSTARTTLS, run.TLSFailure, run.Unreachable, run.NotTested} {
		if reason, ok := foremost(ends, v); ok {
			return v, reason
		}
	}
	return run.NotTested, run.ReasonProbeOff // no session at all
}

// mixture says what the sessions of a mixed host differ by. Where each address
// that failed is also good with another certificate, the algorithms do; where an
// address failed altogether, the addresses do.
func mixture(ends []end, good run.Verdict) run.Reason {
	for _, e := range ends {
		if !isFailure(e.verdict) {
			continue
		}
		if !slices.ContainsFunc(ends, func(o end) bool { return o.address == e.address && o.verdict == good }) {
			return run.ReasonAddresses
		}
	}
	return run.ReasonAlgorithms
}

// precedence orders the reasons of one verdict: which of several is reported.
var precedence = [...]run.Reason{
	run.ReasonName, run.ReasonExpired, run.ReasonChain, run.ReasonTANotServed, run.ReasonNoMatch,
	run.ReasonSTARTTLS4xx, run.ReasonSTARTTLS5xx, run.ReasonSTARTTLSDropped, run.ReasonHandshake,
	run.ReasonRefused, run.ReasonTimeout, run.ReasonNetwork, run.ReasonGreeting, run.ReasonEHLO,
	run.ReasonNotOffered,
	run.ReasonExcluded, run.ReasonPrivate, run.ReasonProbeOff, run.ReasonNoRoute, run.ReasonPortBlocked,
}

// foremost returns the reason of the sessions with verdict v that comes first.
func foremost(ends []end, v run.Verdict) (reason run.Reason, ok bool) {
	rank := func(r run.Reason) int { return slices.Index(precedence[:], r) }
	var reasons []run.Reason
	for _, e := range ends {
		if e.verdict == v {
			reasons = append(reasons, e.reason)
		}
	}
	if len(reasons) == 0 {
		return "", false
	}
	return slices.MinFunc(reasons, func(a, b run.Reason) int { return cmp.Compare(rank(a), rank(b)) }), true
}

func anyInferred(ends []end) bool {
	return slices.ContainsFunc(ends, func(e end) bool { return e.inferred })
}

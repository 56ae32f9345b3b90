package judge

import (
	"strings"

	"danescan/datasets/run"
)

// HostFacts is what the join needs of a judged host: a few machine words, and one
// more small entry for each session that counts. It holds no part of the rows it
// was made from, so that those can be freed.
type HostFacts struct {
	State    run.TLSAState
	Verdict  run.Verdict
	Reason   run.Reason
	Inferred bool
	Alias    bool // the host's name is an alias

	ends   []end
	byName []nameFailure
}

// nameFailure is a session that failed by name alone: everything but the names
// was in order, so that what the leaf presents is enough to judge by other names.
type nameFailure struct {
	end  int // index into ends
	seen []string
}

// NewHostFacts takes the facts out of a host and its sessions, both judged.
func NewHostFacts(h *run.Host, ends []run.Endpoint) HostFacts {
	f := HostFacts{
		State:    constant(h.TLSAState, states[:]),
		Verdict:  constant(h.Verdict, hostVerdicts[:]),
		Reason:   reasonConstant(h.Reason),
		Inferred: h.Inferred,
		Alias:    isAlias(&h.HostEvidence),
	}
	var rows []*run.Endpoint
	for _, i := range counting(ends, standing{state: h.TLSAState, base: h.TLSABase}.sessionBase()) {
		rows = append(rows, &ends[i])
	}
	f.ends = summarise(rows)
	for i, e := range rows {
		if byNameAlone(e) {
			f.byName = append(f.byName, newNameFailure(i, e))
		}
	}
	return f
}

func newNameFailure(i int, e *run.Endpoint) nameFailure {
	n := nameFailure{end: i}
	for _, name := range e.NamesSeen {
		n.seen = append(n.seen, strings.Clone(name))
	}
	return n
}

// byNameAlone reports whether a session failed by its name and nothing else: the
// reason comes first in precedence, and a path that is not valid may stand behind
// it.
func byNameAlone(e *run.Endpoint) bool {
	return e.Verdict == run.Mismatch && e.Reason == run.ReasonName && e.PathOK != nil && *e.PathOK
}

// summarise reduces sessions that count to what the tables need.
func summarise(rows []*run.Endpoint) []end {
	if len(rows) == 0 {
		return nil
	}
	numbers := map[string]int32{}
	ends := make([]end, len(rows))
	for i, e := range rows {
		number, known := numbers[e.Address]
		if !known {
			number = int32(len(numbers))
			numbers[e.Address] = number
		}
		ends[i] = end{
			verdict:   constant(e.Verdict, hostVerdicts[:]),
			reason:    reasonConstant(e.Reason),
			address:   number,
			algorithm: constant(e.Algorithm, algorithms[:]),
			inferred:  e.Inferred,
		}
	}
	return ends
}

// absent stands in for a host that the run does not have. Nothing is known of
// it, and unknown is never "no".
func absent() HostFacts {
	return HostFacts{State: run.TLSAError, Verdict: run.LookupFailed, Reason: run.ReasonTLSA}
}

// untouched is an MX target that can have no TLSA records.
func untouched(reason run.Reason) HostFacts {
	return HostFacts{State: run.TLSANotAsked, Verdict: run.None, Reason: reason}
}

// unconnectable reports whether no sender could connect, for want of an address.
func (f *HostFacts) unconnectable() bool {
	switch f.Reason {
	case run.ReasonNoAddress, run.ReasonIPLiteral, run.ReasonRoot, run.ReasonBadName:
		return true
	}
	return false
}

// isAlias reports whether the host's name is an alias by any address answer.
func isAlias(h *run.HostEvidence) bool {
	return h.A != nil && len(h.A.Chain) > 0 || h.AAAA != nil && len(h.AAAA.Chain) > 0
}

var (
	states = [...]run.TLSAState{run.TLSANone, run.TLSAInsecure, run.TLSAError, run.TLSAUnusable,
		run.TLSAUsable, run.TLSANotAsked}
	hostVerdicts = [...]run.Verdict{run.NotTested, run.Unreachable, run.NoSTARTTLS, run.TLSFailure,
		run.Verified, run.Mismatch, run.Encrypted, run.LookupFailed, run.None, run.InsecureTLSA, run.Mixed,
		run.Unusable}
	algorithms  = [...]run.KeyAlgorithm{run.KeyECDSA, run.KeyEdDSA, run.KeyRSA, run.KeyOther}
	moreReasons = [...]run.Reason{run.ReasonNoAddress, run.ReasonAddressLookup, run.ReasonTLSA, run.ReasonAddress,
		run.ReasonAlias, run.ReasonAddresses, run.ReasonAlgorithms, run.ReasonIPLiteral, run.ReasonRoot,
		run.ReasonBadName, run.ReasonNameTooLong}
)

// constant returns the word of a vocabulary that equals s. A string read from a
// file may be a part of a large buffer, which it would keep from being freed.
func constant[T ~string](s T, words []T) T {
	for _, w := range words {
		if w == s {
			return w
		}
	}
	return T(strings.Clone(string(s)))
}

func reasonConstant(r run.Reason) run.Reason {
	for _, w := range precedence {
		if w == r {
			return w
		}
	}
	return constant(r, moreReasons[:])
}

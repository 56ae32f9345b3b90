package lab

// mishap is what goes wrong with one RRset, or with the answer to one question.
type mishap uint8

const (
	fine       mishap = iota
	sigExpired        // its signature ended in the past
	sigBroken         // a bit of its signature is wrong
	sigMissing        // it has no signature
	// Of answers: the server says this instead, or nothing at all.
	saysServFail
	saysNotImp
	saysRefused
	saysNothing
)

// ofSignature reports whether a mishap befalls data rather than an answer.
func (m mishap) ofSignature() bool { return m >= sigExpired && m <= sigMissing }

// fault is what a mishap befalls.
type fault struct {
	name   string
	rrtype uint16
}

// mishap returns what befalls the signature over an RRset.
func (z *zone) mishap(name string, rrtype uint16) mishap {
	if z.spoiled != fine {
		return z.spoiled
	}
	if m := z.faults[fault{name, rrtype}]; m.ofSignature() {
		return m
	}
	return fine
}

// refusal returns what befalls the answer to a question.
func (z *zone) refusal(name string, rrtype uint16) mishap {
	if m := z.faults[fault{name, rrtype}]; !m.ofSignature() {
		return m
	}
	return fine
}

package judge

import (
	"errors"
	"fmt"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// ErrMissingCertificate is that a session refers to a certificate which the run
// does not hold: what is left of the evidence cannot be judged.
var ErrMissingCertificate = errors.New("certificate is not in the run")

// session is one judged session with what the judgement was made from.
type session struct {
	e     *run.Endpoint
	chain dane.Chain

	// result is nil where no chain was compared: none came, or the host has no
	// records to compare it with.
	result *dane.Result
}

// Endpoint fills the verdict of one session with a host, as of the time of that
// session. The TLSA base domain is the only reference identifier; Domain judges
// with those of each next-hop.
func (j Judge) Endpoint(e *run.Endpoint, h *run.Host, certs Certificates) error {
	_, err := j.session(e, j.against(h), certs)
	return err
}

// yardstick is what the sessions of a host are compared with.
type yardstick struct {
	standing
	records []dane.Record
}

func (j Judge) against(h *run.Host) yardstick {
	y := yardstick{standing: standingOf(&h.HostEvidence)}
	if y.state == run.TLSAUsable {
		y.records = recordsOf(&h.HostEvidence)
	}
	return y
}

func (j Judge) session(e *run.Endpoint, y yardstick, certs Certificates) (session, error) {
	s := session{e: e}
	e.EndpointVerdict = run.EndpointVerdict{}
	verdict, reason, decided := sessionVerdict(&e.EndpointEvidence)
	if len(e.Chain) > 0 {
		chain, err := chainOf(e, certs)
		if err != nil {
			return s, err
		}
		s.chain = chain
	}
	switch {
	case decided:
		e.Verdict, e.Reason = verdict, reason
	case y.state == run.TLSAUsable:
		j.compare(&s, y)
	default:
		e.Verdict = run.Encrypted
	}
	if !decided && j.Roots != nil {
		valid := j.webValid(&s)
		e.PKIXValid = &valid
	}
	e.TLSRPTResult = reported(e.Verdict, e.Reason)
	return s, nil
}

func chainOf(e *run.Endpoint, certs Certificates) (dane.Chain, error) {
	chain := make(dane.Chain, len(e.Chain))
	for i, sum := range e.Chain {
		if chain[i] = certs.DER(sum); chain[i] == nil {
			return nil, fmt.Errorf("%w: %x, shown by %s at %s", ErrMissingCertificate, sum, e.Host, e.Address)
		}
	}
	return chain, nil
}

// compare judges a chain by usable records.
func (j Judge) compare(s *session, y yardstick) {
	r := j.verifier().Verify(y.records, s.chain, dane.Names{y.base}, j.moment(s.e.ScannedAt))
	s.result = &r
	v := &s.e.EndpointVerdict
	v.Verdict, v.Reason = run.Mismatch, run.Reason(r.Reason)
	if r.Verified {
		v.Verdict, v.Reason = run.Verified, ""
	}
	v.PathOK, v.NameMatched, v.NamesSeen = &r.PathOK, r.NameMatched, r.NamesSeen
	if r.Record < 0 {
		return
	}
	m := y.records[r.Record]
	v.MatchedUsage, v.MatchedSelector, v.MatchedType = number(m.Usage), number(m.Selector), number(m.MatchingType)
	depth := int32(r.Depth)
	v.MatchedDepth = &depth
}

func number(v uint8) *int32 {
	n := int32(v)
	return &n
}

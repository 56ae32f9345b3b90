package report

import (
	"iter"
	"slices"
	"strings"
	"time"

	"danescan/datasets/run"
)

// leaf is what the figures need of a certificate.
type leaf struct {
	issuer   string
	key      run.KeyAlgorithm
	bits     int32
	notAfter time.Time // zero: unknown
}

// leaves are certificates by their SHA-256.
type leaves map[string]*leaf

func (l leaves) add(c *run.Certificate) {
	x := &leaf{issuer: strings.Clone(c.Issuer), key: run.KeyAlgorithm(strings.Clone(string(c.KeyAlgorithm)))}
	if c.KeyBits != nil {
		x.bits = *c.KeyBits
	}
	if c.NotAfter != nil {
		x.notAfter = *c.NotAfter
	}
	l[string(c.SHA256)] = x
}

// of is the certificate that a session showed first; nil: none.
func (l leaves) of(e *run.Endpoint) *leaf {
	if len(e.Chain) == 0 {
		return nil
	}
	return l[string(e.Chain[0])]
}

// session is one session that counts, with its leaf certificate, if it has one.
type session struct {
	*run.Endpoint
	leaf *leaf
}

// maxGroup bounds the sessions that are held at once: those under one base domain.
const maxGroup = 1 << 16

// byBase groups sessions, which are sorted by base domain.
func byBase(ends iter.Seq2[*run.Endpoint, error]) iter.Seq2[[]run.Endpoint, error] {
	return func(yield func([]run.Endpoint, error) bool) {
		var group []run.Endpoint
		for e, err := range ends {
			if err != nil {
				yield(nil, err)
				return
			}
			if len(group) > 0 && (group[0].Base != e.Base || len(group) == maxGroup) {
				if !yield(group, nil) {
					return
				}
				group = group[:0]
			}
			group = append(group, held(e))
		}
		if len(group) > 0 {
			yield(group, nil)
		}
	}
}

// held is a session that stays when the next is read: with what the columns that
// are read point to (see endpointColumns).
func held(e *run.Endpoint) run.Endpoint {
	kept := *e
	kept.MatchedUsage, kept.PKIXValid = clone(e.MatchedUsage), clone(e.PKIXValid)
	kept.Chain = slices.Clone(e.Chain)
	return kept
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// counting picks the sessions that count: at each address those of the last
// attempt.
func counting(ends []run.Endpoint) []session {
	if len(ends) == 1 {
		return []session{{Endpoint: &ends[0]}}
	}
	last := map[string]int32{}
	for i := range ends {
		last[ends[i].Address] = max(last[ends[i].Address], ends[i].Attempt)
	}
	var picked []session
	for i := range ends {
		if e := &ends[i]; e.Attempt == last[e.Address] {
			picked = append(picked, session{Endpoint: e})
		}
	}
	return picked
}

// applies says whether DANE applies to a host.
func applies(s run.TLSAState) bool { return s == run.TLSAUsable || s == run.TLSAUnusable }

// sessionBase is the base domain under which the sessions of a host are stored.
func sessionBase(h *run.Host) string {
	if applies(h.TLSAState) {
		return h.TLSABase
	}
	return h.Host
}

// verdictStep is the column of a slice that counts a verdict.
func verdictStep(v run.Verdict) (int, bool) {
	switch v {
	case run.DANEVerified:
		return atVerified, true
	case run.DANEPartial:
		return atPartial, true
	case run.DANEFailed:
		return atFailed, true
	case run.DANEUndecided:
		return atUndecided, true
	case run.DANEUnreachable:
		return atUnreachable, true
	case run.DANENotTested:
		return atNotTested, true
	case run.DANEUnusable:
		return atUnusable, true
	case run.HalfDANE:
		return atHalf, true
	case run.DNSError:
		return atDNSError, true
	}
	return 0, false
}

// failing are the verdicts of a host that a DANE sender would refuse by what was
// seen. A lookup that failed is none of them.
func failing(v run.Verdict) bool {
	switch v {
	case run.Mismatch, run.NoSTARTTLS, run.TLSFailure, run.Mixed:
		return true
	}
	return false
}

package judge

import (
	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// recordOf takes a stored record apart. RDATA too short for a record becomes one
// that nobody can use: it obliges to TLS all the same.
func recordOf(t *run.TLSA) dane.Record {
	r, err := dane.Parse(t.RData)
	if err != nil {
		return dane.Record{Usage: 255, Selector: 255, MatchingType: 255}
	}
	return r
}

// recordsOf returns the records of a host in the order of its rows, so that an
// index into one is an index into the other.
func recordsOf(h *run.HostEvidence) []dane.Record {
	records := make([]dane.Record, len(h.TLSA))
	for i := range h.TLSA {
		records[i] = recordOf(&h.TLSA[i])
	}
	return records
}

func usable(t *run.TLSA) (ok bool, why string) {
	if _, err := dane.Parse(t.RData); err != nil {
		return false, dane.WhyShort
	}
	return dane.Usable(recordOf(t))
}

// tlsaVerdicts fills the judge's columns of a host's records, from the sessions
// that count. Where no chain was compared, matched is null.
func tlsaVerdicts(h *run.HostEvidence, counted []session) {
	for i := range h.TLSA {
		t := &h.TLSA[i]
		ok, why := usable(t)
		t.Usable, t.UnusableReason = &ok, why
		t.Matched, t.Depth = nil, nil
		for _, s := range counted {
			if s.result == nil {
				continue
			}
			if t.Matched == nil {
				t.Matched = new(bool)
			}
			if !s.result.Matched[i] {
				continue
			}
			*t.Matched = true
			if depth := int32(s.result.Depths[i]); t.Depth == nil || depth < *t.Depth {
				t.Depth = &depth
			}
		}
	}
}

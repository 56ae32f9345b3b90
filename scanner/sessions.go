package scanner

import "danescan/datasets/run"

// sessions are the sessions of a run as the judge needs them: those of one host at
// a time. The others lie in piles, some 300 octets each with their verdicts.
type sessions struct {
	rows     *run.Pile[run.EndpointEvidence] // sorted by base domain
	bases    map[nameKey]extent
	verdicts *run.Pile[run.EndpointVerdict]
	judged   []int32 // for each row, where its verdict is, from 1; 0: it has none
}

// extent is rows that follow each other.
type extent struct{ first, count int32 }

func newSessions() *sessions {
	return &sessions{
		rows: run.NewPile[run.EndpointEvidence](), bases: map[nameKey]extent{}, verdicts: run.NewPile[run.EndpointVerdict](),
	}
}

// add takes the next session. They come sorted by base domain.
func (s *sessions) add(e *run.EndpointEvidence) {
	key := keyOf(e.Base)
	of, known := s.bases[key]
	if !known {
		of.first = int32(s.rows.Len())
	}
	of.count++
	s.bases[key] = of
	s.rows.Add(e)
	s.judged = append(s.judged, 0)
}

// of gives the sessions with a base domain, without verdicts.
func (s *sessions) of(base string) []run.Endpoint {
	of := s.bases[keyOf(base)]
	if of.count == 0 {
		return nil
	}
	ends := make([]run.Endpoint, of.count)
	for i := range ends {
		ends[i].EndpointEvidence = s.rows.At(int(of.first) + i)
	}
	return ends
}

// keep notes the verdicts of the sessions with a base domain, as of gave them. Of
// two hosts with one base domain, the last one's stay.
func (s *sessions) keep(base string, ends []run.Endpoint) {
	first := s.bases[keyOf(base)].first
	for i := range ends {
		s.verdicts.Add(&ends[i].EndpointVerdict)
		s.judged[int(first)+i] = int32(s.verdicts.Len())
	}
}

// each calls f with each session that was judged, sorted by key.
func (s *sessions) each(f func(*run.Endpoint) error) error {
	for i, evidence := range s.rows.All() {
		if s.judged[i] == 0 {
			continue // its host is named by no domain
		}
		e := run.Endpoint{EndpointEvidence: evidence, EndpointVerdict: s.verdicts.At(int(s.judged[i]) - 1)}
		if err := f(&e); err != nil {
			return err
		}
	}
	return nil
}

package run

import (
	"testing"
)

// pileOfAll makes a pile of rows.
func pileOfAll[T Row](rows []T) *Pile[T] {
	pile := NewPile[T]()
	for i := range rows {
		pile.Add(&rows[i])
	}
	return pile
}

// putHosts writes the next part of hosts.
func putHosts(t testing.TB, s *Spool, rows ...HostEvidence) {
	t.Helper()
	if err := s.PutHosts(pileOfAll(rows)); err != nil {
		t.Fatal(err)
	}
}

// putEndpoints writes the next part of endpoints.
func putEndpoints(t testing.TB, s *Spool, rows ...EndpointEvidence) {
	t.Helper()
	if err := s.PutEndpoints(pileOfAll(rows)); err != nil {
		t.Fatal(err)
	}
}

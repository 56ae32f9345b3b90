package scanner

import (
	"maps"

	"danescan/datasets/run"
)

// Summary is a finished run in numbers.
type Summary struct {
	RunID        string
	Domains      int64
	Hosts        int64
	Endpoints    int64 // rows: sessions, and what stands for sessions that were not held
	Sessions     int64 // held, and neither inferred nor left out
	Certificates int64

	Verdicts         map[run.Verdict]int64 // of domains
	HostVerdicts     map[run.Verdict]int64
	EndpointVerdicts map[run.Verdict]int64
	Stages           map[run.Stage]int64 // sessions by the stage at which they ended

	Again run.Again // second looks at domains whose first had failed

	CrossCheck               *run.CrossChecks // nil: no second resolver was asked
	crossDomains, crossHosts crossSum
}

func newSummary() *Summary {
	return &Summary{
		Verdicts: map[run.Verdict]int64{}, HostVerdicts: map[run.Verdict]int64{},
		EndpointVerdicts: map[run.Verdict]int64{}, Stages: map[run.Stage]int64{},
	}
}

func (s *Summary) countDomain(d *run.Domain) {
	s.Domains++
	s.Verdicts[d.Verdict]++
	s.crossDomains.add(d.CrossCheck)
	if d.FirstLook == nil {
		return
	}
	s.Again.Domains++
	if d.MXKind != run.MXError {
		s.Again.Answered++
	}
}

func (s *Summary) countHost(h *run.Host) {
	s.Hosts++
	s.HostVerdicts[h.Verdict]++
	s.crossHosts.add(h.CrossCheck)
}

func (s *Summary) countEndpoint(e *run.Endpoint) {
	s.Endpoints++
	s.EndpointVerdicts[e.Verdict]++
	if e.Stage != "" && !e.Inferred && e.NotTried == "" {
		s.Sessions++
		s.Stages[e.Stage]++
	}
}

// counts are the numbers as the manifest has them.
func (s *Summary) counts() run.Counts {
	var again *run.Again
	if s.Again.Domains > 0 {
		again = &s.Again
	}
	return run.Counts{
		Again: again,
		Rows: map[run.Table]int64{
			run.TableDomains: s.Domains, run.TableHosts: s.Hosts,
			run.TableEndpoints: s.Endpoints, run.TableCertificates: s.Certificates,
		},
		Domains: maps.Clone(s.Verdicts), Hosts: maps.Clone(s.HostVerdicts),
		Endpoints: maps.Clone(s.EndpointVerdicts), Stages: maps.Clone(s.Stages),
	}
}

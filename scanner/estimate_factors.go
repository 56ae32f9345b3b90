package scanner

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"danescan/datasets/run"
)

// Factors are what a scan takes for each name, host and session, and where that is
// known from.
type Factors struct {
	Date   string // of the measurement, YYYY-MM-DD
	Run    string // run ID of the run counted; "": the lab, measured at Date
	Names  int64  // that it had; 0 for the lab
	Probed bool   // it held the sessions that DANE asks for; else what is said of sessions is the lab's
	With   int    // TXT records beside MX that each domain was asked for

	QueriesPerName, QueriesPerHost        float64
	HostsPerName, AddressesPerHost        float64
	DANEHosts                             float64 // share of hosts to which DANE applies
	SessionsPerDANEHost                   float64 // inferred hosts included
	BusiestAddress                        float64 // share of sessions that are with one address
	SecondsPerName, SecondsPerSession     float64
	BytesPerName, Room, CPUSecondsPerName float64 // Room: times the tables, while they are written
}

// estimateFactors are the factors of the lab: the head says how they were measured.
//
//go:embed estimate.tsv
var estimateFactors string

// labFactors reads the factors of the lab.
func labFactors() (Factors, error) {
	var f Factors
	fields := map[string]*float64{
		"queries_per_name": &f.QueriesPerName, "queries_per_host": &f.QueriesPerHost, "hosts_per_name": &f.HostsPerName,
		"dane_hosts": &f.DANEHosts, "sessions_per_dane_host": &f.SessionsPerDANEHost, "addresses_per_host": &f.AddressesPerHost,
		"busiest_address": &f.BusiestAddress, "seconds_per_name": &f.SecondsPerName, "seconds_per_session": &f.SecondsPerSession,
		"bytes_per_name": &f.BytesPerName, "room": &f.Room, "cpu_seconds_per_name": &f.CPUSecondsPerName,
	}
	for line := range strings.Lines(estimateFactors) {
		if date, ok := strings.CutPrefix(line, "# date: "); ok {
			f.Date = strings.TrimSpace(date)
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, "\t")
		text, _, _ := strings.Cut(rest, "\t")
		value, err := strconv.ParseFloat(text, 64)
		field := fields[name]
		if err != nil || field == nil {
			return f, fmt.Errorf("factors of estimates: line %q", line)
		}
		*field = value
		delete(fields, name)
	}
	if len(fields) > 0 {
		return f, fmt.Errorf("factors of estimates: %d are missing", len(fields))
	}
	return f, nil
}

// of are the factors of a finished run. What its tables do not tell (queries for
// hosts, CPU, room while it was made) stays.
func (f Factors) of(ctx context.Context, dir string) (Factors, error) {
	r, err := run.Open(dir)
	if err == nil && !r.Finished() {
		err = fmt.Errorf("%s: %w", dir, run.ErrUnfinished)
	}
	if err != nil {
		return f, fmt.Errorf("previous run: %w", err)
	}
	defer r.Close()
	n, err := countRun(ctx, r)
	if err != nil {
		return f, fmt.Errorf("previous run: %w", err)
	}
	if n.domains == 0 {
		return f, fmt.Errorf("previous run: %s: there are no domains in it", dir)
	}
	m := r.Manifest()
	for _, record := range []string{"mta-sts", "tlsrpt", "soa"} {
		if strings.Contains(m.Settings["with"], record) {
			f.With++
		}
	}
	f.Run, f.Date, f.Names = m.RunID, m.Started.UTC().Format("2006-01-02"), n.domains
	f.QueriesPerName, f.HostsPerName = share(n.queries, n.domains), share(n.hosts, n.domains)
	f.SecondsPerName = share(n.lookupMS, n.domains) / 1000
	f.AddressesPerHost, f.DANEHosts = share(n.addresses, n.hosts), share(n.daneHosts, n.hosts)
	var bytes int64
	for _, part := range m.Parts {
		bytes += part.Bytes
	}
	f.BytesPerName = share(bytes, n.domains)
	if n.sessions > 0 && m.Settings["probe"] == string(ProbeDANE) {
		f.Probed = true
		f.SessionsPerDANEHost, f.BusiestAddress = share(n.sessions, n.daneHosts), share(n.worst, n.sessions)
		f.SecondsPerSession = share(n.sessionMS, n.rows) / 1000
	}
	return f, nil
}

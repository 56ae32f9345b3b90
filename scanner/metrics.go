package scanner

import (
	"fmt"
	"io"
	"sync/atomic"
)

// MetricPrefix stands before the name of each metric that is served.
const MetricPrefix = "danescan_"

// MetricKind is how a metric moves.
type MetricKind string

const (
	Counter   MetricKind = "counter"   // only ever grows
	Gauge     MetricKind = "gauge"     // goes up and down
	Histogram MetricKind = "histogram" // durations in seconds, by how long they are
)

// Metric is a figure of a scan under way. Exactly one of Read and Spread is set.
type Metric struct {
	Name  string // without MetricPrefix
	Kind  MetricKind
	Label string // by which the values are told apart; "": there is one value
	Help  string // one line

	Read   func(*Progress) []Sample
	Spread func(*Progress) Spread // of a histogram
}

// Sample is one value of a metric.
type Sample struct {
	Label string // value of the label; "" where the metric has none
	Value int64
}

// Metrics are all figures of a scan under way: what --metrics serves and what
// --progress json writes. All but the gauges count what this process did; an
// earlier process of a resumed run has had counters of its own.
func Metrics() []Metric {
	return append(append(domainMetrics(), lookupMetrics()...), sessionMetrics()...)
}

func domainMetrics() []Metric {
	return []Metric{
		gauge("names_expected", "names that the list holds, for this shard and without exclusions; 0: not known yet", expected),
		counter("names_total", "names taken from the list", one(func(p *Progress) *atomic.Int64 { return &p.Names })),
		counter("names_excluded_total", "names left out by --exclude", one(func(p *Progress) *atomic.Int64 { return &p.ExcludedDomains })),
		counter("domains_resumed_total", "domains that an earlier process of this run had looked up", one(func(p *Progress) *atomic.Int64 { return &p.Resumed })),
		{
			Name: "domains_done_total", Kind: Counter, Label: "mx", Read: (*Progress).readKinds,
			Help: "domains looked up, by what their MX lookup came to in the first look: mx, implicit (address at the domain), null (RFC 7505), none, error",
		},
		gauge("domains_in_flight", "domains being looked up", one(func(p *Progress) *atomic.Int64 { return &p.DomainsNow })),
		spread("domain_seconds", "how long the lookups of a domain took", func(p *Progress) Spread { return p.lookups.read() }),
		gauge("domains_to_confirm", "domains whose lookups failed and that are still to be looked at once more (--confirm)", one(func(p *Progress) *atomic.Int64 { return &p.Again })),
		counter("domains_answered_later_total", "domains looked at once more whose lookups did not fail then", one(func(p *Progress) *atomic.Int64 { return &p.Answered })),
		counter("hosts_found_total", "distinct MX hosts found, those of an earlier process included", one(func(p *Progress) *atomic.Int64 { return &p.Hosts })),
		counter("hosts_resumed_total", "MX hosts that an earlier process of this run was done with", one(func(p *Progress) *atomic.Int64 { return &p.HostsKept })),
		counter("hosts_done_total", "MX hosts looked up and, where that was to be, connected to; those of an earlier process included",
			one(func(p *Progress) *atomic.Int64 { return &p.HostsDone })),
		gauge("hosts_waiting", "MX hosts that wait to be looked up", func(p *Progress) int64 { return p.HostsWaiting() }),
		gauge("hosts_in_flight", "MX hosts being looked up", one(func(p *Progress) *atomic.Int64 { return &p.HostsNow })),
		gauge("hosts_to_confirm", "MX hosts that failed and are still to be looked at once more (--confirm)", one(func(p *Progress) *atomic.Int64 { return &p.Confirm })),
		counter("hosts_excluded_total", "MX hosts looked up and not connected to, by --exclude", one(func(p *Progress) *atomic.Int64 { return &p.ExcludedHosts })),
		counter("addresses_excluded_total", "addresses of other hosts not connected to, by --exclude", one(func(p *Progress) *atomic.Int64 { return &p.ExcludedAddresses })),
	}
}

func lookupMetrics() []Metric {
	return []Metric{
		counter("dns_queries_total", "DNS queries sent for lookups that have ended", one(func(p *Progress) *atomic.Int64 { return &p.Queries })),
		counter("dns_tcp_queries_total", "DNS queries sent over TCP", func(p *Progress) int64 { return p.Work().TCP }),
		{
			Name: "dns_failures_total", Kind: Counter, Label: "reason", Read: (*Progress).readFailures,
			Help: "DNS queries that no usable reply ended: timeout, network (refused, unreachable), malformed; most were tried again",
		},
		counter("signatures_verified_total", "DNSSEC signatures put to a key", func(p *Progress) int64 { return p.Work().Verified }),
		counter("signatures_remembered_total", "DNSSEC signatures that had been verified before", func(p *Progress) int64 { return p.Work().Remembered }),
	}
}

func sessionMetrics() []Metric {
	return []Metric{
		{
			Name: "sessions_total", Kind: Counter, Label: "outcome", Read: (*Progress).readOutcomes,
			Help: "SMTP sessions held, by the stage at which they ended (done: with a certificate and QUIT), or deferred " +
				"(the server said to come back later), or no-such-certificate (it has none of the second algorithm)",
		},
		counter("sessions_inferred_total", "sessions spared, since many other hosts of the provider showed one chain", one(func(p *Progress) *atomic.Int64 { return &p.Inferred })),
		gauge("sessions_in_flight", "SMTP sessions being held", one(func(p *Progress) *atomic.Int64 { return &p.SessionsNow })),
		gauge("sessions_planned", "SMTP sessions that wait for their turn, those that were put off included", one(func(p *Progress) *atomic.Int64 { return &p.Planned })),
		spread("session_seconds", "how long an SMTP session took", func(p *Progress) Spread { return p.sessions.read() }),
	}
}

func counter(name, help string, read func(*Progress) int64) Metric {
	return single(name, Counter, help, read)
}

func gauge(name, help string, read func(*Progress) int64) Metric {
	return single(name, Gauge, help, read)
}

func single(name string, kind MetricKind, help string, read func(*Progress) int64) Metric {
	return Metric{Name: name, Kind: kind, Help: help, Read: func(p *Progress) []Sample { return []Sample{{Value: read(p)}} }}
}

func spread(name, help string, read func(*Progress) Spread) Metric {
	return Metric{Name: name, Kind: Histogram, Help: help, Spread: read}
}

// one reads one number.
func one(of func(*Progress) *atomic.Int64) func(*Progress) int64 {
	return func(p *Progress) int64 { return of(p).Load() }
}

// expected is how many names there are, once that is known.
func expected(p *Progress) int64 {
	if p.ListRead.Load() {
		return p.Names.Load()
	}
	return p.Total.Load()
}

func (p *Progress) readKinds() []Sample {
	var all []Sample
	for i, kind := range mxKinds {
		all = append(all, Sample{string(kind), p.kinds[i].Load()})
	}
	return all
}

func (p *Progress) readOutcomes() []Sample {
	var all []Sample
	for i, outcome := range outcomes {
		all = append(all, Sample{outcome, p.outcomes[i].Load()})
	}
	return all
}

func (p *Progress) readFailures() []Sample {
	w := p.Work()
	return []Sample{{"timeout", w.Timeouts}, {"network", w.Network}, {"malformed", w.Malformed}}
}

// WriteMetrics writes the table of metrics as people read it: in Markdown.
func WriteMetrics(w io.Writer) error {
	_, err := fmt.Fprint(w, "| name | kind | label | what it counts |\n|---|---|---|---|\n")
	for _, m := range Metrics() {
		if err == nil {
			_, err = fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", m.Name, m.Kind, m.Label, m.Help)
		}
	}
	return err
}

package scanner

import "time"

// Status is a scan under way at one moment, in the numbers that people ask for.
type Status struct {
	Elapsed time.Duration

	Names   int64 // looked up
	Resumed int64 // of these, names that were looked up before this process began
	Total   int64 // names to look up; 0: not known
	Hosts   int64 // distinct MX hosts found so far
	Done    int64 // of these, hosts that are done with
	Kept    int64 // of these, hosts that were done before this process began

	NamesPerSecond   float64 // lately
	QueriesPerSecond float64 // lately

	// Left is how long it takes until all names and hosts are done, at the rates of
	// late; what fails and is looked at once more at the end comes on top.
	Left      time.Duration
	LeftKnown bool

	Lookups  int64 // of domains and hosts, under way
	Sessions int64 // under way
	Waiting  int64 // hosts that wait to be looked up
	Planned  int64 // sessions that wait for their turn
	Confirm  int64 // hosts still to be looked at once more
	Again    int64 // names still to be looked at once more

	// Shares, from 0 to 1, of what this process did so far.
	FailedLookups    float64 // of MX lookups of domains, in the first look
	FailedSessions   float64 // of sessions
	DeferredSessions float64 // of sessions
}

// maxPoints bounds what a Pace remembers.
const maxPoints = 256

// Pace tells how fast a scan has been lately, not since it began: what was quick at
// first, or was there before, says nothing of the rest.
type Pace struct {
	span  time.Duration
	began time.Time
	seen  []point // oldest first; the first is span old or older, where there is one
}

// point is what was done by a moment.
type point struct {
	at                    time.Time
	names, hosts, queries int64
}

// NewPace makes a Pace that looks back for a span, for a scan that begins now.
func NewPace(span time.Duration, now time.Time) *Pace {
	return &Pace{span: span, began: now, seen: []point{{at: now}}}
}

// Look reads the progress of the scan.
func (p *Pace) Look(now time.Time, from *Progress) Status {
	s := Status{
		Elapsed: now.Sub(p.began),
		Names:   from.Domains.Load(), Resumed: from.Resumed.Load(), Total: from.Total.Load(),
		Hosts: from.Hosts.Load(), Done: from.HostsDone.Load(), Kept: from.HostsKept.Load(),
		Lookups: from.DomainsNow.Load() + from.HostsNow.Load(), Sessions: from.SessionsNow.Load(),
		Waiting: from.HostsWaiting(), Planned: from.Planned.Load(), Confirm: from.Confirm.Load(), Again: from.Again.Load(),
	}
	if from.ListRead.Load() {
		s.Total = from.Names.Load()
	}
	s.FailedLookups = share(from.Failures.Load(), s.Names-s.Resumed)
	s.FailedSessions = share(from.SessionsFailed(), from.Sessions.Load())
	s.DeferredSessions = share(from.Deferred(), from.Sessions.Load())
	last := p.note(point{now, s.Names - s.Resumed, s.Done - s.Kept, from.Queries.Load()})
	p.rate(&s, last)
	return s
}

// note remembers a point and forgets those that are too old to tell.
func (p *Pace) note(last point) point {
	p.seen = append(p.seen, last)
	for len(p.seen) > 2 && (last.at.Sub(p.seen[1].at) >= p.span || len(p.seen) > maxPoints) {
		p.seen = p.seen[1:]
	}
	return last
}

// rate says how fast it goes and how long that will take.
func (p *Pace) rate(s *Status, last point) {
	first := p.seen[0]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds <= 0 {
		return
	}
	s.NamesPerSecond = float64(last.names-first.names) / seconds
	s.QueriesPerSecond = float64(last.queries-first.queries) / seconds
	hosts := float64(last.hosts-first.hosts) / seconds
	if s.Total == 0 && s.Hosts == 0 {
		return
	}
	names, ok := until(float64(s.Total-s.Names), s.NamesPerSecond)
	rest, ok2 := until(s.hostsExpected()-float64(s.Done), hosts)
	known := s.Total > 0 || s.Names == 0 // of hosts alone all are known
	s.Left, s.LeftKnown = max(names, rest), known && ok && ok2
}

// hostsExpected is how many hosts there will be: as many for each name that is
// left as for each so far. It is rather too many, since later names share hosts
// with earlier ones.
func (s *Status) hostsExpected() float64 {
	if s.Names == 0 || s.Total <= s.Names {
		return float64(s.Hosts)
	}
	return float64(s.Hosts) * float64(s.Total) / float64(s.Names)
}

// until is how long something takes at a rate; ok is false where it will never end.
func until(left, rate float64) (d time.Duration, ok bool) {
	const most = 10 * 365 * 24 * time.Hour
	switch {
	case left <= 0:
		return 0, true
	case rate <= 0 || left/rate > most.Seconds():
		return 0, false
	}
	return time.Duration(left / rate * float64(time.Second)), true
}

// share is a part of a whole, 0 where there is no whole.
func share(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

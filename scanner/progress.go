package scanner

import (
	"sync/atomic"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/exchange"
	"danescan/scanner/smtp"
)

// Progress counts what Collect has done so far. It may be read at any time; its
// zero value is that of a scan that has not begun. Counting allocates nothing.
type Progress struct {
	Total     atomic.Int64 // names that the list holds for us, where they were counted; 0: nobody did
	Names     atomic.Int64 // taken from the list
	ListRead  atomic.Bool  // the list is at its end: Names is how many there are
	Domains   atomic.Int64 // looked up
	Resumed   atomic.Int64 // of these, domains that were looked up before this process began
	Hosts     atomic.Int64 // distinct MX hosts found
	HostsDone atomic.Int64 // looked up and probed
	HostsKept atomic.Int64 // of these, hosts that were done before this process began
	Confirm   atomic.Int64 // hosts still to be looked at once more, at the end
	Again     atomic.Int64 // domains still to be looked at once more, at the end
	Answered  atomic.Int64 // domains looked at once more whose lookups did not fail then
	Sessions  atomic.Int64 // SMTP sessions held
	Inferred  atomic.Int64 // endpoints that were spared a session: many others showed one chain
	Failures  atomic.Int64 // of the domains, those whose MX lookup failed in the first look
	Queries   atomic.Int64 // DNS queries sent for domains and hosts
	Verified  atomic.Int64 // signatures of DNSSEC verified, known at the end; those remembered are not counted again

	ExcludedDomains   atomic.Int64 // names of the list that were left out by request
	ExcludedHosts     atomic.Int64 // hosts that were looked up and not connected to by request
	ExcludedAddresses atomic.Int64 // addresses of other hosts, the same

	DomainsNow  atomic.Int64 // domains being looked up
	HostsBegun  atomic.Int64 // hosts taken from the queue so far
	HostsNow    atomic.Int64 // hosts being looked up
	Planned     atomic.Int64 // sessions that wait for their turn
	SessionsNow atomic.Int64 // sessions being held

	kinds    [len(mxKinds)]atomic.Int64 // domains looked up by this process, by what their MX lookup came to
	outcomes [len(outcomes)]atomic.Int64
	lookups  histogram // how long the lookups of a domain took
	sessions histogram // how long a session took

	source atomic.Pointer[lookups]
	worked atomic.Pointer[Work] // by lookups that were let go
}

// mxKinds are what an MX lookup comes to, in the order of Progress.kinds.
var mxKinds = [...]run.MXKind{run.MXFound, run.MXImplicit, run.MXNull, run.MXNone, run.MXError}

// How a session ends, beside the stages of smtp.Session.
const (
	outcomeDeferred = "deferred" // the server said to come back later
	outcomeNoSecond = "no-such-certificate"
)

// outcomes are how a session ends, in the order of Progress.outcomes.
var outcomes = [...]string{
	string(smtp.StageDone), string(smtp.StageConnect), string(smtp.StageGreeting), string(smtp.StageEHLO),
	string(smtp.StageSTARTTLS), string(smtp.StageHandshake), outcomeDeferred, outcomeNoSecond,
}

// countDomain counts a domain that was looked up.
func (p *Progress) countDomain(d *run.DomainEvidence) {
	p.Domains.Add(1)
	p.Queries.Add(d.Queries)
	if d.MXKind == run.MXError {
		p.Failures.Add(1)
	}
	for i, kind := range mxKinds {
		if kind == d.MXKind {
			p.kinds[i].Add(1)
		}
	}
	p.lookups.add(time.Duration(d.ElapsedMS) * time.Millisecond)
}

// countAgain counts a domain that was looked at once more.
func (p *Progress) countAgain(d, first *run.DomainEvidence) {
	p.Again.Add(-1)
	p.Queries.Add(d.Queries - first.Queries)
	if d.MXKind != run.MXError {
		p.Answered.Add(1)
	}
	p.lookups.add(time.Duration(d.ElapsedMS-first.ElapsedMS) * time.Millisecond)
}

// countSession counts a session that was held; second is one for the certificate
// of a second algorithm.
func (p *Progress) countSession(s *smtp.Session, second bool) {
	p.Sessions.Add(1)
	end := string(s.Stage)
	switch {
	case s.Deferred():
		end = outcomeDeferred
	case second && s.NoSuchCertificate():
		end = outcomeNoSecond
	}
	for i, outcome := range outcomes {
		if outcome == end {
			p.outcomes[i].Add(1)
		}
	}
	p.sessions.add(s.TotalTime)
}

// outcome is how many sessions ended in one way.
func (p *Progress) outcome(name string) int64 {
	for i, outcome := range outcomes {
		if outcome == name {
			return p.outcomes[i].Load()
		}
	}
	return 0
}

// Deferred is how many sessions the server put off: it is come back to.
func (p *Progress) Deferred() int64 { return p.outcome(outcomeDeferred) }

// NoSecond is how many sessions asked in vain for a certificate of a second
// algorithm, which is no failure.
func (p *Progress) NoSecond() int64 { return p.outcome(outcomeNoSecond) }

// SessionsFailed is how many sessions ended early, those that the server put off
// left out.
func (p *Progress) SessionsFailed() int64 {
	var n int64
	for i, outcome := range outcomes {
		switch outcome {
		case string(smtp.StageDone), outcomeDeferred, outcomeNoSecond:
		default:
			n += p.outcomes[i].Load()
		}
	}
	return n
}

// HostsWaiting is how many hosts wait to be looked up.
func (p *Progress) HostsWaiting() int64 {
	return max(0, p.Hosts.Load()-p.HostsKept.Load()-p.HostsBegun.Load())
}

// Work is what the lookups took beside queries, as it stands.
type Work struct {
	Verified   int64 // signatures verified
	Remembered int64 // signatures that were verified before
	TCP        int64 // queries that went over TCP
	Timeouts   int64 // tries that no usable reply ended
	Network    int64 // tries that the network refused
	Malformed  int64 // replies that could not be read
}

// Retried is how many tries came to nothing.
func (w Work) Retried() int64 { return w.Timeouts + w.Network + w.Malformed }

// Work reads what the lookups took so far.
func (p *Progress) Work() Work {
	if l := p.source.Load(); l != nil {
		return l.work()
	}
	if w := p.worked.Load(); w != nil {
		return *w
	}
	return Work{Verified: p.Verified.Load()}
}

// follow says whose work the scan's lookups are. The function that it returns lets
// them go: their caches would only take memory while the run is judged.
func (p *Progress) follow(l *lookups) (leave func()) {
	p.source.Store(l)
	return func() {
		w := l.work()
		p.worked.Store(&w)
		p.source.Store(nil)
	}
}

// work is what a resolver took so far.
func (l *lookups) work() Work {
	var w Work
	if l.validator != nil {
		s := l.validator.Stats()
		w.Verified, w.Remembered = s.Verified, s.Remembered
	}
	var t exchange.Stats
	if l.traffic != nil {
		t = l.traffic()
	}
	w.TCP, w.Timeouts, w.Network, w.Malformed = t.TCP, t.Timeouts, t.Network, t.Malformed
	return w
}

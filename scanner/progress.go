package scanner

import "sync/atomic"

// Progress counts what Collect has done so far. It may be read at any time.
type Progress struct {
	Names     atomic.Int64 // taken from the list
	ListRead  atomic.Bool  // the list is at its end: Names is how many there are
	Domains   atomic.Int64 // looked up
	Hosts     atomic.Int64 // distinct MX hosts found
	HostsDone atomic.Int64 // looked up and probed
	Confirm   atomic.Int64 // hosts still to be looked at once more, at the end
	Sessions  atomic.Int64 // SMTP sessions held
	Inferred  atomic.Int64 // endpoints that were spared a session: many others showed one chain
	Failures  atomic.Int64 // of the domains, those whose MX lookup failed
	Queries   atomic.Int64 // DNS queries sent for domains and hosts
	Verified  atomic.Int64 // signatures of DNSSEC verified, known at the end; those remembered are not counted again

	ExcludedDomains   atomic.Int64 // names of the list that were left out by request
	ExcludedHosts     atomic.Int64 // hosts that were looked up and not connected to by request
	ExcludedAddresses atomic.Int64 // addresses of other hosts, the same
}

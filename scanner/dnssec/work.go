package dnssec

// Limits bound the work that hostile data can cause. Over one, the status is
// Indeterminate with ReasonWorkLimit.
type Limits struct {
	RRsetVerifications    int // signature checks for one RRset
	KeysPerTag            int // keys of one tag and algorithm tried for one RRSIG
	DSMismatches          int // DS records whose key is there and whose digest differs
	DNSKEYs               int // records in one DNSKEY RRset
	DSs                   int // records in one DS RRset
	ResponseRRsets        int // RRsets verified in one response
	ResponseVerifications int // signature checks for one response
	LookupVerifications   int // signature checks for one lookup
	Fetches               int // messages asked of the Source for one lookup
	NSEC3Hashes           int // distinct names hashed for one response
	NSEC3Iterations       int // above it the zone is insecure (RFC 9276, Section 3.2)
	Aliases               int // links in one chain
	Octets                int // size of one response
	Records               int // records of one response
	Retries               int // more questions to the Source after a reply that did not validate
}

// defaultLimits are generous for honest zones.
var defaultLimits = Limits{
	RRsetVerifications: 8, KeysPerTag: 4, DSMismatches: 4, DNSKEYs: 32, DSs: 16,
	ResponseRRsets: 24, ResponseVerifications: 24, LookupVerifications: 64, Fetches: 40,
	NSEC3Hashes: 16, NSEC3Iterations: 150, Aliases: 12, Octets: 65536, Records: 256, Retries: 2,
}

// Work is the budget of one lookup and what was spent of it. It is used by one
// goroutine at a time.
type Work struct {
	Verifications int // signature checks, those answered by the cache included
	Cached        int // of them answered by the cache
	Fetches       int // messages asked of the Source
	Hashes        int // NSEC3 names hashed

	// Trace, where set, receives every step of the chain of trust.
	Trace *Trace
}

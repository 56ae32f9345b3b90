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

	// Since, a Unix time in nanoseconds, is from when on what is known of zones and
	// their keys must have been learnt for this lookup to believe it: by lookups with
	// this Since or a later one. What is older is found out anew, once for all who do
	// not believe it. 0 believes all that has not expired.
	Since int64

	spent bool // a limit of the lookup was passed

	// Trace, where set, receives every step of the chain of trust.
	Trace *Trace
}

// exhausted reports whether a limit of the lookup was passed, as opposed to one
// of a response: what failed for it may succeed for another lookup.
func (w *Work) exhausted(limits *Limits) bool {
	return w.spent || w.Verifications > limits.LookupVerifications
}

// orDefault fills the limits that are not set.
func (l Limits) orDefault() Limits {
	d := defaultLimits
	for _, field := range []struct{ set, byDefault *int }{
		{&l.RRsetVerifications, &d.RRsetVerifications}, {&l.KeysPerTag, &d.KeysPerTag},
		{&l.DSMismatches, &d.DSMismatches}, {&l.DNSKEYs, &d.DNSKEYs}, {&l.DSs, &d.DSs},
		{&l.ResponseRRsets, &d.ResponseRRsets}, {&l.ResponseVerifications, &d.ResponseVerifications},
		{&l.LookupVerifications, &d.LookupVerifications}, {&l.Fetches, &d.Fetches},
		{&l.NSEC3Hashes, &d.NSEC3Hashes}, {&l.NSEC3Iterations, &d.NSEC3Iterations},
		{&l.Aliases, &d.Aliases}, {&l.Octets, &d.Octets}, {&l.Records, &d.Records},
		{&l.Retries, &d.Retries},
	} {
		if *field.set == 0 {
			*field.set = *field.byDefault
		}
	}
	return l
}

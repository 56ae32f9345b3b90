package lab

// entryCase is a row of the cases' table: a small piece of the Internet, and what
// a correct scanner must find there. The truth is a literal, never computed.
//
// Zone texts are master files whose origin is the zone. SOA, NS, DNSKEY, NSEC and
// signatures are not written down: they follow from sign, served and faults. In
// them, $a is the address of machine "a"; in a TLSA record, $a.leaf stands for the
// association data of its certificate ($a.next: of the key that it will have next,
// selector 1 only; $a.rsa: of its RSA certificate; $a.issuer, $a.root: of the
// authorities), and $none for that of a certificate which nobody has.
type entryCase struct {
	domain   string // with the final dot
	note     string // what is going on, for people
	verdict  string // of the domain, in the vocabulary of the run tables
	mx       []MX   // of each MX host
	zones    []plan // the first one is the domain's own, unless apex says otherwise
	machines map[string]machine
	needs    Feature // what a scanner must be able to do to find the truth
}

// plan is a zone in the cases' table.
type plan struct {
	apex   string // "": the domain. Names without a final dot are below the domain
	text   string
	sign   signing
	served serving
	faults map[fault]mishap // names relative to the zone; {"*", 0} befalls all signatures
	forged bool             // the DS above fits no key of the zone
}

// signing says how a zone is signed.
type signing uint8

const (
	byTLD         signing = iota // as usual under its TLD: NSEC, NSEC3, not at all
	unsigned                     // not at all
	signNSEC                     // one P-256 key (flags 257), NSEC
	signNSEC3                    // two P-256 keys, NSEC3 with salt and iterations
	signNSEC3Many                // the same, with more iterations than validators accept
	signRSA                      // RSA-2048, NSEC
	signEd                       // Ed25519, NSEC
	signNarrow                   // one P-256 key, NSEC made up for each question
	signUnknown                  // an algorithm that no validator knows
	signIsland                   // signed, and no DS above
)

// serving says which name servers a zone has.
type serving uint8

const (
	byHoster serving = iota // the two servers that most zones share
	byItself                // ns1 and ns2 in the zone, with glue
	byLame                  // three servers: one refuses, one is silent, one is good
	byDead                  // servers that never answer
)

// Feature is something that a scanner may not be able to do yet. Config.Without
// leaves the cases out that need it.
type Feature string

const (
	// SecondAlgorithm: ask servers for their RSA and their ECDSA certificate.
	SecondAlgorithm Feature = "second-algorithm"
	// OddCertificates: read certificates that crypto/x509 refuses.
	OddCertificates Feature = "odd-certificates"
	// Retries: come back after a 4xx greeting.
	Retries Feature = "retries"
)

// MX is what is true of one MX host of a domain.
type MX struct {
	Name    string // as in the MX record, lower case, without the final dot; "." is the root
	Verdict string
	Reason  string
}

// Case is what is true of one domain: what a scanner that does everything right
// finds.
type Case struct {
	Domain  string // lower case, without the final dot
	Verdict string
	MX      []MX // sorted by name
	Note    string
	Needs   Feature
	Bulk    bool // made up by number, not from the table
	MTASTS  Policy
	TLSRPT  Policy
}

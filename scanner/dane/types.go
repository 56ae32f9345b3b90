package dane

// Record is one TLSA record: RDATA taken apart (RFC 6698, Section 2.1).
type Record struct {
	Usage, Selector, MatchingType uint8
	Data                          []byte // certificate association data
}

// Chain holds the DER of the certificates that a server sent, in its order.
type Chain [][]byte

// Names are the reference identifiers of a DANE-TA check, A-labels without final
// dot, first the TLSA base domain (RFC 7672, Section 3.2.2).
type Names []string

// Reason says why a chain did not verify, in order of precedence.
type Reason string

const (
	OK          Reason = ""
	NoUsable    Reason = "no-usable" // no usable record: nothing to verify against
	Name        Reason = "name"
	Expired     Reason = "expired"
	BadChain    Reason = "chain"
	TANotServed Reason = "ta-not-served"
	NoMatch     Reason = "no-match"
)

// Result is what Verify found.
type Result struct {
	Verified bool
	Reason   Reason // OK where verified

	// Record is the index of the record that authenticated or, for the reasons name,
	// expired and chain, of the one at whose anchor the path ends; -1 for none.
	// Depth is where that anchor is, the leaf being 0; a bare key's is that of the
	// certificate that it signed.
	Record int
	Depth  int

	// Matched says of each record whether it alone authenticates the chain, names
	// left aside; Depths where, -1 for nowhere.
	Matched []bool
	Depths  []int

	// AgilityDependent: not verified, but would be if records with a weaker digest
	// than others of their usage and selector were not left aside (RFC 7671,
	// Section 9).
	AgilityDependent bool
	// Exhausted: the chain was so contrived that the search for a path was given
	// up, or some of its certificates were not looked at.
	Exhausted bool

	// PathOK: a path to a matched anchor is valid but for names. With the reason
	// name it tells a chain that other names would verify from one that has more
	// wrong with it.
	PathOK      bool
	NameMatched string   // the reference identifier that matched
	NamesSeen   []string // the identifiers that the leaf presents, bounded
}

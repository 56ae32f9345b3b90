package dnssec

import (
	"context"
	"crypto/sha256"

	"github.com/miekg/dns"
)

// WithoutSignatures makes a validator that knows the same zones and has forgotten
// what it verified.
func (v *Validator) WithoutSignatures() *Validator {
	forgetful := &Validator{cfg: v.cfg, limits: v.limits, algorithms: v.algorithms, anchors: v.anchors, nodes: v.nodes,
		signatures: newCache[[sha256.Size]byte, bool](1)}
	forgetful.buffers.New = v.buffers.New
	return forgetful
}

// ValidateMsg is Validate for a message of the library, as tests write them.
func (v *Validator) ValidateMsg(ctx context.Context, src Source, q Question, msg *dns.Msg, w *Work) Result {
	return v.Validate(ctx, src, q, FromMsg(msg), w)
}

// groupRRs makes RRsets of the records of one section that stands alone.
func groupRRs(rrs []dns.RR) []rrset { return new(grouping).group(fromRRs(rrs)) }

package dnssec

import (
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

// group makes RRsets of the records of one section that stands alone.
func group(rrs []dns.RR) []rrset { return new(lastNames).group(rrs) }

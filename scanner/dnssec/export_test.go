package dnssec

import "crypto/sha256"

// WithoutSignatures makes a validator that knows the same zones and has forgotten
// what it verified.
func (v *Validator) WithoutSignatures() *Validator {
	forgetful := &Validator{cfg: v.cfg, limits: v.limits, algorithms: v.algorithms, anchors: v.anchors, nodes: v.nodes,
		signatures: newCache[[sha256.Size]byte, bool](1)}
	forgetful.buffers.New = v.buffers.New
	return forgetful
}

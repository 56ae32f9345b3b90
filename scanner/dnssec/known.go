package dnssec

import "slices"

// KeyAlgorithms returns the algorithm numbers of the keys that a zone is proven to
// have, ascending, as far as the validator remembers: nothing is asked. apex is in
// canonical form.
func (v *Validator) KeyAlgorithms(apex string) []uint8 {
	n, err := ParseName(apex)
	if err != nil {
		return nil
	}
	known := v.nodes.get(n, moment{now: v.cfg.Now()})
	if known == nil || known.status != Secure || !known.apex || known.zone == nil {
		return nil
	}
	var algorithms []uint8
	for _, k := range known.zone.keys {
		algorithms = append(algorithms, k.alg)
	}
	slices.Sort(algorithms)
	return slices.Compact(algorithms)
}

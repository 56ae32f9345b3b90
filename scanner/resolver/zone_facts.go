package resolver

import (
	"slices"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// ZoneFacts is what a lookup has taught about the zone that answered it.
type ZoneFacts struct {
	NS         []string  // names of its servers as the parent has them, ascending
	DS         []*dns.DS // where the delegation is proven to be signed
	Algorithms []uint8   // of its keys, ascending, where they are proven
}

// ZoneFacts returns what is remembered of a zone. Nothing is asked. apex is in
// canonical form; where nothing is known all is empty.
func (it *Iterate) ZoneFacts(apex string) ZoneFacts {
	facts := ZoneFacts{Algorithms: it.cfg.Validator.KeyAlgorithms(apex)}
	d, ok := it.cuts.get(apex, it.cfg.Now())
	if !ok {
		return facts
	}
	for _, ns := range d.servers {
		facts.NS = append(facts.NS, ns.Name)
	}
	slices.Sort(facts.NS)
	if p := d.proof.Load(); p != nil && len(facts.Algorithms) > 0 {
		for _, rr := range dnssec.RRs(p.ds) {
			if ds, ok := rr.(*dns.DS); ok {
				facts.DS = append(facts.DS, ds)
			}
		}
	}
	return facts
}

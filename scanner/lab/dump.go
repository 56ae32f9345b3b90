package lab

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Zones lists the apexes of the zones that DumpZone can write, in order. Each has
// a final dot.
func (l *Lab) Zones() []string {
	var out []string
	for apex := range l.world.zones {
		out = append(out, apex)
	}
	slices.Sort(out)
	return out
}

// DumpZone writes a zone as a master file, signatures and denial included, as a
// zone transfer would show it. A zone whose denial is made up for each question
// comes without NSEC records.
func (l *Lab) DumpZone(apex string, w io.Writer) error {
	z := l.world.zones[strings.ToLower(dns.Fqdn(apex))]
	if z == nil {
		return fmt.Errorf("lab: no zone %s", apex)
	}
	d := &dump{lab: l, zone: z, out: bufio.NewWriter(w)}
	d.set(z.find(z.apex).set(dns.TypeSOA), true) // master files begin with it
	for n := range z.all() {
		d.node(n)
	}
	if z.keys != nil && (z.denial == byNSEC3 || z.denial == byOptOut) {
		r := z.ring(z)
		for i := range r.hashes {
			d.set(z.nsec3(r, i), true)
		}
	}
	if d.err != nil {
		return d.err
	}
	return d.out.Flush()
}

// dump is a zone on its way to a file.
type dump struct {
	lab  *Lab
	zone *zone
	out  *bufio.Writer
	err  error
}

func (d *dump) node(n *node) {
	cut := d.zone.isCut(n)
	for _, set := range n.sets {
		t := set[0].Header().Rrtype
		if t == dns.TypeSOA {
			continue
		}
		d.set(set, !n.glue && (!cut || t == dns.TypeDS))
	}
	if d.zone.keys != nil && d.zone.denial == byNSEC && !n.glue && len(n.sets) > 0 {
		d.set(d.zone.nsec(n.name), true)
	}
}

func (d *dump) set(set []dns.RR, signed bool) {
	for _, rr := range set {
		fmt.Fprintln(d.out, rr)
	}
	if !signed || d.zone.keys == nil || d.err != nil {
		return
	}
	sig, err := d.lab.sigs.over(d.zone, set)
	if err != nil {
		d.err = err
	} else if sig != nil {
		fmt.Fprintln(d.out, sig)
	}
}

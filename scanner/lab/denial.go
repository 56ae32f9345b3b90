package lab

import (
	"bytes"
	"crypto/sha1"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"sort"
	"strings"

	"github.com/miekg/dns"
)

// hash is a name hashed as RFC 5155, Section 5 says.
type hash [sha1.Size]byte

// ring is the NSEC3 chain of a zone: its hashed names in order.
type ring struct {
	hashes []hash
	types  map[hash][]uint16 // what is not there is a signed delegation
}

// add puts a name in; sort completes the ring.
func (r *ring) add(h hash, types []uint16) {
	r.hashes = append(r.hashes, h)
	r.types[h] = types
}

func (r *ring) sort() {
	slices.SortFunc(r.hashes, func(a, b hash) int { return bytes.Compare(a[:], b[:]) })
}

// at returns the place of the last hash at or before h.
func (r *ring) at(h hash) int {
	i := sort.Search(len(r.hashes), func(i int) bool { return bytes.Compare(r.hashes[i][:], h[:]) > 0 })
	if i == 0 {
		return len(r.hashes) - 1
	}
	return i - 1
}

// newRing hashes the names of a zone.
func newRing(z *zone) *ring {
	r := &ring{types: map[hash][]uint16{}}
	for n := range z.all() {
		cut := z.isCut(n)
		unsigned := cut && n.set(dns.TypeDS) == nil
		if n.glue || (unsigned && z.denial == byOptOut) {
			continue
		}
		types := n.types(cut)
		if len(types) > 0 && !unsigned {
			types = append(types, dns.TypeRRSIG)
		}
		slices.Sort(types)
		r.add(z.hash(n.name), types)
	}
	r.sort()
	return r
}

func (z *zone) hash(name string) hash {
	var wire [256]byte
	n, err := dns.PackDomainName(name, wire[:], 0, nil, false)
	if err != nil {
		return hash{}
	}
	h := hash(sha1.Sum(append(wire[:n:n], z.salt...)))
	for range z.iterations {
		h = sha1.Sum(append(h[:], z.salt...))
	}
	return h
}

var base32Hex = base32.HexEncoding.WithPadding(base32.NoPadding)

func (h hash) String() string { return strings.ToLower(base32Hex.EncodeToString(h[:])) }

// nsec3 returns the record that stands at a place of the ring.
func (z *zone) nsec3(r *ring, i int) []dns.RR {
	at, next := r.hashes[i], r.hashes[(i+1)%len(r.hashes)]
	types, ok := r.types[at]
	if !ok {
		types = []uint16{dns.TypeNS, dns.TypeDS, dns.TypeRRSIG}
	}
	rr := &dns.NSEC3{
		Hdr: header(join(at.String(), z.apex), dns.TypeNSEC3, ttlNegative), Hash: dns.SHA1,
		Iterations: z.iterations, SaltLength: uint8(len(z.salt)), Salt: hex.EncodeToString(z.salt),
		HashLength: sha1.Size, NextDomain: base32Hex.EncodeToString(next[:]), TypeBitMap: types,
	}
	if z.denial == byOptOut {
		rr.Flags = 1
	}
	return []dns.RR{rr}
}

// nsec returns the record at or before a name.
func (z *zone) nsec(name string) []dns.RR {
	if z.denial == byNarrow {
		return z.narrow(name)
	}
	at, next := z.around(name)
	return z.nsecBetween(at, next)
}

func (z *zone) nsecBetween(at, next string) []dns.RR {
	n := z.find(at)
	types := append(n.types(z.isCut(n)), dns.TypeRRSIG, dns.TypeNSEC)
	slices.Sort(types)
	return []dns.RR{&dns.NSEC{Hdr: header(at, dns.TypeNSEC, ttlNegative), NextDomain: next, TypeBitMap: types}}
}

// narrow makes up a record that covers a name and hardly anything else, or stands
// at it (RFC 4470, Section 3).
func (z *zone) narrow(name string) []dns.RR {
	next := join(`\000`, name)
	if n := z.find(name); n != nil {
		types := append(n.types(z.isCut(n)), dns.TypeRRSIG, dns.TypeNSEC)
		slices.Sort(types)
		return []dns.RR{&dns.NSEC{Hdr: header(name, dns.TypeNSEC, ttlNegative), NextDomain: next, TypeBitMap: types}}
	}
	return []dns.RR{&dns.NSEC{
		Hdr: header(justBefore(name, z.apex), dns.TypeNSEC, ttlNegative), NextDomain: next,
		TypeBitMap: []uint16{dns.TypeRRSIG, dns.TypeNSEC},
	}}
}

// maxLabel is the length of the longest label, in octets (RFC 1035, Section 2.3.4).
const maxLabel = 63

// justBefore returns a name shortly before another: its first label less one in
// the last byte, and a tilde, which sorts after all that host names consist of.
func justBefore(name, apex string) string {
	label, rest, _ := strings.Cut(name, ".")
	if name == apex || label == "" || strings.Contains(label, `\`) || label[len(label)-1] <= '!' {
		return apex
	}
	last := label[len(label)-1] - 1
	if len(label) == maxLabel {
		return label[:len(label)-1] + string(rune(last)) + "." + rest
	}
	return label[:len(label)-1] + string(rune(last)) + "~." + rest
}

// proof collects the records that deny something.
type proof struct {
	sets   [][]dns.RR
	optOut bool // rests on a span that may hide unsigned delegations
}

func (p *proof) add(set []dns.RR) {
	for _, s := range p.sets {
		if s[0].Header().Name == set[0].Header().Name {
			return
		}
	}
	p.sets = append(p.sets, set)
}

// noType proves that a name has no such type.
func (z *zone) noType(name string) proof {
	var p proof
	if z.denial < byNSEC3 || z.denial == byNarrow {
		p.add(z.nsec(name))
		return p
	}
	r := z.ring(z)
	h := z.hash(name)
	if i := r.at(h); r.hashes[i] == h {
		p.add(z.nsec3(r, i))
		return p
	}
	z.coverNext(&p, parentOf(name), name) // an unsigned delegation that the ring leaves out
	return p
}

// coverNext proves that name, one label below closest, is not in the ring.
func (z *zone) coverNext(p *proof, closest, name string) {
	r := z.ring(z)
	p.add(z.nsec3(r, r.at(z.hash(closest))))
	p.add(z.nsec3(r, r.at(z.hash(name))))
	p.optOut = p.optOut || z.denial == byOptOut
}

// noName proves that a name does not exist, nor a wildcard that would match it.
func (z *zone) noName(name string, at place) proof {
	var p proof
	wild := join("*", at.closest)
	if z.denial < byNSEC3 || z.denial == byNarrow {
		p.add(z.nsec(name))
		p.add(z.nsec(wild))
		return p
	}
	z.coverNext(&p, at.closest, at.next)
	r := z.ring(z)
	p.add(z.nsec3(r, r.at(z.hash(wild))))
	return p
}

// noCloser proves that nothing matches a name better than the wildcard did.
func (z *zone) noCloser(name string, at place) proof {
	var p proof
	if z.denial < byNSEC3 || z.denial == byNarrow {
		p.add(z.nsec(name))
		return p
	}
	r := z.ring(z)
	p.add(z.nsec3(r, r.at(z.hash(at.next))))
	p.optOut = z.denial == byOptOut
	return p
}

// noWildType proves that neither a name nor such a type at the wildcard exists.
func (z *zone) noWildType(name string, at place) proof {
	var p proof
	if z.denial < byNSEC3 || z.denial == byNarrow {
		p.add(z.nsec(name))
		p.add(z.nsec(at.wild.name))
		return p
	}
	z.coverNext(&p, at.closest, at.next)
	r := z.ring(z)
	p.add(z.nsec3(r, r.at(z.hash(at.wild.name))))
	return p
}

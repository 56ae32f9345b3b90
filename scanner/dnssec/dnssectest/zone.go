package dnssectest

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Zone describes a zone. The zero values are good: ECDSA P-256, a KSK and a ZSK,
// NSEC, a DS by SHA-256 in the zone above.
type Zone struct {
	Apex string
	Data string // in master-file form, names relative to the apex; SOA and NS are added

	Algorithm uint8
	Bits      int // of RSA keys; 0: 1024
	SingleKey bool
	Unsigned  bool  // no DS above, either
	NoDS      bool  // signed, and the zone above does not say so
	Digest    uint8 // of the DS record
	NSEC3     *NSEC3
}

// NSEC3 holds the parameters of hashed denial.
type NSEC3 struct {
	Iterations uint16
	Salt       string // hexadecimal
	OptOut     bool
}

// Signed is a zone with its signatures.
type Signed struct {
	Zone
	KSK, ZSK *Key // the same for a single key; nil where unsigned

	from, to time.Time
	sets     map[set][]dns.RR
	names    []string // that have records, or records below them, in canonical order
	chain    []string // owners of the NSEC chain, in canonical order
	hashed   []string // owners of the NSEC3 chain, in order
}

// set names an RRset.
type set struct {
	owner string
	typ   uint16
}

// build reads the records of a zone and makes its keys.
func build(z Zone, from, to time.Time) (*Signed, error) {
	z.Apex = dns.CanonicalName(z.Apex)
	s := &Signed{Zone: z, from: from, to: to, sets: make(map[set][]dns.RR)}
	text := fmt.Sprintf("$ORIGIN %s\n$TTL 3600\n@ SOA ns.invalid. host.invalid. 1 7200 3600 1209600 3600\n@ NS ns.invalid.\n%s\n", z.Apex, z.Data)
	parser := dns.NewZoneParser(strings.NewReader(text), z.Apex, "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		s.add(rr)
	}
	if err := parser.Err(); err != nil {
		return nil, fmt.Errorf("zone %s: %w", z.Apex, err)
	}
	if z.Unsigned {
		return s, nil
	}
	if s.Algorithm == 0 {
		s.Algorithm = dns.ECDSAP256SHA256
	}
	if s.Digest == 0 {
		s.Digest = dns.SHA256
	}
	if s.Bits == 0 {
		s.Bits = keyBits(s.Algorithm)
	}
	var err error
	if s.KSK, err = newKey(z.Apex, s.Algorithm, ksk, s.Bits); err != nil {
		return nil, err
	}
	s.ZSK = s.KSK
	s.add(s.KSK.Record)
	if !z.SingleKey {
		if s.ZSK, err = newKey(z.Apex, s.Algorithm, zsk, s.Bits); err != nil {
			return nil, err
		}
		s.add(s.ZSK.Record)
	}
	return s, nil
}

func (s *Signed) add(rr dns.RR) {
	rr.Header().Name = dns.CanonicalName(rr.Header().Name)
	k := set{rr.Header().Name, rr.Header().Rrtype}
	s.sets[k] = append(s.sets[k], rr)
}

// cut returns the delegation at or above a name, "" for none.
func (s *Signed) cut(n string) string {
	found := ""
	for ; n != s.Apex && dns.IsSubDomain(s.Apex, n); n = parent(n) {
		if len(s.sets[set{n, dns.TypeNS}]) > 0 {
			found = n
		}
	}
	return found
}

// seal makes the denial chain, when all records are there.
func (s *Signed) seal() {
	all := make(map[string]bool)
	for k := range s.sets {
		if c := s.cut(k.owner); c != "" && c != k.owner {
			continue // glue
		}
		for n := k.owner; n != s.Apex; n = parent(n) {
			all[n] = true
		}
		all[s.Apex] = true
	}
	s.names = canonical(all)
	if s.Unsigned {
		return
	}
	if s.NSEC3 != nil {
		s.sealNSEC3()
		return
	}
	for _, n := range s.names {
		if len(s.types(n)) > 0 {
			s.chain = append(s.chain, n)
		}
	}
	for i, n := range s.chain {
		s.add(&dns.NSEC{
			Hdr:        dns.RR_Header{Name: n, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 3600},
			NextDomain: s.chain[(i+1)%len(s.chain)],
			TypeBitMap: bitmap(append(s.types(n), dns.TypeNSEC, dns.TypeRRSIG)),
		})
	}
}

// types lists what stands at a name that the zone speaks for.
func (s *Signed) types(n string) []uint16 {
	var types []uint16
	for k := range s.sets {
		if k.owner == n && (s.cut(n) == "" || k.typ == dns.TypeNS || k.typ == dns.TypeDS) {
			types = append(types, k.typ)
		}
	}
	return types
}

func bitmap(types []uint16) []uint16 {
	sort.Slice(types, func(i, j int) bool { return types[i] < types[j] })
	return types
}

// sealNSEC3 makes the chain of hashed names. With opt-out, delegations without DS
// are left out, and so are names that only lead to such.
func (s *Signed) sealNSEC3() {
	s.add(&dns.NSEC3PARAM{
		Hdr:  dns.RR_Header{Name: s.Apex, Rrtype: dns.TypeNSEC3PARAM, Class: dns.ClassINET, Ttl: 3600},
		Hash: dns.SHA1, Iterations: s.NSEC3.Iterations, SaltLength: uint8(len(s.NSEC3.Salt) / 2), Salt: s.NSEC3.Salt,
	})
	bitmaps := make(map[string][]uint16)
	for _, n := range s.names {
		if s.NSEC3.OptOut && !s.signedAtOrBelow(n) {
			continue
		}
		types := s.types(n)
		if len(types) > 0 && (s.cut(n) == "" || len(s.sets[set{n, dns.TypeDS}]) > 0) {
			types = append(types, dns.TypeRRSIG)
		}
		h := s.hash(n)
		bitmaps[h] = bitmap(types)
		s.hashed = append(s.hashed, h)
	}
	sort.Strings(s.hashed)
	for i, h := range s.hashed {
		flags := uint8(0)
		if s.NSEC3.OptOut {
			flags = 1
		}
		s.add(&dns.NSEC3{
			Hdr:  dns.RR_Header{Name: s.owner3(h), Rrtype: dns.TypeNSEC3, Class: dns.ClassINET, Ttl: 3600},
			Hash: dns.SHA1, Flags: flags, Iterations: s.NSEC3.Iterations,
			SaltLength: uint8(len(s.NSEC3.Salt) / 2), Salt: s.NSEC3.Salt,
			HashLength: 20, NextDomain: strings.ToUpper(s.hashed[(i+1)%len(s.hashed)]), TypeBitMap: bitmaps[h],
		})
	}
}

// signedAtOrBelow reports whether a name has, or leads to, anything signed.
func (s *Signed) signedAtOrBelow(n string) bool {
	for k := range s.sets {
		if dns.IsSubDomain(n, k.owner) && (s.cut(k.owner) == "" || k.typ == dns.TypeDS) {
			return true
		}
	}
	return false
}

func (s *Signed) hash(n string) string {
	return strings.ToLower(dns.HashName(n, dns.SHA1, s.NSEC3.Iterations, s.NSEC3.Salt))
}

// Set returns an RRset of the zone without its signature.
func (s *Signed) Set(owner string, typ uint16) []dns.RR { return s.sets[set{owner, typ}] }

// WithSignature returns an RRset of the zone and its RRSIG.
func (s *Signed) WithSignature(owner string, typ uint16) []dns.RR {
	rrs := s.sets[set{owner, typ}]
	if len(rrs) == 0 || s.Unsigned {
		return rrs
	}
	k := s.ZSK
	if typ == dns.TypeDNSKEY {
		k = s.KSK
	}
	sig, err := k.Sign(rrs, s.from, s.to, nil)
	if err != nil {
		return nil // a test that counts on it fails
	}
	return append(append([]dns.RR(nil), rrs...), sig)
}

// File returns the signed zone in master-file form.
func (s *Signed) File() string {
	var b strings.Builder
	keys := make([]set, 0, len(s.sets))
	for k := range s.sets {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].owner != keys[j].owner {
			return Less(keys[i].owner, keys[j].owner)
		}
		return typeOrder(keys[i].typ) < typeOrder(keys[j].typ)
	})
	for _, k := range keys {
		rrs := s.sets[k]
		if c := s.cut(k.owner); c == "" || c == k.owner && k.typ != dns.TypeNS {
			rrs = s.WithSignature(k.owner, k.typ)
		}
		for _, rr := range rrs {
			b.WriteString(rr.String() + "\n")
		}
	}
	return b.String()
}

// typeOrder puts the SOA first.
func typeOrder(t uint16) int {
	if t == dns.TypeSOA {
		return -1
	}
	return int(t)
}

func parent(n string) string {
	if i, end := dns.NextLabel(n, 0); !end {
		return n[i:]
	}
	return "."
}

func canonical(names map[string]bool) []string {
	var list []string
	for n := range names {
		list = append(list, n)
	}
	sort.Slice(list, func(i, j int) bool { return Less(list[i], list[j]) })
	return list
}

// Less orders names as RFC 4034, Section 6.1.
func Less(a, b string) bool { return slices.CompareFunc(labels(a), labels(b), bytes.Compare) < 0 }

// labels returns the octets of each label of a name in lower case, the last one first.
func labels(n string) [][]byte {
	wire := make([]byte, 255)
	if _, err := dns.PackDomainName(dns.CanonicalName(n), wire, 0, nil, false); err != nil {
		return nil
	}
	var all [][]byte
	for ; wire[0] != 0; wire = wire[1+wire[0]:] {
		all = append(all, wire[1:1+wire[0]])
	}
	slices.Reverse(all)
	return all
}

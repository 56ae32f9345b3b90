package dnssec

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// size is the length of the record in a message without compression.
func (r *Record) size() int { return len(r.Owner) + fixedSize + len(r.data) }

// Covers returns the type of a record, of an RRSIG the type that it covers.
func (r *Record) Covers() uint16 {
	if r.Type == dns.TypeRRSIG && len(r.data) >= sigFixed {
		return uint16(r.data[0])<<8 | uint16(r.data[1])
	}
	return r.Type
}

// Is reports whether the record is of a type, of the class IN, and of an owner.
func (r *Record) Is(owner Name, rrtype uint16) bool {
	return r.Type == rrtype && r.Class == dns.ClassINET && r.Owner == owner
}

// Signs reports whether the record is an RRSIG over the RRset of an owner and a
// type.
func (r *Record) Signs(owner Name, rrtype uint16) bool {
	return r.Is(owner, dns.TypeRRSIG) && r.Covers() == rrtype
}

// Target returns the name that an NS, CNAME or DNAME record gives; false for others,
// and for one without.
func (r *Record) Target() (Name, bool) {
	if r.bad || r.Type != dns.TypeNS && r.Type != dns.TypeCNAME && r.Type != dns.TypeDNAME {
		return "", false
	}
	n, rest := cutName(r.data)
	return n, n != "" && rest == ""
}

// Addr returns the address of an A or AAAA record; false for others.
func (r *Record) Addr() (netip.Addr, bool) {
	switch {
	case r.Type == dns.TypeA && len(r.data) == 4:
		return netip.AddrFrom4([4]byte([]byte(r.data))), true
	case r.Type == dns.TypeAAAA && len(r.data) == 16:
		return netip.AddrFrom16([16]byte([]byte(r.data))), true
	}
	return netip.Addr{}, false
}

// Alias makes the CNAME record, of class IN, that leads from owner to target.
func Alias(owner, target Name, ttl uint32) Record {
	return Record{Owner: owner, data: string(target), TTL: ttl, Type: dns.TypeCNAME, Class: dns.ClassINET}
}

// Keep returns copies of records that hold on to no more octets than their own: what
// is kept of a message does not keep the message.
func Keep(records []Record) []Record {
	if len(records) == 0 {
		return nil
	}
	kept := make([]Record, len(records))
	for i, r := range records {
		r.Owner, r.data = r.Owner.clone(), strings.Clone(r.data)
		kept[i] = r
	}
	return kept
}

// cutName reads the uncompressed name that data begins with, in lower case; "" where
// there is none. It shares the octets of data where that is so written.
func cutName(data string) (n Name, rest string) {
	end, upper := 0, false
	for {
		if end >= len(data) || end >= maxName {
			return "", ""
		}
		size := int(data[end])
		if size == 0 {
			break
		}
		next := end + 1 + size
		if size > maxLabel || next > len(data) {
			return "", ""
		}
		for _, c := range []byte(data[end+1 : next]) {
			upper = upper || 'A' <= c && c <= 'Z'
		}
		end = next
	}
	end++
	if upper {
		return Name(lowered(data[:end])), data[end:]
	}
	return Name(data[:end]), data[end:]
}

// lowered is an octet string in lower case.
func lowered(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lower(c)
	}
	return string(b)
}

// sigFixed is the length of the fields of an RRSIG in front of the signer's name
// (RFC 4034, Section 3.1).
const sigFixed = 18

// Signature is an RRSIG record, read (RFC 4034, Section 3.1).
type Signature struct {
	Covered    uint16 // type of the RRset
	KeyTag     uint16
	Algorithm  uint8
	Labels     uint8
	Expiration uint32 // a moment, see RFC 4034, Section 3.1.5
	Signer     Name

	inception   uint32
	originalTTL uint32
	ttl         uint32 // of the record
	fixed       string // the octets in front of the signer's name, as they are signed
	octets      string // the signature itself
}

// Signature reads an RRSIG record; false for others, and for one without a signer.
func (r *Record) Signature() (Signature, bool) {
	if r.bad || r.Type != dns.TypeRRSIG || len(r.data) < sigFixed {
		return Signature{}, false
	}
	fixed := r.data[:sigFixed]
	signer, octets := cutName(r.data[sigFixed:])
	if signer == "" {
		return Signature{}, false
	}
	return Signature{
		Covered: uint16At(fixed, 0), Algorithm: fixed[2], Labels: fixed[3], originalTTL: uint32At(fixed, 4),
		Expiration: uint32At(fixed, 8), inception: uint32At(fixed, 12), KeyTag: uint16At(fixed, 16),
		ttl: r.TTL, fixed: fixed, Signer: signer, octets: octets,
	}, true
}

func uint16At(s string, i int) uint16 { return uint16(s[i])<<8 | uint16(s[i+1]) }

func uint32At(s string, i int) uint32 { return uint32(uint16At(s, i))<<16 | uint32(uint16At(s, i+2)) }

// bitmap is the types of an NSEC or NSEC3 record as they are in its RDATA (RFC 4034,
// Section 4.1.2).
type bitmap string

// has reports whether a type is among them.
func (b bitmap) has(t uint16) bool {
	for len(b) >= 2 {
		window, size := b[0], int(b[1])
		if len(b) < 2+size {
			return false
		}
		if window == uint8(t>>8) {
			i := int(t&0xff) / 8
			return i < size && b[2+i]&(0x80>>(t&7)) != 0
		}
		b = b[2+size:]
	}
	return false
}

// hashedDenial is an NSEC3 record, read (RFC 5155, Section 3.1).
type hashedDenial struct {
	hash, flags uint8
	iterations  uint16
	salt        string
	next        string // sha1Size octets
	types       bitmap
}

// readNSEC3 reads the RDATA of an NSEC3 record; false where its next hash is not as
// long as the one hash algorithm makes it.
func readNSEC3(data string) (hashedDenial, bool) {
	const fixed = 5
	if len(data) < fixed {
		return hashedDenial{}, false
	}
	salted := fixed + int(data[4])
	if len(data) < salted+1+sha1Size || data[salted] != sha1Size {
		return hashedDenial{}, false
	}
	return hashedDenial{
		hash: data[0], flags: data[1], iterations: uint16At(data, 2), salt: data[fixed:salted],
		next: data[salted+1:][:sha1Size], types: bitmap(data[salted+1+sha1Size:]),
	}, true
}

// NSEC3Parameters is what an NSEC3 record says of its chain (RFC 5155, Section 3.1).
type NSEC3Parameters struct {
	Iterations uint16
	OptOut     bool // unsigned delegations may lie in its span
}

// NSEC3Parameters reads an NSEC3 record; false for others.
func (r *Record) NSEC3Parameters() (NSEC3Parameters, bool) {
	if r.bad || r.Type != dns.TypeNSEC3 || len(r.data) < 4 {
		return NSEC3Parameters{}, false
	}
	return NSEC3Parameters{uint16At(r.data, 2), r.data[1]&flagOptOut != 0}, true
}

// delegationSigner is a DS record, read.
type delegationSigner struct {
	tag             uint16
	alg, digestType uint8
	digest          string
}

func readDS(r *Record) (delegationSigner, bool) {
	if r.bad || r.Type != dns.TypeDS || len(r.data) < 4 {
		return delegationSigner{}, false
	}
	return delegationSigner{tag: uint16At(r.data, 0), alg: r.data[2], digestType: r.data[3], digest: r.data[4:]}, true
}

// MinimumTTL returns the last field of an SOA record (RFC 2308, Section 4); false for
// others.
func (r *Record) MinimumTTL() (uint32, bool) {
	if r.bad || r.Type != dns.TypeSOA || len(r.data) < 4 {
		return 0, false
	}
	return uint32At(r.data, len(r.data)-4), true
}

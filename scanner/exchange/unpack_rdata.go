package exchange

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	mathbits "math/bits"
	"net"

	"github.com/miekg/dns"
)

// rdata reads the data of a record up to end, for the types that mail and DNSSEC
// are made of; nil for others, and for data that is not as it should be.
func (r *reader) rdata(h dns.RR_Header, end int) dns.RR {
	switch size := int(h.Rdlength); h.Rrtype {
	case dns.TypeA:
		if size == net.IPv4len {
			return &dns.A{Hdr: h, A: r.octets(end)}
		}
	case dns.TypeAAAA:
		if size == net.IPv6len {
			return &dns.AAAA{Hdr: h, AAAA: r.octets(end)}
		}
	case dns.TypeOPT:
		if size == 0 {
			return &dns.OPT{Hdr: h}
		}
	case dns.TypeNS, dns.TypeCNAME:
		return r.named(h, end)
	case dns.TypeMX:
		return r.mx(h, end)
	case dns.TypeSOA:
		return r.soa(h, end)
	case dns.TypeDS, dns.TypeTLSA, dns.TypeDNSKEY:
		return r.bound(h, end)
	case dns.TypeRRSIG:
		return r.rrsig(h, end)
	case dns.TypeNSEC:
		return r.nsec(h, end)
	case dns.TypeNSEC3:
		return r.nsec3(h, end)
	}
	return nil
}

func (r *reader) named(h dns.RR_Header, end int) dns.RR {
	name, ok := r.name(end)
	switch {
	case !ok || r.off != end:
		return nil
	case h.Rrtype == dns.TypeNS:
		return &dns.NS{Hdr: h, Ns: name}
	}
	return &dns.CNAME{Hdr: h, Target: name}
}

func (r *reader) mx(h dns.RR_Header, end int) dns.RR {
	if r.off+2 >= end {
		return nil
	}
	preference := r.uint16()
	name, ok := r.name(end)
	if !ok || r.off != end {
		return nil
	}
	return &dns.MX{Hdr: h, Preference: preference, Mx: name}
}

func (r *reader) soa(h dns.RR_Header, end int) dns.RR {
	primary, ok := r.name(end)
	if !ok {
		return nil
	}
	mailbox, ok := r.name(end)
	if !ok || r.off+20 != end {
		return nil
	}
	return &dns.SOA{Hdr: h, Ns: primary, Mbox: mailbox,
		Serial: r.uint32(), Refresh: r.uint32(), Retry: r.uint32(), Expire: r.uint32(), Minttl: r.uint32()}
}

// bound reads the types that bind keys and certificates: a few numbers, and
// octets.
func (r *reader) bound(h dns.RR_Header, end int) dns.RR {
	if r.off+4 >= end {
		return nil
	}
	switch h.Rrtype {
	case dns.TypeDS:
		return &dns.DS{Hdr: h, KeyTag: r.uint16(), Algorithm: r.uint8(), DigestType: r.uint8(), Digest: r.hex(end)}
	case dns.TypeTLSA:
		return &dns.TLSA{Hdr: h, Usage: r.uint8(), Selector: r.uint8(), MatchingType: r.uint8(), Certificate: r.hex(end)}
	}
	return &dns.DNSKEY{Hdr: h, Flags: r.uint16(), Protocol: r.uint8(), Algorithm: r.uint8(), PublicKey: r.base64(end)}
}

func (r *reader) rrsig(h dns.RR_Header, end int) dns.RR {
	if r.off+18 >= end {
		return nil
	}
	sig := &dns.RRSIG{Hdr: h, TypeCovered: r.uint16(), Algorithm: r.uint8(), Labels: r.uint8(), OrigTtl: r.uint32(),
		Expiration: r.uint32(), Inception: r.uint32(), KeyTag: r.uint16()}
	var ok bool
	if sig.SignerName, ok = r.name(end); !ok || r.off >= end {
		return nil
	}
	sig.Signature = r.base64(end)
	return sig
}

func (r *reader) nsec(h dns.RR_Header, end int) dns.RR {
	next, ok := r.name(end)
	if !ok {
		return nil
	}
	types, ok := r.bitmap(end)
	if !ok {
		return nil
	}
	return &dns.NSEC{Hdr: h, NextDomain: next, TypeBitMap: types}
}

func (r *reader) nsec3(h dns.RR_Header, end int) dns.RR {
	if r.off+6 >= end {
		return nil
	}
	rr := &dns.NSEC3{Hdr: h, Hash: r.uint8(), Flags: r.uint8(), Iterations: r.uint16(), SaltLength: r.uint8()}
	salted := r.off + int(rr.SaltLength)
	if salted >= end {
		return nil
	}
	rr.Salt = r.hex(salted)
	rr.HashLength = r.uint8()
	hashed := r.off + int(rr.HashLength)
	if hashed >= end {
		return nil
	}
	rr.NextDomain = r.base32(hashed)
	var ok bool
	if rr.TypeBitMap, ok = r.bitmap(end); !ok {
		return nil
	}
	return rr
}

// maxWindow is the length of the longest window of a type bit map (RFC 4034,
// Section 4.1.2).
const maxWindow = 32

// bitmap reads the types of an NSEC or NSEC3 record.
func (r *reader) bitmap(end int) ([]uint16, bool) {
	count, last := 0, -1
	for at := r.off; at < end; {
		if at+2 > end {
			return nil, false
		}
		window, size := int(r.msg[at]), int(r.msg[at+1])
		at += 2
		if window <= last || size == 0 || size > maxWindow || at+size > end {
			return nil, false
		}
		for _, b := range r.msg[at : at+size] {
			count += mathbits.OnesCount8(b)
		}
		at, last = at+size, window
	}
	if count == 0 {
		r.off = end
		return nil, true
	}
	types := make([]uint16, 0, count)
	for r.off < end {
		base, size := uint16(r.uint8())<<8, int(r.uint8())
		for range size {
			for b := r.uint8(); b != 0; {
				first := mathbits.LeadingZeros8(b)
				types = append(types, base+uint16(first))
				b &^= 0x80 >> first
			}
			base += 8
		}
	}
	return types, true
}

func (r *reader) octets(end int) []byte {
	b := append(make([]byte, 0, end-r.off), r.msg[r.off:end]...)
	r.off = end
	return b
}

// The text forms are made on the stack where they are as short as usual: what
// remains to allocate is the string.

const shortText = 256

func (r *reader) hex(end int) string {
	src := r.msg[r.off:end]
	r.off = end
	if hex.EncodedLen(len(src)) > shortText {
		return hex.EncodeToString(src)
	}
	var buf [shortText]byte
	return string(buf[:hex.Encode(buf[:], src)])
}

func (r *reader) base64(end int) string {
	src := r.msg[r.off:end]
	r.off = end
	n := base64.StdEncoding.EncodedLen(len(src))
	if n > shortText {
		return base64.StdEncoding.EncodeToString(src)
	}
	var buf [shortText]byte
	base64.StdEncoding.Encode(buf[:n], src)
	return string(buf[:n])
}

var base32Hex = base32.HexEncoding.WithPadding(base32.NoPadding)

func (r *reader) base32(end int) string {
	src := r.msg[r.off:end]
	r.off = end
	n := base32Hex.EncodedLen(len(src))
	if n > shortText {
		return base32Hex.EncodeToString(src)
	}
	var buf [shortText]byte
	base32Hex.Encode(buf[:n], src)
	return string(buf[:n])
}

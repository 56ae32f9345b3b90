package dnssec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"sync"

	"github.com/miekg/dns"
)

var errRecord = errors.New("record cannot be packed")

// rdataNames tells where names stand in the RDATA of the types whose names are
// put in lower case (RFC 4034, Section 6.2, item 3; RFC 6840, Section 5.1: not
// NSEC): octets to skip first, character strings to skip, then names.
var rdataNames = map[uint16]struct{ skip, strings, names int }{
	dns.TypeNS: {0, 0, 1}, dns.TypeMD: {0, 0, 1}, dns.TypeMF: {0, 0, 1},
	dns.TypeCNAME: {0, 0, 1}, dns.TypeDNAME: {0, 0, 1}, dns.TypePTR: {0, 0, 1},
	dns.TypeMB: {0, 0, 1}, dns.TypeMG: {0, 0, 1}, dns.TypeMR: {0, 0, 1},
	dns.TypeNXT: {0, 0, 1}, dns.TypeSOA: {0, 0, 2}, dns.TypeMINFO: {0, 0, 2},
	dns.TypeRP: {0, 0, 2}, dns.TypeMX: {2, 0, 1}, dns.TypeAFSDB: {2, 0, 1},
	dns.TypeRT: {2, 0, 1}, dns.TypeKX: {2, 0, 1}, dns.TypePX: {2, 0, 2},
	dns.TypeSRV: {6, 0, 1}, dns.TypeNAPTR: {4, 3, 1},
	dns.TypeSIG: {18, 0, 1}, dns.TypeRRSIG: {18, 0, 1},
}

// lowerNames puts the names in RDATA of the given type in lower case, in place.
// Length octets are below 64 and so never look like upper case.
func lowerNames(rdata []byte, rrtype uint16) {
	layout, ok := rdataNames[rrtype]
	if !ok {
		return
	}
	i := layout.skip
	for range layout.strings {
		if i >= len(rdata) {
			return
		}
		i += 1 + int(rdata[i])
	}
	for names := layout.names; names > 0 && i < len(rdata); i++ {
		size := int(rdata[i])
		if size == 0 {
			names--
			continue
		}
		for end := min(i+size, len(rdata)-1); i < end; i++ {
			rdata[i+1] = lower(rdata[i+1])
		}
	}
}

// canonicalRdata packs records and returns the canonical RDATA of each. It does not
// write to the records, which others may be reading: dns.PackRR would.
func canonicalRdata(rrs []dns.RR) ([][]byte, error) {
	size := headerSize + 1
	for _, rr := range rrs {
		size += dns.Len(rr)
	}
	msg := envelopes.Get().(*dns.Msg)
	msg.Answer = rrs
	wire, err := msg.PackBuffer(make([]byte, size))
	msg.Answer = nil
	envelopes.Put(msg)
	if err != nil {
		return nil, errRecord
	}
	rdatas, at := make([][]byte, len(rrs)), headerSize
	for i, rr := range rrs {
		for at < len(wire) && wire[at] != 0 { // the owner
			at += 1 + int(wire[at])
		}
		start := at + 1 + fixedSize
		if start > len(wire) {
			return nil, errRecord
		}
		end := start + int(binary.BigEndian.Uint16(wire[start-2:]))
		if end > len(wire) {
			return nil, errRecord
		}
		rdatas[i] = wire[start:end:end]
		lowerNames(rdatas[i], rr.Header().Rrtype)
		at = end
	}
	return rdatas, nil
}

// envelopes are empty messages to pack records in. They are used again.
var envelopes = sync.Pool{New: func() any { return new(dns.Msg) }}

const (
	headerSize = 12 // of a message
	fixedSize  = 10 // type, class, TTL and length of a record
)

// canonicalise puts the records in canonical order, drops duplicates (RFC 4034,
// Section 6.3) and keeps their RDATA in canonical form; once.
func (s *rrset) canonicalise() error {
	if s.rdatas != nil {
		return nil
	}
	rdatas, err := canonicalRdata(s.rrs)
	if err != nil {
		return err
	}
	if ascending(rdatas) {
		s.rdatas = rdatas
		return nil
	}
	order := make([]int, len(rdatas))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return bytes.Compare(rdatas[i], rdatas[j]) })
	order = slices.CompactFunc(order, func(i, j int) bool { return bytes.Equal(rdatas[i], rdatas[j]) })
	sorted, rrs := make([][]byte, len(order)), make([]dns.RR, len(order))
	for to, from := range order {
		sorted[to], rrs[to] = rdatas[from], s.rrs[from]
	}
	s.rdatas, s.rrs = sorted, rrs
	return nil
}

// ascending reports whether octet strings are in order, and differ.
func ascending(rdatas [][]byte) bool {
	for i := 1; i < len(rdatas); i++ {
		if bytes.Compare(rdatas[i-1], rdatas[i]) >= 0 {
			return false
		}
	}
	return true
}

// appendSigned appends what an RRSIG signs (RFC 4034, Section 3.1.8.1): its own
// RDATA without the signature, then the records with the owner as signed.
func appendSigned(buf []byte, sig *signature, owner name, rdatas [][]byte) []byte {
	rr := sig.rr
	buf = binary.BigEndian.AppendUint16(buf, rr.TypeCovered)
	buf = append(buf, rr.Algorithm, rr.Labels)
	buf = binary.BigEndian.AppendUint32(buf, rr.OrigTtl)
	buf = binary.BigEndian.AppendUint32(buf, rr.Expiration)
	buf = binary.BigEndian.AppendUint32(buf, rr.Inception)
	buf = binary.BigEndian.AppendUint16(buf, rr.KeyTag)
	buf = append(buf, sig.signer...)
	for _, rdata := range rdatas {
		buf = append(buf, owner...)
		buf = binary.BigEndian.AppendUint16(buf, rr.TypeCovered)
		buf = binary.BigEndian.AppendUint16(buf, dns.ClassINET)
		buf = binary.BigEndian.AppendUint32(buf, rr.OrigTtl)
		buf = binary.BigEndian.AppendUint16(buf, uint16(len(rdata)))
		buf = append(buf, rdata...)
	}
	return buf
}

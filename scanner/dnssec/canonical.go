package dnssec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

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

// packer packs records one after the other into one buffer.
type packer struct{ buf []byte }

// rdata packs a record and returns its canonical RDATA.
func (p *packer) rdata(rr dns.RR) ([]byte, error) {
	at := len(p.buf)
	p.buf = slices.Grow(p.buf, dns.Len(rr)+1)
	room := p.buf[at:cap(p.buf)]
	end, err := dns.PackRR(rr, room, 0, nil, false)
	if err != nil { // the estimate of the length was short, or there is no wire form
		p.buf = slices.Grow(p.buf, 2*dns.Len(rr)+512)
		room = p.buf[at:cap(p.buf)]
		if end, err = dns.PackRR(rr, room, 0, nil, false); err != nil {
			return nil, errRecord
		}
	}
	i := 0
	for i < end && room[i] != 0 {
		i += 1 + int(room[i])
	}
	if i += 1 + 10; i > end { // type, class, TTL, length
		return nil, errRecord
	}
	p.buf = p.buf[:at+end]
	rdata := room[i:end:end]
	lowerNames(rdata, rr.Header().Rrtype)
	return rdata, nil
}

// canonicalise puts the records in canonical order, drops duplicates (RFC 4034,
// Section 6.3) and keeps their RDATA in canonical form; once.
func (s *rrset) canonicalise() error {
	if s.rdatas != nil {
		return nil
	}
	size := 0
	for _, rr := range s.rrs {
		size += dns.Len(rr) + 1
	}
	type pair struct {
		rdata []byte
		rr    dns.RR
	}
	pack := packer{make([]byte, 0, size)}
	pairs := make([]pair, len(s.rrs))
	for i, rr := range s.rrs {
		rdata, err := pack.rdata(rr)
		if err != nil {
			return err
		}
		pairs[i] = pair{rdata, rr}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return bytes.Compare(a.rdata, b.rdata) })
	pairs = slices.CompactFunc(pairs, func(a, b pair) bool { return bytes.Equal(a.rdata, b.rdata) })
	s.rdatas, s.rrs = make([][]byte, len(pairs)), make([]dns.RR, len(pairs))
	for i, p := range pairs {
		s.rdatas[i], s.rrs[i] = p.rdata, p.rr
	}
	return nil
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

package dnssec

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

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

// lowerNames returns RDATA of the given type with the names in it in lower case: the
// same string where they are so already. Length octets are below 64 and so never look
// like upper case.
func lowerNames(rdata string, rrtype uint16) string {
	layout, ok := rdataNames[rrtype]
	if !ok {
		return rdata
	}
	start := layout.skip
	for range layout.strings {
		if start >= len(rdata) {
			return rdata
		}
		start += 1 + int(rdata[start])
	}
	end := start
	for names := layout.names; names > 0 && end < len(rdata); end++ {
		if rdata[end] == 0 {
			names--
		}
		end += int(rdata[end])
	}
	if end = min(end, len(rdata)); start >= end || !hasUpper(rdata[start:end]) {
		return rdata
	}
	return rdata[:start] + lowered(rdata[start:end]) + rdata[end:]
}

func hasUpper(s string) bool {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return true
		}
	}
	return false
}

// canonicalise puts the records in canonical order, drops duplicates (RFC 4034,
// Section 6.3) and keeps them in canonical form, too; once. Most are in that form as
// they come, and are not copied.
func (s *rrset) canonicalise() error {
	if s.canonical != nil {
		return nil
	}
	for i := range s.records {
		if s.records[i].bad {
			return errRecord
		}
	}
	canonical := lowerRecords(s.records)
	if ascending(canonical) {
		s.canonical = canonical
		return nil
	}
	order := make([]int, len(canonical))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return strings.Compare(canonical[i].data, canonical[j].data) })
	order = slices.CompactFunc(order, func(i, j int) bool { return canonical[i].data == canonical[j].data })
	sorted, records := make([]Record, len(order)), make([]Record, len(order))
	for to, from := range order {
		sorted[to], records[to] = canonical[from], s.records[from]
	}
	s.canonical, s.records = sorted, records
	return nil
}

// lowerRecords returns records of one type with the names in their RDATA in lower
// case: the same records where all are so already.
func lowerRecords(records []Record) []Record {
	out := records
	for i := range records {
		data := lowerNames(records[i].data, records[i].Type)
		if data == records[i].data {
			continue
		}
		if &out[0] == &records[0] {
			out = slices.Clone(records)
		}
		out[i].data = data
	}
	return out
}

// ascending reports whether records are in the order of their RDATA, and differ.
func ascending(records []Record) bool {
	for i := 1; i < len(records); i++ {
		if records[i-1].data >= records[i].data {
			return false
		}
	}
	return true
}

// appendSigned appends what an RRSIG signs (RFC 4034, Section 3.1.8.1): its own
// RDATA without the signature, then the records with the owner as signed.
func appendSigned(buf []byte, sig *Signature, owner Name, records []Record) []byte {
	buf = append(buf, sig.fixed...)
	buf = append(buf, sig.Signer...)
	for i := range records {
		data := records[i].data
		buf = append(buf, owner...)
		buf = binary.BigEndian.AppendUint16(buf, sig.Covered)
		buf = binary.BigEndian.AppendUint16(buf, dns.ClassINET)
		buf = binary.BigEndian.AppendUint32(buf, sig.originalTTL)
		buf = binary.BigEndian.AppendUint16(buf, uint16(len(data)))
		buf = append(buf, data...)
	}
	return buf
}

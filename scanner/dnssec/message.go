package dnssec

import (
	"sync"

	"github.com/miekg/dns"
)

// Message is a reply as far as anybody here looks into it. It is never changed once
// it is made: messages share records, and records share octets.
type Message struct {
	Rcode              int // with the upper bits, where there is an OPT record (RFC 6891, Section 6.1.3)
	Authoritative      bool
	RecursionAvailable bool
	AuthenticatedData  bool

	// The sections (RFC 1035, Section 4.1). An OPT record is one of Additional.
	Answer, Authority, Additional []Record
}

// Record is a resource record.
type Record struct {
	Owner Name
	// data is the RDATA as the library would pack it: names in it are uncompressed,
	// their letters as they came.
	data  string
	TTL   uint32 // seconds, below 1<<31; of OPT records, what else is in the field
	Type  uint16
	Class uint16
	bad   bool // the library cannot pack it: of a message that nobody sent
}

// FromMsg makes a message of one of the library's; nil of nil. Records whose owner
// is no name are left out.
func FromMsg(msg *dns.Msg) *Message {
	if msg == nil {
		return nil
	}
	return &Message{
		Rcode: msg.Rcode, Authoritative: msg.Authoritative,
		RecursionAvailable: msg.RecursionAvailable, AuthenticatedData: msg.AuthenticatedData,
		Answer: fromRRs(msg.Answer), Authority: fromRRs(msg.Ns), Additional: fromRRs(msg.Extra),
	}
}

func fromRRs(rrs []dns.RR) []Record {
	if len(rrs) == 0 {
		return nil
	}
	records := make([]Record, 0, len(rrs))
	for _, rr := range rrs {
		if rr == nil {
			continue
		}
		if r, err := fromRR(rr); err == nil {
			records = append(records, r)
		}
	}
	return records
}

func fromRR(rr dns.RR) (Record, error) {
	h := rr.Header()
	owner, err := ParseName(h.Name)
	if err != nil {
		return Record{}, err
	}
	data, err := packData(rr)
	return Record{Owner: owner, data: string(data), TTL: lifetime(h.Rrtype, h.Ttl), Type: h.Rrtype, Class: h.Class, bad: err != nil}, nil
}

// lifetime reads the TTL field of a record. One with the highest bit set is zero (RFC
// 2181, Section 8). That of an OPT record is no time (RFC 6891, Section 6.1.3).
func lifetime(rrtype uint16, field uint32) uint32 {
	if field > 1<<31-1 && rrtype != dns.TypeOPT {
		return 0
	}
	return field
}

// packData returns the RDATA of a record. It does not write to the record, which
// others may be reading: dns.PackRR would.
func packData(rr dns.RR) ([]byte, error) {
	msg := envelopes.Get().(*dns.Msg)
	msg.Answer = append(msg.Answer[:0], rr)
	wire, err := msg.PackBuffer(make([]byte, headerSize+1+dns.Len(rr)))
	msg.Answer[0] = nil
	envelopes.Put(msg)
	if err != nil {
		return nil, errRecord
	}
	start := headerSize
	for start < len(wire) && wire[start] != 0 { // the owner
		start += 1 + int(wire[start])
	}
	if start += 1 + fixedSize; start > len(wire) {
		return nil, errRecord
	}
	return wire[start:], nil
}

// envelopes are messages to pack a record in. They are used again.
var envelopes = sync.Pool{New: func() any { return new(dns.Msg) }}

const (
	headerSize = 12 // of a message
	fixedSize  = 10 // type, class, TTL and length of a record
)

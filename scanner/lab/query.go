package lab

import (
	"encoding/binary"
	"strings"

	"github.com/miekg/dns"
)

// Sizes of messages, in octets.
const (
	headerSize = 12
	plainUDP   = 512  // RFC 1035, Section 4.2.1
	ednsUDP    = 1232 // what we advertise, and the most that we send
	optSize    = 11
)

// Bits of the second 16 bits of a header.
const (
	bitQR = 1 << 15
	bitAA = 1 << 10
	bitTC = 1 << 9
	bitRD = 1 << 8
	bitRA = 1 << 7
	bitAD = 1 << 5
	bitCD = 1 << 4
)

// query is a question as it came.
type query struct {
	question
	id     uint16
	bits   uint16
	end    int // where the question section ends
	edns   bool
	do     bool
	size   int // of the largest reply that the asker takes over UDP
	opcode int
}

// parse reads a query. It returns false for what deserves no answer at all, and
// rcode FORMERR or NOTIMP for what deserves only that.
func parse(packet []byte) (q query, rcode int, ok bool) {
	if len(packet) < headerSize {
		return q, 0, false
	}
	q.id, q.bits = binary.BigEndian.Uint16(packet), binary.BigEndian.Uint16(packet[2:])
	if q.bits&bitQR != 0 {
		return q, 0, false
	}
	q.size, q.end, q.opcode = plainUDP, headerSize, int(q.bits>>11)&15
	if q.opcode != dns.OpcodeQuery {
		return q, dns.RcodeNotImplemented, true
	}
	if binary.BigEndian.Uint16(packet[4:]) != 1 || binary.BigEndian.Uint32(packet[6:]) != 0 {
		return q, dns.RcodeFormatError, true
	}
	name, off, err := dns.UnpackDomainName(packet, headerSize)
	if err != nil || len(packet) < off+4 || off > headerSize+256 {
		return q, dns.RcodeFormatError, true
	}
	q.name, q.rrtype = strings.ToLower(name), binary.BigEndian.Uint16(packet[off:])
	q.end = off + 4
	if binary.BigEndian.Uint16(packet[off+2:]) != dns.ClassINET {
		return q, dns.RcodeRefused, true
	}
	return q, q.options(packet), true
}

// options reads the OPT record (RFC 6891). Other additional records are ignored.
func (q *query) options(packet []byte) (rcode int) {
	if binary.BigEndian.Uint16(packet[10:]) == 0 {
		return dns.RcodeSuccess
	}
	opt := packet[q.end:]
	if len(opt) < optSize || opt[0] != 0 || binary.BigEndian.Uint16(opt[1:]) != dns.TypeOPT {
		return dns.RcodeSuccess
	}
	q.edns = true
	q.size = min(max(int(binary.BigEndian.Uint16(opt[3:])), plainUDP), ednsUDP)
	q.do = opt[7]&0x80 != 0
	if opt[6] != 0 {
		return dns.RcodeBadVers
	}
	return dns.RcodeSuccess
}

// reply bits that follow the query's.
func (q *query) echo() uint16 { return bitQR | q.bits&(0xf<<11|bitRD|bitCD) }

// bare writes a reply without records.
func (q *query) bare(to, packet []byte, bits uint16, rcode int) []byte {
	to = append(to[:0], packet[:q.end]...)
	binary.BigEndian.PutUint16(to[2:], q.echo()|bits|uint16(rcode&0xf))
	clear(to[4:headerSize])
	if q.end > headerSize {
		to[5] = 1
	}
	if q.edns {
		to[11] = 1
		to = q.appendOPT(to, rcode, nil)
	}
	return to
}

// appendOPT adds an OPT record with options that are already in wire form.
func (q *query) appendOPT(to []byte, rcode int, options []byte) []byte {
	flags := byte(0)
	if q.do {
		flags = 0x80
	}
	to = append(to, 0, 0, byte(dns.TypeOPT), ednsUDP>>8, ednsUDP&0xff, byte(rcode>>4), 0, flags, 0)
	to = binary.BigEndian.AppendUint16(to, uint16(len(options)))
	return append(to, options...)
}

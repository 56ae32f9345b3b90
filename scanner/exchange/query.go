package exchange

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// udpSize is the payload that we announce (RFC 6891, Section 6.2.3): what passes
// every network unfragmented.
const udpSize = 1232

const (
	headerSize = 12
	maxName    = 255 // octets (RFC 1035, Section 2.3.4)
)

// query is a packed question. Its ID is drawn anew for each try.
type query struct {
	wire  []byte
	name  []byte // part of wire: the owner name asked for, lower case
	typ   uint16
	space [maxQuery]byte // where wire lies
}

// maxQuery is the length of the longest question: header, name, type and class,
// and an OPT record without options.
const maxQuery = headerSize + maxName + 4 + optSize

// Bits of the second 16 bits of a header (RFC 1035, Section 4.1.1; RFC 4035,
// Sections 3.1.6 and 3.2.2).
const (
	bitQR = 1 << 15
	bitTC = 1 << 9
	bitRD = 1 << 8
	bitAD = 1 << 5
	bitCD = 1 << 4

	maskOpcode = 0xf << 11
	maskRcode  = 0xf
)

// pack writes the question by hand: the general packer costs more than the
// system calls that send its work.
func (x *query) pack(q dnssec.Question, opt Options) error {
	wire := x.space[:]
	end, err := dns.PackDomainName(dns.CanonicalName(q.Name), wire, headerSize, nil, false)
	if err == nil && end-headerSize > maxName {
		err = errNameLong
	}
	if err != nil {
		return fmt.Errorf("name %q cannot be asked for: %w", q.Name, err)
	}
	x.name, x.typ = wire[headerSize:end:end], q.Type
	binary.BigEndian.PutUint16(wire[2:], flags(opt))
	binary.BigEndian.PutUint16(wire[4:], 1) // QDCOUNT
	binary.BigEndian.PutUint16(wire[end:], q.Type)
	binary.BigEndian.PutUint16(wire[end+2:], dns.ClassINET)
	end += 4
	if !opt.NoEDNS {
		binary.BigEndian.PutUint16(wire[10:], 1) // ARCOUNT
		end += putOPT(wire[end:], opt.DO)
	}
	x.wire = wire[:end]
	return nil
}

var errNameLong = errors.New("longer than 255 octets")

func flags(opt Options) uint16 {
	var f uint16
	for _, b := range [...]struct {
		on  bool
		bit uint16
	}{{opt.RD, bitRD}, {opt.AD, bitAD}, {opt.CD, bitCD}} {
		if b.on {
			f |= b.bit
		}
	}
	return f
}

// optSize is the length of an OPT record without options.
const optSize = 11

// putOPT writes an OPT record without options (RFC 6891, Section 6.1.2) and
// returns its length.
func putOPT(b []byte, do bool) int {
	b[0] = 0
	binary.BigEndian.PutUint16(b[1:], dns.TypeOPT)
	binary.BigEndian.PutUint16(b[3:], udpSize)
	if do {
		b[7] = 0x80
	}
	return optSize
}

// renew draws an unpredictable ID (RFC 5452, Section 9.2).
func (x *query) renew() {
	rand.Read(x.wire[:2]) // never fails: crypto/rand ends the program first
}

func (x *query) id() uint16 { return binary.BigEndian.Uint16(x.wire) }

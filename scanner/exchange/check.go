package exchange

import (
	"encoding/binary"

	"github.com/miekg/dns"
)

// answers reports whether msg is a reply to x: our ID, a reply to a standard
// query, our question (RFC 5452, Section 9.1). It looks at the octets only, so
// that a flood of forgeries costs little; whether the rest can be read is another
// matter. Letter case of the name does not count: some servers change it.
func (x *query) answers(msg []byte) bool {
	if len(msg) < headerSize || binary.BigEndian.Uint16(msg) != x.id() {
		return false
	}
	f := binary.BigEndian.Uint16(msg[2:])
	if f&bitQR == 0 || f&maskOpcode != 0 {
		return false
	}
	switch binary.BigEndian.Uint16(msg[4:]) {
	case 0:
		return bareError(msg, f)
	case 1:
		return x.sameQuestion(msg[headerSize:])
	}
	return false
}

// bareError reports whether a reply without a question is one that says that the
// server could not even read ours: that is how some answer an OPT record.
func bareError(msg []byte, f uint16) bool {
	rcode := int(f & maskRcode)
	empty := binary.BigEndian.Uint32(msg[6:]) == 0 // ANCOUNT and NSCOUNT
	return empty && (rcode == dns.RcodeFormatError || rcode == dns.RcodeNotImplemented)
}

func (x *query) sameQuestion(b []byte) bool {
	n := len(x.name)
	if len(b) < n+4 {
		return false
	}
	for i, c := range x.name {
		if lower(b[i]) != c {
			return false
		}
	}
	return binary.BigEndian.Uint16(b[n:]) == x.typ &&
		binary.BigEndian.Uint16(b[n+2:]) == dns.ClassINET
}

// lower folds ASCII letters. Label lengths are below 64 and stay as they are.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// truncated reports whether the TC bit of msg, which has a header, is set.
func truncated(msg []byte) bool {
	return binary.BigEndian.Uint16(msg[2:])&bitTC != 0
}

package exchange

import (
	"encoding/binary"

	"github.com/miekg/dns"
)

// unpack reads a reply. It does what Unpack of dns.Msg does, with half the
// allocations: names that a message repeats are one string, asked among them, and
// sections are made in one piece. What is in any way unusual is left to the
// library, so that there is one opinion about it.
func unpack(msg []byte, asked string) (*dns.Msg, error) {
	m := new(message)
	r := reader{msg: msg}
	r.keep(nowhere, asked)
	if r.message(m) {
		return &m.Msg, nil
	}
	m.Msg = dns.Msg{}
	err := m.Unpack(msg)
	return &m.Msg, err
}

// message is a reply in one piece with its question.
type message struct {
	dns.Msg
	question [1]dns.Question
}

// reader reads a message. Its methods report false where they leave it to the
// library.
type reader struct {
	msg   []byte
	off   int
	names [maxNames]seenName
	seen  int
	text  [maxName]byte // of the name being read
}

// seenName is a name of the message and where it stands.
type seenName struct {
	off  int
	text string
}

const (
	// maxNames is how many names of a message are remembered: more than most have.
	maxNames = 16
	nowhere  = -1
	// minRecord is the length of the shortest record: the root, and no data.
	minRecord = 11
)

func (r *reader) message(m *message) bool {
	if len(r.msg) <= headerSize {
		return false
	}
	m.Id = binary.BigEndian.Uint16(r.msg)
	r.flags(&m.Msg)
	var counts [4]int
	for i := range counts {
		counts[i] = int(binary.BigEndian.Uint16(r.msg[4+2*i:]))
	}
	r.off = headerSize
	if counts[0] != 1 || !r.question(m) {
		return false
	}
	total := counts[1] + counts[2] + counts[3]
	if total > (len(r.msg)-r.off)/minRecord {
		return false
	}
	records := make([]dns.RR, 0, total)
	for range total {
		rr, ok := r.record()
		if !ok {
			return false
		}
		records = append(records, rr)
	}
	m.Answer, records = cutOff(records, counts[1])
	m.Ns, records = cutOff(records, counts[2])
	m.Extra = records
	if counts[3] == 0 {
		m.Extra = nil
	}
	if opt := m.IsEdns0(); opt != nil {
		m.Rcode |= opt.ExtendedRcode()
	}
	return true
}

// cutOff splits records behind the first n. Nobody who appends to one part writes
// to the other.
func cutOff(records []dns.RR, n int) (first, rest []dns.RR) {
	if n == 0 {
		return nil, records
	}
	return records[:n:n], records[n:]
}

// Bits of a header beside those of a question.
const (
	bitAA = 1 << 10
	bitRA = 1 << 7
	bitZ  = 1 << 6
)

func (r *reader) flags(m *dns.Msg) {
	f := binary.BigEndian.Uint16(r.msg[2:])
	m.Response = f&bitQR != 0
	m.Opcode = int(f&maskOpcode) >> 11
	m.Authoritative = f&bitAA != 0
	m.Truncated = f&bitTC != 0
	m.RecursionDesired = f&bitRD != 0
	m.RecursionAvailable = f&bitRA != 0
	m.Zero = f&bitZ != 0
	m.AuthenticatedData = f&bitAD != 0
	m.CheckingDisabled = f&bitCD != 0
	m.Rcode = int(f & maskRcode)
}

func (r *reader) question(m *message) bool {
	name, ok := r.name(len(r.msg))
	if !ok || r.off+4 > len(r.msg) {
		return false
	}
	m.question[0] = dns.Question{Name: name, Qtype: r.uint16(), Qclass: r.uint16()}
	m.Question = m.question[:]
	return true
}

// record reads one record, if its type is one of those that there are many of.
func (r *reader) record() (dns.RR, bool) {
	start := r.off
	var h dns.RR_Header
	var ok bool
	if h.Name, ok = r.name(len(r.msg)); !ok || r.off+10 > len(r.msg) {
		return nil, false
	}
	h.Rrtype, h.Class, h.Ttl, h.Rdlength = r.uint16(), r.uint16(), r.uint32(), r.uint16()
	end := r.off + int(h.Rdlength)
	if end > len(r.msg) {
		return nil, false
	}
	if rr := r.rdata(h, end); rr != nil {
		return rr, r.off == end
	}
	rr, next, err := dns.UnpackRR(r.msg, start)
	r.off = next
	return rr, err == nil && next == end
}

// name reads a name in a message that ends at end. One with octets that are
// escaped in text is read by the library, and not remembered.
func (r *reader) name(end int) (string, bool) {
	if text, ok := r.plainName(end); ok {
		return text, true
	}
	text, next, err := dns.UnpackDomainName(r.msg[:end], r.off)
	if err != nil {
		return "", false
	}
	r.off = next
	return text, true
}

// plainName reads a name without such octets. Where it reports false it has read
// nothing.
func (r *reader) plainName(end int) (string, bool) {
	at, n, after := r.off, 0, nowhere
	first := at // where the name stands that a single pointer leads to
	for {
		if at >= end {
			return "", false
		}
		size := int(r.msg[at])
		switch {
		case size == 0:
			if after == nowhere {
				after = at + 1
			}
			r.off = after
			return r.intern(first, n), true
		case size >= 0xc0:
			if at+2 > end {
				return "", false
			}
			to := (size&0x3f)<<8 | int(r.msg[at+1])
			if to >= at { // it leads on, or in a circle
				return "", false
			}
			if after == nowhere {
				after = at + 2
			}
			if n == 0 {
				first = to
				if text, ok := r.at(to); ok {
					r.off = after
					return text, true
				}
			}
			at, end = to, at
			continue
		case size > 63 || at+1+size > end || n+size+1 >= maxName:
			return "", false
		}
		for _, c := range r.msg[at+1 : at+1+size] {
			if !plainOctet[c] {
				return "", false
			}
			r.text[n] = c
			n++
		}
		r.text[n] = '.'
		n++
		at += 1 + size
	}
}

// plainOctet tells the octets that stand in a name as they are, without a
// backslash, of those that are usual.
var plainOctet = func() (plain [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*") {
		plain[c] = true
	}
	return plain
}()

// at returns the name that stands somewhere, where that was read before.
func (r *reader) at(off int) (string, bool) {
	for i := range r.names[:r.seen] {
		if r.names[i].off == off {
			return r.names[i].text, true
		}
	}
	return "", false
}

// intern makes a string of the first n octets of r.text, the one that it had
// before where it had one.
func (r *reader) intern(off, n int) string {
	if n == 0 {
		return "."
	}
	for i := range r.names[:r.seen] {
		if known := &r.names[i]; known.text == string(r.text[:n]) {
			if known.off == nowhere {
				known.off = off
			}
			return known.text
		}
	}
	text := string(r.text[:n])
	r.keep(off, text)
	return text
}

func (r *reader) keep(off int, text string) {
	if r.seen < maxNames {
		r.names[r.seen] = seenName{off, text}
		r.seen++
	}
}

func (r *reader) uint8() uint8 {
	v := r.msg[r.off]
	r.off++
	return v
}

func (r *reader) uint16() uint16 {
	v := binary.BigEndian.Uint16(r.msg[r.off:])
	r.off += 2
	return v
}

func (r *reader) uint32() uint32 {
	v := binary.BigEndian.Uint32(r.msg[r.off:])
	r.off += 4
	return v
}

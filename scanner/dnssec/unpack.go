package dnssec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/miekg/dns"
)

// Unpack reads a message from its octets, which it does not keep. It makes what
// FromMsg makes of what the library reads, in three pieces where that takes dozens:
// all names and RDATA of a message lie in one string, an owner that repeats, or that
// another one ends in, only once. What is in any way unusual is left to the library,
// so that there is one opinion about it. An error is about octets that are no message,
// or that are unusual and too many.
func Unpack(wire []byte) (*Message, error) {
	r := readers.Get().(*reader)
	m, ok := r.message(wire)
	r.free()
	switch {
	case ok:
		return m, nil
	case len(wire) > maxOdd:
		return nil, errOdd
	}
	msg := new(dns.Msg)
	if err := msg.Unpack(wire); err != nil {
		return nil, err
	}
	return FromMsg(msg), nil
}

// reader reads a message. Its methods report false where they leave it to the
// library.
type reader struct {
	msg   []byte
	off   int
	out   []byte // owners and RDATA
	found []foundRecord
	names [maxNames]foundName
	known int // of names
	odd   int // octets of records that were left to the library
}

// foundRecord is a record and where its parts are in out.
type foundRecord struct {
	owner, data span
	ttl         uint32
	typ, class  uint16
	bad         bool
}

// foundName is an owner, where it stands in the message and where in out.
type foundName struct {
	off int
	at  span
}

// span is a part of out.
type span struct{ from, to int32 }

const (
	// maxNames is how many names of a message are remembered: more than most have.
	maxNames = 16
	// minRecord is the length of the shortest record: the root, and no data.
	minRecord = 1 + fixedSize
	// maxJumps is how many pointers a name may follow. The library takes some more.
	maxJumps = 16
	// maxOdd is how many octets of a message are left to the library. It can make a
	// thousand of each two.
	maxOdd  = 4096
	nowhere = -1
)

var errOdd = errors.New("too much of the message is unusual")

// readers are used again: nothing of one is needed once it has its message.
var readers = sync.Pool{New: func() any {
	return &reader{out: make([]byte, 0, 2048), found: make([]foundRecord, 0, 32)}
}}

// free gives a reader back, unless it has read a giant.
func (r *reader) free() {
	if r.msg = nil; !r.giant() {
		readers.Put(r)
	}
}

// giant reports whether a reader has become larger than most messages need.
func (r *reader) giant() bool { return cap(r.out) > 1<<15 || cap(r.found) > 1<<10 }

// Bits of a header (RFC 1035, Section 4.1.1; RFC 4035, Section 3.2.3).
const (
	bitAA     = 1 << 10
	bitRA     = 1 << 7
	bitAD     = 1 << 5
	maskRcode = 0xf
)

func (r *reader) message(wire []byte) (*Message, bool) {
	r.msg, r.off, r.out, r.found, r.known = wire, headerSize, r.out[:0], r.found[:0], 0
	r.odd = 0
	if len(wire) <= headerSize {
		return nil, false
	}
	var counts [4]int
	for i := range counts {
		counts[i] = int(binary.BigEndian.Uint16(wire[4+2*i:]))
	}
	if counts[0] != 1 || !r.question() {
		return nil, false
	}
	total := counts[1] + counts[2] + counts[3]
	if total > (len(wire)-r.off)/minRecord {
		return nil, false
	}
	for range total {
		if !r.record() {
			return nil, false
		}
	}
	return r.made(counts), true
}

// made makes the message of what was read.
func (r *reader) made(counts [4]int) *Message {
	flags := binary.BigEndian.Uint16(r.msg[2:])
	m := &Message{
		Rcode: int(flags & maskRcode), Authoritative: flags&bitAA != 0,
		RecursionAvailable: flags&bitRA != 0, AuthenticatedData: flags&bitAD != 0,
	}
	if len(r.found) == 0 {
		return m
	}
	all, records := string(r.out), make([]Record, len(r.found))
	for i := range r.found {
		f := &r.found[i]
		records[i] = Record{
			Owner: Name(all[f.owner.from:f.owner.to]), data: all[f.data.from:f.data.to],
			TTL: f.ttl, Type: f.typ, Class: f.class, bad: f.bad,
		}
	}
	m.Answer, records = cutOff(records, counts[1])
	m.Authority, records = cutOff(records, counts[2])
	m.Additional, _ = cutOff(records, counts[3])
	for i := len(m.Additional) - 1; i >= 0; i-- {
		if r := &m.Additional[i]; r.Type == dns.TypeOPT {
			m.Rcode |= int(r.TTL>>24) << 4
			break
		}
	}
	return m
}

// cutOff splits records behind the first n. Nobody who appends to one part writes
// to the other.
func cutOff(records []Record, n int) (first, rest []Record) {
	if n == 0 {
		return nil, records
	}
	return records[:n:n], records[n:]
}

// question reads the question, whose name many owners end in.
func (r *reader) question() bool {
	if _, ok := r.owner(); !ok || r.off+4 > len(r.msg) {
		return false
	}
	r.off += 4
	return true
}

func (r *reader) record() bool {
	start := r.off
	owner, ok := r.owner()
	if !ok || r.off+fixedSize > len(r.msg) {
		return false
	}
	f := foundRecord{owner: owner, typ: r.uint16(), class: r.uint16()}
	f.ttl = lifetime(f.typ, r.uint32())
	size := int(r.uint16())
	end, from := r.off+size, len(r.out)
	if end > len(r.msg) {
		return false
	}
	if !r.rdata(f.typ, end) || r.off != end {
		r.out = r.out[:from]
		if f.bad, ok = r.byLibrary(start, end); !ok {
			return false
		}
	}
	f.data = r.from(from)
	r.found = append(r.found, f)
	return true
}

// byLibrary reads the RDATA of one record as the library does, which never gets more
// than maxOdd octets of a message.
func (r *reader) byLibrary(start, end int) (bad, ok bool) {
	if r.odd += end - start; r.odd > maxOdd {
		return false, false
	}
	rr, next, err := dns.UnpackRR(r.msg, start)
	if err != nil || next != end {
		return false, false
	}
	data, err := packData(rr)
	r.out, r.off = append(r.out, data...), end
	return err != nil, true
}

// from is the span from an index of out to its end.
func (r *reader) from(index int) span { return span{int32(index), int32(len(r.out))} }

// owner reads a name in lower case.
func (r *reader) owner() (span, bool) {
	off := r.off
	if to, ok := r.pointer(off, len(r.msg)); ok {
		off = to
		for _, known := range r.names[:r.known] {
			if known.off == off {
				r.off += 2
				return known.at, true
			}
		}
	}
	from := len(r.out)
	if !r.name(len(r.msg), true) {
		return span{}, false
	}
	at := r.from(from)
	for _, known := range r.names[:r.known] {
		if bytes.HasSuffix(r.out[known.at.from:known.at.to], r.out[from:]) {
			r.out = r.out[:from]
			at = span{known.at.to - (at.to - at.from), known.at.to}
			break
		}
	}
	if r.known < maxNames {
		r.names[r.known] = foundName{off, at}
		r.known++
	}
	return at, true
}

// pointer reads the pointer at an offset, to somewhere before it; false where there
// is none.
func (r *reader) pointer(off, end int) (to int, ok bool) {
	if off+2 > end || r.msg[off] < 0xc0 {
		return 0, false
	}
	to = int(r.msg[off]&0x3f)<<8 | int(r.msg[off+1])
	return to, to < off
}

// name reads a name in a message that ends at end and appends it, uncompressed, to
// out.
func (r *reader) name(end int, fold bool) bool {
	at, after, start := r.off, nowhere, len(r.out)
	for jumps := 0; at < end; {
		size := int(r.msg[at])
		switch {
		case size == 0:
			r.out = append(r.out, 0)
			if r.off = after; after == nowhere {
				r.off = at + 1
			}
			return true
		case size >= 0xc0:
			to, ok := r.pointer(at, end)
			if jumps++; !ok || jumps > maxJumps {
				return false
			}
			if after == nowhere {
				after = at + 2
			}
			at, end = to, at
			continue
		case size > maxLabel || at+1+size > end || len(r.out)-start+1+size >= maxName:
			return false
		}
		r.label(r.msg[at:at+1+size], fold)
		at += 1 + size
	}
	return false
}

// label appends a label and its length, which is no letter.
func (r *reader) label(octets []byte, fold bool) {
	from := len(r.out)
	r.out = append(r.out, octets...)
	if !fold {
		return
	}
	for i, c := range octets {
		r.out[from+i] = lower(c)
	}
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

package lab

import (
	"encoding/binary"
	"fmt"

	"github.com/miekg/dns"
)

// body is the records of a reply in wire form, with the question that they were
// made for in front: names in it may point there, so it stands as well behind any
// spelling of that question.
type body struct {
	wire    []byte // header and question included
	end     int    // of the question
	bits    uint16 // AA, AD
	rcode   int
	option  []byte // EDNS options
	quiet   bool   // no answer at all
	passing bool   // one of so many that it is not worth keeping
}

// sections gathers the records of one or several replies to one question.
type sections struct {
	msg     dns.Msg
	spoiled bool // holds something that does not validate
}

// put adds an RRset with its signature.
func (s *signatures) put(to *sections, list *[]dns.RR, z *zone, e entry, do bool) error {
	*list = append(*list, e.set...)
	if z.keys == nil || e.unsigned {
		return nil
	}
	h := e.set[0].Header()
	owner := h.Name
	if e.wildcard != "" {
		owner = e.wildcard
	}
	if z.mishap(owner, h.Rrtype) != fine {
		to.spoiled = true
	}
	if !do {
		return nil
	}
	sig, err := s.overEntry(z, e)
	if err != nil || sig == nil {
		return err
	}
	*list = append(*list, sig)
	return nil
}

// overEntry signs an RRset under the name that it stands under in the zone.
func (s *signatures) overEntry(z *zone, e entry) (*dns.RRSIG, error) {
	if e.wildcard == "" {
		return s.over(z, e.set)
	}
	set := z.find(e.wildcard).set(e.set[0].Header().Rrtype)
	sig, err := s.over(z, set)
	if err != nil || sig == nil {
		return nil, err
	}
	renamed := dns.Copy(sig).(*dns.RRSIG)
	renamed.Hdr.Name = e.set[0].Header().Name
	return renamed, nil
}

// fill adds a reply: its answer always, the rest where it is the last of the
// chain. Without DO the proofs are left out (RFC 4035, Section 3.1).
func (s *signatures) fill(to *sections, r *reply, q *query, last bool) error {
	for _, e := range r.answer {
		if err := s.put(to, &to.msg.Answer, r.zone, e, q.do); err != nil {
			return err
		}
	}
	if !last {
		return nil
	}
	for _, e := range r.authority {
		list := &to.msg.Ns
		if t := e.set[0].Header().Rrtype; !q.do && (t == dns.TypeNSEC || t == dns.TypeNSEC3 || t == dns.TypeDS) {
			list = new([]dns.RR)
		}
		if err := s.put(to, list, r.zone, e, q.do); err != nil {
			return err
		}
	}
	for _, set := range r.extra {
		to.msg.Extra = append(to.msg.Extra, set...)
	}
	return nil
}

// pack turns sections into wire form.
func (to *sections) pack(q *query) (*body, error) {
	to.msg.Question = []dns.Question{{Name: q.name, Qtype: q.rrtype, Qclass: dns.ClassINET}}
	to.msg.Compress = true
	wire, err := to.msg.Pack()
	if err != nil {
		return nil, fmt.Errorf("lab: answer to %s %s: %w", q.name, dns.TypeToString[q.rrtype], err)
	}
	_, end, err := dns.UnpackDomainName(wire, headerSize)
	if err != nil {
		return nil, err
	}
	return &body{wire: wire, end: end + 4}, nil
}

// write puts a body under a query: its ID, its bits and its spelling of the name.
// Over UDP (limit > 0) what is too long is cut down to the question.
func (b *body) write(to, packet []byte, q *query, limit int) []byte {
	if b.quiet {
		return nil
	}
	size := len(b.wire)
	if q.edns {
		size += optSize + len(b.option)
	}
	if (limit > 0 && size > limit) || b.wire == nil {
		bits := b.bits
		if b.wire != nil {
			bits |= bitTC
		}
		to = q.bare(to, packet, bits, b.rcode)
		return b.addOption(to, q)
	}
	to = append(to[:0], packet[:q.end]...)
	to = append(to, b.wire[b.end:]...)
	binary.BigEndian.PutUint16(to[2:], q.echo()|b.bits|uint16(b.rcode&0xf))
	copy(to[4:headerSize], b.wire[4:headerSize])
	if q.edns {
		binary.BigEndian.PutUint16(to[10:], binary.BigEndian.Uint16(to[10:])+1)
		to = q.appendOPT(to, b.rcode, b.option)
	}
	return to
}

// addOption completes the OPT record at the end of a bare reply.
func (b *body) addOption(to []byte, q *query) []byte {
	if !q.edns || len(b.option) == 0 {
		return to
	}
	binary.BigEndian.PutUint16(to[len(to)-2:], uint16(len(b.option)))
	return append(to, b.option...)
}

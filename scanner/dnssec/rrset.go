package dnssec

import (
	"slices"
	"sync"

	"github.com/miekg/dns"
)

// rrset is the records of one owner and type in one section, with their RRSIGs.
type rrset struct {
	owner   Name
	typ     uint16
	records []Record
	sigs    []Signature

	canonical []Record // records, in canonical form, see canonicalise
	used      bool     // a proof rests on it
}

// ttl is the lowest TTL of the records.
func (s *rrset) ttl() uint32 {
	low := ^uint32(0)
	for i := range s.records {
		low = min(low, s.records[i].TTL)
	}
	return low
}

// message is a reply, its records grouped by owner and type.
type message struct {
	rcode     int
	answer    []rrset
	authority []rrset

	space struct { // what the groups lie in, as long as they are few
		sets [10]rrset
		sigs [8]Signature
	}
}

// messages are used again: what comes of a message holds on to no group of it.
var messages = sync.Pool{New: func() any { return new(message) }}

// free gives a message back.
func (m *message) free() {
	*m = message{}
	messages.Put(m)
}

// read groups the records of a reply; false where it is over the limits.
func (m *message) read(msg *Message, limits *Limits) bool {
	if len(msg.Answer)+len(msg.Authority)+len(msg.Additional) > limits.Records {
		return false
	}
	size := 0
	for _, section := range [3][]Record{msg.Answer, msg.Authority, msg.Additional} {
		for i := range section {
			size += section[i].size()
		}
	}
	if size > limits.Octets {
		return false
	}
	m.rcode = msg.Rcode
	g := grouping{sets: m.space.sets[:0], sigs: m.space.sigs[:0]}
	m.answer = g.group(msg.Answer)
	m.authority = g.group(msg.Authority)
	additional := onlySignatures(msg.Additional)
	borrow(m.answer, m.authority, additional)
	borrow(m.authority, m.answer, additional)
	return true
}

// onlySignatures groups the RRSIGs of a section.
func onlySignatures(section []Record) []rrset {
	for i := range section {
		if section[i].Type == dns.TypeRRSIG {
			return new(grouping).group(section)
		}
	}
	return nil
}

// borrow gives RRsets without an RRSIG those that stand in other sections: some
// servers misplace them, and what they sign is what counts.
func borrow(sets []rrset, others ...[]rrset) {
	for i := range sets {
		set := &sets[i]
		if len(set.records) == 0 || len(set.sigs) > 0 {
			continue
		}
		for _, other := range others {
			for j := range other {
				if o := &other[j]; o.typ == set.typ && o.owner == set.owner {
					set.sigs = append(set.sigs, o.sigs...)
				}
			}
		}
	}
}

// group makes RRsets of the records of one section of a message. Records of other
// classes are left out, and RRSIGs without a signer. Where the records of a set stand
// together, as they do, the set is a part of the section, not a copy.
func (g *grouping) group(section []Record) []rrset {
	if len(section) == 0 {
		return nil
	}
	g.section, g.sets = section, g.sets[len(g.sets):] // behind those of the section before
	for i := range section {
		r := &section[i]
		if r.Class != dns.ClassINET || r.Type == dns.TypeOPT {
			continue
		}
		if r.Type != dns.TypeRRSIG {
			g.add(g.place(r.Owner, r.Type), i)
			continue
		}
		if sig, ok := r.Signature(); ok {
			g.sign(g.place(r.Owner, sig.Covered), sig)
		}
	}
	return g.sets[:len(g.sets):len(g.sets)]
}

// grouping is the state of group.
type grouping struct {
	section []Record
	sets    []rrset
	sigs    []Signature // of all sets, those of one together
}

// add gives a set the record at i.
func (g *grouping) add(set, i int) {
	s := &g.sets[set]
	if n := len(s.records); n == 0 {
		s.records = g.section[i : i+1 : i+1]
	} else if i >= n && &s.records[0] == &g.section[i-n] {
		s.records = g.section[i-n : i+1 : i+1]
	} else {
		s.records = append(s.records, g.section[i])
	}
}

// sign gives a set a signature.
func (g *grouping) sign(set int, sig Signature) {
	s := &g.sets[set]
	if len(g.sigs) == cap(g.sigs) {
		g.sigs = make([]Signature, 0, max(4, len(g.section)/2)) // sets keep what they have
	}
	g.sigs = append(g.sigs, sig)
	end, n := len(g.sigs), len(s.sigs)
	if n == 0 {
		s.sigs = g.sigs[end-1 : end : end]
	} else if end > n && &s.sigs[0] == &g.sigs[end-1-n] {
		s.sigs = g.sigs[end-1-n : end : end]
	} else {
		s.sigs = append(s.sigs, sig)
	}
}

// place returns the index of the RRset of an owner and type, which it adds where
// there is none yet.
func (g *grouping) place(owner Name, typ uint16) int {
	for i := range g.sets {
		if g.sets[i].typ == typ && g.sets[i].owner == owner {
			return i
		}
	}
	if len(g.sets) == cap(g.sets) {
		g.sets = slices.Grow(g.sets, max(4, len(g.section)/2))
	}
	g.sets = append(g.sets, rrset{owner: owner, typ: typ})
	return len(g.sets) - 1
}

// find returns the RRset of an owner and type, nil where it has no record.
func find(sets []rrset, owner Name, typ uint16) *rrset {
	for i := range sets {
		if s := &sets[i]; s.typ == typ && s.owner == owner && len(s.records) > 0 {
			return s
		}
	}
	return nil
}

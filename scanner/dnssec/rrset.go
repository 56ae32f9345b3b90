package dnssec

import (
	"github.com/miekg/dns"
)

// signature is an RRSIG with its signer's name as the comparisons need it.
type signature struct {
	rr     *dns.RRSIG
	signer name
}

// rrset is the records of one owner and type in one section, with their RRSIGs.
type rrset struct {
	owner name
	typ   uint16
	rrs   []dns.RR
	sigs  []signature

	rdatas [][]byte // of rrs, in canonical form, see canonicalise
	used   bool     // a proof rests on it
}

// ttl is the lowest TTL of the records.
func (s *rrset) ttl() uint32 {
	low := ^uint32(0)
	for _, rr := range s.rrs {
		low = min(low, rr.Header().Ttl)
	}
	return low
}

// message is a reply, its records grouped by owner and type.
type message struct {
	rcode     int
	answer    []rrset
	authority []rrset
}

// readMessage groups the records of a reply; false where it is over the limits.
func readMessage(msg *dns.Msg, limits *Limits) (*message, bool) {
	if len(msg.Answer)+len(msg.Ns)+len(msg.Extra) > limits.Records {
		return nil, false
	}
	size := 0
	for _, section := range [3][]dns.RR{msg.Answer, msg.Ns, msg.Extra} {
		for _, rr := range section {
			if rr != nil {
				size += dns.Len(rr)
			}
		}
	}
	if size > limits.Octets {
		return nil, false
	}
	var names lastNames
	m := &message{rcode: msg.Rcode, answer: names.group(msg.Answer), authority: names.group(msg.Ns)}
	additional := names.onlySignatures(msg.Extra)
	borrow(m.answer, m.authority, additional)
	borrow(m.authority, m.answer, additional)
	return m, true
}

// onlySignatures groups the RRSIGs of a section.
func (names *lastNames) onlySignatures(rrs []dns.RR) []rrset {
	for _, rr := range rrs {
		if _, ok := rr.(*dns.RRSIG); ok {
			return names.group(rrs)
		}
	}
	return nil
}

// borrow gives RRsets without an RRSIG those that stand in other sections: some
// servers misplace them, and what they sign is what counts.
func borrow(sets []rrset, others ...[]rrset) {
	for i := range sets {
		set := &sets[i]
		if len(set.rrs) == 0 || len(set.sigs) > 0 {
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

// group makes RRsets of the records of one section of a message. Records of other classes and
// records whose owner cannot be read are left out. Where the records of a set stand
// together, as they do, the set is a part of the section, not a copy.
func (names *lastNames) group(rrs []dns.RR) []rrset {
	if len(rrs) == 0 {
		return nil
	}
	g := grouping{section: rrs, sets: make([]rrset, 0, (len(rrs)+1)/2)}
	for i, rr := range rrs {
		if rr == nil {
			continue
		}
		h := rr.Header()
		if h.Class != dns.ClassINET || h.Rrtype == dns.TypeOPT {
			continue
		}
		owner, ok := names.owner.read(h.Name)
		if !ok {
			continue
		}
		sig, ok := rr.(*dns.RRSIG)
		if !ok {
			g.add(place(&g.sets, owner, h.Rrtype), i)
			continue
		}
		if signer, ok := names.signer.read(sig.SignerName); ok {
			g.sign(place(&g.sets, owner, sig.TypeCovered), signature{sig, signer})
		}
	}
	return g.sets
}

// grouping is the state of group.
type grouping struct {
	section []dns.RR
	sets    []rrset
	sigs    []signature // of all sets, those of one together
}

// lastNames remembers the owner and the signer that were read last in a message.
type lastNames struct{ owner, signer lastName }

// lastName remembers the name that was read last: names repeat.
type lastName struct {
	text string
	name name
}

func (l *lastName) read(text string) (name, bool) {
	if l.name != "" && l.text == text {
		return l.name, true
	}
	n, err := parseName(text)
	if err != nil {
		return "", false
	}
	l.text, l.name = text, n
	return n, true
}

// add gives a set the record at i.
func (g *grouping) add(set, i int) {
	s := &g.sets[set]
	if n := len(s.rrs); n == 0 {
		s.rrs = g.section[i : i+1 : i+1]
	} else if i >= n && &s.rrs[0] == &g.section[i-n] {
		s.rrs = g.section[i-n : i+1 : i+1]
	} else {
		s.rrs = append(s.rrs, g.section[i])
	}
}

// sign gives a set a signature.
func (g *grouping) sign(set int, sig signature) {
	s := &g.sets[set]
	if len(g.sigs) == cap(g.sigs) {
		g.sigs = make([]signature, 0, max(4, len(g.section)/2)) // sets keep what they have
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
func place(sets *[]rrset, owner name, typ uint16) int {
	for i := range *sets {
		if (*sets)[i].typ == typ && (*sets)[i].owner == owner {
			return i
		}
	}
	*sets = append(*sets, rrset{owner: owner, typ: typ})
	return len(*sets) - 1
}

// find returns the RRset of an owner and type, nil where it has no record.
func find(sets []rrset, owner name, typ uint16) *rrset {
	for i := range sets {
		if s := &sets[i]; s.typ == typ && s.owner == owner && len(s.rrs) > 0 {
			return s
		}
	}
	return nil
}

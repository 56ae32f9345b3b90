package lab

import (
	"iter"
	"maps"
	"net/netip"
	"slices"
	"sort"

	"github.com/miekg/dns"
)

// trust is the DNSSEC status of a zone's own data, known by construction.
type trust uint8

const (
	insecure trust = iota // unsigned, or signed without a DS above or with an unknown algorithm
	secure
	bogus // no key of the zone fits the DS above
)

// denial is how a zone proves that something does not exist.
type denial uint8

const (
	byNSEC   denial = iota
	byNSEC3         // every name is in the chain
	byOptOut        // NSEC3 without the unsigned delegations (RFC 5155, Section 6)
	byNarrow        // NSEC made up for each question, as online signers do (RFC 4470)
)

// node is an owner name and its RRsets. One without any is an empty non-terminal.
type node struct {
	name string
	sets [][]dns.RR
	glue bool // below a zone cut: not of this zone's authority
}

// set returns the RRset of a type, nil if there is none.
func (n *node) set(t uint16) []dns.RR {
	for _, s := range n.sets {
		if s[0].Header().Rrtype == t {
			return s
		}
	}
	return nil
}

// add puts a record into its RRset. It does not grow a set that was handed out.
func (n *node) add(rr dns.RR) {
	for i, s := range n.sets {
		if s[0].Header().Rrtype == rr.Header().Rrtype {
			n.sets[i] = append(s[:len(s):len(s)], rr)
			return
		}
	}
	n.sets = append(n.sets, []dns.RR{rr})
}

// types lists the types of the RRsets that are of this zone's authority, and NS.
func (n *node) types(cut bool) []uint16 {
	var types []uint16
	for _, s := range n.sets {
		t := s[0].Header().Rrtype
		if !cut || t == dns.TypeNS || t == dns.TypeDS {
			types = append(types, t)
		}
	}
	return types
}

// tree is what a zone holds, held in memory or computed when asked for.
type tree interface {
	// find returns the node of a name, nil if the name does not exist.
	find(name string) *node
	// around returns the last name of the zone's own, not empty, at or before name
	// in canonical order, and the one after it (the apex after the last).
	around(name string) (at, next string)
	// all goes through the nodes, glue included.
	all() iter.Seq[*node]
	// ring returns the hashed names of an NSEC3 zone.
	ring(z *zone) *ring
}

// host is a name server of a zone.
type host struct {
	name string
	addr netip.Addr
}

// zone is a zone as its servers know it.
type zone struct {
	tree
	apex       string
	keys       *keyring // nil: unsigned
	denial     denial
	iterations uint16
	salt       []byte
	trust      trust
	faults     map[fault]mishap
	spoiled    mishap // befalls every signature of the zone
	servers    []host
	dead       bool // no server answers
	bulk       bool // one of very many: its answers are not worth keeping
}

// isCut reports whether a node is a delegation to another zone.
func (z *zone) isCut(n *node) bool { return n.name != z.apex && n.set(dns.TypeNS) != nil }

// place is where a name was found, or where the search for it ended.
type place struct {
	node    *node  // the name exists
	closest string // else: the closest encloser,
	next    string // the name one label longer,
	wild    *node  // and the wildcard under the closest encloser
	cut     *node  // the name is at or below this delegation
	dname   *node  // the name is below this DNAME
}

// walk goes down from the apex to a name (RFC 1034, Section 4.3.2). A DS question
// at a cut is for this side of it.
func (z *zone) walk(name string, qtype uint16) place {
	at, n := z.apex, z.find(z.apex)
	for at != name {
		if n.set(dns.TypeDNAME) != nil {
			return place{dname: n, closest: at}
		}
		down := child(name, at)
		below := z.find(down)
		if below == nil {
			return place{closest: at, next: down, wild: z.find(join("*", at))}
		}
		if z.isCut(below) && (down != name || qtype != dns.TypeDS) {
			return place{cut: below, closest: at}
		}
		at, n = down, below
	}
	return place{node: n, closest: parentOf(name)}
}

// planted is a tree in memory.
type planted struct {
	nodes map[string]*node
	names []string // of nodes with data of this zone's authority, in canonical order
	keys  []string // their sort keys
	hash  *ring
}

func (p *planted) find(name string) *node { return p.nodes[name] }

func (p *planted) around(name string) (at, next string) {
	key := sortKey(name)
	i := sort.Search(len(p.keys), func(i int) bool { return p.keys[i] > key }) - 1
	if i < 0 {
		i = len(p.names) - 1
	}
	return p.names[i], p.names[(i+1)%len(p.names)]
}

// all goes through the nodes in the order of their names' bytes.
func (p *planted) all() iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for _, name := range slices.Sorted(maps.Keys(p.nodes)) {
			if !yield(p.nodes[name]) {
				return
			}
		}
	}
}

func (p *planted) ring(z *zone) *ring { return p.hash }

// newPlanted makes a tree of records under apex: empty non-terminals, what is
// glue, and both orders.
func newPlanted(apex string, records []dns.RR) *planted {
	p := &planted{nodes: map[string]*node{apex: {name: apex}}}
	for _, rr := range records {
		name := rr.Header().Name
		for up := name; up != apex; up = parentOf(up) {
			if p.nodes[up] == nil {
				p.nodes[up] = &node{name: up}
			}
		}
		p.nodes[name].add(rr)
	}
	p.markGlue(apex)
	p.sort()
	return p
}

func (p *planted) markGlue(apex string) {
	for name, n := range p.nodes {
		for up := name; up != apex; {
			up = parentOf(up)
			if up != apex && p.nodes[up].set(dns.TypeNS) != nil {
				n.glue = true
			}
		}
	}
}

func (p *planted) sort() {
	type pair struct{ key, name string }
	var pairs []pair
	for name, n := range p.nodes {
		if !n.glue && len(n.sets) > 0 {
			pairs = append(pairs, pair{sortKey(name), name})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.key < b.key {
			return -1
		}
		return 1
	})
	p.names, p.keys = nil, nil
	for _, pr := range pairs {
		p.names, p.keys = append(p.names, pr.name), append(p.keys, pr.key)
	}
}

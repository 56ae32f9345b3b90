package lab

import (
	"encoding/binary"

	"github.com/miekg/dns"
)

// The two answers that a scan of a million domains asks for most are put together
// from pieces in wire form: the referral of an unsigned bulk domain, and its MX
// records at a provider. All else goes the long way, and says the same (a test
// compares them).

// In a query for the apex of a bulk domain the question starts at 12; behind its
// first label of eight octets comes the TLD.
const (
	toQuestion = 0xc000 | headerSize
	toTLD      = 0xc000 | headerSize + 1 + labelSize
	keptPieces = 1 << 16
)

// piece is records in wire form, whose owner points into the question.
type piece struct {
	wire  []byte
	count int
}

// pieceKey names the NSEC3 record at a place of a TLD's ring.
type pieceKey struct {
	tld, at int
}

// quick answers a query at an authoritative server if it is one of the frequent
// kind, nil otherwise.
func (l *Lab) quick(ns *nameServer, q *query, packet, to []byte) []byte {
	b := l.world.bulk
	if b == nil || !q.do || q.rrtype != dns.TypeMX {
		return nil
	}
	i := b.index(q.name)
	if i < 0 || q.name[labelSize] != '.' || len(q.name) != labelSize+1+len(tldNames[b.tldOf(i)]) {
		return nil
	}
	if ns.operator != nil {
		return l.quickMX(ns, i, q, packet, to)
	}
	return l.quickReferral(ns, i, q, packet, to)
}

// quickReferral is the TLD's answer for an unsigned domain.
func (l *Lab) quickReferral(ns *nameServer, i int, q *query, packet, to []byte) []byte {
	b := l.world.bulk
	tld := b.tldOf(i)
	z := ns.zones[tldNames[tld]]
	if z == nil || tld == 1 || b.isSigned(i) {
		return nil
	}
	p := b.operatorOf(i).pieces[tld]
	if tld == 2 {
		return assemble(q, packet, to, 0, [3]int{0, p.ns.count, p.glue.count}, p.ns.wire, p.glue.wire)
	}
	r := z.ring(z)
	top, err := l.denialPiece(z, tld, r.at(z.hash(z.apex)))
	if err != nil {
		return nil
	}
	gap, err := l.denialPiece(z, tld, r.at(z.hash(q.name)))
	if err != nil {
		return nil
	}
	n := p.ns.count + top.count
	if gap == top {
		return assemble(q, packet, to, 0, [3]int{0, n, p.glue.count}, p.ns.wire, top.wire, p.glue.wire)
	}
	return assemble(q, packet, to, 0, [3]int{0, n + gap.count, p.glue.count}, p.ns.wire, top.wire, gap.wire, p.glue.wire)
}

// quickMX is an unsigned domain's own answer.
func (l *Lab) quickMX(ns *nameServer, i int, q *query, packet, to []byte) []byte {
	b := l.world.bulk
	if b.shapeOf(i) != hosted || b.isSigned(i) || b.operatorOf(i) != ns.operator {
		return nil
	}
	p := b.providerOf(i)
	if p.kind.customers {
		return nil
	}
	return assemble(q, packet, to, bitAA, [3]int{p.piece.count, 0, 0}, p.piece.wire)
}

// assemble puts a reply together: counts of answer, authority, additional, and
// their records in that order. It returns nil if the reply is too long.
func assemble(q *query, packet, to []byte, bits uint16, counts [3]int, pieces ...[]byte) []byte {
	to = append(to[:0], packet[:q.end]...)
	for _, p := range pieces {
		to = append(to, p...)
	}
	if len(to)+optSize > q.size {
		return nil
	}
	binary.BigEndian.PutUint16(to[2:], q.echo()|bits)
	binary.BigEndian.PutUint16(to[6:], uint16(counts[0]))
	binary.BigEndian.PutUint16(to[8:], uint16(counts[1]))
	binary.BigEndian.PutUint16(to[10:], uint16(counts[2]+1))
	return q.appendOPT(to, 0, nil)
}

// denialPiece returns the NSEC3 record at a place of the ring, with its signature.
func (l *Lab) denialPiece(z *zone, tld, at int) (*piece, error) {
	key := pieceKey{tld, at}
	l.mu.Lock()
	p, ok := l.pieces.get(key)
	l.mu.Unlock()
	if ok {
		return p, nil
	}
	set := z.nsec3(z.ring(z), at)
	sig, err := l.sigs.over(z, set)
	if err != nil {
		return nil, err
	}
	label := set[0].Header().Name[:32]
	owner := append([]byte{byte(len(label))}, label...)
	owner = binary.BigEndian.AppendUint16(owner, toTLD)
	p = new(piece)
	for _, rr := range []dns.RR{set[0], sig} {
		if err := p.add(rr, owner); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	l.pieces.put(key, p)
	l.mu.Unlock()
	return p, nil
}

// add packs a record and puts another spelling of its owner in front. A nil owner
// leaves it as it is.
func (p *piece) add(rr dns.RR, owner []byte) error {
	var buf [1024]byte
	end, err := dns.PackRR(dns.Copy(rr), buf[:], 0, nil, false) // packing writes to the record
	if err != nil {
		return err
	}
	start := 0
	if owner != nil {
		if _, start, err = dns.UnpackDomainName(buf[:end], 0); err != nil {
			return err
		}
	}
	p.wire = append(append(p.wire, owner...), buf[start:end]...)
	p.count++
	return nil
}

// cutPieces is the delegation to an operator as a TLD shows it.
type cutPieces struct{ ns, glue piece }

// makePieces packs what operators and providers have said of them most.
func (w *world) makePieces() error {
	question := binary.BigEndian.AppendUint16(nil, toQuestion)
	for _, o := range append(w.bulk.operators, w.bulk.dead) {
		for tld, apex := range tldNames {
			z, p := w.zones[apex], &o.pieces[tld]
			for _, rr := range o.ns("question.") {
				if err := p.ns.add(rr, question); err != nil {
					return err
				}
				n := z.glue(rr.(*dns.NS).Ns)
				if n == nil {
					continue
				}
				if err := p.glue.add(n.sets[0][0], nil); err != nil {
					return err
				}
			}
		}
	}
	for _, p := range w.bulk.providers {
		for _, rr := range p.mx(w.bulk, domain{}, "question.") {
			if err := p.piece.add(rr, question); err != nil {
				return err
			}
		}
	}
	return nil
}

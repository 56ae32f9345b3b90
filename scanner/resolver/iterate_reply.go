package resolver

import (
	"net/netip"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// part is what one question brought: the records that bear on it and that the
// zone asked has a say over.
type part struct {
	answer    []dnssec.Record // the alias chain and the RRset at its end, with signatures
	authority []dnssec.Record // SOA, NSEC and NSEC3 records, with signatures
	rcode     int
	targets   []string // of the aliases in answer
	open      bool     // the last target is still to be asked for
	zone      string   // that the server was asked as a server of
	server    netip.AddrPort
	size      int
}

// message makes a reply of a part.
func (p *part) message() *dnssec.Message {
	return &dnssec.Message{Rcode: p.rcode, Answer: together(nil, p.answer), Authority: together(nil, p.authority)}
}

// verdict is what a reply is worth: an answer, a referral, or an error. A doubtful
// part is taken only where no other server has a better one.
type verdict struct {
	part     *part
	doubtful bool
	next     *delegation
	err      *lookupError
}

// judge sorts a reply by a server of d to a question: answer, referral, or of no use,
// which is remembered.
func (it *Iterate) judge(r exchange.Reply, d *delegation, asked dnssec.Spelled, qtype uint16) verdict {
	now := it.cfg.Now()
	switch {
	case len(r.Msg.Answer)+len(r.Msg.Authority) > maxReplyRecords:
		return verdict{err: errTooLarge}
	case len(r.Msg.Additional) > maxReplyRecords:
		short := *r.Msg
		short.Additional = short.Additional[:maxReplyRecords]
		r.Msg = &short
	}
	msg := r.Msg
	if msg.Rcode != dns.RcodeSuccess && msg.Rcode != dns.RcodeNameError {
		if msg.Rcode == dns.RcodeRefused || msg.Rcode == dns.RcodeNotAuth {
			it.state.setLame(lameKey{r.Server, d.zone, qtype}, now)
		}
		return verdict{err: rcodeError(r)}
	}
	if len(msg.Answer) == 0 && msg.Rcode == dns.RcodeSuccess { // most likely a referral
		if _, denied := soaOwner(msg, d.apex, asked.Name); !denied {
			if v, ok := it.refer(r, d, asked, qtype); ok {
				return v
			}
		}
	}
	return it.sort(r, d, asked, qtype)
}

// sort is judge for a reply that is no error.
func (it *Iterate) sort(r exchange.Reply, d *delegation, asked dnssec.Spelled, qtype uint16) verdict {
	msg := r.Msg
	p := collect(msg, d.apex, asked.Name, qtype)
	p.server, p.size, p.zone = r.Server, r.Size, d.zone
	recursive := msg.RecursionAvailable && !msg.Authoritative && !d.fixed
	switch {
	case len(p.answer) > 0:
		return it.answered(p, qtype, recursive)
	case msg.Rcode == dns.RcodeNameError:
		return verdict{part: p, doubtful: !msg.Authoritative}
	}
	switch owner, ok := soaOwner(msg, d.apex, asked.Name); {
	case ok && qtype == dns.TypeDS && owner == asked.Name && owner != dnssec.Root:
		return verdict{part: p, doubtful: true} // the child's side of the cut
	case ok:
		return it.answered(p, qtype, recursive)
	}
	if v, ok := it.refer(r, d, asked, qtype); ok {
		return v
	}
	if lame(msg, d.apex) {
		it.state.setLame(lameKey{r.Server, d.zone, 0}, it.cfg.Now())
		return verdict{err: &lookupError{outcome: ServFail, reason: dnssec.ReasonNoReply,
			rcode: msg.Rcode, server: r.Server, err: errLame}}
	}
	return verdict{part: p, doubtful: !msg.Authoritative}
}

// answered takes an answer. One that a server has from others is doubtful, and the
// server is asked last from then on.
func (it *Iterate) answered(p *part, qtype uint16, recursive bool) verdict {
	if recursive {
		it.state.setLame(lameKey{p.server, p.zone, qtype}, it.cfg.Now())
	}
	return verdict{part: p, doubtful: recursive}
}

// refer reads a reply as a referral; false where it is none. It answers a question
// for the DS set at the cut.
func (it *Iterate) refer(r exchange.Reply, d *delegation, asked dnssec.Spelled, qtype uint16) (verdict, bool) {
	now := it.cfg.Now()
	next := it.referral(r.Msg, d.apex, asked, now)
	if next == nil {
		return verdict{}, false
	}
	if qtype != dns.TypeDS || next.apex != asked.Name {
		next.detach(r.Size)
		return verdict{next: next}, true
	}
	p := &part{rcode: r.Msg.Rcode, server: r.Server, size: r.Size, zone: d.zone}
	if proof := next.proof.Load(); proof != nil {
		p.answer, p.authority = proof.reply.Answer, proof.reply.Authority
	}
	next.detach(r.Size)
	return verdict{part: p, next: next}, true
}

const (
	// maxShared is the size of replies that a delegation may hold on to for as long as
	// nobody has looked into its proof: what comes in a datagram.
	maxShared = 1232
	// Bounds on referrals whose proof is remembered at all, and on the records of that.
	maxProven = 16 << 10
	maxProof  = 48
)

// detach lets a delegation not hold on to a large reply of that many octets, most of
// which may have nothing to do with it. A proof that is larger than any zone needs is
// not remembered: the DS set is asked for.
func (d *delegation) detach(size int) {
	p := d.proof.Load()
	switch {
	case p == nil || size <= maxShared:
	case size > maxProven || len(p.reply.Answer)+len(p.reply.Authority) > maxProof:
		d.proof.Store(nil)
	default:
		own := &cutProof{until: p.until}
		own.reply.Answer, own.reply.Authority = dnssec.Keep(p.reply.Answer), dnssec.Keep(p.reply.Authority)
		own.ds = pick(own.reply.Answer, func(r *dnssec.Record) bool { return r.Type == dns.TypeDS })
		d.proof.Store(own)
	}
}

// soaOwner returns the owner of the SOA record of a negative reply: at or above
// the name, at or below the zone asked.
func soaOwner(msg *dnssec.Message, zone, name dnssec.Name) (dnssec.Name, bool) {
	for i := range msg.Authority {
		r := &msg.Authority[i]
		if r.Type != dns.TypeSOA || r.Class != dns.ClassINET {
			continue
		}
		if r.Owner.Within(zone) && name.Within(r.Owner) {
			return r.Owner, true
		}
	}
	return "", false
}

// lame reports whether a reply without answer and without a referral downwards
// shows that the server does not serve the zone: it refers upwards, sideways, or
// to the zone itself without authority.
func lame(msg *dnssec.Message, zone dnssec.Name) bool {
	for i := range msg.Authority {
		r := &msg.Authority[i]
		if r.Type != dns.TypeNS && r.Type != dns.TypeSOA {
			continue
		}
		if r.Owner != zone || r.Type == dns.TypeNS && !msg.Authoritative {
			return true
		}
	}
	return false
}

// collect picks from a reply the chain from the name asked to the type asked, and
// the records that deny. What lies outside the zone asked is left: its own
// servers are asked for it.
func collect(msg *dnssec.Message, zone, name dnssec.Name, qtype uint16) *part {
	p := &part{rcode: msg.Rcode}
	answer := withSignatures(msg.Answer, msg.Authority, msg.Additional)
	asked, final := name, false
	for len(p.targets) <= maxChain && !final && name.Within(zone) {
		link, target := aliasAt(answer, zone, name, qtype)
		if len(link) == 0 {
			set := signedSet(answer, name, qtype)
			p.answer = together(p.answer, set)
			final = len(set) > 0
			break
		}
		p.answer = together(p.answer, link)
		if qtype == dns.TypeCNAME && name == asked {
			final = true // the CNAME that a DNAME makes is what was asked for
			break
		}
		p.targets = append(p.targets, target.String())
		name = target
	}
	scope := zone
	if !final && len(p.targets) > 0 {
		_, denied := soaOwner(msg, zone, name)
		p.open = !denied
		if p.open {
			p.rcode = dns.RcodeSuccess
		}
		// A server that knows the end of the chain may prove it, although we ask
		// there: what is signed is as good from here.
		if p.open && msg.Rcode == dns.RcodeNameError {
			scope = dnssec.Root
		}
	}
	p.authority = proofs(withSignatures(msg.Authority, msg.Answer, msg.Additional), scope, !final && !p.open)
	return p
}

// proofs picks the records that deny: of zone or below, the SOA record only of a
// negative answer.
func proofs(section []dnssec.Record, zone dnssec.Name, negative bool) []dnssec.Record {
	return pick(section, func(r *dnssec.Record) bool {
		t := r.Covers()
		proves := t == dns.TypeNSEC || t == dns.TypeNSEC3 || t == dns.TypeSOA && negative
		return proves && r.Class == dns.ClassINET && r.Owner.Within(zone)
	})
}

// maxReplyRecords bounds how many records of a reply are looked at.
const maxReplyRecords = 256

// maxChain bounds how many links are read from one reply; the limit of a lookup
// is lower.
const maxChain = 32

// aliasFirst reports whether a name has a CNAME. Where a server gives the type
// asked beside it, against RFC 1034, Section 3.6.2, the first of the two counts.
func aliasFirst(section []dnssec.Record, name dnssec.Name, qtype uint16) bool {
	for i := range section {
		if r := &section[i]; r.Is(name, qtype) || r.Is(name, dns.TypeCNAME) {
			return r.Type == dns.TypeCNAME
		}
	}
	return false
}

// firstLink cuts a part behind its first alias, so that the target is asked for.
// It returns nil where that leaves nothing out.
func (p *part) firstLink() *part {
	if len(p.targets) == 0 || p.open && len(p.targets) == 1 {
		return nil
	}
	short := *p
	short.targets, short.open, short.rcode = p.targets[:1], true, dns.RcodeSuccess
	for i := range p.answer {
		if p.answer[i].Type != dns.TypeCNAME {
			continue
		}
		end := i + 1
		for end < len(p.answer) && p.answer[end].Type == dns.TypeRRSIG {
			end++
		}
		short.answer = p.answer[:end:end]
		break
	}
	return &short
}

// aliasAt returns the alias of a name and its target: a DNAME above with the
// CNAME that it makes (RFC 6672, Section 3.1), or a CNAME.
func aliasAt(section []dnssec.Record, zone, name dnssec.Name, qtype uint16) ([]dnssec.Record, dnssec.Name) {
	if dname := dnameAbove(section, zone, name); dname != nil {
		target, ok := dname.Target()
		if ok {
			target, ok = name.Rewrite(dname.Owner, target)
		}
		if !ok {
			return nil, "" // without a target, or it would become too long
		}
		made := dnssec.Alias(name, target, dname.TTL)
		return append(signedSet(section, dname.Owner, dns.TypeDNAME), made), target
	}
	if qtype == dns.TypeCNAME || !aliasFirst(section, name, qtype) {
		return nil, ""
	}
	set := signedSet(section, name, dns.TypeCNAME)
	if len(set) == 0 {
		return nil, ""
	}
	return firstOnly(set), targetOf(&set[0])
}

// dnameAbove returns the deepest DNAME strictly above a name, of zone or below.
func dnameAbove(section []dnssec.Record, zone, name dnssec.Name) *dnssec.Record {
	var found *dnssec.Record
	for i := range section {
		r := &section[i]
		if r.Type != dns.TypeDNAME || r.Class != dns.ClassINET {
			continue
		}
		above := r.Owner != name && name.Within(r.Owner) && r.Owner.Within(zone)
		if above && (found == nil || len(r.Owner) > len(found.Owner)) {
			found = r
		}
	}
	return found
}

// firstOnly leaves of several CNAME records, which no name may have (RFC 2181,
// Section 10.1), the first.
func firstOnly(set []dnssec.Record) []dnssec.Record {
	if len(set) == 1 || set[1].Type == dns.TypeRRSIG {
		return set
	}
	out := []dnssec.Record{set[0]}
	for _, r := range set[1:] {
		if r.Type == dns.TypeRRSIG {
			out = append(out, r)
		}
	}
	return out
}

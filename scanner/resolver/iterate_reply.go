package resolver

import (
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// part is what one question brought: the records that bear on it and that the
// zone asked has a say over.
type part struct {
	answer    []dns.RR // the alias chain and the RRset at its end, with signatures
	authority []dns.RR // SOA, NSEC and NSEC3 records, with signatures
	rcode     int
	targets   []string // of the aliases in answer
	open      bool     // the last target is still to be asked for
	zone      string   // that the server was asked as a server of
	server    netip.AddrPort
	size      int
}

// message makes a reply of a part.
func (p *part) message(q dnssec.Question) *dns.Msg {
	msg := newMessage(q)
	msg.Rcode = p.rcode
	msg.Answer, msg.Ns = together(nil, p.answer), together(nil, p.authority)
	return msg
}

// message is a reply in one piece with its question.
type message struct {
	msg      dns.Msg
	question [1]dns.Question
}

// newMessage makes an empty reply to a question.
func newMessage(q dnssec.Question) *dns.Msg { return new(message).to(q) }

// to makes an empty reply to a question of a message that is not in use.
func (m *message) to(q dnssec.Question) *dns.Msg {
	m.question[0] = dns.Question{Name: q.Name, Qtype: q.Type, Qclass: dns.ClassINET}
	m.msg.Question = m.question[:]
	m.msg.Response = true
	return &m.msg
}

// together is a section with more records, which are not copied where it is empty:
// records and sections are never changed, only added to.
func together(section, more []dns.RR) []dns.RR {
	if len(section) == 0 {
		return more[:len(more):len(more)]
	}
	return append(section, more...)
}

// verdict is what a reply is worth: an answer, a referral, or an error. A doubtful
// part is taken only where no other server has a better one.
type verdict struct {
	part     *part
	doubtful bool
	next     *delegation
	err      *lookupError
}

// judge sorts a reply by a server of d to the question q: answer, referral, or
// of no use, which is remembered.
func (it *Iterate) judge(r exchange.Reply, d *delegation, q dnssec.Question) verdict {
	msg, now := r.Msg, it.cfg.Now()
	if len(msg.Answer)+len(msg.Ns) > maxReplyRecords {
		return verdict{err: errTooLarge}
	}
	msg.Extra = msg.Extra[:min(len(msg.Extra), maxReplyRecords)]
	if msg.Rcode != dns.RcodeSuccess && msg.Rcode != dns.RcodeNameError {
		if msg.Rcode == dns.RcodeRefused || msg.Rcode == dns.RcodeNotAuth {
			it.state.setLame(lameKey{r.Server, d.zone, q.Type}, now)
		}
		return verdict{err: rcodeError(r)}
	}
	if len(msg.Answer) == 0 && msg.Rcode == dns.RcodeSuccess { // most likely a referral
		if _, denied := soaOwner(msg, d.zone, q.Name); !denied {
			if v, ok := it.refer(r, d, q, now); ok {
				return v
			}
		}
	}
	p := collect(msg, d.zone, q)
	p.server, p.size, p.zone = r.Server, r.Size, d.zone
	recursive := msg.RecursionAvailable && !msg.Authoritative && !d.fixed
	switch {
	case len(p.answer) > 0:
		return it.answered(p, q.Type, recursive)
	case msg.Rcode == dns.RcodeNameError:
		return verdict{part: p, doubtful: !msg.Authoritative}
	}
	switch owner, ok := soaOwner(msg, d.zone, q.Name); {
	case ok && q.Type == dns.TypeDS && owner == q.Name && q.Name != ".":
		return verdict{part: p, doubtful: true} // the child's side of the cut
	case ok:
		return it.answered(p, q.Type, recursive)
	}
	if v, ok := it.refer(r, d, q, now); ok {
		return v
	}
	if lame(msg, d.zone) {
		it.state.setLame(lameKey{r.Server, d.zone, 0}, now)
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
func (it *Iterate) refer(r exchange.Reply, d *delegation, q dnssec.Question, now time.Time) (verdict, bool) {
	next := referral(r.Msg, d.zone, q.Name, now)
	if next == nil {
		return verdict{}, false
	}
	it.keepGlue(next)
	next.servers = it.sets.share(next.servers, now)
	if q.Type != dns.TypeDS || next.zone != q.Name {
		return verdict{next: next}, true
	}
	p := &part{rcode: r.Msg.Rcode, server: r.Server, size: r.Size, zone: d.zone}
	if proof := next.proof.Load(); proof != nil && proof.reply != nil {
		p.answer, p.authority = proof.reply.Answer, proof.reply.Ns
	}
	return verdict{part: p, next: next}, true
}

// soaOwner returns the owner of the SOA record of a negative reply: at or above
// the name, at or below the zone asked.
func soaOwner(msg *dns.Msg, zone, name string) (string, bool) {
	for _, rr := range msg.Ns {
		h := rr.Header()
		if h.Rrtype != dns.TypeSOA || h.Class != dns.ClassINET {
			continue
		}
		owner := canonical(h.Name)
		if within(zone, owner) && within(owner, name) {
			return owner, true
		}
	}
	return "", false
}

// lame reports whether a reply without answer and without a referral downwards
// shows that the server does not serve the zone: it refers upwards, sideways, or
// to the zone itself without authority.
func lame(msg *dns.Msg, zone string) bool {
	for _, rr := range msg.Ns {
		h := rr.Header()
		if h.Rrtype != dns.TypeNS && h.Rrtype != dns.TypeSOA {
			continue
		}
		owner := canonical(h.Name)
		if owner != zone || h.Rrtype == dns.TypeNS && !msg.Authoritative {
			return true
		}
	}
	return false
}

// collect picks from a reply the chain from the name asked to the type asked, and
// the records that deny. What lies outside the zone asked is left: its own
// servers are asked for it.
func collect(msg *dns.Msg, zone string, q dnssec.Question) *part {
	p := &part{rcode: msg.Rcode}
	answer := withSignatures(msg.Answer, msg.Ns, msg.Extra)
	name, final := q.Name, false
	for len(p.targets) <= maxChain && !final && within(zone, name) {
		link, target := aliasAt(answer, zone, name, q.Type)
		if len(link) == 0 {
			set := signedSet(answer, name, q.Type)
			p.answer = together(p.answer, set)
			final = len(set) > 0
			break
		}
		p.answer = together(p.answer, link)
		if q.Type == dns.TypeCNAME && name == q.Name {
			final = true // the CNAME that a DNAME makes is what was asked for
			break
		}
		p.targets = append(p.targets, target)
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
			scope = "."
		}
	}
	p.authority = proofs(withSignatures(msg.Ns, msg.Answer, msg.Extra), scope, !final && !p.open)
	return p
}

// proofs picks the records that deny: of zone or below, the SOA record only of a
// negative answer.
func proofs(section []dns.RR, zone string, negative bool) []dns.RR {
	if len(section) == 0 {
		return nil
	}
	out := make([]dns.RR, 0, len(section))
	for _, rr := range section {
		t, h := coveredType(rr), rr.Header()
		proves := t == dns.TypeNSEC || t == dns.TypeNSEC3 || t == dns.TypeSOA && negative
		if proves && h.Class == dns.ClassINET && within(zone, canonical(h.Name)) {
			out = append(out, rr)
		}
	}
	return out
}

// withSignatures adds to a section the signatures over its types that strayed into
// others.
func withSignatures(section []dns.RR, others ...[]dns.RR) []dns.RR {
	if len(section) == 0 {
		return nil
	}
	out := section[:len(section):len(section)]
	for _, other := range others {
		for _, rr := range other {
			sig, ok := rr.(*dns.RRSIG)
			if ok && slices.ContainsFunc(section, func(rr dns.RR) bool { return rr.Header().Rrtype == sig.TypeCovered }) {
				out = append(out, rr)
			}
		}
	}
	return out
}

// maxReplyRecords bounds how many records of a reply are looked at.
const maxReplyRecords = 256

// maxChain bounds how many links are read from one reply; the limit of a lookup
// is lower.
const maxChain = 32

// signedSet returns the records of a name and type, with their signatures.
func signedSet(section []dns.RR, name string, qtype uint16) []dns.RR {
	records, signatures := 0, 0
	for _, rr := range section {
		switch {
		case isOf(rr, name, qtype):
			records++
		case isSignatureOf(rr, name, qtype):
			signatures++
		}
	}
	if records == 0 {
		return nil
	}
	set := make([]dns.RR, records+signatures)
	next, nextSig := 0, records
	for _, rr := range section {
		switch {
		case isOf(rr, name, qtype):
			set[next] = rr
			next++
		case isSignatureOf(rr, name, qtype):
			set[nextSig] = rr
			nextSig++
		}
	}
	return set
}

func isOf(rr dns.RR, name string, qtype uint16) bool {
	h := rr.Header()
	return h.Rrtype == qtype && h.Class == dns.ClassINET && canonical(h.Name) == name
}

func isSignatureOf(rr dns.RR, name string, qtype uint16) bool {
	sig, ok := rr.(*dns.RRSIG)
	return ok && sig.TypeCovered == qtype && sig.Hdr.Class == dns.ClassINET && canonical(sig.Hdr.Name) == name
}

// aliasFirst reports whether a name has a CNAME. Where a server gives the type
// asked beside it, against RFC 1034, Section 3.6.2, the first of the two counts.
func aliasFirst(section []dns.RR, name string, qtype uint16) bool {
	for _, rr := range section {
		h := rr.Header()
		either := h.Class == dns.ClassINET && (h.Rrtype == qtype || h.Rrtype == dns.TypeCNAME)
		if !either || canonical(h.Name) != name {
			continue
		}
		return h.Rrtype == dns.TypeCNAME
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
	for i, rr := range p.answer {
		if rr.Header().Rrtype != dns.TypeCNAME {
			continue
		}
		end := i + 1
		for end < len(p.answer) && p.answer[end].Header().Rrtype == dns.TypeRRSIG {
			end++
		}
		short.answer = p.answer[:end:end]
		break
	}
	return &short
}

// aliasAt returns the alias of a name and its target: a DNAME above with the
// CNAME that it makes (RFC 6672, Section 3.1), or a CNAME.
func aliasAt(section []dns.RR, zone, name string, qtype uint16) ([]dns.RR, string) {
	if owner, dname := dnameAbove(section, zone, name); dname != nil {
		cname := synthesise(dname, owner, name)
		if cname == nil {
			return nil, ""
		}
		return append(signedSet(section, owner, dns.TypeDNAME), cname), canonical(cname.Target)
	}
	if qtype == dns.TypeCNAME || !aliasFirst(section, name, qtype) {
		return nil, ""
	}
	set := signedSet(section, name, dns.TypeCNAME)
	if len(set) == 0 {
		return nil, ""
	}
	cname, ok := set[0].(*dns.CNAME)
	if !ok {
		return nil, ""
	}
	return firstOnly(set), canonical(cname.Target)
}

// dnameAbove returns the deepest DNAME strictly above a name, of zone or below.
func dnameAbove(section []dns.RR, zone, name string) (string, *dns.DNAME) {
	var found *dns.DNAME
	at := ""
	for _, rr := range section {
		d, ok := rr.(*dns.DNAME)
		if !ok || d.Hdr.Class != dns.ClassINET {
			continue
		}
		owner := canonical(d.Hdr.Name)
		above := owner != name && within(owner, name) && within(zone, owner)
		if above && (found == nil || len(owner) > len(at)) {
			at, found = owner, d
		}
	}
	return at, found
}

// firstOnly leaves of several CNAME records, which no name may have (RFC 2181,
// Section 10.1), the first.
func firstOnly(set []dns.RR) []dns.RR {
	out := set[:1]
	for _, rr := range set[1:] {
		if rr.Header().Rrtype == dns.TypeRRSIG {
			out = append(out, rr)
		}
	}
	return out
}

// synthesise makes the CNAME that a DNAME at owner means for a name below it; nil
// where the name would become too long.
func synthesise(dname *dns.DNAME, owner, name string) *dns.CNAME {
	prefix := name
	if owner != "." {
		prefix = name[:len(name)-len(owner)]
	}
	target := prefix + canonical(dname.Target)
	if dname.Target == "." {
		target = prefix
	}
	if _, ok := dns.IsDomainName(target); !ok {
		return nil
	}
	return &dns.CNAME{
		Hdr:    dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: dname.Hdr.Ttl},
		Target: target,
	}
}

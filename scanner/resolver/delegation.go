package resolver

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// delegation is a zone cut as the parent tells it (RFC 1034, Section 4.2.1). But
// for its proof it is never changed once it is known to others.
type delegation struct {
	zone    string
	apex    dnssec.Name // zone, in wire form
	servers []NameServer
	until   time.Time
	since   int64 // as lookup.since of the one that met it
	fixed   bool  // a hint or a stub: trusted with any address, never expires, always believed
	proof   atomic.Pointer[cutProof]
}

// cutProof is what a referral said of the DS set at its cut. Nil stands for
// nothing.
type cutProof struct {
	// reply is that to the question for the DS set, as far as the referral carried
	// it (RFC 4035, Section 3.1.4): a lookup need not ask. It is empty where the
	// referral said nothing that could prove anything, or once the validator has
	// read it.
	reply dnssec.Message
	until time.Time // zero: there is none
	ds    []dnssec.Record
}

// said returns the reply to the DS question; nil where there is none.
func (d *delegation) said(now time.Time) *dnssec.Message {
	p := d.proof.Load()
	if p == nil || !now.Before(p.until) {
		return nil
	}
	return &p.reply
}

// settled drops the proof: the validator has read it, and remembers what it
// showed for as long. Proofs are most of what a delegation weighs.
func (d *delegation) settled() {
	p := d.proof.Load()
	switch {
	case p == nil || p.until.IsZero():
	case len(p.ds) == 0:
		d.proof.Store(nil)
	default:
		d.proof.Store(&cutProof{ds: dnssec.Keep(p.ds)})
	}
}

const (
	// How long a delegation is believed, whatever its TTL says: never so short
	// that the lookup that met it has to ask again.
	minDelegationTTL = 30 * time.Second
	maxDelegationTTL = 24 * time.Hour

	// Bounds on what is kept of one referral.
	maxServerNames = 16
	maxServerAddrs = 32
)

func clampTTL(seconds uint32) time.Duration {
	return min(max(time.Duration(seconds)*time.Second, minDelegationTTL), maxDelegationTTL)
}

// referral makes a delegation of the authority section of a reply by a server of
// zone parent: the NS set below parent and at or above the name asked for. It returns
// nil where there is none.
func (it *Iterate) referral(msg *dnssec.Message, parent dnssec.Name, asked dnssec.Spelled, now time.Time) *delegation {
	cut, ok := referralCut(msg.Authority, parent, asked.Name)
	if !ok {
		return nil
	}
	d := &delegation{zone: asked.Of(cut), apex: asked.Name[len(asked.Name)-len(cut):]}
	to := newReferred()
	defer to.free()
	ttl := uint32(1 << 31)
	for i := range msg.Authority {
		if r := &msg.Authority[i]; r.Is(cut, dns.TypeNS) && to.name(targetOf(r)) {
			ttl = min(ttl, r.TTL)
		}
	}
	to.addresses(msg.Additional, parent)
	d.servers = it.sets.share(to, now)
	d.until = now.Add(clampTTL(ttl))
	d.proof.Store(proofOf(withSignatures(msg.Authority, msg.Answer, msg.Additional), cut, parent, now))
	return d
}

// targetOf is where an NS or a CNAME record points. One without a name points to the
// root.
func targetOf(r *dnssec.Record) dnssec.Name {
	if target, ok := r.Target(); ok {
		return target
	}
	return dnssec.Root
}

// referralCut finds the owner of the NS set that refers: the deepest one.
func referralCut(authority []dnssec.Record, parent, name dnssec.Name) (cut dnssec.Name, found bool) {
	for i := range authority {
		r := &authority[i]
		if r.Type != dns.TypeNS || r.Class != dns.ClassINET {
			continue
		}
		owner := r.Owner
		if owner == parent || !owner.Within(parent) || !name.Within(owner) {
			continue
		}
		if !found || owner.Labels() > cut.Labels() {
			cut, found = owner, true
		}
	}
	return cut, found
}

// addrIn returns the address in an A or AAAA record of class IN.
func addrIn(r *dnssec.Record) (netip.Addr, bool) {
	addr, ok := r.Addr()
	return addr, ok && r.Class == dns.ClassINET
}

// keepGlue lets other zones with the same name servers do without a lookup. What
// is known already stays: an address that was asked for is worth more.
func (it *Iterate) keepGlue(d *delegation) {
	now := it.cfg.Now()
	for _, ns := range d.servers {
		if len(ns.Addrs) == 0 {
			continue
		}
		if known, ok := it.hosts.get(ns.Name, now); !ok || len(known.addrs) == 0 || known.since < d.since {
			it.hosts.put(ns.Name, hostAddrs{ns.Addrs, d.since}, d.until)
		}
	}
}

// proofOf picks what a referral says of the DS set at the cut: the set with its
// signatures, or the signed NSEC or NSEC3 records that deny it.
func proofOf(authority []dnssec.Record, cut, parent dnssec.Name, now time.Time) *cutProof {
	ds := pick(authority, func(r *dnssec.Record) bool {
		return r.Class == dns.ClassINET && r.Owner == cut && cut.Within(parent) && r.Covers() == dns.TypeDS
	})
	denial := pick(authority, func(r *dnssec.Record) bool {
		t := r.Covers()
		return (t == dns.TypeNSEC || t == dns.TypeNSEC3) && r.Class == dns.ClassINET && r.Owner.Within(parent)
	})
	signed, ttl := false, uint32(1<<31)
	for _, part := range [2][]dnssec.Record{ds, denial} {
		for i := range part {
			signed = signed || part[i].Type == dns.TypeRRSIG
			ttl = min(ttl, part[i].TTL)
		}
	}
	if !signed {
		return nil
	}
	return &cutProof{
		reply: dnssec.Message{Answer: ds, Authority: denial}, until: now.Add(clampTTL(ttl)),
		ds: pick(ds, func(r *dnssec.Record) bool { return r.Type == dns.TypeDS }),
	}
}

// parentName returns the name without its first label; of the root, the root.
func parentName(name string) string {
	if i, end := dns.NextLabel(name, 0); !end {
		return name[i:]
	}
	return "."
}

// closest returns the deepest delegation believed that holds the answer to q. A DS
// set belongs to the parent's side of a cut (RFC 4035, Section 3.1.4.1).
func (l *lookup) closest(q dnssec.Question) *delegation {
	it, now := l.it, l.it.cfg.Now()
	name := q.Name
	if q.Type == dns.TypeDS && name != "." {
		name = parentName(name)
	}
	for {
		if name == "." || len(it.fixed) > 1 { // stubs are rare
			if d, ok := it.fixed[name]; ok {
				return d
			}
		}
		if d := l.cut(name, now); d != nil {
			return d
		}
		name = parentName(name)
	}
}

// cut returns the delegation at a name that is known and believed; nil: none.
func (l *lookup) cut(name string, now time.Time) *delegation {
	if d, ok := l.it.cuts.get(name, now); ok && d.since >= l.since {
		return d
	}
	return nil
}

// fixedDelegation makes a delegation of servers that were given.
func fixedDelegation(z Zone) *delegation {
	d := &delegation{zone: canonical(z.Name), fixed: true}
	d.apex, _ = dnssec.ParseName(d.zone) // "", which no name is within, of what is no name
	for _, s := range z.Servers {
		ns := NameServer{}
		if s.Name != "" {
			ns.Name = canonical(s.Name)
		}
		for _, a := range s.Addrs {
			ns.Addrs = append(ns.Addrs, a.Unmap())
		}
		d.servers = append(d.servers, ns)
	}
	return d
}

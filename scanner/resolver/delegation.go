package resolver

import (
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// delegation is a zone cut as the parent tells it (RFC 1034, Section 4.2.1). But
// for its proof it is never changed once made.
type delegation struct {
	zone    string
	servers []NameServer
	until   time.Time
	fixed   bool // a hint or a stub: trusted with any address, never expires
	proof   atomic.Pointer[cutProof]
}

// cutProof is what a referral said of the DS set at its cut. Nil stands for
// nothing.
type cutProof struct {
	// reply is that to the question for the DS set, as far as the referral carried
	// it (RFC 4035, Section 3.1.4): a lookup need not ask. Nil where the referral
	// said nothing that could prove anything, or once the validator has read it.
	reply *dns.Msg
	until time.Time
	ds    []*dns.DS
}

// said returns the reply to the DS question; nil where there is none.
func (d *delegation) said(now time.Time) *dns.Msg {
	p := d.proof.Load()
	if p == nil || p.reply == nil || !now.Before(p.until) {
		return nil
	}
	return p.reply
}

// settled drops the proof: the validator has read it, and remembers what it
// showed for as long. Proofs are most of what a delegation weighs.
func (d *delegation) settled() {
	p := d.proof.Load()
	switch {
	case p == nil || p.reply == nil:
	case len(p.ds) == 0:
		d.proof.Store(nil)
	default:
		d.proof.Store(&cutProof{ds: p.ds})
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
// zone parent: the NS set below parent and at or above name. It returns nil where
// there is none.
func referral(msg *dns.Msg, parent, name string, now time.Time) *delegation {
	cut, ok := referralCut(msg, parent, name)
	if !ok {
		return nil
	}
	d := &delegation{zone: cut}
	ttl := uint32(1 << 31)
	for _, rr := range msg.Ns {
		ns, ok := rr.(*dns.NS)
		if !ok || ns.Hdr.Class != dns.ClassINET || canonical(ns.Hdr.Name) != cut {
			continue
		}
		target := canonical(ns.Ns)
		if d.server(target) != nil || len(d.servers) == maxServerNames {
			continue
		}
		d.servers = append(d.servers, NameServer{Name: target})
		ttl = min(ttl, ns.Hdr.Ttl)
	}
	d.until = now.Add(clampTTL(ttl))
	d.glue(msg.Extra, parent)
	d.proof.Store(proofOf(withSignatures(msg.Ns, msg.Answer, msg.Extra), cut, parent, now))
	return d
}

// referralCut finds the owner of the NS set that refers: the deepest one.
func referralCut(msg *dns.Msg, parent, name string) (string, bool) {
	cut, found := "", false
	for _, rr := range msg.Ns {
		h := rr.Header()
		if h.Rrtype != dns.TypeNS || h.Class != dns.ClassINET {
			continue
		}
		owner := canonical(h.Name)
		if owner == parent || !within(parent, owner) || !within(owner, name) {
			continue
		}
		if !found || dns.CountLabel(owner) > dns.CountLabel(cut) {
			cut, found = owner, true
		}
	}
	return cut, found
}

// glue takes the addresses of the servers named, where the zone that refers has
// a say over their names (RFC 2181, Section 5.4.1).
func (d *delegation) glue(extra []dns.RR, parent string) {
	taken := 0
	for _, rr := range extra {
		addr, ok := addressOf(rr)
		if !ok || taken == maxServerAddrs {
			continue
		}
		if ns := d.server(canonical(rr.Header().Name)); ns != nil && within(parent, ns.Name) {
			ns.Addrs = append(ns.Addrs, addr)
			taken++
		}
	}
}

// server returns the server of a name, nil where none has it. There are few.
func (d *delegation) server(name string) *NameServer {
	for i := range d.servers {
		if d.servers[i].Name == name {
			return &d.servers[i]
		}
	}
	return nil
}

// keepGlue lets other zones with the same name servers do without a lookup. What
// is known already stays: an address that was asked for is worth more.
func (it *Iterate) keepGlue(d *delegation) {
	now := it.cfg.Now()
	for _, ns := range d.servers {
		if len(ns.Addrs) == 0 {
			continue
		}
		if known, ok := it.hosts.get(ns.Name, now); !ok || len(known) == 0 {
			it.hosts.put(ns.Name, ns.Addrs, d.until)
		}
	}
}

// proofOf picks what a referral says of the DS set at the cut: the set with its
// signatures, or the signed NSEC or NSEC3 records that deny it.
func proofOf(authority []dns.RR, cut, parent string, now time.Time) *cutProof {
	var signed bool
	var ds, denial []dns.RR
	ttl := uint32(1 << 31)
	for _, rr := range authority {
		h := rr.Header()
		owner := canonical(h.Name)
		if h.Class != dns.ClassINET || !within(parent, owner) {
			continue
		}
		t := coveredType(rr)
		switch {
		case t == dns.TypeDS && owner == cut:
			ds = append(ds, rr)
		case t == dns.TypeNSEC || t == dns.TypeNSEC3:
			if denial == nil {
				denial = make([]dns.RR, 0, len(authority))
			}
			denial = append(denial, rr)
		default:
			continue
		}
		signed = signed || h.Rrtype == dns.TypeRRSIG
		ttl = min(ttl, h.Ttl)
	}
	if !signed {
		return nil
	}
	msg := newMessage(dnssec.Question{Name: cut, Type: dns.TypeDS})
	msg.Answer, msg.Ns = ds, denial
	return &cutProof{reply: msg, until: now.Add(clampTTL(ttl)), ds: dsOf(ds)}
}

func dsOf(section []dns.RR) []*dns.DS {
	var set []*dns.DS
	for _, rr := range section {
		if ds, ok := rr.(*dns.DS); ok {
			set = append(set, ds)
		}
	}
	return set
}

// coveredType returns the type of a record, or the type that a signature covers.
func coveredType(rr dns.RR) uint16 {
	if sig, ok := rr.(*dns.RRSIG); ok {
		return sig.TypeCovered
	}
	return rr.Header().Rrtype
}

// parentName returns the name without its first label; of the root, the root.
func parentName(name string) string {
	if i, end := dns.NextLabel(name, 0); !end {
		return name[i:]
	}
	return "."
}

// closest returns the deepest delegation known that holds the answer to q. A DS
// set belongs to the parent's side of a cut (RFC 4035, Section 3.1.4.1).
func (it *Iterate) closest(q dnssec.Question, now time.Time) *delegation {
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
		if d, ok := it.cuts.get(name, now); ok {
			return d
		}
		name = parentName(name)
	}
}

// fixedDelegation makes a delegation of servers that were given.
func fixedDelegation(z Zone) *delegation {
	d := &delegation{zone: canonical(z.Name), fixed: true}
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

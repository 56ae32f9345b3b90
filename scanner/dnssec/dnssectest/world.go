package dnssectest

import (
	"fmt"
	"sort"
	"time"

	"github.com/miekg/dns"
)

// World is a tree of zones.
type World struct {
	From, To time.Time // validity of the signatures
	zones    map[string]*Signed
	top      string
}

// New builds and signs a tree. Each zone is delegated from the closest one above
// it, by an NS record and, if it is signed, a DS record. The zone with the
// shortest name is the top, where the trust anchor is.
func New(from, to time.Time, zones ...Zone) (*World, error) {
	w := &World{From: from, To: to, zones: make(map[string]*Signed)}
	var order []string
	for _, z := range zones {
		s, err := build(z, from, to)
		if err != nil {
			return nil, err
		}
		w.zones[s.Apex] = s
		order = append(order, s.Apex)
	}
	sort.Slice(order, func(i, j int) bool { return dns.CountLabel(order[i]) < dns.CountLabel(order[j]) })
	w.top = order[0]
	for _, apex := range order[1:] {
		above := w.above(apex)
		if above == nil {
			return nil, fmt.Errorf("zone %s: no zone above it", apex)
		}
		above.add(&dns.NS{Hdr: dns.RR_Header{Name: apex, Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 3600}, Ns: "ns.invalid."})
		if z := w.zones[apex]; !z.Unsigned && !z.NoDS {
			above.add(z.KSK.DS(z.Digest))
		}
	}
	for _, apex := range order {
		w.zones[apex].seal()
	}
	return w, nil
}

// above returns the closest zone strictly above a name.
func (w *World) above(n string) *Signed {
	if n == "." {
		return nil
	}
	return w.Holding(parent(n))
}

// Holding returns the closest zone at or above a name, nil for none.
func (w *World) Holding(n string) *Signed {
	for {
		if z := w.zones[n]; z != nil {
			return z
		}
		if n == "." {
			return nil
		}
		n = parent(n)
	}
}

// Zone returns a zone of the tree.
func (w *World) Zone(apex string) *Signed { return w.zones[apex] }

// Anchor returns the DS record of the top zone.
func (w *World) Anchor() *dns.DS { return w.zones[w.top].KSK.DS(dns.SHA256) }

const maxChain = 16

// Ask returns the minimal complete reply to a question: the whole alias chain,
// the proofs that its links need, and the end or its denial.
func (w *World) Ask(qname string, qtype uint16) *dns.Msg {
	msg := new(dns.Msg)
	msg.SetQuestion(qname, qtype)
	msg.Response = true
	n := dns.CanonicalName(qname)
	for range maxChain {
		z := w.Holding(n)
		if qtype == dns.TypeDS && n != w.top && z != nil && z.Apex == n {
			z = w.above(n)
		}
		if z == nil {
			msg.Rcode = dns.RcodeRefused
			return msg
		}
		next := z.reply(msg, n, qtype)
		if next == "" {
			break
		}
		n = next
	}
	msg.Answer, msg.Ns = distinct(msg.Answer), distinct(msg.Ns)
	return msg.Copy() // the caller may spoil it
}

// distinct drops repeated records. RRSIGs differ by their random numbers, so one
// for each owner, type and signer is kept.
func distinct(rrs []dns.RR) []dns.RR {
	seen := make(map[string]bool)
	var kept []dns.RR
	for _, rr := range rrs {
		id := rr.String()
		if sig, ok := rr.(*dns.RRSIG); ok {
			id = fmt.Sprint(sig.Hdr.Name, sig.TypeCovered, sig.SignerName, sig.Labels)
		}
		if !seen[id] {
			seen[id] = true
			kept = append(kept, rr)
		}
	}
	return kept
}

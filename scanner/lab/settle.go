package lab

import (
	"fmt"
	"slices"

	"github.com/miekg/dns"
)

// operator runs name servers for bulk domains.
type operator struct {
	servers []host
	pieces  [len(tldNames)]cutPieces
}

// ns returns the NS RRset of a domain.
func (o *operator) ns(owner string) []dns.RR {
	out := make([]dns.RR, len(o.servers))
	for i, s := range o.servers {
		out[i] = &dns.NS{Hdr: header(owner, dns.TypeNS, ttlUsual), Ns: s.name}
	}
	return out
}

// How much of everything the bulk domains get, at most and at least.
const (
	maxOperators, perOperator  = 32, 2000
	maxProviders, perProvider  = 400, 50
	maxSelfHosts, perSelfHost  = 256, 50
	minOperators, minSelfHosts = 4, 16
	oddSelfHost                = 16 // every so many a self-hosted machine is no good
)

// addBulk builds what bulk domains share: name servers, mail providers, machines
// and keys. The domains themselves take no memory, but for 20 octets for each
// signed one under the TLD with NSEC3.
func (w *world) addBulk(n int, without []Feature) error {
	b := &bulk{seed: w.seed, n: n}
	w.bulk = b
	if err := w.addOperators(b); err != nil {
		return err
	}
	if err := w.addProviders(b, without); err != nil {
		return err
	}
	for i := range between(minSelfHosts, n/perSelfHost, maxSelfHosts) {
		s, err := w.addMachine(fmt.Sprintf("self%03d.", i), selfConduct(i))
		if err != nil {
			return err
		}
		b.self = append(b.self, s)
	}
	for i := range bulkKeys {
		one, err := w.single(fmt.Sprintf("bulk nsec %d", i))
		if err != nil {
			return err
		}
		two, err := w.double(fmt.Sprintf("bulk nsec3 %d", i))
		if err != nil {
			return err
		}
		b.rings[0], b.rings[1] = append(b.rings[0], one), append(b.rings[1], two)
	}
	return nil
}

func between(low, n, high int) int { return max(low, min(n, high)) }

// selfConduct: every 16th machine behaves badly.
func selfConduct(i int) conduct {
	if i%oddSelfHost != oddSelfHost-1 {
		return serves
	}
	return []conduct{closed, noSTARTTLS, tarpit}[i/oddSelfHost%3]
}

func (w *world) addOperators(b *bulk) error {
	for i := range between(minOperators, b.n/perOperator, maxOperators) {
		apex := fmt.Sprintf("dns%02d.%s", i+1, tldNames[i%2])
		o := &operator{servers: w.serversOf(plan{apex: apex, served: byItself})}
		if _, err := w.draft(plan{apex: apex, served: byItself}, o.servers); err != nil {
			return err
		}
		b.operators = append(b.operators, o)
		for _, s := range o.servers {
			w.servers[s.addr] = &nameServer{zones: map[string]*zone{}, operator: o}
		}
	}
	// The names of dead servers resolve; nothing answers at their addresses.
	const apex = "dns-dead.optout."
	b.dead = &operator{servers: w.serversOf(plan{apex: apex, served: byItself})}
	d, err := w.draft(plan{apex: apex}, w.hosters())
	if err != nil {
		return err
	}
	for _, s := range b.dead.servers {
		d.records = append(d.records, addressRecord(s.name, s.addr))
		w.servers[s.addr] = &nameServer{silent: true}
	}
	return nil
}

func (w *world) addProviders(b *bulk, without []Feature) error {
	n := len(topTen) + between(len(others), b.n/perProvider, maxProviders)
	b.zipf = shares(n)
	for i := range n {
		kind := others[max(0, i-len(topTen))%len(others)]
		if i < len(topTen) {
			kind = topTen[i]
		}
		if err := w.addProvider(b, i, kind, without); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) addProvider(b *bulk, n int, kind providerKind, without []Feature) error {
	p := &provider{kind: kind, apex: kind.apexOf(n)}
	d, err := w.draft(plan{apex: p.apex, sign: kind.sign}, w.hosters())
	if err != nil {
		return err
	}
	for i, k := range kind.hosts {
		if k.does == greylists && slices.Contains(without, Retries) {
			k.does = serves
		}
		name := join(fmt.Sprintf("mx%d", i+1), p.apex)
		s, err := w.addMachine(name, k.does)
		if err != nil {
			return err
		}
		p.hosts, p.names = append(p.hosts, s), append(p.names, name)
		d.records = append(d.records, addressRecord(name, s.addr))
		if k.tlsa != noTLSA {
			d.records = append(d.records, tlsaRecord("_25._tcp."+name, k.tlsa, s))
		}
	}
	if kind.customers {
		d.wrap = func(t *planted) tree { return &customers{planted: t, bulk: b, p: p} }
	}
	b.providers = append(b.providers, p)
	return nil
}

// addMachine builds a mail server with a self-signed certificate.
func (w *world) addMachine(label string, does conduct) (*mailServer, error) {
	addr := w.take(placeBulk)
	s, err := w.ca.newMailServer(label, machine{does: does}, addr)
	if err != nil {
		return nil, err
	}
	w.mail[addr] = s
	return s, nil
}

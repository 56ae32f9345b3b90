package lab

import (
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/miekg/dns"
)

// providerKind is what a mail provider does about DANE, and what is then true of
// its hosts and of its customers, by whether their MX is secure.
type providerKind struct {
	sign      signing
	customers bool // each customer has an MX host of its own name
	hosts     []hostKind
	verdict   string // of customers whose MX is secure
	half      string // of others
}

// hostKind is one MX host of a provider.
type hostKind struct {
	does    conduct
	tlsa    tlsaKind
	verdict string
	reason  string
}

// The kinds of providers. The truth is a literal, as in the cases' table.
var (
	good    = hostKind{serves, goodTLSA, "verified", ""}
	without = hostKind{serves, noTLSA, "none", ""}

	plainMail  = providerKind{unsigned, false, []hostKind{without, without}, "not-dane", "not-dane"}
	plainOwn   = providerKind{unsigned, true, []hostKind{without}, "not-dane", "not-dane"}
	signedMail = providerKind{signNSEC3, false, []hostKind{without, without}, "not-dane", "not-dane"}
	daneMail   = providerKind{signNSEC, false, []hostKind{good, good}, "dane-verified", "half-dane"}
	daneOwn    = providerKind{signNarrow, true, []hostKind{good}, "dane-verified", "half-dane"}
	partMail   = providerKind{signNSEC3, false, []hostKind{good, without}, "dane-partial", "half-dane"}
	staleMail  = providerKind{signNSEC, false, []hostKind{{serves, staleTLSA, "mismatch", "no-match"}}, "dane-failed", "half-dane"}
	mixedMail  = providerKind{signNSEC, false, []hostKind{good, {serves, staleTLSA, "mismatch", "no-match"}}, "dane-failed", "half-dane"}
	clearMail  = providerKind{signNSEC, false, []hostKind{{noSTARTTLS, goodTLSA, "no-starttls", "not-offered"}}, "dane-failed", "half-dane"}
	downMail   = providerKind{signNSEC, false, []hostKind{{closed, goodTLSA, "unreachable", "refused"}}, "dane-unreachable", "half-dane"}
	pitMail    = providerKind{signNSEC, false, []hostKind{{tarpit, goodTLSA, "unreachable", "timeout"}}, "dane-unreachable", "half-dane"}
	pkixMail   = providerKind{signNSEC3, false, []hostKind{{serves, pkixTLSA, "unusable", ""}}, "dane-unusable", "half-dane"}
	greyMail   = providerKind{signNSEC, false, []hostKind{{greylists, goodTLSA, "verified", ""}}, "dane-verified", "half-dane"}
)

// topTen carry 60 % of all domains, the first most.
var topTen = []providerKind{plainMail, plainOwn, plainMail, signedMail, daneMail, plainMail, daneOwn, plainMail, plainMail, plainMail}

// others share what is left, in this order over and over.
var others = []providerKind{
	plainMail, daneMail, plainMail, signedMail, plainMail, staleMail, plainMail, partMail, plainMail, daneMail,
	plainMail, pkixMail, plainMail, downMail, plainMail, clearMail, plainMail, greyMail, plainMail, mixedMail,
	plainMail, pitMail, plainMail, plainMail,
}

// Shares of providers, of all domains.
const (
	shareTop   = 0.60
	shareOther = 0.13 // with shapes: 27 % are self-hosted, without mail, or dead
)

// provider is a mail provider that was built.
type provider struct {
	kind  providerKind
	apex  string
	hosts []*mailServer
	names []string
	piece piece // MX records, if all customers have the same
}

// providerOf draws the provider of a hosted domain.
func (b *bulk) providerOf(i int) *provider {
	x := float64(b.draw(drawProvider, i)>>11) / (1 << 53) * b.zipf[len(b.zipf)-1]
	return b.providers[min(sort.SearchFloat64s(b.zipf, x), len(b.providers)-1)]
}

// shares returns the running sum of the shares of n providers, the top ten first.
// Both groups follow Zipf's law.
func shares(n int) []float64 {
	var out []float64
	sum := 0.0
	group := func(from, to int, share float64) {
		total := 0.0
		for k := from; k < to; k++ {
			total += 1 / float64(k-from+1)
		}
		for k := from; k < to; k++ {
			sum += share / total / float64(k-from+1)
			out = append(out, sum)
		}
	}
	group(0, min(n, len(topTen)), shareTop)
	group(len(topTen), n, shareOther)
	return out
}

// mx returns the MX RRset of a customer.
func (p *provider) mx(b *bulk, d domain, owner string) []dns.RR {
	var out []dns.RR
	for i, name := range p.hostNames(b, d) {
		out = append(out, &dns.MX{Hdr: header(owner, dns.TypeMX, ttlUsual), Preference: uint16(10 * (i + 1)), Mx: name})
	}
	return out
}

// hostNames returns the MX hosts of a customer.
func (p *provider) hostNames(b *bulk, d domain) []string {
	if !p.kind.customers {
		return p.names
	}
	return []string{join(b.label(d.i)+"-"+strings.TrimSuffix(tldNames[d.tld], "."), p.apex)}
}

// customers is the zone of a provider where each customer has a host name.
type customers struct {
	*planted
	bulk *bulk
	p    *provider
}

func (c *customers) find(name string) *node {
	if n := c.planted.find(name); n != nil {
		return n
	}
	rest, ok := strings.CutSuffix(name, "."+c.p.apex)
	if !ok {
		return nil
	}
	label := rest[strings.LastIndexByte(rest, '.')+1:]
	if !c.isCustomer(label) {
		return nil
	}
	n := &node{name: name}
	tlsa := c.p.kind.hosts[0].tlsa
	switch prefix := rest[:len(rest)-len(label)]; {
	case prefix == "":
		n.add(addressRecord(name, c.p.hosts[0].addr))
	case prefix == "_tcp." && tlsa != noTLSA:
	case prefix == "_25._tcp." && tlsa != noTLSA:
		n.add(tlsaRecord(name, tlsa, c.p.hosts[0]))
	default:
		return nil
	}
	return n
}

func (c *customers) isCustomer(label string) bool {
	number, tld, ok := strings.Cut(label, "-")
	if !ok {
		return false
	}
	i := c.bulk.number(number)
	if i < 0 || tld+"." != tldNames[c.bulk.tldOf(i)] || c.bulk.shapeOf(i) != hosted {
		return false
	}
	return c.bulk.providerOf(i) == c.p
}

// all goes through what is planted alone: the rest is made up for each question.
func (c *customers) all() iter.Seq[*node] { return c.planted.all() }

// truth says what is true of a bulk domain.
func (b *bulk) truth(i int) Case {
	d := b.domain(i)
	name := strings.TrimSuffix(b.name(i), ".")
	c := Case{Domain: name, Bulk: true, Note: "bulk"}
	switch {
	case d.shape == gone:
		c.Verdict = "no-mail"
	case d.shape == lost, d.forged:
		c.Verdict = "dns-error"
	case d.shape == nullMX, d.shape == bare:
		c.Verdict = "no-mail"
	case d.shape == implicit:
		c.Verdict, c.MX = "not-dane", []MX{{name, "none", ""}}
	case d.shape == selfHosted:
		c.Verdict, c.MX = selfTruth(d, "mail."+name)
	default:
		c.Verdict, c.MX = d.provider.truth(b, d)
	}
	if len(c.MX) > 0 {
		c.MTASTS, c.TLSRPT = b.policyTruth(d)
	}
	return c
}

func (p *provider) truth(b *bulk, d domain) (verdict string, mx []MX) {
	for i, name := range p.hostNames(b, d) {
		k := p.kind.hosts[i]
		mx = append(mx, MX{strings.TrimSuffix(name, "."), k.verdict, k.reason})
	}
	slices.SortFunc(mx, func(a, b MX) int { return strings.Compare(a.Name, b.Name) })
	if d.signed {
		return p.kind.verdict, mx
	}
	return p.kind.half, mx
}

// selfTruth is the truth of a domain that runs its own mail server.
func selfTruth(d domain, host string) (verdict string, mx []MX) {
	one := func(verdict, hostVerdict, reason string) (string, []MX) {
		return verdict, []MX{{host, hostVerdict, reason}}
	}
	switch {
	case d.tlsa == noTLSA:
		return one("not-dane", "none", "")
	case !d.signed:
		return one("not-dane", "insecure", "")
	case d.machine.does == closed:
		return one("dane-unreachable", "unreachable", "refused")
	case d.machine.does == tarpit:
		return one("dane-unreachable", "unreachable", "timeout")
	case d.machine.does == noSTARTTLS:
		return one("dane-failed", "no-starttls", "not-offered")
	case d.tlsa == staleTLSA:
		return one("dane-failed", "mismatch", "no-match")
	}
	return one("dane-verified", "verified", "")
}

// apexOf names a provider's zone.
func (k providerKind) apexOf(n int) string {
	tld := tldNames[n%2]
	if k.sign == unsigned {
		tld = tldNames[n%3]
	}
	return fmt.Sprintf("mail%03d.%s", n+1, tld)
}

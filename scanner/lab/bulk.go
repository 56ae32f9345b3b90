package lab

import (
	"fmt"
	"strings"
)

// bulk makes domains up by number. Nothing is kept about one: seed and number
// decide, each time anew. The name of domain 123 under a TLD is d0000123.<tld>,
// so that names sort like numbers.
type bulk struct {
	seed      seed
	n         int
	operators []*operator // of name servers
	dead      *operator
	providers []*provider // of mail
	zipf      []float64   // running sum of the providers' shares
	self      []*mailServer
	rings     [2][]*keyring // of signed domains: NSEC, NSEC3
}

// What is drawn for a domain, each by a hash of its own.
const (
	drawTLD = iota
	drawSigned
	drawShape
	drawOperator
	drawProvider
	drawMachine
	drawRecord
	drawForged
	drawPolicy
)

// shape says what kind of domain it is.
type shape uint8

const (
	hosted     shape = iota // MX at a provider
	selfHosted              // MX at mail.<domain>
	implicit                // an address and no MX
	nullMX
	bare // neither MX nor address
	lost // its name servers are dead
	gone // not registered
)

// Shares of the shapes, in thousandths; the rest is hosted. Self-hosted and
// implicit make 20 %.
var shapes = []struct {
	shape shape
	share uint64
}{{selfHosted, 180}, {implicit, 20}, {nullMX, 20}, {bare, 30}, {lost, 10}, {gone, 10}}

// Shares of the TLDs and of signed domains among those whose TLD is signed, in
// thousandths: 8 % of all are signed.
const (
	shareOptOut   = 750
	shareNSEC     = 150
	shareSigned   = 89
	shareForged   = 10  // of the signed: the DS fits no key
	shareNSEC3    = 400 // of the signed
	shareSelfTLSA = 550 // of the signed and self-hosted
	shareStale    = 60  // of those
	shareVainTLSA = 10  // of the unsigned and self-hosted
	bulkKeys      = 8   // of each kind, shared by all signed domains
)

// tldNames is in the order of domain.tld.
var tldNames = [...]string{optOutTLD, nsecTLD, unsignedTLD}

// domain is all there is to know about a bulk domain.
type domain struct {
	i        int
	tld      int
	shape    shape
	signed   bool
	forged   bool
	nsec3    bool
	operator *operator
	provider *provider   // hosted
	machine  *mailServer // self-hosted, implicit
	tlsa     tlsaKind    // self-hosted
}

// tlsaKind is what a self-hosted domain publishes.
type tlsaKind uint8

const (
	noTLSA tlsaKind = iota
	goodTLSA
	staleTLSA
	pkixTLSA
)

func (b *bulk) draw(what uint64, i int) uint64 { return b.seed.mix(what, uint64(i)) }

// chance draws a number below 1000.
func (b *bulk) chance(what uint64, i int) uint64 { return b.draw(what, i) >> 32 % 1000 }

func (b *bulk) tldOf(i int) int {
	switch c := b.chance(drawTLD, i); {
	case c < shareOptOut:
		return 0
	case c < shareOptOut+shareNSEC:
		return 1
	}
	return 2
}

// isSigned reports whether a domain has a DS.
func (b *bulk) isSigned(i int) bool {
	return b.tldOf(i) != 2 && b.chance(drawSigned, i) < shareSigned && b.shapeOf(i) != gone
}

func (b *bulk) shapeOf(i int) shape {
	c := b.chance(drawShape, i)
	for _, s := range shapes {
		if c < s.share {
			return s.shape
		}
		c -= s.share
	}
	return hosted
}

// domain looks a domain up by its number.
func (b *bulk) domain(i int) domain {
	d := domain{i: i, tld: b.tldOf(i), shape: b.shapeOf(i), signed: b.isSigned(i)}
	if d.signed {
		d.forged = b.chance(drawForged, i) < shareForged
		d.nsec3 = b.draw(drawForged, i)%1000 < shareNSEC3
	}
	d.operator = b.operatorOf(i)
	switch d.shape {
	case hosted:
		d.provider = b.providerOf(i)
	case selfHosted, implicit:
		d.machine = b.self[b.draw(drawMachine, i)%uint64(len(b.self))]
	}
	if d.shape == selfHosted {
		d.tlsa = b.tlsaOf(d)
	}
	return d
}

func (b *bulk) operatorOf(i int) *operator {
	if b.shapeOf(i) == lost {
		return b.dead
	}
	return b.operators[zipfLike(b.draw(drawOperator, i), len(b.operators))]
}

func (b *bulk) tlsaOf(d domain) tlsaKind {
	c := b.chance(drawRecord, d.i)
	switch {
	case !d.signed && c < shareVainTLSA:
		return goodTLSA
	case !d.signed || c >= shareSelfTLSA:
		return noTLSA
	case c < shareStale:
		return staleTLSA
	}
	return goodTLSA
}

// zipfLike draws among n with falling odds: the product of two even draws.
func zipfLike(x uint64, n int) int {
	a, b := x>>32, x&0xffffffff
	return int(a * b >> 32 * uint64(n) >> 32)
}

func (b *bulk) name(i int) string { return b.label(i) + "." + tldNames[b.tldOf(i)] }

func (b *bulk) label(i int) string { return fmt.Sprintf("d%07d", i) }

const labelSize = 8

// number reads a label, -1 if it is none of a bulk domain.
func (b *bulk) number(label string) int {
	if len(label) != labelSize || label[0] != 'd' {
		return -1
	}
	n := 0
	for _, c := range []byte(label[1:]) {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	if n >= b.n {
		return -1
	}
	return n
}

// index finds the domain that a name is at or below, -1 if there is none.
func (b *bulk) index(name string) int {
	if b == nil {
		return -1
	}
	for tld, suffix := range tldNames {
		rest, ok := strings.CutSuffix(name, "."+suffix)
		if !ok {
			continue
		}
		i := b.number(rest[strings.LastIndexByte(rest, '.')+1:])
		if i < 0 || b.tldOf(i) != tld || b.shapeOf(i) == gone {
			return -1
		}
		return i
	}
	return -1
}

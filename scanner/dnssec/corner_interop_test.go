//go:build interop

package dnssec_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// cornerZones are the zones that corners are about.
var cornerZones = []dnssectest.Zone{
	{Apex: "."},
	{Apex: "corner.", Data: `
@ A 192.0.2.1
@ MX 10 Mail
mail A 192.0.2.2
mail A 192.0.2.3
a.*.mid A 192.0.2.4
*.wild A 192.0.2.5
*._tcp.mail TLSA 3 1 1 00
\000\255\. A 192.0.2.6
\000\255\.\000 A 192.0.2.7
old DNAME new
x.new A 192.0.2.8`},
	{Apex: "*.star.corner.", Data: "@ A 192.0.2.10\nwww A 192.0.2.11"},
	{Apex: "dname.", Data: "@ DNAME corner."},
	{Apex: "lonely.", NSEC3: &dnssectest.NSEC3{}},
	{Apex: "hashed.", NSEC3: &dnssectest.NSEC3{Iterations: 150, Salt: "0a"}, Data: "host A 192.0.2.12\n*.wild A 192.0.2.13"},
}

// corner is a lookup with some replies that are not what its world says, and what it
// is worth.
type corner struct {
	q       dnssec.Question
	replies map[dnssec.Question]*dns.Msg
	status  dnssec.Status
}

// corners makes corners.
type corners struct {
	*testing.T
	*dnssectest.World
	zone, hashed *dnssectest.Signed
}

func newCorners(t *testing.T) corners {
	t.Helper()
	w, err := dnssectest.New(time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour), cornerZones...)
	if err != nil {
		t.Fatal(err)
	}
	return corners{t, w, w.Zone("corner."), w.Zone("hashed.")}
}

// with changes the reply to a question.
func (w corners) with(status dnssec.Status, q dnssec.Question, edit func(msg *dns.Msg)) corner {
	msg := full(w.World, dns.Question{Name: q.Name, Qtype: q.Type})
	if edit != nil {
		edit(msg)
	}
	return corner{q, map[dnssec.Question]*dns.Msg{q: msg}, status}
}

// denied replaces answers and denials of a reply; the SOA record stays.
func (w corners) denied(status dnssec.Status, q dnssec.Question, rcode int, denials ...[]dns.RR) corner {
	return w.with(status, q, func(msg *dns.Msg) {
		msg.Answer, msg.Rcode = nil, rcode
		msg.Ns = append(slices.DeleteFunc(msg.Ns, func(rr dns.RR) bool {
			sig, ok := rr.(*dns.RRSIG)
			return rr.Header().Rrtype != dns.TypeSOA && !(ok && sig.TypeCovered == dns.TypeSOA)
		}), slices.Concat(denials...)...)
	})
}

// made answers with the RRset of a wildcard.
func (w corners) made(status dnssec.Status, z *dnssectest.Signed, q dnssec.Question, denials ...[]dns.RR) corner {
	c := w.denied(status, q, dns.RcodeSuccess, denials...)
	c.replies[q].Answer = renamed(z.WithSignature("*.wild."+z.Apex, q.Type), q.Name)
	return c
}

// unsigned answers with an address that nobody signed. The question for the DS RRset
// of its owner gets the denials.
func (w corners) unsigned(status dnssec.Status, owner string, denials ...[]dns.RR) corner {
	q := ask(owner, dns.TypeA)
	c := w.denied(status, ask(owner, dns.TypeDS), dns.RcodeSuccess, denials...)
	c.q, c.replies[q] = q, reply(q, []dns.RR{w.rr(owner + " A 192.0.2.66")}, nil)
	return c
}

// keys adds keys to those of corner., one of which signs an address.
func (w corners) keys(status dnssec.Status, signer *dnssectest.Key, keys ...*dnssectest.Key) corner {
	set := []dns.RR{w.zone.KSK.Record, w.zone.ZSK.Record}
	for _, k := range keys {
		set = append(set, k.Record)
	}
	c := w.with(status, ask("mail.corner.", dns.TypeA), func(msg *dns.Msg) {
		msg.Answer = w.sign(signer, w.zone.Set("mail.corner.", dns.TypeA)...)
	})
	q := ask("corner.", dns.TypeDNSKEY)
	c.replies[q] = reply(q, w.sign(w.zone.KSK, set...), nil)
	return c
}

func (w corners) key(flags uint16, protocol uint8) *dnssectest.Key {
	w.Helper()
	k, err := dnssectest.NewKey("corner.", dns.ECDSAP256SHA256, flags)
	if err != nil {
		w.Fatal(err)
	}
	k.Record.Protocol = protocol
	return k
}

// sameTag makes two keys with one tag.
func (w corners) sameTag() (a, b *dnssectest.Key) {
	seen := map[uint16]*dnssectest.Key{}
	for {
		k := w.key(dns.ZONE, 3)
		if other := seen[k.Record.KeyTag()]; other != nil {
			return other, k
		}
		seen[k.Record.KeyTag()] = k
	}
}

// sign signs records for the time of the machine.
func (w corners) sign(k *dnssectest.Key, rrs ...dns.RR) []dns.RR {
	w.Helper()
	sig, err := k.Sign(rrs, w.From, w.To, nil)
	if err != nil {
		w.Fatal(err)
	}
	return append(slices.Clone(rrs), sig)
}

func (w corners) rr(text string) dns.RR {
	w.Helper()
	rr, err := dns.NewRR(text)
	if err != nil {
		w.Fatal(err)
	}
	rr.Header().Ttl = 3600
	return rr
}

// nsec is a record of corner.
func (w corners) nsec(text string) []dns.RR { return w.sign(w.zone.ZSK, w.rr(text)) }

// raw is a record of corner. whose RDATA is given.
func (w corners) raw(owner string, rrtype uint16, rdata string) []dns.RR {
	return w.sign(w.zone.ZSK, &dns.RFC3597{
		Hdr: dns.RR_Header{Name: owner, Rrtype: rrtype, Class: dns.ClassINET, Ttl: 3600}, Rdata: hex.EncodeToString([]byte(rdata)),
	})
}

// match is an NSEC3 record of hashed. at a name, cover one around it. The parameters
// are hash, flags, iterations and salt.
func (w corners) match(name, parameters, types string) []dns.RR {
	return w.nsec3(name, 0, parameters, types)
}

func (w corners) cover(name, parameters string) []dns.RR { return w.nsec3(name, -1, parameters, "") }

func (w corners) nsec3(name string, from int, parameters, types string) []dns.RR {
	fields := strings.Fields(parameters)
	var iterations uint16
	fmt.Sscan(fields[2], &iterations)
	h := dns.HashName(name, dns.SHA1, iterations, fields[3])
	return w.sign(w.hashed.ZSK, w.rr(fmt.Sprintf("%s.hashed. NSEC3 %s %s %s", step(h, from), parameters, step(h, 1), types)))
}

// step is the hash that is so many further.
func step(hash string, by int) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
	b := []byte(hash)
	for i := len(b) - 1; i >= 0 && by != 0; i-- {
		at := strings.IndexByte(digits, b[i]) + by
		b[i], by = digits[(at+len(digits))%len(digits)], 0
		if at < 0 {
			by = -1
		} else if at >= len(digits) {
			by = 1
		}
	}
	return string(b)
}

// flipped is text with its letters in the other case.
func flipped(text string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r ^ 0x20
		}
		return r
	}, text)
}

// flipCase changes the case of all names in a reply.
func flipCase(msg *dns.Msg) {
	for _, rr := range msg.Answer {
		rr.Header().Name = flipped(rr.Header().Name)
		switch rr := rr.(type) {
		case *dns.MX:
			rr.Mx = flipped(rr.Mx)
		case *dns.RRSIG:
			rr.SignerName = flipped(rr.SignerName)
		}
	}
}

const (
	secure, insecure, bogus = dnssec.Secure, dnssec.Insecure, dnssec.Bogus
	noError, nxdomain       = dns.RcodeSuccess, dns.RcodeNameError
)

// names are corners about names, and the keys that sign for them.
func (w corners) names() map[string]corner {
	one, other := w.sameTag()
	odd, offZone, newer, revoked := w.key(dns.ZONE, 2), w.key(0, 3), w.key(dns.ZONE|4, 3), w.key(dns.ZONE|dns.REVOKE, 3)
	return map[string]corner{
		"letters in the other case":        w.with(secure, ask("corner.", dns.TypeMX), flipCase),
		"an RRset twice and the wrong way": w.with(secure, ask("mail.corner.", dns.TypeA), func(m *dns.Msg) { m.Answer = append(m.Answer, m.Answer[1], m.Answer[0]) }),
		"an asterisk in the middle":        w.with(secure, ask("a.*.mid.corner.", dns.TypeA), nil),
		"none beside it":                   w.with(secure, ask("b.*.mid.corner.", dns.TypeA), nil),
		"made from an asterisk":            w.with(secure, ask("*.x.wild.corner.", dns.TypeA), nil),
		"not made from an asterisk":        w.with(secure, ask("*.x.wild.corner.", dns.TypeMX), nil),
		"TLSA of any port":                 w.with(secure, ask("_25._tcp.mail.corner.", dns.TypeTLSA), nil),
		"octets":                           w.with(secure, ask(`\000\255\..corner.`, dns.TypeA), nil),
		"octets, no type":                  w.with(secure, ask(`\000\255\..corner.`, dns.TypeMX), nil),
		"octets, no name below":            w.with(secure, ask(`x.\000\255\..corner.`, dns.TypeMX), nil),
		"octets, no name between":          w.with(secure, ask(`\000\255\.\000\000.corner.`, dns.TypeMX), nil),
		"DNAME at an apex":                 w.with(secure, ask("mail.dname.", dns.TypeA), nil),
		"DNAME at an apex, no name":        w.with(secure, ask("nosuch.dname.", dns.TypeA), nil),
		"an asterisk as apex":              w.with(secure, ask("*.star.corner.", dns.TypeA), nil),
		"an asterisk as apex, below":       w.with(secure, ask("www.*.star.corner.", dns.TypeA), nil),
		"an asterisk as apex, no type":     w.with(secure, ask("*.star.corner.", dns.TypeMX), nil),
		"an asterisk as apex, expanded": w.with(bogus, ask("x.star.corner.", dns.TypeA), func(m *dns.Msg) {
			m.Rcode, m.Answer = noError, renamed(w.Zone("*.star.corner.").WithSignature("*.star.corner.", dns.TypeA), "x.star.corner.")
		}),
		"an apex alone, no name": w.with(secure, ask("x.lonely.", dns.TypeA), nil),
		"an apex alone, no type": w.with(secure, ask("lonely.", dns.TypeA), nil),
		"two keys, one tag":      w.keys(secure, one, one, other),
		"two keys, the other":    w.keys(secure, other, one, other),
		"no zone key":            w.keys(bogus, offZone, offZone),
		"another protocol":       w.keys(bogus, odd, odd),
		"a flag nobody knows":    w.keys(secure, newer, newer),
		"a revoked key":          w.keys(bogus, revoked, revoked),
	}
}

// nsecs are corners about NSEC records.
func (w corners) nsecs() map[string]corner {
	mail, zzz, below := ask("mail.corner.", dns.TypeMX), ask("zzz.corner.", dns.TypeA), ask("x.mail.corner.", dns.TypeMX)
	wild, last := w.nsec("corner. NSEC a.corner. NS SOA RRSIG NSEC"), w.nsec("z.corner. NSEC corner. A RRSIG NSEC")
	later := w.nsec("mail.corner. NSEC x.corner. A RRSIG NSEC")
	later[0].(*dns.NSEC).NextDomain = "X.corner."
	return map[string]corner{
		"next in capitals":          w.denied(secure, mail, noError, w.nsec("mail.corner. NSEC *._TCP.mail.corner. A RRSIG NSEC")),
		"next in capitals later":    w.denied(bogus, mail, noError, later),
		"an alias":                  w.denied(bogus, mail, noError, w.nsec("mail.corner. NSEC x.corner. CNAME RRSIG NSEC")),
		"DNAME above":               w.denied(bogus, below, nxdomain, w.nsec("mail.corner. NSEC zzz.corner. DNAME RRSIG NSEC"), wild),
		"DNAME above, no type":      w.denied(bogus, below, noError, w.nsec("mail.corner. NSEC zzz.corner. DNAME RRSIG NSEC"), wild),
		"a delegation above":        w.denied(bogus, below, nxdomain, w.nsec("mail.corner. NSEC zzz.corner. NS DS RRSIG NSEC"), wild),
		"an address above":          w.denied(secure, below, nxdomain, w.nsec("mail.corner. NSEC zzz.corner. A RRSIG NSEC")),
		"the last":                  w.denied(secure, zzz, nxdomain, last, wild),
		"the only one":              w.denied(secure, zzz, nxdomain, w.nsec("corner. NSEC corner. NS SOA RRSIG NSEC")),
		"the last, not to the apex": w.denied(bogus, zzz, nxdomain, w.nsec("z.corner. NSEC a.corner. A RRSIG NSEC"), wild),
		"without the wildcard":      w.denied(bogus, zzz, nxdomain, last),
		"no type, called no name":   w.denied(secure, mail, nxdomain, w.nsec("mail.corner. NSEC x.corner. A RRSIG NSEC")),
		"no name, called no type":   w.denied(bogus, zzz, noError, last, wild),
		"made, a closer name":       w.made(bogus, w.zone, ask("x.y.wild.corner.", dns.TypeA), w.nsec("a.y.wild.corner. NSEC z.corner. A RRSIG NSEC")),
		"made, no closer name":      w.made(secure, w.zone, ask("x.y.wild.corner.", dns.TypeA), w.nsec("a.wild.corner. NSEC z.corner. A RRSIG NSEC")),
		"made, the name has others": w.made(bogus, w.zone, ask("y.wild.corner.", dns.TypeA), w.nsec("a.wild.corner. NSEC a.y.wild.corner. A RRSIG NSEC")),
		"unsigned, a delegation":    w.unsigned(insecure, "u.corner.", w.nsec("u.corner. NSEC z.corner. NS RRSIG NSEC")),
		"unsigned, one with DS":     w.unsigned(bogus, "u.corner.", w.nsec("u.corner. NSEC z.corner. NS DS RRSIG NSEC")),
		"unsigned, an apex":         w.unsigned(bogus, "u.corner.", w.nsec("u.corner. NSEC z.corner. NS SOA RRSIG NSEC")),
		"unsigned, an address":      w.unsigned(bogus, "u.corner.", w.nsec("u.corner. NSEC z.corner. A RRSIG NSEC")),
		"unsigned, no name":         w.unsigned(bogus, "u.corner.", w.nsec("t.corner. NSEC z.corner. A RRSIG NSEC"), wild),
		"unsigned, another's":       w.unsigned(bogus, "u.corner.", w.nsec("t.corner. NSEC z.corner. NS RRSIG NSEC")),
		"a zero at the end of types": w.denied(bogus, mail, noError,
			w.raw("mail.corner.", dns.TypeNSEC, "\x01x\x06corner\x00\x00\x07\x40\x00\x00\x00\x00\x03\x00")),
	}
}

// nsec3s are corners about NSEC3 records.
func (w corners) nsec3s() map[string]corner {
	const salt, optOut = "1 0 150 0A", "1 1 150 0A"
	x, host, below, u := ask("x.hashed.", dns.TypeA), ask("host.hashed.", dns.TypeMX), ask("x.host.hashed.", dns.TypeA), "u.hashed."
	apex, next, wild := w.match("hashed.", salt, "NS SOA"), w.cover("x.hashed.", salt), w.cover("*.hashed.", salt)
	xhost, wildhost := w.cover("x.host.hashed.", salt), w.cover("*.host.hashed.", salt)
	all := func(parameters string) [][]dns.RR {
		return [][]dns.RR{w.match("hashed.", parameters, "NS SOA"), w.cover("x.hashed.", parameters), w.cover("*.hashed.", parameters)}
	}
	return map[string]corner{
		"no name":                      w.denied(secure, x, nxdomain, apex, next, wild),
		"no name, called no type":      w.denied(bogus, x, noError, apex, next, wild),
		"without the wildcard":         w.denied(bogus, x, nxdomain, apex, next),
		"two salts":                    w.denied(secure, x, nxdomain, append(all(salt), w.match("hashed.", "1 0 150 0B", "NS SOA"))...),
		"mixed salts":                  w.denied(bogus, x, nxdomain, apex, w.cover("x.hashed.", "1 0 150 0B"), wild),
		"mixed iterations":             w.denied(bogus, x, nxdomain, apex, w.cover("x.hashed.", "1 0 149 0A"), wild),
		"another hash":                 w.denied(bogus, x, nxdomain, all("2 0 150 0A")...),
		"an unknown flag":              w.denied(bogus, x, nxdomain, all("1 2 150 0A")...),
		"151 iterations":               w.denied(insecure, x, nxdomain, all("1 0 151 0A")...),
		"opt-out":                      w.denied(insecure, x, nxdomain, apex, w.cover("x.hashed.", optOut), wild),
		"opt-out of the wildcard":      w.denied(secure, x, nxdomain, apex, next, w.cover("*.hashed.", optOut)),
		"DNAME above":                  w.denied(bogus, below, nxdomain, w.match("host.hashed.", salt, "DNAME"), xhost, wildhost),
		"a delegation above":           w.denied(bogus, below, nxdomain, w.match("host.hashed.", salt, "NS DS"), xhost, wildhost),
		"an address above":             w.denied(secure, below, nxdomain, w.match("host.hashed.", salt, "A"), xhost, wildhost),
		"a name left out":              w.denied(bogus, ask("y.x.host.hashed.", dns.TypeA), nxdomain, apex, xhost, wild),
		"an alias":                     w.denied(bogus, host, noError, w.match("host.hashed.", salt, "CNAME")),
		"no type":                      w.denied(secure, host, noError, w.match("host.hashed.", salt, "A")),
		"no type, called no name":      w.denied(secure, host, nxdomain, w.match("host.hashed.", salt, "A")),
		"no apex":                      w.denied(bogus, ask("hashed.", dns.TypeMX), nxdomain, w.cover("hashed.", salt), wild),
		"the wildcard has it":          w.denied(bogus, ask("x.wild.hashed.", dns.TypeA), noError, w.match("wild.hashed.", salt, ""), w.cover("x.wild.hashed.", salt), w.match("*.wild.hashed.", salt, "A")),
		"made, no closer name":         w.made(secure, w.hashed, ask("x.y.wild.hashed.", dns.TypeA), w.cover("y.wild.hashed.", salt)),
		"made, the wrong name":         w.made(bogus, w.hashed, ask("x.y.wild.hashed.", dns.TypeA), w.cover("x.y.wild.hashed.", salt)),
		"made, opt-out":                w.made(insecure, w.hashed, ask("x.y.wild.hashed.", dns.TypeA), w.cover("y.wild.hashed.", optOut)),
		"unsigned, a delegation":       w.unsigned(insecure, u, w.match(u, salt, "NS")),
		"unsigned, one with DS":        w.unsigned(bogus, u, w.match(u, salt, "NS DS")),
		"unsigned, an apex":            w.unsigned(bogus, u, w.match(u, salt, "NS SOA")),
		"unsigned, an address":         w.unsigned(bogus, u, w.match(u, salt, "A")),
		"unsigned, opt-out":            w.unsigned(insecure, u, apex, w.cover(u, optOut)),
		"unsigned, no opt-out":         w.unsigned(bogus, u, apex, w.cover(u, salt), wild),
		"unsigned, opt-out, no apex":   w.unsigned(bogus, u, w.cover(u, optOut)),
		"unsigned, another's opt-out":  w.unsigned(bogus, u, apex, w.cover("v.hashed.", optOut)),
		"unsigned, opt-out elsewhere":  w.unsigned(bogus, u, apex, w.cover(u, salt), w.cover("*.hashed.", optOut)),
		"unsigned, opt-out, two salts": w.unsigned(bogus, u, apex, w.cover(u, "1 1 150 0B")),
	}
}

// divergesFromUnbound lists the corners that Unbound sees in another way, and why.
var divergesFromUnbound = map[string]string{
	"names, made from an asterisk":        "it takes off a label too few where the owner begins with an asterisk: RFC 4035, Section 5.3.2",
	"names, a revoked key":                "RFC 5011, Section 2.1",
	"nsec, a zero at the end of types":    "RFC 4034, Section 4.1.2 forbids it, and BIND takes it for a format error",
	"nsec3, no type, called no name":      "what is proven counts, here as with NSEC",
	"nsec3, mixed salts":                  oneProofOneSalt,
	"nsec3, mixed iterations":             oneProofOneSalt,
	"nsec3, unsigned, opt-out, two salts": oneProofOneSalt,
}

const oneProofOneSalt = "the records of a proof have the same parameters: RFC 5155, Section 8.2 lets all else be bogus"

// TestInteropCorners has Unbound and this package judge replies that are made by hand
// and whose worth is known.
func TestInteropCorners(t *testing.T) {
	w := newCorners(t)
	for kind, all := range map[string]map[string]corner{"names": w.names(), "nsec": w.nsecs(), "nsec3": w.nsec3s()} {
		for what, c := range all {
			t.Run(kind+", "+what, func(t *testing.T) {
				u := &upstream{world: w.World, given: c.replies}
				theirs, err := judge(startUnbound(t, u), c.q)
				if err != nil {
					t.Fatal(err)
				}
				ours := u.validate(t, c.q)
				why := divergesFromUnbound[kind+", "+what]
				if max(ours.Status, bogus) != c.status || (theirs != c.status) != (why != "") {
					t.Errorf("%v %q here, %v by Unbound, want %v", ours.Status, ours.Reason, theirs, c.status)
				}
			})
		}
	}
}

// validate judges a reply, and takes others, as octets.
func (u *upstream) validate(t *testing.T, q dnssec.Question) dnssec.Result {
	t.Helper()
	octets := func(q dnssec.Question) *dnssec.Message {
		wire, err := u.ask(q).Pack()
		if err != nil {
			t.Error(err)
		}
		msg, err := dnssec.Unpack(wire)
		if err != nil {
			t.Error(err)
		}
		return msg
	}
	v := validator(t, u.world, dnssec.Config{Now: time.Now})
	return v.Validate(t.Context(), fetches(octets), q, octets(q), nil)
}

// fetches is a source that is a function.
type fetches func(q dnssec.Question) *dnssec.Message

func (f fetches) Fetch(_ context.Context, q dnssec.Query) (*dnssec.Message, error) {
	return f(q.Question), nil
}

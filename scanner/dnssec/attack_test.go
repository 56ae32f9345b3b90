package dnssec_test

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// attack is a lookup in which somebody lies.
type attack struct {
	question dnssec.Question
	reply    *dns.Msg                                    // nil: the genuine one
	edit     func(q dnssec.Query, msg *dns.Msg) *dns.Msg // of what is fetched
	status   dnssec.Status
	reason   dnssec.Reason
	cost     int // verifications at most
	hashes   int // at most
}

// patience bounds the time of one attack, for slow machines.
const patience = 5 * time.Second

func (a attack) run(t *testing.T, w *dnssectest.World) {
	t.Helper()
	if a.reply == nil {
		a.reply = w.Ask(a.question.Name, a.question.Type)
	}
	work := &dnssec.Work{}
	start := time.Now()
	r := validator(t, w, dnssec.Config{}).ValidateMsg(t.Context(), &source{world: w, edit: a.edit}, a.question, a.reply, work)
	if r.Status != a.status || r.Reason != a.reason {
		t.Errorf("%v %q, want %v %q", r.Status, r.Reason, a.status, a.reason)
	}
	if r.EDE != a.reason.EDE() || r.Status < dnssec.Insecure && len(r.Records) > 0 {
		t.Errorf("EDE %d, records %v", r.EDE, r.Records)
	}
	if work.Verifications > a.cost || work.Hashes > a.hashes {
		t.Errorf("%d verifications and %d hashes, want at most %d and %d", work.Verifications, work.Hashes, a.cost, a.hashes)
	}
	if took := time.Since(start); took > patience {
		t.Errorf("took %v", took)
	}
}

func ask(name string, qtype uint16) dnssec.Question { return dnssec.Question{Name: name, Type: qtype} }

// records reads records in master-file form.
func records(t *testing.T, texts ...string) []dns.RR {
	t.Helper()
	var rrs []dns.RR
	for _, text := range texts {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		rr.Header().Ttl = 3600
		rrs = append(rrs, rr)
	}
	return rrs
}

// sign signs records with the key of a zone and returns them with the RRSIG.
func sign(t *testing.T, k *dnssectest.Key, rrs []dns.RR) []dns.RR {
	t.Helper()
	sig, err := k.Sign(rrs, now.Add(-time.Hour), now.Add(time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	return append(append([]dns.RR(nil), rrs...), sig)
}

// renamed gives records another owner, as a server does that expands a wildcard.
func renamed(rrs []dns.RR, owner string) []dns.RR {
	var made []dns.RR
	for _, rr := range rrs {
		rr = dns.Copy(rr)
		rr.Header().Name = owner
		made = append(made, rr)
	}
	return made
}

// reply makes a reply of records.
func reply(q dnssec.Question, answer, authority []dns.RR) *dns.Msg {
	msg := new(dns.Msg).SetQuestion(q.Name, q.Type)
	msg.Response, msg.Answer, msg.Ns = true, answer, authority
	return msg
}

// instead replaces the reply to one question.
func instead(name string, qtype uint16, msg *dns.Msg) func(dnssec.Query, *dns.Msg) *dns.Msg {
	return func(q dnssec.Query, genuine *dns.Msg) *dns.Msg {
		if q.Name == name && q.Type == qtype {
			return msg
		}
		return genuine
	}
}

// rsaKeyWithTag makes an RSA key of rubbish that has a certain tag.
func rsaKeyWithTag(apex string, tag uint16, random *rand.Rand) *dns.DNSKEY {
	raw := make([]byte, 4+128)
	copy(raw, "\x03\x01\x00\x01")
	k := &dns.DNSKEY{Hdr: dns.RR_Header{Name: apex, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags: 256, Protocol: 3, Algorithm: dns.RSASHA256}
	for {
		for i := 4; i < len(raw); i++ {
			raw[i] = byte(random.Uint32())
		}
		raw[4], raw[len(raw)-1] = raw[4]|0x80, raw[len(raw)-1]|1
		for v := range 1 << 16 {
			raw[10], raw[11] = byte(v>>8), byte(v)
			k.PublicKey = base64.StdEncoding.EncodeToString(raw)
			if k.KeyTag() == tag {
				return k
			}
		}
	}
}

// TestKeyTrap sends keys and signatures that all have one tag (CVE-2023-50387).
func TestKeyTrap(t *testing.T) {
	w := world(t)
	z := w.Zone("example.")
	random := rand.New(rand.NewPCG(1, 2))
	keys := append([]dns.RR(nil), z.Set("example.", dns.TypeDNSKEY)...)
	for range 20 {
		keys = append(keys, rsaKeyWithTag("example.", 12345, random))
	}
	dnskeys := reply(ask("example.", dns.TypeDNSKEY), sign(t, z.KSK, keys), nil)
	data := records(t, "mx.example. A 192.0.2.66")
	for range 40 {
		junk := sign(t, z.ZSK, data[:1])[1].(*dns.RRSIG)
		junk.Algorithm, junk.KeyTag = dns.RSASHA256, 12345
		raw := make([]byte, 128)
		for i := range raw {
			raw[i] = byte(random.Uint32())
		}
		junk.Signature = base64.StdEncoding.EncodeToString(raw)
		data = append(data, junk)
	}
	q := ask("mx.example.", dns.TypeA)
	attack{question: q, reply: reply(q, data, nil), edit: instead("example.", dns.TypeDNSKEY, dnskeys),
		status: dnssec.Indeterminate, reason: dnssec.ReasonWorkLimit, cost: 3 + 5}.run(t, w)
}

// TestManySignatures sends one key many signatures for one RRset, and many RRsets.
func TestManySignatures(t *testing.T) {
	w := world(t)
	q := ask("mx.example.", dns.TypeA)
	msg := w.Ask(q.Name, q.Type)
	genuine := msg.Answer[1].(*dns.RRSIG)
	for i := range 100 {
		junk := dns.Copy(genuine).(*dns.RRSIG)
		raw, _ := base64.StdEncoding.DecodeString(junk.Signature)
		raw[i%len(raw)] ^= byte(i + 1)
		junk.Signature = base64.StdEncoding.EncodeToString(raw)
		msg.Answer = append([]dns.RR{junk}, msg.Answer...)
	}
	attack{question: q, reply: msg, status: dnssec.Indeterminate, reason: dnssec.ReasonWorkLimit, cost: 3 + 9}.run(t, w)

	expired := w.Ask(q.Name, q.Type)
	sig := expired.Answer[1].(*dns.RRSIG)
	sig.Expiration = sig.Inception + 1
	for range 100 {
		expired.Answer = append(expired.Answer, dns.Copy(sig))
	}
	attack{question: q, reply: expired, status: dnssec.Indeterminate, reason: dnssec.ReasonWorkLimit, cost: 3 + 9}.run(t, w)
}

// TestNSEC3Work asks for more hashing than is done.
func TestNSEC3Work(t *testing.T) {
	slow, err := dnssectest.New(now.Add(-time.Hour), now.Add(time.Hour), dnssectest.Zone{Apex: "."},
		dnssectest.Zone{Apex: "slow.", NSEC3: &dnssectest.NSEC3{Iterations: 2500}, Data: "host A 192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	attack{question: ask("nosuch.slow.", dns.TypeA), status: dnssec.Insecure, reason: dnssec.ReasonNSEC3Iterations,
		cost: 5, hashes: 0}.run(t, slow)
	long := strings.Repeat("a.", 64) + "nsec3."
	attack{question: ask(long, dns.TypeA), status: dnssec.Indeterminate, reason: dnssec.ReasonWorkLimit,
		cost: 6, hashes: 16}.run(t, world(t))
}

// TestManyChains puts NSEC3 records of many parameters beside those that prove.
func TestManyChains(t *testing.T) {
	w := world(t)
	q := ask("_25._tcp.host.nsec3.", dns.TypeTLSA)
	msg := w.Ask(q.Name, q.Type)
	for i := range 12 {
		for _, rr := range w.Ask(q.Name, q.Type).Ns {
			if n, ok := rr.(*dns.NSEC3); ok {
				n.Iterations, n.Hdr.Name = uint16(100+i), "x"+n.Hdr.Name[1:]
			}
			if sig, ok := rr.(*dns.RRSIG); ok {
				sig.Hdr.Name = "x" + sig.Hdr.Name[1:]
			}
			msg.Ns = append([]dns.RR{rr}, msg.Ns...)
		}
	}
	// The false ones have owners that are no hashes, and then ones that are: these
	// have to be verified, until the limit is reached.
	attack{question: q, reply: msg, status: dnssec.Secure, cost: 3 + 2 + 3, hashes: 8}.run(t, w)
	for _, rr := range msg.Ns {
		if strings.HasPrefix(rr.Header().Name, "x") {
			rr.Header().Name = "0" + rr.Header().Name[1:]
		}
	}
	attack{question: q, reply: msg, status: dnssec.Indeterminate, reason: dnssec.ReasonWorkLimit, cost: 3 + 2 + 25, hashes: 8}.run(t, w)
}

// TestManyDS sends DS sets over the limits, and one whose digests do not match.
func TestManyDS(t *testing.T) {
	w := world(t)
	z := w.Zone("example.")
	genuine := w.Zone("child.example.").KSK.DS(dns.SHA256)
	q := ask("www.child.example.", dns.TypeA)
	for _, c := range []struct {
		count  int
		reason dnssec.Reason
		cost   int
	}{{1000, dnssec.ReasonWorkLimit, 3}, {17, dnssec.ReasonWorkLimit, 4}, {5, dnssec.ReasonWorkLimit, 5}, {4, dnssec.ReasonDSMismatch, 12}} {
		var set []dns.RR
		for i := range c.count {
			ds := dns.Copy(genuine).(*dns.DS)
			ds.Digest = strings.Repeat("0", 60) + string("0123456789abcdef"[i>>8&15]) + string("0123456789abcdef"[i>>4&15]) + string("0123456789abcdef"[i&15]) + "0"
			set = append(set, ds)
		}
		msg := reply(ask("child.example.", dns.TypeDS), sign(t, z.ZSK, set), nil)
		want := dnssec.Bogus
		if c.reason == dnssec.ReasonWorkLimit {
			want = dnssec.Indeterminate
		}
		attack{question: q, edit: instead("child.example.", dns.TypeDS, msg), status: want, reason: c.reason, cost: c.cost}.run(t, w)
	}
}

// TestLabelsBelowSigner expands a wildcard above the zone that signed it.
func TestLabelsBelowSigner(t *testing.T) {
	w := world(t)
	q := ask("nosuch.example.", dns.TypeA)
	forged := renamed(w.Ask("a.wild.example.", dns.TypeA).Answer, q.Name)
	forged[1].(*dns.RRSIG).Labels = 0
	attack{question: q, reply: reply(q, forged, w.Ask(q.Name, q.Type).Ns), status: dnssec.Bogus, reason: dnssec.ReasonLabels, cost: 8}.run(t, w)
}

// TestNSECBeyondZone uses an NSEC whose next name is outside of its zone, an NSEC
// of another zone, and an NSEC3 whose owner is of another zone.
func TestNSECBeyondZone(t *testing.T) {
	w := world(t)
	q := ask("nosuch.example.", dns.TypeA)
	z := w.Zone("example.")
	beyond := sign(t, z.ZSK, records(t, "mx.example. NSEC zzz. A RRSIG NSEC"))
	apex := sign(t, z.ZSK, records(t, "example. NSEC zzz. NS SOA RRSIG NSEC DNSKEY"))
	msg := reply(q, nil, append(beyond, apex...))
	msg.Rcode = dns.RcodeNameError
	attack{question: q, reply: msg, status: dnssec.Bogus, reason: dnssec.ReasonDenialInvalid, cost: 20}.run(t, w)

	q = ask("nosuch.nsec3.", dns.TypeA)
	foreign := reply(q, nil, nil)
	foreign.Rcode = dns.RcodeNameError
	for _, rr := range w.Ask(q.Name, q.Type).Ns {
		if rr.Header().Rrtype == dns.TypeNSEC3 {
			foreign.Ns = append(foreign.Ns, sign(t, z.ZSK, []dns.RR{rr})...)
		}
	}
	attack{question: q, reply: foreign, status: dnssec.Bogus, reason: dnssec.ReasonDenialMissing, cost: 20, hashes: 8}.run(t, w)

	deeper := reply(q, nil, nil)
	deeper.Rcode = dns.RcodeNameError
	for _, rr := range w.Ask(q.Name, q.Type).Ns {
		if rr.Header().Rrtype == dns.TypeNSEC3 {
			rr = dns.Copy(rr)
			rr.Header().Name = strings.Replace(rr.Header().Name, ".", ".x.", 1)
			deeper.Ns = append(deeper.Ns, sign(t, w.Zone("nsec3.").ZSK, []dns.RR{rr})...)
		}
	}
	attack{question: q, reply: deeper, status: dnssec.Bogus, reason: dnssec.ReasonDenialInvalid, cost: 20, hashes: 8}.run(t, w)
}

// TestFalseDenialOfDS tries to cut the chain of a signed delegation.
func TestFalseDenialOfDS(t *testing.T) {
	w := world(t)
	example, child := w.Zone("example."), w.Zone("child.example.")
	q := ask("www.child.example.", dns.TypeA)
	unsigned := reply(q, records(t, "www.child.example. A 192.0.2.66"), nil)
	for what, forged := range map[string][]dns.RR{
		"an NSEC made from a wildcard": renamed(sign(t, example.ZSK, records(t, "*.example. NSEC zzz.example. NS RRSIG NSEC")), "child.example."),
		"the apex NSEC of the child":   child.WithSignature("child.example.", dns.TypeNSEC),
		"the NSEC of an ancestor":      w.Ask("example.", dns.TypeMX).Ns,
		"the ancestor's at the cut":    w.Zone(".").WithSignature("example.", dns.TypeNSEC),
		"an NSEC that has the DS bit":  example.WithSignature("child.example.", dns.TypeNSEC),
		"an unsigned NSEC":             records(t, "child.example. NSEC zzz.example. NS RRSIG NSEC"),
		"an NSEC by a stranger":        sign(t, w.Zone("p384.").ZSK, records(t, "child.example. NSEC zzz.example. NS RRSIG NSEC")),
		"another name's denial":        w.Ask("unsigned.example.", dns.TypeDS).Ns,
		"nothing":                      nil,
		"an opt-out NSEC3 of another":  w.Ask("unsigned.optout.", dns.TypeDS).Ns,
	} {
		t.Run(what, func(t *testing.T) {
			a := attack{question: q, reply: unsigned, status: dnssec.Bogus, reason: dnssec.ReasonDSUnproven, cost: 12}
			a.edit = instead("child.example.", dns.TypeDS, reply(ask("child.example.", dns.TypeDS), nil, forged))
			a.run(t, w)
		})
	}
}

// TestRevokedKey has data signed by a key that was revoked.
func TestRevokedKey(t *testing.T) {
	w := world(t)
	z := w.Zone("example.")
	revoked, err := dnssectest.NewKey("example.", dns.ECDSAP256SHA256, 256|dns.REVOKE)
	if err != nil {
		t.Fatal(err)
	}
	keys := append(append([]dns.RR(nil), z.Set("example.", dns.TypeDNSKEY)...), revoked.Record)
	dnskeys := reply(ask("example.", dns.TypeDNSKEY), sign(t, z.KSK, keys), nil)
	q := ask("mx.example.", dns.TypeA)
	forged := sign(t, revoked, records(t, "mx.example. A 192.0.2.66"))
	attack{question: q, reply: reply(q, forged, nil), edit: instead("example.", dns.TypeDNSKEY, dnskeys),
		status: dnssec.Bogus, reason: dnssec.ReasonKeyRevoked, cost: 10}.run(t, w)
	// It does no harm where others sign.
	attack{question: q, edit: instead("example.", dns.TypeDNSKEY, dnskeys), status: dnssec.Secure, cost: 4}.run(t, w)
}

// TestParentDeniesChild uses the parent's NSEC at a cut against the child's data.
func TestParentDeniesChild(t *testing.T) {
	w := world(t)
	for _, q := range []dnssec.Question{ask("child.example.", dns.TypeMX), ask("www.child.example.", dns.TypeMX)} {
		msg := reply(q, nil, w.Zone("example.").WithSignature("child.example.", dns.TypeNSEC))
		attack{question: q, reply: msg, status: dnssec.Bogus, reason: dnssec.ReasonDenialInvalid, cost: 12}.run(t, w)
		msg.Rcode = dns.RcodeNameError
		attack{question: q, reply: msg, status: dnssec.Bogus, reason: dnssec.ReasonDenialInvalid, cost: 12}.run(t, w)
	}
	for _, q := range []dnssec.Question{ask("child.nsec3.", dns.TypeMX), ask("www.child.nsec3.", dns.TypeMX)} {
		msg := reply(q, nil, append(w.Ask("child.nsec3.", dns.TypeDS).Ns, w.Ask("nosuch.nsec3.", dns.TypeA).Ns...))
		attack{question: q, reply: msg, status: dnssec.Bogus, reason: dnssec.ReasonDenialInvalid, cost: 16, hashes: 16}.run(t, w)
	}
}

// TestFalseAlias puts an unsigned CNAME beside a DNAME.
func TestFalseAlias(t *testing.T) {
	w := world(t)
	q := ask("a.old.example.", dns.TypeA)
	msg := w.Ask(q.Name, q.Type)
	msg.Answer = append(records(t, "a.old.example. CNAME host.nsec3."), msg.Answer...)
	msg.Answer = append(msg.Answer, w.Ask("host.nsec3.", dns.TypeA).Answer...)
	attack{question: q, reply: msg, status: dnssec.Bogus, reason: dnssec.ReasonAliasMismatch, cost: 6}.run(t, w)

	right := w.Ask(q.Name, q.Type)
	right.Answer = append(records(t, "a.old.example. CNAME a.new.example."), right.Answer...)
	attack{question: q, reply: right, status: dnssec.Secure, cost: 8}.run(t, w)
}

// TestMissingParts leaves out, or replaces, what an answer rests on.
func TestMissingParts(t *testing.T) {
	w := world(t)
	q := ask("mx.example.", dns.TypeA)
	stranger, err := dnssectest.NewKey("example.", dns.ECDSAP256SHA256, 257)
	if err != nil {
		t.Fatal(err)
	}
	keys := ask("example.", dns.TypeDNSKEY)
	genuine := w.Ask(keys.Name, keys.Type).Answer
	servfail := reply(keys, nil, nil)
	servfail.Rcode = dns.RcodeServerFailure
	both := append(append([]dns.RR(nil), genuine[:len(genuine)-1]...), stranger.Record)
	for what, a := range map[string]attack{
		"a genuine RRset that answers another question": {question: q, reply: reply(q, w.Ask("x.wild.example.", dns.TypeA).Answer, nil), status: dnssec.Bogus, reason: dnssec.ReasonDenialMissing, cost: 8},
		"a genuine RRset of another type":               {question: q, reply: reply(q, w.Ask("_25._tcp.mx.example.", dns.TypeTLSA).Answer, nil), status: dnssec.Bogus, reason: dnssec.ReasonDenialMissing, cost: 8},
		"another name's RRset renamed":                  {question: q, reply: reply(q, renamed(w.Ask("x.wild.example.", dns.TypeA).Answer, q.Name), nil), status: dnssec.Bogus, reason: dnssec.ReasonLabels, cost: 8},
		"keys that no DS matches":                       {question: q, edit: instead("example.", dns.TypeDNSKEY, reply(keys, sign(t, stranger, []dns.RR{stranger.Record}), nil)), status: dnssec.Bogus, reason: dnssec.ReasonDSMismatch, cost: 8},
		"keys signed by one that no DS matches":         {question: q, edit: instead("example.", dns.TypeDNSKEY, reply(keys, sign(t, stranger, both), nil)), status: dnssec.Bogus, reason: dnssec.ReasonKeyMissing, cost: 8},
		"keys without a signature":                      {question: q, edit: instead("example.", dns.TypeDNSKEY, reply(keys, genuine[:len(genuine)-1], nil)), status: dnssec.Bogus, reason: dnssec.ReasonDNSKEYUnsigned, cost: 8},
		"no keys":                                       {question: q, edit: instead("example.", dns.TypeDNSKEY, reply(keys, nil, nil)), status: dnssec.Bogus, reason: dnssec.ReasonDNSKEYMissing, cost: 8},
		"keys: SERVFAIL":                                {question: q, edit: instead("example.", dns.TypeDNSKEY, servfail), status: dnssec.Indeterminate, reason: dnssec.ReasonRcode, cost: 8},
		"keys: no reply":                                {question: q, edit: instead("example.", dns.TypeDNSKEY, nil), status: dnssec.Indeterminate, reason: dnssec.ReasonNoReply, cost: 8},
		"an unsigned answer":                            {question: q, reply: reply(q, records(t, "mx.example. A 192.0.2.66"), nil), status: dnssec.Bogus, reason: dnssec.ReasonRRSIGMissing, cost: 8},
		"an empty denial":                               {question: q, reply: reply(q, nil, nil), status: dnssec.Bogus, reason: dnssec.ReasonDenialMissing, cost: 8},
		"a wildcard answer without its proof":           {question: ask("a.wild.example.", dns.TypeA), reply: reply(q, w.Ask("a.wild.example.", dns.TypeA).Answer, nil), status: dnssec.Bogus, reason: dnssec.ReasonWildcardUnproven, cost: 8},
		"a wildcard answer for a name that exists":      {question: ask("x.wild.example.", dns.TypeA), reply: reply(q, renamed(w.Ask("a.wild.example.", dns.TypeA).Answer, "x.wild.example."), w.Ask("a.wild.example.", dns.TypeA).Ns), status: dnssec.Bogus, reason: dnssec.ReasonWildcardUnproven, cost: 12},
		"an unsigned denial":                            {question: ask("nosuch.example.", dns.TypeA), reply: reply(q, nil, w.Zone("example.").Set("mx.example.", dns.TypeNSEC)), status: dnssec.Bogus, reason: dnssec.ReasonDenialMissing, cost: 8},
		"another name's denial":                         {question: ask("nosuch.example.", dns.TypeA), reply: reply(q, nil, w.Ask("alias.example.", dns.TypeDS).Ns), status: dnssec.Bogus, reason: dnssec.ReasonDenialInvalid, cost: 12},
	} {
		t.Run(what, func(t *testing.T) { a.run(t, w) })
	}
}

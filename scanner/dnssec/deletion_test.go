package dnssec_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// recorded is a lookup that validated, with every message that it took.
type recorded struct {
	world    *dnssectest.World
	question dnssec.Question
	messages map[dnssec.Question]*dns.Msg // that to the question itself included
	order    []dnssec.Question
	status   dnssec.Status
}

// record runs a lookup and keeps its messages.
func record(t *testing.T, w *dnssectest.World, q dnssec.Question) *recorded {
	t.Helper()
	r := &recorded{world: w, question: q, messages: make(map[dnssec.Question]*dns.Msg)}
	src := &source{world: w, edit: func(asked dnssec.Query, msg *dns.Msg) *dns.Msg {
		if r.messages[asked.Question] == nil {
			r.order = append(r.order, asked.Question)
			r.messages[asked.Question] = msg
		}
		return r.messages[asked.Question]
	}}
	main := w.Ask(q.Name, q.Type)
	result := validator(t, w, dnssec.Config{}).ValidateMsg(t.Context(), src, q, main, nil)
	r.status = result.Status
	if r.messages[q] == nil {
		r.order = append(r.order, q)
	}
	r.messages[q] = main
	return r
}

// with validates again with one message replaced.
func (r *recorded) with(t *testing.T, which dnssec.Question, changed *dns.Msg) dnssec.Result {
	t.Helper()
	replies := make(map[dnssec.Question]*dns.Msg, len(r.messages))
	for q, msg := range r.messages {
		replies[q] = msg
	}
	replies[which] = changed
	v := validator(t, r.world, dnssec.Config{})
	return v.ValidateMsg(t.Context(), &source{world: r.world, record: replies}, r.question, replies[r.question].Copy(), nil)
}

// sections returns the three sections of a message to change.
func sections(msg *dns.Msg) [3]*[]dns.RR { return [3]*[]dns.RR{&msg.Answer, &msg.Ns, &msg.Extra} }

// everyRecord calls f for each record of each message, but for fetched messages
// that an earlier lookup has shown: the upper part of the chain is always the same.
func (r *recorded) everyRecord(shown map[dnssec.Question]bool, f func(q dnssec.Question, section, index int, rr dns.RR)) {
	for _, q := range r.order {
		if q != r.question {
			if shown[q] {
				continue
			}
			shown[q] = true
		}
		for s, section := range sections(r.messages[q]) {
			for i, rr := range *section {
				f(q, s, i, rr)
			}
		}
	}
}

// secureCases are the questions whose whole chain is signed. A zone with too many
// NSEC3 iterations cannot show that there is no delegation in it, so that what is
// not signed there is insecure (RFC 9276, Section 3.2): it is left out.
func secureCases() []dnssec.Question {
	var questions []dnssec.Question
	for _, c := range cases {
		if c.status == dnssec.Secure && c.zone != "manyiterations." {
			questions = append(questions, dnssec.Question{Name: c.name, Type: c.qtype})
		}
	}
	return questions
}

// TestEverySingleDeletion takes each record away from each message of each secure
// lookup. Every record is needed, and nothing signed becomes insecure.
func TestEverySingleDeletion(t *testing.T) {
	deletions, shown := 0, make(map[dnssec.Question]bool)
	for _, q := range secureCases() {
		r := record(t, world(t), q)
		if r.status != dnssec.Secure {
			t.Fatalf("%v is %v to begin with", q, r.status)
		}
		r.everyRecord(shown, func(which dnssec.Question, s, i int, rr dns.RR) {
			changed := r.messages[which].Copy()
			section := sections(changed)[s]
			*section = append((*section)[:i:i], (*section)[i+1:]...)
			deletions++
			if got := r.with(t, which, changed); got.Status != dnssec.Bogus {
				t.Errorf("%v: without %v in the reply to %v: %v %q", q, rr, which, got.Status, got.Reason)
			}
		})
	}
	t.Logf("%d deletions", deletions)
	if deletions < 150 {
		t.Errorf("%d deletions are too few to show anything", deletions)
	}
}

// TestInsecureDeletions takes each record away from each message of each insecure
// lookup: nothing becomes secure.
func TestInsecureDeletions(t *testing.T) {
	deletions, shown := 0, make(map[dnssec.Question]bool)
	for _, c := range cases {
		if c.status != dnssec.Insecure {
			continue
		}
		q := dnssec.Question{Name: c.name, Type: c.qtype}
		r := record(t, world(t), q)
		r.everyRecord(shown, func(which dnssec.Question, s, i int, rr dns.RR) {
			changed := r.messages[which].Copy()
			section := sections(changed)[s]
			*section = append((*section)[:i:i], (*section)[i+1:]...)
			deletions++
			if got := r.with(t, which, changed); got.Status == dnssec.Secure {
				t.Errorf("%v: secure without %v in the reply to %v", q, rr, which)
			}
		})
	}
	if deletions < 50 {
		t.Errorf("%d deletions are too few to show anything", deletions)
	}
}

// TestSwappedProofs answers each denial with each that another zone signed, or
// that is for a name with another closest encloser.
func TestSwappedProofs(t *testing.T) {
	w, swaps := world(t), 0
	for _, c := range cases {
		if c.status != dnssec.Secure || c.records > 0 || c.links > 0 || c.zone == "manyiterations." {
			continue
		}
		for _, other := range cases {
			if other.zone == c.zone || other.denial == "" || other.links > 0 {
				continue
			}
			msg := w.Ask(c.name, c.qtype)
			msg.Ns = w.Ask(other.name, other.qtype).Ns
			swaps++
			r := validator(t, w, dnssec.Config{}).ValidateMsg(t.Context(), &source{world: w}, ask(c.name, c.qtype), msg, nil)
			if r.Status != dnssec.Bogus {
				t.Errorf("%s %d with the denial of %s %d: %v %q", c.name, c.qtype, other.name, other.qtype, r.Status, r.Reason)
			}
		}
	}
	if swaps < 200 {
		t.Errorf("%d swaps are too few to show anything", swaps)
	}
	for _, c := range []struct {
		denied dnssec.Question
		by     string
		qtype  uint16
		rcode  int
	}{ // within one zone
		{ask("zzz.example.", dns.TypeA), "a.wild.example.", dns.TypeAAAA, dns.RcodeNameError},
		{ask("a.wild.example.", dns.TypeAAAA), "zzz.example.", dns.TypeA, dns.RcodeSuccess},
		{ask("mx.example.", dns.TypeAAAA), "unsigned.example.", dns.TypeDS, dns.RcodeSuccess},
		{ask("mx.example.", dns.TypeA), "mx.example.", dns.TypeAAAA, dns.RcodeSuccess},
		{ask("x.wild.example.", dns.TypeA), "a.wild.example.", dns.TypeAAAA, dns.RcodeSuccess},
		{ask("ent.names.example.", dns.TypeA), "zzz.example.", dns.TypeA, dns.RcodeNameError},
		{ask("nosuch.nsec3.", dns.TypeA), "host.nsec3.", dns.TypeAAAA, dns.RcodeNameError},
		{ask("host.nsec3.", dns.TypeA), "host.nsec3.", dns.TypeAAAA, dns.RcodeSuccess},
		{ask("host.nsec3.", dns.TypeA), "nosuch.nsec3.", dns.TypeAAAA, dns.RcodeNameError},
		{ask("names.nsec3.", dns.TypeA), "nosuch.nsec3.", dns.TypeA, dns.RcodeNameError},
		{ask("child.example.", dns.TypeA), "child.example.", dns.TypeMX, dns.RcodeSuccess},
		{ask("example.", dns.TypeNS), ".", dns.TypeDS, dns.RcodeSuccess},
	} {
		msg := reply(c.denied, nil, w.Ask(c.by, c.qtype).Ns)
		msg.Rcode = c.rcode
		r := validator(t, w, dnssec.Config{}).ValidateMsg(t.Context(), &source{world: w}, c.denied, msg, nil)
		if r.Status != dnssec.Bogus {
			t.Errorf("%v by the denial of %s %d: %v %q", c.denied, c.by, c.qtype, r.Status, r.Reason)
		}
	}
}

// TestEverySingleMutation flips bits all over each record of each message of each
// secure lookup, and changes each field of each RRSIG.
func TestEverySingleMutation(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	mutations, shown := 0, make(map[dnssec.Question]bool)
	for _, q := range secureCases() {
		r := record(t, world(t), q)
		r.everyRecord(shown, func(which dnssec.Question, s, i int, rr dns.RR) {
			for what, mutant := range mutants(rr, random) {
				changed := r.messages[which].Copy()
				(*sections(changed)[s])[i] = mutant
				mutations++
				if got := r.with(t, which, changed); got.Status != dnssec.Bogus {
					t.Errorf("seed %d, %v: %s of %v in the reply to %v: %v %q", seed, q, what, rr, which, got.Status, got.Reason)
				}
			}
		})
	}
	t.Logf("seed %d: %d mutations", seed, mutations)
	if mutations < 1500 {
		t.Errorf("%d mutations are too few to show anything", mutations)
	}
}

// flips is how many bits of a record are flipped, each at a time.
const flips = 2

// mutants changes a record in one place each.
func mutants(rr dns.RR, random *rand.Rand) map[string]dns.RR {
	made := make(map[string]dns.RR)
	for n := range flips {
		if m := flip(rr, random); m != nil {
			made[fmt.Sprintf("bit flip %d", n)] = m
		}
	}
	moved := dns.Copy(rr)
	moved.Header().Name = "elsewhere." + strings.TrimPrefix(rr.Header().Name, ".")
	made["owner"] = moved
	sig, ok := rr.(*dns.RRSIG)
	if !ok {
		return made
	}
	for what, edit := range map[string]func(*dns.RRSIG){
		"signer above":      func(s *dns.RRSIG) { s.SignerName = dnssec.Parent(s.SignerName) },
		"signer beside":     func(s *dns.RRSIG) { s.SignerName = "x" + s.SignerName },
		"signer below":      func(s *dns.RRSIG) { s.SignerName = "x." + strings.TrimPrefix(s.SignerName, ".") },
		"fewer labels":      func(s *dns.RRSIG) { s.Labels-- },
		"more labels":       func(s *dns.RRSIG) { s.Labels++ },
		"later expiry":      func(s *dns.RRSIG) { s.Expiration++ },
		"earlier inception": func(s *dns.RRSIG) { s.Inception-- },
		"expired":           func(s *dns.RRSIG) { s.Expiration = uint32(now.Unix()) - 1 },
		"not yet valid":     func(s *dns.RRSIG) { s.Inception = uint32(now.Unix()) + 1 },
		"original TTL":      func(s *dns.RRSIG) { s.OrigTtl++ },
		"key tag":           func(s *dns.RRSIG) { s.KeyTag++ },
		"algorithm":         func(s *dns.RRSIG) { s.Algorithm = other(s.Algorithm) },
		"type covered":      func(s *dns.RRSIG) { s.TypeCovered++ },
		"class":             func(s *dns.RRSIG) { s.Hdr.Class = dns.ClassCHAOS },
	} {
		m := dns.Copy(sig).(*dns.RRSIG)
		edit(m)
		if m.SignerName != sig.SignerName || !strings.HasPrefix(what, "signer") {
			made[what] = m
		}
	}
	return made
}

func other(algorithm uint8) uint8 {
	if algorithm == dns.ED25519 {
		return dns.ECDSAP256SHA256
	}
	return dns.ED25519
}

// flip changes the lowest bit of one octet of the RDATA. It is nil where the
// result cannot be read, or is the same name in another case.
func flip(rr dns.RR, random *rand.Rand) dns.RR {
	buf := make([]byte, dns.Len(rr)+1)
	end, err := dns.PackRR(rr, buf, 0, nil, false)
	if err != nil {
		return nil
	}
	_, start, err := dns.UnpackDomainName(buf, 0)
	if start += 10; err != nil || start >= end {
		return nil
	}
	buf[start+random.IntN(end-start)] ^= 1
	m, _, err := dns.UnpackRR(buf[:end], 0)
	if err != nil || m.String() == rr.String() {
		return nil
	}
	return m
}

// TestSuperfluousRecords adds records that nothing needs, one at a time, to each
// message of each lookup. Nothing changes.
func TestSuperfluousRecords(t *testing.T) {
	w := world(t)
	extra := superfluous(t, w)
	added, shown := 0, make(map[dnssec.Question]bool)
	for _, c := range cases {
		q := dnssec.Question{Name: c.name, Type: c.qtype}
		r := record(t, w, q)
		for _, which := range r.order {
			if which != q && shown[which] {
				continue
			}
			shown[which] = which != q
			for i, rrs := range extra {
				if speaksOf(rrs[0], r.messages[which], which) {
					continue
				}
				changed := r.messages[which].Copy()
				section := sections(changed)[(i+added)%3]
				*section = append(append([]dns.RR(nil), rrs...), *section...)
				added++
				if got := r.with(t, which, changed); got.Status != c.status || got.Reason != c.reason {
					t.Errorf("%v: with %v in section %d of the reply to %v: %v %q", q, rrs[0], (i+added-1)%3, which, got.Status, got.Reason)
				}
			}
		}
	}
	t.Logf("%d additions", added)
	if added < 1000 {
		t.Errorf("%d additions are too few to show anything", added)
	}
}

// superfluous returns records that say nothing of what is asked in the cases.
func superfluous(t *testing.T, w *dnssectest.World) [][]dns.RR {
	var all [][]dns.RR
	for _, text := range []string{
		"unrelated.invalid. A 192.0.2.99",
		"unrelated.example. CNAME elsewhere.invalid.",
		"unrelated.example. DNAME elsewhere.invalid.",
		"unrelated.example. NSEC zzzz.example. NS",
		"0123456789abcdefghijklmnopqrstuv.nsec3. NSEC3 1 1 2 ab vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv NS",
		"0123456789abcdefghijklmnopqrstuv.nsec3. NSEC3 1 0 2500 ab vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv NS",
		"example. NSEC example. NS",
		"example. SOA a. b. 1 2 3 4 5",
		"child.example. NS elsewhere.invalid.",
	} {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, []dns.RR{rr})
	}
	all = append(all,
		w.Ask("x.wild.example.", dns.TypeA).Answer,
		w.Ask("mx2.nsec3.", dns.TypeA).Ns,
		w.Ask("unsigned.optout.", dns.TypeDS).Ns,
		w.Zone("example.").WithSignature("example.", dns.TypeSOA),
	)
	return all
}

// speaksOf reports whether a record is about the owner and type of one that is
// there, or of the question: it is not superfluous then.
func speaksOf(rr dns.RR, msg *dns.Msg, q dnssec.Question) bool {
	if rr.Header().Name == q.Name {
		return true
	}
	for _, section := range sections(msg) {
		for _, have := range *section {
			if have.Header().Name == rr.Header().Name && have.Header().Rrtype == rr.Header().Rrtype {
				return true
			}
		}
	}
	return false
}

// TestSuperfluousSignatures puts RRSIGs that are of no use in front of each one
// that is. Nothing changes.
func TestSuperfluousSignatures(t *testing.T) {
	added, shown := 0, make(map[dnssec.Question]bool)
	for _, q := range secureCases() {
		r := record(t, world(t), q)
		r.everyRecord(shown, func(which dnssec.Question, s, i int, rr dns.RR) {
			sig, ok := rr.(*dns.RRSIG)
			if !ok {
				return
			}
			for what, edit := range map[string]func(*dns.RRSIG){
				"a false one": func(s *dns.RRSIG) { s.Signature = "A" + s.Signature[1:] },
				"expired":     func(s *dns.RRSIG) { s.Expiration = s.Inception + 1 },
				"other tag":   func(s *dns.RRSIG) { s.KeyTag++ },
				"other zone":  func(s *dns.RRSIG) { s.SignerName = "invalid." },
				"algorithm":   func(s *dns.RRSIG) { s.Algorithm = 200 },
			} {
				junk := dns.Copy(sig).(*dns.RRSIG)
				edit(junk)
				changed := r.messages[which].Copy()
				section := sections(changed)[s]
				*section = append([]dns.RR{junk}, *section...)
				added++
				if got := r.with(t, which, changed); got.Status != dnssec.Secure {
					t.Errorf("%v: with %s beside %v: %v %q", q, what, rr, got.Status, got.Reason)
				}
			}
		})
	}
	t.Logf("%d additions", added)
	if added < 300 {
		t.Errorf("%d additions are too few to show anything", added)
	}
}

package resolver

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// cutNow is the time of the signed world.
var cutNow = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// cutWorld has a root, a TLD with NSEC3 and opt-out, and zones below it. It is
// built once: keys and signatures cost time.
var cutWorld = sync.OnceValues(func() (*dnssectest.World, error) {
	return dnssectest.New(cutNow.Add(-time.Hour), cutNow.Add(24*time.Hour),
		dnssectest.Zone{Apex: "."},
		dnssectest.Zone{Apex: "tld.", NSEC3: &dnssectest.NSEC3{OptOut: true}},
		dnssectest.Zone{Apex: "signed.tld.", Data: `
@ MX 10 mx
mx A 192.0.2.25
_25._tcp.mx TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
away CNAME mx.other.tld.
toplain CNAME mx.plain.tld.
*.wild MX 10 mx`},
		dnssectest.Zone{Apex: "other.tld.", Data: "mx A 192.0.2.26\n@ MX 10 mx.signed.tld."},
		dnssectest.Zone{Apex: "plain.tld.", Unsigned: true, Data: "@ MX 10 mx\nmx A 192.0.2.27"},
	)
})

// cutAddrs are the servers of each zone.
var cutAddrs = map[string][]string{
	".": {"127.0.54.1"}, "tld.": {"127.0.54.2"},
	"signed.tld.": {"127.0.54.3", "127.0.54.4"}, "other.tld.": {"127.0.54.5"}, "plain.tld.": {"127.0.54.6"},
}

// serveSigned answers for zones of a world as a name server does that has them.
func serveSigned(w *dnssectest.World, apexes ...string) dns.HandlerFunc {
	return func(rw dns.ResponseWriter, m *dns.Msg) {
		r := signedReply(w, m, apexes)
		if o := m.IsEdns0(); o == nil || !o.Do() {
			r.Answer, r.Ns = unsigned(r.Answer), unsigned(r.Ns)
		}
		_ = rw.WriteMsg(r)
	}
}

func unsigned(rrs []dns.RR) []dns.RR {
	return slices.DeleteFunc(rrs, func(rr dns.RR) bool {
		t := rr.Header().Rrtype
		return t == dns.TypeRRSIG || t == dns.TypeNSEC || t == dns.TypeNSEC3
	})
}

func signedReply(w *dnssectest.World, m *dns.Msg, apexes []string) *dns.Msg {
	q := m.Question[0]
	name := dns.CanonicalName(q.Name)
	r := new(dns.Msg).SetReply(m)
	// at is the deepest zone served that holds the name, cut the next zone below.
	at, cut := "", ""
	for apex := range cutAddrs {
		if !dns.IsSubDomain(apex, name) || q.Qtype == dns.TypeDS && apex == name && name != "." {
			continue
		}
		if slices.Contains(apexes, apex) && len(apex) > len(at) {
			at = apex
		}
	}
	if at == "" {
		r.Rcode = dns.RcodeRefused
		return r
	}
	for apex := range cutAddrs {
		below := dns.IsSubDomain(at, apex) && apex != at && dns.IsSubDomain(apex, name)
		if below && !(q.Qtype == dns.TypeDS && apex == name) && (cut == "" || len(apex) < len(cut)) {
			cut = apex
		}
	}
	if cut != "" {
		signedReferral(w, r, cut)
		return r
	}
	r.Authoritative = true
	whole := w.Ask(name, q.Qtype)
	for _, rr := range whole.Answer {
		if dns.IsSubDomain(at, dns.CanonicalName(rr.Header().Name)) {
			r.Answer = append(r.Answer, rr)
		}
	}
	for _, rr := range whole.Ns {
		if dns.IsSubDomain(at, dns.CanonicalName(rr.Header().Name)) {
			r.Ns = append(r.Ns, rr)
		}
	}
	if len(r.Answer) == len(whole.Answer) {
		r.Rcode = whole.Rcode
	}
	return r
}

// signedReferral refers to a zone: with its name servers, glue, and the DS set or
// its denial.
func signedReferral(w *dnssectest.World, r *dns.Msg, cut string) {
	for i, a := range cutAddrs[cut] {
		ns := "ns" + string(rune('a'+i)) + "." + cut
		r.Ns = append(r.Ns, mustRR(cut+" 3600 IN NS "+ns))
		r.Extra = append(r.Extra, mustRR(ns+" 3600 IN A "+a))
	}
	ds := w.Ask(cut, dns.TypeDS)
	r.Ns = append(r.Ns, ds.Answer...)
	for _, rr := range ds.Ns {
		if coveredType(rr) != dns.TypeSOA {
			r.Ns = append(r.Ns, rr)
		}
	}
}

// coveredType returns the type of a record, or the type that a signature covers.
func coveredType(rr dns.RR) uint16 {
	if sig, ok := rr.(*dns.RRSIG); ok {
		return sig.TypeCovered
	}
	return rr.Header().Rrtype
}

func mustRR(s string) dns.RR {
	rr, err := dns.NewRR(s)
	if err != nil {
		panic(err)
	}
	return rr
}

// cutNet starts the servers of the signed world; odd ones replace them.
func cutNet(t *testing.T, odd map[string]dns.HandlerFunc) (*miniNet, *Iterate) {
	t.Helper()
	w, err := cutWorld()
	if err != nil {
		t.Fatal(err)
	}
	servers := map[string]dns.HandlerFunc{}
	for apex, addrs := range cutAddrs {
		for _, a := range addrs {
			servers[a] = serveSigned(w, apex)
		}
	}
	for a, h := range odd {
		servers[a] = h
	}
	n := newMiniNet(t, servers)
	return n, n.iterate(IterateConfig{Validator: cutValidator(t, w), Now: func() time.Time { return cutNow }}, "127.0.54.1")
}

func cutValidator(t testing.TB, w *dnssectest.World) *dnssec.Validator {
	v, err := dnssec.New(dnssec.Config{
		Anchors: []dnssec.Anchor{{Name: ".", DS: w.Anchor()}}, Now: func() time.Time { return cutNow },
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestIterateSigned(t *testing.T) {
	_, it := cutNet(t, nil)
	for _, tt := range []struct {
		name    string
		qtype   uint16
		status  dnssec.Status
		outcome Outcome
		links   int
	}{
		{"signed.tld.", dns.TypeMX, dnssec.Secure, Found, 0},
		{"_25._tcp.mx.signed.tld.", dns.TypeTLSA, dnssec.Secure, Found, 0},
		{"mx.signed.tld.", dns.TypeTLSA, dnssec.Secure, NoData, 0},
		{"_tcp.mx.signed.tld.", dns.TypeTLSA, dnssec.Secure, NoData, 0},
		{"nothere.signed.tld.", dns.TypeTLSA, dnssec.Secure, NXDomain, 0},
		{"x.wild.signed.tld.", dns.TypeMX, dnssec.Secure, Found, 0},
		{"away.signed.tld.", dns.TypeA, dnssec.Secure, Found, 1},
		{"away.signed.tld.", dns.TypeTXT, dnssec.Secure, NoData, 1},
		{"toplain.signed.tld.", dns.TypeA, dnssec.Insecure, Found, 1},
		{"plain.tld.", dns.TypeMX, dnssec.Insecure, Found, 0},
		{"nothere.plain.tld.", dns.TypeMX, dnssec.Insecure, NXDomain, 0},
		{"signed.tld.", dns.TypeDS, dnssec.Secure, Found, 0},
		{"plain.tld.", dns.TypeDS, dnssec.Insecure, NoData, 0}, // opt-out
		{"tld.", dns.TypeDS, dnssec.Secure, Found, 0},
		{".", dns.TypeDNSKEY, dnssec.Secure, Found, 0},
	} {
		a := lookupIn(t, it, tt.name, tt.qtype)
		if a.Status != tt.status || a.Outcome != tt.outcome || len(a.Links) != tt.links {
			t.Errorf("%s %s: %v %v %q, %d links", tt.name, dns.TypeToString[tt.qtype], a.Status, a.Outcome, a.Reason, len(a.Links))
		}
	}
}

// TestIterateCost counts what lookups cost that the scanner does by the million.
func TestIterateCost(t *testing.T) {
	n, it := cutNet(t, nil)
	// Warm: the TLD, and the name servers of the domains' hosts.
	lookupIn(t, it, "other.tld.", dns.TypeMX)
	for _, tt := range []struct {
		name                   string
		status                 dnssec.Status
		queries, verifications int
	}{
		{"plain.tld.", dnssec.Insecure, 2, 2},
		{"signed.tld.", dnssec.Secure, 5, 6},
	} {
		n.seen()
		l := newLookup(t.Context(), it)
		a := it.lookup(context.Background(), dnssec.Question{Name: tt.name, Type: dns.TypeMX}, l)
		if a.Status != tt.status || a.Outcome != Found {
			t.Fatalf("%s: %v %v", tt.name, a.Status, a.Reason)
		}
		t.Logf("%s: %d queries, %d verifications of which %d cached", tt.name, a.Queries, l.work.Verifications, l.work.Cached)
		if a.Queries > tt.queries || l.work.Verifications > tt.verifications || a.Queries != len(n.seen()) {
			t.Errorf("%s: %d queries, %d verifications; want at most %d and %d", tt.name, a.Queries, l.work.Verifications, tt.queries, tt.verifications)
		}
	}
}

// TestIterateOneBadServer has two servers for a signed zone, the first of which
// gives what does not validate: the other one is asked before anything is bogus.
func TestIterateOneBadServer(t *testing.T) {
	w, err := cutWorld()
	if err != nil {
		t.Fatal(err)
	}
	good := func(m *dns.Msg) *dns.Msg { return signedReply(w, m, []string{"signed.tld."}) }
	eachSig := func(change func(*dns.RRSIG)) func(*dns.Msg) {
		return func(r *dns.Msg) {
			for _, section := range [][]dns.RR{r.Answer, r.Ns} {
				for i, rr := range section {
					if sig, ok := rr.(*dns.RRSIG); ok {
						c := dns.Copy(sig).(*dns.RRSIG)
						change(c)
						section[i] = c
					}
				}
			}
		}
	}
	for name, spoil := range map[string]func(*dns.Msg){
		"stale signatures":   eachSig(func(s *dns.RRSIG) { s.Expiration -= 5 * 86400; s.Inception -= 5 * 86400 }),
		"broken signatures":  eachSig(func(s *dns.RRSIG) { s.Signature = "AAAA" + s.Signature[4:] }),
		"no signatures":      func(r *dns.Msg) { r.Answer, r.Ns = unsigned(r.Answer), unsigned(r.Ns) },
		"only DNSKEY broken": func(r *dns.Msg) { breakDNSKEY(r) },
		"empty answers":      func(r *dns.Msg) { r.Answer, r.Ns = nil, nil },
		"forged denial":      func(r *dns.Msg) { r.Answer, r.Ns, r.Rcode = nil, nil, dns.RcodeNameError },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := func(rw dns.ResponseWriter, m *dns.Msg) {
				r := good(m)
				spoil(r)
				_ = rw.WriteMsg(r)
			}
			n, it := cutNet(t, map[string]dns.HandlerFunc{"127.0.54.3": bad})
			for _, host := range []string{"_25._tcp.mx.signed.tld.", "away.signed.tld."} {
				qtype := dns.TypeTLSA
				if strings.HasPrefix(host, "away") {
					qtype = dns.TypeA
				}
				if a := lookupIn(t, it, host, qtype); a.Status != dnssec.Secure || a.Outcome != Found {
					t.Errorf("%s: %v %v %q; asked %q", host, a.Status, a.Outcome, a.Reason, n.seen())
				}
			}

			n, it = cutNet(t, map[string]dns.HandlerFunc{"127.0.54.3": bad, "127.0.54.4": bad})
			a := lookupIn(t, it, "_25._tcp.mx.signed.tld.", dns.TypeTLSA)
			if a.Status != dnssec.Bogus || a.Outcome != Bogus || a.Reason == "" || a.Queries > 14 {
				t.Errorf("both bad: %v %v %q, %d queries: %q", a.Status, a.Outcome, a.Reason, a.Queries, n.seen())
			}
		})
	}
}

func breakDNSKEY(r *dns.Msg) {
	if r.Question[0].Qtype == dns.TypeDNSKEY {
		r.Answer = unsigned(r.Answer)
	}
}

// TestIterateReferralWithoutProof has a parent that refers without DS or denial,
// or with something that proves nothing: the DS set is asked for.
func TestIterateReferralWithoutProof(t *testing.T) {
	w, err := cutWorld()
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(rr dns.RR) bool{
		"no proof":           func(rr dns.RR) bool { return rr.Header().Rrtype != dns.TypeNS },
		"no signatures":      func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeRRSIG },
		"only the signature": func(rr dns.RR) bool { return coveredType(rr) != dns.TypeNS && rr.Header().Rrtype != dns.TypeRRSIG },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := func(rw dns.ResponseWriter, m *dns.Msg) {
				r := signedReply(w, m, []string{"tld."})
				if !r.Authoritative {
					r.Ns = slices.DeleteFunc(r.Ns, spoil)
				}
				_ = rw.WriteMsg(r)
			}
			n, it := cutNet(t, map[string]dns.HandlerFunc{"127.0.54.2": parent})
			for zone, want := range map[string]dnssec.Status{"signed.tld.": dnssec.Secure, "plain.tld.": dnssec.Insecure} {
				a := lookupIn(t, it, zone, dns.TypeMX)
				if a.Status != want || !slices.Contains(n.seen(), "127.0.54.2 "+zone+" DS") {
					t.Errorf("%s: %v %q", zone, a.Status, a.Reason)
				}
			}
		})
	}
}

// TestIterateNothingForTheChain has servers that are silent or refuse when keys
// are asked for: that is not bogus, and never insecure.
func TestIterateNothingForTheChain(t *testing.T) {
	w, err := cutWorld()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		h    dns.HandlerFunc
		want Outcome
	}{"silent": {silence, Timeout}, "refused": {rcode(dns.RcodeRefused), Refused}, "servfail": {rcode(dns.RcodeServerFailure), ServFail}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := onlyFor(dns.TypeDNSKEY, tt.h)(serveSigned(w, "signed.tld."))
			_, it := cutNet(t, map[string]dns.HandlerFunc{"127.0.54.3": h, "127.0.54.4": h})
			a := lookupIn(t, it, "signed.tld.", dns.TypeMX)
			if a.Status != dnssec.Indeterminate || a.Outcome != tt.want || !a.Failed() {
				t.Errorf("%v %v %q", a.Status, a.Outcome, a.Reason)
			}
		})
	}
}

// TestIterateParentAndChildSigned has one server for a signed zone and its parent:
// there is no referral, and the cut is found by asking for DS.
func TestIterateParentAndChildSigned(t *testing.T) {
	w, err := cutWorld()
	if err != nil {
		t.Fatal(err)
	}
	both := serveSigned(w, "tld.", "signed.tld.", "plain.tld.")
	n, it := cutNet(t, map[string]dns.HandlerFunc{"127.0.54.2": both})
	for zone, want := range map[string]dnssec.Status{"signed.tld.": dnssec.Secure, "plain.tld.": dnssec.Insecure} {
		if a := lookupIn(t, it, zone, dns.TypeMX); a.Status != want || a.Outcome != Found {
			t.Errorf("%s: %v %v %q", zone, a.Status, a.Outcome, a.Reason)
		}
	}
	for _, s := range n.seen() {
		if !strings.HasPrefix(s, "127.0.54.1 ") && !strings.HasPrefix(s, "127.0.54.2 ") {
			t.Errorf("asked %s", s)
		}
	}
}

// TestIterateServersWithoutEDNS: an unsigned answer is insecure below a proven
// cut, bogus otherwise.
func TestIterateServersWithoutEDNS(t *testing.T) {
	w, err := cutWorld()
	if err != nil {
		t.Fatal(err)
	}
	old := func(next dns.HandlerFunc) dns.HandlerFunc {
		return func(rw dns.ResponseWriter, m *dns.Msg) {
			if m.IsEdns0() != nil {
				rcode(dns.RcodeFormatError)(rw, m)
				return
			}
			next(rw, m)
		}
	}
	_, it := cutNet(t, map[string]dns.HandlerFunc{
		"127.0.54.3": old(serveSigned(w, "signed.tld.")), "127.0.54.4": old(serveSigned(w, "signed.tld.")),
		"127.0.54.6": old(serveSigned(w, "plain.tld.")),
	})
	if a := lookupIn(t, it, "plain.tld.", dns.TypeMX); a.Status != dnssec.Insecure || a.Outcome != Found {
		t.Errorf("unsigned zone: %v %v %q", a.Status, a.Outcome, a.Reason)
	}
	if a := lookupIn(t, it, "signed.tld.", dns.TypeMX); a.Status != dnssec.Bogus {
		t.Errorf("signed zone: %v %v %q", a.Status, a.Outcome, a.Reason)
	}
}

func TestIterateExplain(t *testing.T) {
	_, it := cutNet(t, nil)
	a, steps := it.Explain(context.Background(), "signed.tld.", dns.TypeMX)
	if a.Status != dnssec.Secure || len(steps) == 0 || steps[0].Kind != dnssec.StepAnchor || steps[len(steps)-1].Kind != dnssec.StepAnswer {
		t.Errorf("%v %v: %+v", a.Status, a.Outcome, steps)
	}
}

// TestIterateWrongClock: that everything is bogus has one cause, which is told.
func TestIterateWrongClock(t *testing.T) {
	w, err := cutWorld()
	if err != nil {
		t.Fatal(err)
	}
	late := func() time.Time { return cutNow.Add(1000 * time.Hour) }
	v, err := dnssec.New(dnssec.Config{Anchors: []dnssec.Anchor{{Name: ".", DS: w.Anchor()}}, Now: late})
	if err != nil {
		t.Fatal(err)
	}
	n := newMiniNet(t, map[string]dns.HandlerFunc{"127.0.54.1": serveSigned(w, ".")})
	it := n.iterate(IterateConfig{Validator: v, Now: late}, "127.0.54.1")
	err = CheckTrust(context.Background(), it, late)
	if err == nil || !strings.Contains(err.Error(), "set the clock") {
		t.Errorf("%v", err)
	}
}

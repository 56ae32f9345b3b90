package resolver

import (
	"context"
	"crypto"
	"maps"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// fleet is an Exchanger with a book for each server.
type fleet map[netip.AddrPort]*book

func (f fleet) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	return f[server].Exchange(ctx, server, q, opt)
}

var (
	upstreamA = netip.MustParseAddrPort("192.0.2.1:53")
	upstreamB = netip.MustParseAddrPort("192.0.2.2:53")
)

// signer signs the RRsets of one zone.
type signer struct {
	key  *dns.DNSKEY
	priv crypto.Signer
}

func newSigner(t *testing.T, zone string) signer {
	t.Helper()
	key := &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: zone, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags: 257, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}
	priv, err := key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key: key, priv: priv.(crypto.Signer)}
}

// sign returns the records and their signature in master-file form.
func (s signer) sign(t *testing.T, texts ...string) []string {
	t.Helper()
	var set []dns.RR
	for _, text := range texts {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		set = append(set, rr)
	}
	sig := &dns.RRSIG{
		Hdr:        dns.RR_Header{Name: set[0].Header().Name, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: set[0].Header().Ttl},
		Inception:  uint32(bookAt.Add(-24 * time.Hour).Unix()),
		Expiration: uint32(bookAt.Add(24 * time.Hour).Unix()),
		KeyTag:     s.key.KeyTag(), SignerName: s.key.Hdr.Name, Algorithm: s.key.Algorithm,
	}
	if err := sig.Sign(s.priv, set); err != nil {
		t.Fatal(err)
	}
	return append(texts, sig.String())
}

// signedWorld is a book of a signed root and a signed zone test., and a validator
// that trusts that root.
type signedWorld struct {
	entries   map[string][]canned
	validator *dnssec.Validator
	zone      signer
}

func newSignedWorld(t *testing.T) *signedWorld {
	t.Helper()
	root, zone := newSigner(t, "."), newSigner(t, "test.")
	anchors, err := dnssec.ParseAnchors(root.key.String())
	if err != nil {
		t.Fatal(err)
	}
	w := &signedWorld{zone: zone}
	w.renewValidator(t, anchors)
	mx := zone.sign(t, "example.test. 300 IN MX 10 mx.example.test.")
	alias := zone.sign(t, "alias.test. 300 IN CNAME example.test.")
	soa := zone.sign(t, "test. 300 IN SOA ns.test. host.test. 1 2 3 4 300")
	nsec := zone.sign(t, "example.test. 300 IN NSEC test. MX RRSIG NSEC")
	w.entries = map[string][]canned{
		". DNSKEY":           {{"", root.sign(t, root.key.String())}},
		". SOA":              {{"", root.sign(t, ". 300 IN SOA a. b. 1 2 3 4 5")}},
		"test. DS":           {{"", root.sign(t, zone.key.ToDS(dns.SHA256).String())}},
		"test. DNSKEY":       {{"", zone.sign(t, zone.key.String())}},
		"example.test. MX":   {{"", mx}},
		"example.test. TLSA": {{"", append(append([]string{"--"}, soa...), nsec...)}},
		"example.test. DS":   {{"", append(append([]string{"--"}, soa...), nsec...)}},
		"alias.test. MX":     {{"", append(alias, mx...)}},
	}
	return w
}

func (w *signedWorld) renewValidator(t *testing.T, anchors []dnssec.Anchor) {
	t.Helper()
	v, err := dnssec.New(dnssec.Config{Anchors: anchors, Now: func() time.Time { return bookAt }})
	if err != nil {
		t.Fatal(err)
	}
	w.validator = v
}

// but returns a book with some entries in place of others.
func (w *signedWorld) but(entries map[string][]canned) *book {
	all := maps.Clone(w.entries)
	maps.Copy(all, entries)
	return &book{entries: all}
}

func (w *signedWorld) forward(t *testing.T, books ...*book) *Forward {
	t.Helper()
	cfg := ForwardConfig{Exchanger: fleet{}, Validator: w.validator, Now: func() time.Time { return bookAt }}
	for i, b := range books {
		server := []netip.AddrPort{upstreamA, upstreamB}[i]
		cfg.Servers = append(cfg.Servers, server)
		cfg.Exchanger.(fleet)[server] = b
	}
	f, err := NewForward(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.servers.turn.Store(uint32(len(books)) - 1) // the first book is asked first
	return f
}

func TestForward(t *testing.T) {
	const forged = "example.test. 300 IN MX 10 mx.evil."
	bogus := map[string][]canned{"example.test. MX": {{"", []string{forged}}}}
	for _, c := range []struct {
		name  string
		ask   string // owner name of the MX question
		books []map[string][]canned

		outcome Outcome
		status  dnssec.Status
		reason  dnssec.Reason
		links   string
		server  netip.AddrPort
	}{
		{name: "secure", books: []map[string][]canned{nil}, outcome: Found, status: dnssec.Secure, server: upstreamA},
		{name: "alias", ask: "alias.test", books: []map[string][]canned{nil}, outcome: Found, status: dnssec.Secure,
			links: "alias.test.=secure", server: upstreamA},
		{name: "bogus everywhere", books: []map[string][]canned{bogus, bogus}, outcome: Bogus, status: dnssec.Bogus,
			reason: dnssec.ReasonRRSIGMissing, server: upstreamA},
		{name: "bogus at one", books: []map[string][]canned{bogus, nil}, outcome: Found, status: dnssec.Secure, server: upstreamB},
		{name: "bogus but for the resolver's own validation", outcome: Found, status: dnssec.Secure, server: upstreamA,
			books: []map[string][]canned{{"example.test. MX cd": bogus["example.test. MX"]}}},
		{name: "bogus, then SERVFAIL", outcome: Bogus, status: dnssec.Bogus, reason: dnssec.ReasonRRSIGMissing, server: upstreamA,
			books: []map[string][]canned{{"example.test. MX cd": bogus["example.test. MX"], "example.test. MX": {{"servfail", nil}}}}},
		{name: "bogus, then silence", outcome: Bogus, status: dnssec.Bogus, reason: dnssec.ReasonRRSIGMissing, server: upstreamA,
			books: []map[string][]canned{bogus, {"example.test. MX": {{"timeout", nil}}}}},
		{name: "SERVFAIL at one", books: []map[string][]canned{{"example.test. MX": {{"servfail", nil}}}, nil},
			outcome: Found, status: dnssec.Secure, server: upstreamB},
		{name: "silence at one", books: []map[string][]canned{{"example.test. MX": {{"timeout", nil}}}, nil},
			outcome: Found, status: dnssec.Secure, server: upstreamB},
		{name: "SERVFAIL", books: []map[string][]canned{{"example.test. MX": {{"servfail", nil}}}},
			outcome: ServFail, reason: dnssec.ReasonRcode, server: upstreamA},
		{name: "REFUSED beats silence", outcome: Refused, reason: dnssec.ReasonRcode, server: upstreamB,
			books: []map[string][]canned{{"example.test. MX": {{"timeout", nil}}}, {"example.test. MX": {{"refused", nil}}}}},
		{name: "silence", books: []map[string][]canned{{"example.test. MX": {{"timeout", nil}}}},
			outcome: Timeout, reason: dnssec.ReasonNoReply, server: upstreamA},
		{name: "no keys at one", books: []map[string][]canned{{"test. DNSKEY": {{"timeout", nil}}}, nil},
			outcome: Found, status: dnssec.Secure, server: upstreamA},
		{name: "no keys at all", books: []map[string][]canned{{"test. DNSKEY": {{"timeout", nil}}}},
			outcome: Timeout, reason: dnssec.ReasonNoReply, server: upstreamA},
		{name: "stripped", outcome: Bogus, status: dnssec.Bogus, reason: dnssec.ReasonDSUnproven, server: upstreamA,
			books: []map[string][]canned{{"example.test. MX": {{"", []string{forged}}}, "test. DS": {{"", nil}}, "example.test. DS": {{"", nil}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newSignedWorld(t)
			var books []*book
			for _, entries := range c.books {
				books = append(books, w.but(entries))
			}
			if c.ask == "" {
				c.ask = "Example.TEST"
			}
			a := w.forward(t, books...).Lookup(context.Background(), c.ask, dns.TypeMX)
			if a.Outcome != c.outcome || a.Status != c.status || a.Reason != c.reason || a.Server != c.server {
				t.Errorf("got %v %v %q from %v, want %v %v %q from %v",
					a.Outcome, a.Status, a.Reason, a.Server, c.outcome, c.status, c.reason, c.server)
			}
			if got := linkText(a.Links); got != c.links {
				t.Errorf("links %q, want %q", got, c.links)
			}
			if found := len(a.Records) == 1; found != (c.outcome == Found) || a.Queries == 0 {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestForwardDenial(t *testing.T) {
	w := newSignedWorld(t)
	a := w.forward(t, w.but(nil)).Lookup(context.Background(), "example.test", dns.TypeTLSA)
	if a.Outcome != NoData || a.Status != dnssec.Secure || a.Denial != dnssec.DenialNSEC || a.Zone != "test." || a.Signer != "test." {
		t.Errorf("%+v", a)
	}
}

// TestForwardStopsAtAlias asks a resolver that leaves aliases to its clients.
func TestForwardStopsAtAlias(t *testing.T) {
	w := newSignedWorld(t)
	alias := w.zone.sign(t, "alias.test. 300 IN CNAME example.test.")
	loop := w.zone.sign(t, "loop.test. 300 IN CNAME alias2.test.")
	back := w.zone.sign(t, "alias2.test. 300 IN CNAME loop.test.")
	b := w.but(map[string][]canned{
		"alias.test. MX":  {{"", alias}},
		"loop.test. MX":   {{"", loop}},
		"alias2.test. MX": {{"", back}},
		"odd.test. MX":    {{"", w.zone.sign(t, "odd.test. 300 IN CNAME nowhere.test.")}},
		"nowhere.test. MX": {{"", []string{
			"unasked.test. 300 IN MX 1 a."}}},
		"dead.test. MX": {{"", w.zone.sign(t, "dead.test. 300 IN CNAME gone.test.")}},
		"gone.test. MX": {{"timeout", nil}},
	})
	f := w.forward(t, b)
	if a := f.Lookup(context.Background(), "alias.test", dns.TypeMX); a.Outcome != Found || a.Status != dnssec.Secure || linkText(a.Links) != "alias.test.=secure" {
		t.Errorf("alias: %+v", a)
	}
	if a := f.Lookup(context.Background(), "loop.test", dns.TypeMX); a.Outcome != AliasLoop || a.Status != dnssec.Indeterminate {
		t.Errorf("loop: %+v", a)
	}
	if a := f.Lookup(context.Background(), "odd.test", dns.TypeMX); !a.Failed() || a.Queries > 8 {
		t.Errorf("odd: %+v", a)
	}
	if a := f.Lookup(context.Background(), "dead.test", dns.TypeMX); a.Outcome != Timeout || len(a.Links) != 1 || a.Question.Name != "dead.test." {
		t.Errorf("dead: %+v", a)
	}
}

// TestForwardBudget gives a lookup too few questions: it needs the MX set, the
// root's keys, the zone's DS set and its keys.
func TestForwardBudget(t *testing.T) {
	for budget, want := range map[int]Outcome{1: WorkLimit, 2: WorkLimit, 3: WorkLimit, 4: Found} {
		w := newSignedWorld(t)
		f := w.forward(t, w.but(nil))
		f.cfg.Queries = budget
		a := f.Lookup(context.Background(), "example.test", dns.TypeMX)
		if a.Outcome != want || a.Queries != budget {
			t.Errorf("budget %d: %v after %d queries, want %v", budget, a.Outcome, a.Queries, want)
		}
	}
}

func TestForwardConfig(t *testing.T) {
	w := newSignedWorld(t)
	servers := []netip.AddrPort{upstreamA}
	for _, cfg := range []ForwardConfig{
		{Validator: w.validator, Servers: servers},
		{Exchanger: fleet{}, Servers: servers},
		{Exchanger: fleet{}, Validator: w.validator},
	} {
		if _, err := NewForward(cfg); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
}

func TestUpstreamOrder(t *testing.T) {
	u := newUpstreams([]netip.AddrPort{upstreamA, upstreamB})
	firsts := func(n int) (a int) {
		for range n {
			order := u.order()
			if len(order) != 2 || order[0] == order[1] {
				t.Fatalf("order %v", order)
			}
			if order[0].addr == upstreamA {
				a++
			}
		}
		return a
	}
	if n := firsts(100); n != 50 {
		t.Errorf("A is asked first %d times of 100", n)
	}
	dead := &exchange.Error{Kind: exchange.Timeout}
	for range upstreamDead {
		u.all[0].note(dead)
	}
	if n := firsts(640); n == 0 || n > 20 {
		t.Errorf("dead A is asked first %d times of 640", n)
	}
	u.all[0].note(nil)
	if n := firsts(100); n != 50 {
		t.Errorf("A is back and asked first %d times of 100", n)
	}
	for range 10 {
		u.all[1].note(&exchange.Error{Kind: exchange.Cancelled})
	}
	if n := firsts(100); n != 50 {
		t.Errorf("cancelling makes B dead: A is first %d times of 100", n)
	}
}

func TestForwardPreflight(t *testing.T) {
	const denied = "danescan-preflight-no-such-name.com. A"
	com := "com. 60 IN DS 1 8 2 AAAA"
	rrsig := func(owner, typ string) string {
		return owner + " 60 IN RRSIG " + typ + " 8 1 60 20300101000000 20200101000000 1 . AAAA"
	}
	nsec3 := nsec3out
	whole := map[string][]canned{
		"com. DS": {{"", []string{com, rrsig("com.", "DS")}}},
		denied:    {{"nxdomain", []string{"--", nsec3, rrsig("com.", "NSEC3")}}},
	}
	for _, c := range []struct {
		name string
		with map[string][]canned
		want string
	}{
		{"whole", nil, ""},
		{"no signatures", map[string][]canned{"com. DS": {{"", []string{com}}}}, "does not pass on the signed DS records of com."},
		{"no DS", map[string][]canned{"com. DS": {{"", nil}}}, "does not pass on the signed DS records of com."},
		{"no keys", map[string][]canned{". DNSKEY": {{"", nil}}}, "does not pass on the signed keys of the root"},
		{"no NSEC3", map[string][]canned{denied: {{"nxdomain", nil}}}, "does not pass on the signed NSEC3 records"},
		{"a liar", map[string][]canned{denied: {{"", []string{"danescan-preflight-no-such-name.com. 60 IN A 192.0.2.9"}}}}, "makes up an address"},
		{"silent", map[string][]canned{". DNSKEY": {{"timeout", nil}}}, "does not answer"},
		{"refuses", map[string][]canned{denied: {{"refused", nil}}}, "refuses to answer us"},
		{"forged root", map[string][]canned{". SOA": {{"", []string{". 300 IN SOA a. b. 9 2 3 4 5"}}}}, "the root zone is bogus (bogus, rrsig-missing): the trust anchor may be out of date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newSignedWorld(t)
			maps.Copy(w.entries, whole)
			err := w.forward(t, w.but(c.with)).Preflight(context.Background())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// TestCheckTrust sets the clock wrong.
func TestCheckTrust(t *testing.T) {
	for _, c := range []struct {
		answer Answer
		want   string
	}{
		{Answer{Status: dnssec.Secure}, ""},
		{Answer{Outcome: Bogus, Status: dnssec.Bogus, Reason: dnssec.ReasonSignatureExpired}, "set the clock"},
		{Answer{Outcome: Bogus, Status: dnssec.Bogus, Reason: dnssec.ReasonDSMismatch}, "trust anchor may be out of date"},
		{Answer{Outcome: NoData, Status: dnssec.Insecure}, "no algorithm or digest"},
		{Answer{Outcome: Timeout, Reason: dnssec.ReasonNoReply}, "cannot be reached"},
	} {
		r := lookups(func(context.Context, string, uint16) Answer { return c.answer })
		err := CheckTrust(context.Background(), r, func() time.Time { return bookAt })
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

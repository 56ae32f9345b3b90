package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// canned is a reply in a test: header words ("ad", "servfail", "ede7", "timeout"
// and so on) and records in master-file form; those after "--" are the authority.
type canned struct {
	head    string
	records []string
}

// book is an Exchanger that answers from a table: "name TYPE", with " cd" after it
// where the CD bit is set and the entry is to differ. Entries of one key are used
// in turn, the last one for ever. It knows nothing else and says so.
type book struct {
	mu      sync.Mutex
	entries map[string][]canned
	asked   []string
}

func (b *book) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := q.Name + " " + dns.TypeToString[q.Type]
	if _, ok := b.entries[key+" cd"]; ok && opt.CD {
		key += " cd"
	}
	b.asked = append(b.asked, key)
	if err := ctx.Err(); err != nil {
		return exchange.Reply{}, &exchange.Error{Kind: exchange.Cancelled, Server: server, Err: err}
	}
	list := b.entries[key]
	if len(list) == 0 {
		return exchange.Reply{}, &exchange.Error{Kind: exchange.Network, Server: server, Queries: 1, Err: errors.New("nothing in the book for " + key)}
	}
	if len(list) > 1 {
		b.entries[key] = list[1:]
	}
	return list[0].reply(server, q)
}

var rcodes = map[string]int{
	"servfail": dns.RcodeServerFailure, "nxdomain": dns.RcodeNameError, "refused": dns.RcodeRefused,
	"notimp": dns.RcodeNotImplemented, "formerr": dns.RcodeFormatError,
}

var kinds = map[string]exchange.Kind{
	"timeout": exchange.Timeout, "network": exchange.Network, "malformed": exchange.Malformed,
}

func (c canned) reply(server netip.AddrPort, q dnssec.Question) (exchange.Reply, error) {
	m := new(dns.Msg)
	m.SetQuestion(q.Name, q.Type)
	m.Response, m.RecursionAvailable = true, true
	m.SetEdns0(1232, true)
	for _, word := range strings.Fields(c.head) {
		if k, ok := kinds[word]; ok {
			return exchange.Reply{}, &exchange.Error{Kind: k, Server: server, Queries: 3, Err: errors.New(word)}
		}
		var code uint16
		switch n, _ := fmt.Sscanf(word, "ede%d", &code); {
		case n == 1:
			opt := m.IsEdns0()
			opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: code})
		case word == "ad":
			m.AuthenticatedData = true
		case word == "norecursion":
			m.RecursionAvailable = false
		case word == "noedns":
			m.Extra = nil
		default:
			m.Rcode = rcodes[word]
		}
	}
	section := &m.Answer
	for _, text := range c.records {
		if text == "--" {
			section = &m.Ns
			continue
		}
		rr, err := dns.NewRR(text)
		if err != nil {
			panic(err)
		}
		*section = append(*section, rr)
	}
	return exchange.Reply{Msg: carried(m), Server: server, Size: m.Len(), Queries: 1}, nil
}

var (
	local  = netip.MustParseAddrPort("127.0.0.1:5353")
	bookAt = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
)

func believing(t *testing.T, entries map[string][]canned) (*TrustAD, *book) {
	t.Helper()
	b := &book{entries: entries}
	r, err := NewTrustAD(TrustADConfig{Exchanger: b, Server: local, Now: func() time.Time { return bookAt }})
	if err != nil {
		t.Fatal(err)
	}
	return r, b
}

const (
	sigMX    = "example.com. 3600 IN RRSIG MX 13 2 3600 20261201000000 20261101000000 4711 example.com. AAAA"
	sigCNAME = "www.example.com. 3600 IN RRSIG CNAME 13 3 3600 20261130000000 20261101000000 4711 example.com. AAAA"
	soa      = "example.com. 3600 IN SOA ns.example.com. hostmaster.example.com. 1 7200 900 1209600 300"
	sigSOA   = "example.com. 3600 IN RRSIG SOA 13 2 3600 20261201000000 20261101000000 4711 example.com. AAAA"
	nsec     = "example.com. 300 IN NSEC a.example.com. NS SOA MX RRSIG NSEC DNSKEY"
	nsec3out = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.com. 900 IN NSEC3 1 1 5 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA RRSIG DNSKEY NSEC3PARAM"
)

func TestTrustAD(t *testing.T) {
	for _, c := range []struct {
		name    string
		qtype   uint16
		entries map[string][]canned

		outcome Outcome
		status  dnssec.Status
		reason  dnssec.Reason
		ede     int
		links   string // "name=status ..."
		records int
		asked   int // questions
	}{
		{
			name: "secure", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"ad", []string{"example.com. 3600 IN MX 10 mx.example.com.", sigMX}}}},
			outcome: Found, status: dnssec.Secure, ede: -1, records: 1, asked: 1,
		}, {
			name: "insecure", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"", []string{"example.com. 3600 IN MX 10 mx.example.com."}}}},
			outcome: Found, status: dnssec.Insecure, ede: -1, records: 1, asked: 1,
		}, {
			name: "insecure, resolver says why", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"ede27", []string{"example.com. 3600 IN MX 10 mx.example.com."}}}},
			outcome: Found, status: dnssec.Insecure, reason: dnssec.ReasonNSEC3Iterations, ede: 27, records: 1, asked: 1,
		}, {
			name: "secure nodata", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"ad", []string{"--", soa, sigSOA, nsec}}}},
			outcome: NoData, status: dnssec.Secure, ede: -1, asked: 1,
		}, {
			name: "secure nxdomain", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"nxdomain ad", []string{"--", soa, sigSOA, nsec}}}},
			outcome: NXDomain, status: dnssec.Secure, ede: -1, asked: 1,
		}, {
			name: "nxdomain over an opt-out span", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"nxdomain", []string{"--", "com. 900 IN SOA a. b. 1 2 3 4 5", nsec3out}}}},
			outcome: NXDomain, status: dnssec.Insecure, reason: dnssec.ReasonOptOut, ede: -1, asked: 1,
		}, {
			name: "bogus with a reason", qtype: dns.TypeMX,
			entries: map[string][]canned{
				"example.com. MX":    {{"servfail ede6 ede10", nil}},
				"example.com. MX cd": {{"", []string{"example.com. 3600 IN MX 10 mx.example.com."}}},
			},
			outcome: Bogus, status: dnssec.Bogus, reason: dnssec.ReasonRRSIGMissing, ede: 10, asked: 2,
		}, {
			name: "bogus without a reason", qtype: dns.TypeMX,
			entries: map[string][]canned{
				"example.com. MX":     {{"servfail", nil}},
				"example.com. MX cd":  {{"", []string{"example.com. 3600 IN MX 10 mx.example.com.", sigMX}}},
				"example.com. DNSKEY": {{"", []string{"example.com. 60 IN DNSKEY 257 3 13 AAAA"}}},
			},
			outcome: Bogus, status: dnssec.Bogus, ede: -1, asked: 4,
		}, {
			name: "keys that cannot be had are no verdict", qtype: dns.TypeMX,
			entries: map[string][]canned{
				"example.com. MX":     {{"servfail ede9", nil}},
				"example.com. MX cd":  {{"", []string{"example.com. 3600 IN MX 10 mx.example.com.", sigMX}}},
				"example.com. DNSKEY": {{"servfail", nil}},
			},
			outcome: ServFail, reason: dnssec.ReasonRcode, ede: 9, asked: 3,
		}, {
			name: "keys that are there and do not fit are one", qtype: dns.TypeMX,
			entries: map[string][]canned{
				"example.com. MX":     {{"servfail ede9", nil}},
				"example.com. MX cd":  {{"", []string{"example.com. 3600 IN MX 10 mx.example.com.", sigMX}}},
				"example.com. DNSKEY": {{"", []string{"example.com. 60 IN DNSKEY 257 3 13 AAAA"}}},
			},
			outcome: Bogus, status: dnssec.Bogus, reason: dnssec.ReasonDNSKEYMissing, ede: 9, asked: 3,
		}, {
			name: "bogus denial", qtype: dns.TypeMX,
			entries: map[string][]canned{
				"example.com. MX":    {{"servfail ede12", nil}},
				"example.com. MX cd": {{"nxdomain", []string{"--", soa}}},
			},
			outcome: Bogus, status: dnssec.Bogus, reason: dnssec.ReasonDenialMissing, ede: 12, asked: 2,
		}, {
			name: "servfail was the network", qtype: dns.TypeMX,
			entries: map[string][]canned{
				"example.com. MX": {{"servfail ede22", nil},
					{"ad", []string{"example.com. 3600 IN MX 10 mx.example.com.", sigMX}}},
				"example.com. MX cd": {{"", []string{"example.com. 3600 IN MX 10 mx.example.com.", sigMX}}},
			},
			outcome: Found, status: dnssec.Secure, ede: -1, records: 1, asked: 3,
		}, {
			name: "servfail without validation, too", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"servfail ede22", nil}}},
			outcome: ServFail, reason: dnssec.ReasonRcode, ede: 22, asked: 2,
		}, {
			name: "servfail, then silence", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"servfail", nil}}, "example.com. MX cd": {{"timeout", nil}}},
			outcome: ServFail, reason: dnssec.ReasonRcode, ede: -1, asked: 2,
		}, {
			name: "refused", qtype: dns.TypeMX, entries: map[string][]canned{"example.com. MX": {{"refused", nil}}},
			outcome: Refused, reason: dnssec.ReasonRcode, ede: -1, asked: 1,
		}, {
			name: "notimp", qtype: dns.TypeMX, entries: map[string][]canned{"example.com. MX": {{"notimp", nil}}},
			outcome: NotImp, reason: dnssec.ReasonRcode, ede: -1, asked: 1,
		}, {
			name: "formerr", qtype: dns.TypeMX, entries: map[string][]canned{"example.com. MX": {{"formerr", nil}}},
			outcome: FormErr, reason: dnssec.ReasonRcode, ede: -1, asked: 1,
		}, {
			name: "an error with AD is no proof", qtype: dns.TypeMX, entries: map[string][]canned{"example.com. MX": {{"refused ad", nil}}},
			outcome: Refused, reason: dnssec.ReasonRcode, ede: -1, asked: 1,
		}, {
			name: "timeout", qtype: dns.TypeMX, entries: map[string][]canned{"example.com. MX": {{"timeout", nil}}},
			outcome: Timeout, reason: dnssec.ReasonNoReply, ede: -1, asked: 1,
		}, {
			name: "network", qtype: dns.TypeMX, entries: map[string][]canned{"example.com. MX": {{"network", nil}}},
			outcome: NetworkError, reason: dnssec.ReasonNoReply, ede: -1, asked: 1,
		}, {
			name: "malformed", qtype: dns.TypeMX, entries: map[string][]canned{"example.com. MX": {{"malformed", nil}}},
			outcome: Malformed, reason: dnssec.ReasonMalformed, ede: -1, asked: 1,
		}, {
			name: "aliases, all secure", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"ad", []string{
				"example.com. 60 IN CNAME a.example.com.", "A.example.com. 60 IN CNAME b.example.net.", "b.example.net. 60 IN MX 0 ."}}}},
			outcome: Found, status: dnssec.Secure, ede: -1, records: 1, asked: 1,
			links: "example.com.=secure a.example.com.=secure",
		}, {
			name: "first alias secure, target not", qtype: dns.TypeMX,
			entries: map[string][]canned{
				"example.com. MX": {{"", []string{
					"example.com. 60 IN CNAME a.example.com.", "a.example.com. 60 IN CNAME b.example.net.",
					"b.example.net. 60 IN CNAME c.example.net.", "c.example.net. 60 IN MX 0 ."}}},
				"example.com. CNAME":   {{"ad", []string{"example.com. 60 IN CNAME a.example.com."}}},
				"a.example.com. CNAME": {{"ad", []string{"a.example.com. 60 IN CNAME b.example.net."}}},
				"b.example.net. CNAME": {{"", []string{"b.example.net. 60 IN CNAME c.example.net."}}},
			},
			outcome: Found, status: dnssec.Insecure, ede: -1, records: 1, asked: 4,
			links: "example.com.=secure a.example.com.=secure b.example.net.=insecure",
		}, {
			name: "first alias insecure taints the rest", qtype: dns.TypeMX,
			entries: map[string][]canned{
				"example.com. MX":    {{"", []string{"example.com. 60 IN CNAME a.example.org.", "a.example.org. 60 IN CNAME b.example.net.", "b.example.net. 60 IN MX 0 ."}}},
				"example.com. CNAME": {{"", []string{"example.com. 60 IN CNAME a.example.org."}}},
			},
			outcome: Found, status: dnssec.Insecure, ede: -1, records: 1, asked: 2,
			links: "example.com.=insecure a.example.org.=insecure",
		}, {
			name: "alias whose own lookup fails", qtype: dns.TypeMX,
			entries: map[string][]canned{
				"example.com. MX":    {{"", []string{"example.com. 60 IN CNAME a.example.org.", "a.example.org. 60 IN MX 0 ."}}},
				"example.com. CNAME": {{"timeout", nil}},
			},
			outcome: Found, status: dnssec.Insecure, ede: -1, records: 1, asked: 2,
			links: "example.com.=indeterminate",
		}, {
			name: "alias that changes between two questions", qtype: dns.TypeMX,
			entries: map[string][]canned{
				"example.com. MX":    {{"", []string{"example.com. 60 IN CNAME a.example.org.", "a.example.org. 60 IN MX 0 ."}}},
				"example.com. CNAME": {{"ad", []string{"example.com. 60 IN CNAME other.example.org."}}},
			},
			outcome: Found, status: dnssec.Insecure, ede: -1, records: 1, asked: 2,
			links: "example.com.=indeterminate",
		}, {
			name: "alias without an end is nodata", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"ad", []string{"example.com. 60 IN CNAME a.example.com.", "--", soa, nsec}}}},
			outcome: NoData, status: dnssec.Secure, ede: -1, asked: 1, links: "example.com.=secure",
		}, {
			name: "dname without cname", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"ad", []string{"com. 60 IN DNAME org.", "example.org. 60 IN MX 0 ."}}}},
			outcome: Found, status: dnssec.Secure, ede: -1, records: 1, asked: 1, links: "example.com.=secure",
		}, {
			name: "alias loop", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"ad", []string{"example.com. 60 IN CNAME a.example.com.", "a.example.com. 60 IN CNAME example.com."}}}},
			outcome: AliasLoop, reason: dnssec.ReasonAliasLoop, ede: -1, asked: 1,
			links: "example.com.=indeterminate a.example.com.=indeterminate",
		}, {
			name: "records beside the chain count for nothing", qtype: dns.TypeMX,
			entries: map[string][]canned{"example.com. MX": {{"ad", []string{"other.example.com. 60 IN MX 10 mx.example.com.", "example.com. 60 IN A 192.0.2.1"}}}},
			outcome: NoData, status: dnssec.Secure, ede: -1, asked: 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, b := believing(t, c.entries)
			a := r.Lookup(context.Background(), "Example.COM", c.qtype)
			if a.Outcome != c.outcome || a.Status != c.status || a.Reason != c.reason || a.EDE != c.ede {
				t.Errorf("got %v %v %q %d, want %v %v %q %d", a.Outcome, a.Status, a.Reason, a.EDE, c.outcome, c.status, c.reason, c.ede)
			}
			if got := linkText(a.Links); got != c.links {
				t.Errorf("links %q, want %q", got, c.links)
			}
			if len(a.Records) != c.records || len(b.asked) != c.asked {
				t.Errorf("%d records after %v, want %d after %d questions", len(a.Records), b.asked, c.records, c.asked)
			}
			if a.Failed() && a.Status > dnssec.Bogus {
				t.Errorf("a failure is %v", a.Status)
			}
		})
	}
}

func linkText(links []dnssec.Link) string {
	var words []string
	for _, l := range links {
		words = append(words, l.Name+"="+l.Status.String())
	}
	return strings.Join(words, " ")
}

func TestTrustADDetails(t *testing.T) {
	r, _ := believing(t, map[string][]canned{
		"a.example.com. MX": {{"ad", []string{
			"a.example.com. 60 IN MX 10 mx.example.com.",
			"a.example.com. 60 IN RRSIG MX 8 2 3600 20261130000000 20261101000000 815 example.com. AAAA"}}},
		"example.com. TXT": {{"nxdomain ad", []string{"--", soa, sigSOA, nsec}}},
		"iter.com. TXT":    {{"nxdomain ad", []string{"--", "com. 900 IN SOA a. b. 1 2 3 4 5", nsec3out}}},
	})
	a := r.Lookup(context.Background(), "a.example.com.", dns.TypeMX)
	if !a.Wildcard || a.Signer != "example.com." || a.KeyTag != 815 || a.Algorithm != 8 || a.Zone != "example.com." ||
		a.TTL != time.Minute || !a.Expires.Equal(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)) || a.Server != local || a.Queries != 1 {
		t.Errorf("%+v", a)
	}
	a = r.Lookup(context.Background(), "example.com.", dns.TypeTXT)
	if a.Denial != dnssec.DenialNSEC || a.Zone != "example.com." || a.TTL != 300*time.Second || a.KeyTag != 4711 ||
		!a.Expires.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) || a.Wildcard {
		t.Errorf("%+v", a)
	}
	a = r.Lookup(context.Background(), "iter.com.", dns.TypeTXT)
	if a.Denial != dnssec.DenialNSEC3 || a.NSEC3Iterations != 5 || a.TTL != 5*time.Second || a.Zone != "com." {
		t.Errorf("%+v", a)
	}
}

func TestTrustADBounds(t *testing.T) {
	long := []string{}
	for i := range 20 {
		long = append(long, fmt.Sprintf("n%d.example. 60 IN CNAME n%d.example.", i, i+1))
	}
	r, b := believing(t, map[string][]canned{"n0.example. A": {{"ad", long}}})
	if a := r.Lookup(context.Background(), "n0.example", dns.TypeA); a.Outcome != WorkLimit || len(a.Links) != maxLinks {
		t.Errorf("20 links: %v with %d links", a.Outcome, len(a.Links))
	}
	b.entries = map[string][]canned{"n0.example. A": {{"servfail", nil}}, "n0.example. A cd": {{"", nil}}}
	r.cfg.Queries = 0
	if a := r.Lookup(context.Background(), "n0.example", dns.TypeA); a.Outcome != WorkLimit || a.Status != dnssec.Indeterminate {
		t.Errorf("no budget: %v", a.Outcome)
	}
	for _, name := range []string{"", "..", "a..b", strings.Repeat("a", 64) + ".com", strings.Repeat("abcdefg.", 40)} {
		if a := r.Lookup(context.Background(), name, dns.TypeA); a.Outcome != FormErr || a.Status != dnssec.Indeterminate {
			t.Errorf("%q: %v", name, a.Outcome)
		}
	}
}

func TestTrustADOnlyLoopback(t *testing.T) {
	for server, want := range map[string]error{
		"127.0.0.1:53": nil, "127.8.0.1:53": nil, "[::1]:53": nil, "[::ffff:127.0.0.1]:53": nil,
		"192.0.2.1:53": ErrNotLoopback, "[2001:db8::1]:53": ErrNotLoopback, "0.0.0.0:53": ErrNotLoopback,
	} {
		cfg := TrustADConfig{Server: netip.MustParseAddrPort(server)}
		if _, err := NewTrustAD(cfg); !errors.Is(err, want) {
			t.Errorf("%s: %v", server, err)
		}
		cfg.Insecure = true
		if _, err := NewTrustAD(cfg); err != nil {
			t.Errorf("%s, insecure: %v", server, err)
		}
	}
	if _, err := NewTrustAD(TrustADConfig{Insecure: true}); err == nil {
		t.Error("no server, no error")
	}
}

func TestTrustADPreflight(t *testing.T) {
	keys := []string{". 3600 IN DNSKEY 257 3 13 AAAA"}
	for _, c := range []struct {
		reply canned
		want  string // part of the error; empty: none
	}{
		{canned{"ad", keys}, ""},
		{canned{"", keys}, "does not validate"},
		{canned{"servfail ede7", nil}, "SERVFAIL to . DNSKEY (Signature Expired): its trust anchor may be out of date, its clock wrong"},
		{canned{"refused", nil}, "refuses to answer us"},
		{canned{"formerr", nil}, "FORMERR"},
		{canned{"timeout", nil}, "does not answer (. DNSKEY, asked 3 times)"},
		{canned{"network", nil}, "cannot be asked"},
		{canned{"ad norecursion", keys}, "does not recurse"},
		{canned{"ad noedns", keys}, "does not know EDNS"},
	} {
		r, _ := believing(t, map[string][]canned{". DNSKEY": {c.reply}})
		err := r.Preflight(context.Background())
		switch {
		case c.want == "" && err != nil, c.want != "" && err == nil:
			t.Errorf("%v: %v", c.reply, err)
		case err != nil && (!strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "resolver 127.0.0.1:5353: ")):
			t.Errorf("%v: %v, want %q", c.reply, err, c.want)
		}
	}
}

func TestZoneOf(t *testing.T) {
	soaAt := func(zone string) []string { return []string{zone + " 60 IN SOA a. b. 1 2 3 4 5"} }
	denied := func(zone string) []string { return append([]string{"--"}, soaAt(zone)...) }
	entries := map[string][]canned{
		". SOA":                     {{"ad", soaAt(".")}},
		"com. SOA":                  {{"ad", soaAt("com.")}},
		"example.com. SOA":          {{"ad", soaAt("example.com.")}},
		"mail.example.com. SOA":     {{"ad", denied("example.com.")}},
		"www.example.com. SOA":      {{"ad", append([]string{"www.example.com. 60 IN CNAME x.net."}, denied("net.")...)}},
		"gone.com. SOA":             {{"nxdomain", denied("com.")}},
		"dead-signed.com. SOA":      {{"servfail", nil}},
		"mx.dead-signed.com. SOA":   {{"servfail", nil}},
		"dead-signed.com. DS":       {{"ad", []string{"dead-signed.com. 60 IN DS 1 8 2 AAAA"}}},
		"dead-unsigned.com. SOA":    {{"timeout", nil}},
		"mx.dead-unsigned.com. SOA": {{"timeout", nil}},
		"dead-unsigned.com. DS":     {{"", denied("com.")}},
		"liar.com. SOA":             {{"", denied("example.org.")}},
		"plain.com. SOA":            {{"", soaAt("plain.com.")}},
	}
	for name, want := range map[string]string{
		"example.com": "example.com. secure", "Mail.Example.COM.": "example.com. secure", "www.example.com": "example.com. secure",
		"gone.com": "com. secure", "mx.dead-signed.com": "dead-signed.com. secure", "mx.dead-unsigned.com": "dead-unsigned.com. insecure",
		"liar.com": "com. secure", "plain.com": "plain.com. insecure", "": " indeterminate",
	} {
		r, _ := believing(t, entries)
		apex, status := ZoneOf(context.Background(), r, name)
		if got := apex + " " + status.String(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	r, b := believing(t, nil)
	if apex, status := ZoneOf(context.Background(), r, "a.b.c"); apex != "" || status != dnssec.Indeterminate {
		t.Errorf("nobody answers: %q %v", apex, status)
	}
	if want := []string{"a.b.c. SOA", "b.c. SOA", "c. SOA", ". SOA"}; !slices.Equal(b.asked, want) {
		t.Errorf("asked %v, want %v", b.asked, want)
	}
}

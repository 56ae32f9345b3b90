package dnssec_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// TestTimes moves the clock over the validity of all signatures, which is from one
// hour before now to one day after it.
func TestTimes(t *testing.T) {
	w := world(t)
	for _, c := range []struct {
		at     time.Duration
		skew   time.Duration
		status dnssec.Status
		reason dnssec.Reason
		ttl    time.Duration
	}{
		{0, 0, dnssec.Secure, "", time.Hour},
		{-time.Hour, 0, dnssec.Secure, "", time.Hour},
		{-time.Hour - time.Second, 0, dnssec.Bogus, dnssec.ReasonSignatureNotYet, 0},
		{-time.Hour - time.Second, time.Second, dnssec.Secure, "", time.Hour},
		{24*time.Hour - time.Minute, 0, dnssec.Secure, "", time.Minute},
		{24 * time.Hour, 0, dnssec.Secure, "", 0},
		{24*time.Hour + time.Second, 0, dnssec.Bogus, dnssec.ReasonSignatureExpired, 0},
		{24*time.Hour + time.Second, time.Minute, dnssec.Secure, "", 59 * time.Second},
		{1 << 31 * time.Second, 0, dnssec.Bogus, dnssec.ReasonSignatureNotYet, 0}, // the other half of the circle
	} {
		v := validator(t, w, dnssec.Config{Now: func() time.Time { return now.Add(c.at) }, Skew: c.skew})
		q := ask("mx.example.", dns.TypeA)
		r := v.ValidateMsg(t.Context(), &source{world: w}, q, w.Ask(q.Name, q.Type), nil)
		if r.Status != c.status || r.Reason != c.reason || r.TTL != c.ttl {
			t.Errorf("%v, skew %v: %v %q TTL %v, want %v %q %v", c.at, c.skew, r.Status, r.Reason, r.TTL, c.status, c.reason, c.ttl)
		}
		if c.at < 25*time.Hour && (r.Expires != now.Add(24*time.Hour) || r.KeyTag == 0 || r.Alg != dns.ECDSAP256SHA256) {
			t.Errorf("%v: expires %v, tag %d, algorithm %d", c.at, r.Expires, r.KeyTag, r.Alg)
		}
		if c.status == dnssec.Bogus && (r.Zone != "." || r.Signer != ".") {
			t.Errorf("%v: zone %q, signer %q", c.at, r.Zone, r.Signer)
		}
	}
}

// TestTTLs shows that a TTL with the highest bit set is none (RFC 2181, Section 8), be
// the data proven or not.
func TestTTLs(t *testing.T) {
	w := world(t)
	for _, c := range []struct {
		name string
		ttl  uint32
		want time.Duration
	}{
		{"mx.example.", 60, time.Minute},
		{"mx.example.", 1<<31 - 1, time.Hour}, // the original TTL
		{"mx.example.", 1 << 31, 0},
		{"host.unsigned.example.", 60, time.Minute},
		{"host.unsigned.example.", 1<<31 - 1, (1<<31 - 1) * time.Second},
		{"host.unsigned.example.", 1 << 31, 0},
		{"host.unsigned.example.", 1<<31 | 60, 0},
	} {
		msg := w.Ask(c.name, dns.TypeA)
		for _, rr := range msg.Answer {
			rr.Header().Ttl = c.ttl
		}
		wire, err := msg.Pack()
		if err != nil {
			t.Fatal(err)
		}
		read, err := dnssec.Unpack(wire)
		if err != nil {
			t.Fatal(err)
		}
		for what, m := range map[string]*dnssec.Message{"of the library": dnssec.FromMsg(msg), "of octets": read} {
			r := validator(t, w, dnssec.Config{}).Validate(t.Context(), &source{world: w}, ask(c.name, dns.TypeA), m, nil)
			if r.Status < dnssec.Insecure || r.TTL != c.want {
				t.Errorf("%s, TTL %d, %s: %v %q, TTL %v, want %v", c.name, c.ttl, what, r.Status, r.Reason, r.TTL, c.want)
			}
		}
	}
}

// TestSHA1Policy treats RSASHA1 as unsupported where told to.
func TestSHA1Policy(t *testing.T) {
	w := world(t)
	for _, name := range []string{"host.sha1.", "nosuch.sha1nsec3."} {
		q := ask(name, dns.TypeA)
		r := validator(t, w, dnssec.Config{SHA1: dnssec.SHA1Insecure}).ValidateMsg(t.Context(), &source{world: w}, q, w.Ask(q.Name, q.Type), nil)
		if r.Status != dnssec.Insecure || r.Reason != dnssec.ReasonUnsupportedAlg || r.EDE != 1 {
			t.Errorf("%s: %v %q %d", name, r.Status, r.Reason, r.EDE)
		}
	}
}

// wrongDigest copies a DS record and changes the first digit of its digest.
func wrongDigest(ds *dns.DS) *dns.DS {
	c := dns.Copy(ds).(*dns.DS)
	first := "0"
	if c.Digest[0] == '0' {
		first = "1"
	}
	c.Digest = first + c.Digest[1:]
	return c
}

// TestAnchors tries trust anchors at and below the top.
func TestAnchors(t *testing.T) {
	w := world(t)
	island := w.Zone("child.example.")
	key := dnssec.Anchor{Name: "Child.example.", Key: island.KSK.Record}
	top := dnssec.Anchor{Name: ".", DS: w.Anchor()}
	wrong := wrongDigest(w.Anchor())
	unknown := dns.Copy(w.Anchor()).(*dns.DS)
	unknown.Algorithm = 200
	for what, c := range map[string]struct {
		cfg    dnssec.Config
		name   string
		status dnssec.Status
		reason dnssec.Reason
	}{
		"a key below the top":            {dnssec.Config{Anchors: []dnssec.Anchor{key}}, "www.child.example.", dnssec.Secure, ""},
		"nothing above":                  {dnssec.Config{Anchors: []dnssec.Anchor{key}}, "mx.example.", dnssec.Insecure, dnssec.ReasonNoAnchor},
		"both":                           {dnssec.Config{Anchors: []dnssec.Anchor{key, top}}, "www.child.example.", dnssec.Secure, ""},
		"the closest counts":             {dnssec.Config{Anchors: []dnssec.Anchor{{Name: "child.example.", DS: w.Anchor()}, top}}, "www.child.example.", dnssec.Bogus, dnssec.ReasonDSMismatch},
		"a wrong one beside a right one": {dnssec.Config{Anchors: []dnssec.Anchor{{Name: ".", DS: wrong}, top}}, "mx.example.", dnssec.Secure, ""},
		"a wrong one":                    {dnssec.Config{Anchors: []dnssec.Anchor{{Name: ".", DS: wrong}}}, "mx.example.", dnssec.Bogus, dnssec.ReasonDSMismatch},
		"one that is not supported":      {dnssec.Config{Anchors: []dnssec.Anchor{{Name: ".", DS: unknown}}}, "mx.example.", dnssec.Insecure, dnssec.ReasonUnsupportedAlg},
		"a negative one":                 {dnssec.Config{Insecure: []string{"example."}}, "mx.example.", dnssec.Insecure, dnssec.ReasonNegativeAnchor},
		"an anchor below a negative one": {dnssec.Config{Anchors: []dnssec.Anchor{key, top}, Insecure: []string{"example."}}, "www.child.example.", dnssec.Secure, ""},
		"beside a negative one":          {dnssec.Config{Insecure: []string{"example."}}, "host.nsec3.", dnssec.Secure, ""},
	} {
		t.Run(what, func(t *testing.T) {
			q := ask(c.name, dns.TypeA)
			r := validator(t, w, c.cfg).ValidateMsg(t.Context(), &source{world: w}, q, w.Ask(q.Name, q.Type), nil)
			if r.Status != c.status || r.Reason != c.reason {
				t.Errorf("%v %q, want %v %q", r.Status, r.Reason, c.status, c.reason)
			}
		})
	}
}

// TestParentBelowAnchor shows what a zone above the closest anchor may say.
func TestParentBelowAnchor(t *testing.T) {
	w := world(t)
	anchors := []dnssec.Anchor{{Name: ".", DS: w.Anchor()}, {Name: "gone.example.", DS: w.Zone("child.example.").KSK.DS(dns.SHA256)},
		{Name: "island.optout.", DS: w.Zone("child.example.").KSK.DS(dns.SHA256)}}
	for _, c := range []struct {
		name   string
		rcode  int
		status dnssec.Status
		reason dnssec.Reason
	}{
		{"www.gone.example.", dns.RcodeNameError, dnssec.Secure, ""},
		{"www.gone.example.", dns.RcodeSuccess, dnssec.Bogus, dnssec.ReasonDNSKEYMissing},
		{"www.island.optout.", dns.RcodeNameError, dnssec.Bogus, dnssec.ReasonSignerWrong},
	} {
		q := ask(c.name, dns.TypeA)
		msg := w.Ask(q.Name, q.Type)
		msg.Rcode = c.rcode
		r := validator(t, w, dnssec.Config{Anchors: anchors}).ValidateMsg(t.Context(), &source{world: w}, q, msg, nil)
		if r.Status != c.status || c.reason != "" && r.Reason != c.reason {
			t.Errorf("%s: %v %q, want %v %q", c.name, r.Status, r.Reason, c.status, c.reason)
		}
	}
}

// TestDSRules mixes DS records: RFC 4035, Section 5.2; RFC 4509, Section 3.
func TestDSRules(t *testing.T) {
	w := world(t)
	z, k := w.Zone("example."), w.Zone("child.example.").KSK
	sha1, sha256, sha384 := k.DS(dns.SHA1), k.DS(dns.SHA256), k.DS(dns.SHA384)
	with := func(ds *dns.DS, edit func(*dns.DS)) *dns.DS {
		c := dns.Copy(ds).(*dns.DS)
		edit(c)
		return c
	}
	unknownDigest := with(sha256, func(ds *dns.DS) { ds.DigestType = 99 })
	unknownAlgorithm := with(sha256, func(ds *dns.DS) { ds.Algorithm = 99 })
	for what, c := range map[string]struct {
		ds     []dns.RR
		honour bool
		status dnssec.Status
		reason dnssec.Reason
	}{
		"SHA-1 alone":                        {[]dns.RR{sha1}, false, dnssec.Secure, ""},
		"SHA-384 alone":                      {[]dns.RR{sha384}, false, dnssec.Secure, ""},
		"SHA-1 beside a wrong SHA-256":       {[]dns.RR{sha1, wrongDigest(sha256)}, false, dnssec.Bogus, dnssec.ReasonDSMismatch},
		"the same, honoured":                 {[]dns.RR{sha1, wrongDigest(sha256)}, true, dnssec.Secure, ""},
		"SHA-256 beside a wrong SHA-384":     {[]dns.RR{sha256, wrongDigest(sha384)}, false, dnssec.Secure, ""},
		"an unknown digest":                  {[]dns.RR{unknownDigest}, false, dnssec.Insecure, dnssec.ReasonUnsupportedDigest},
		"an unknown algorithm":               {[]dns.RR{unknownAlgorithm}, false, dnssec.Insecure, dnssec.ReasonUnsupportedAlg},
		"a wrong one beside an unknown one":  {[]dns.RR{wrongDigest(sha256), unknownAlgorithm}, false, dnssec.Bogus, dnssec.ReasonDSMismatch},
		"a right one beside an unknown one":  {[]dns.RR{sha256, unknownAlgorithm}, false, dnssec.Secure, ""},
		"another tag":                        {[]dns.RR{with(sha256, func(ds *dns.DS) { ds.KeyTag++ })}, false, dnssec.Bogus, dnssec.ReasonDSMismatch},
		"another algorithm that is known":    {[]dns.RR{with(sha256, func(ds *dns.DS) { ds.Algorithm = dns.RSASHA256 })}, false, dnssec.Bogus, dnssec.ReasonDSMismatch},
		"SHA-1 beside an unsupported digest": {[]dns.RR{sha1, unknownDigest}, false, dnssec.Secure, ""},
	} {
		t.Run(what, func(t *testing.T) {
			msg := reply(ask("child.example.", dns.TypeDS), sign(t, z.ZSK, c.ds), nil)
			q := ask("www.child.example.", dns.TypeA)
			v := validator(t, w, dnssec.Config{HonourSHA1DS: c.honour})
			r := v.ValidateMsg(t.Context(), &source{world: w, edit: instead("child.example.", dns.TypeDS, msg)}, q, w.Ask(q.Name, q.Type), nil)
			if r.Status != c.status || r.Reason != c.reason {
				t.Errorf("%v %q, want %v %q", r.Status, r.Reason, c.status, c.reason)
			}
		})
	}
}

// TestRetries shows that a bogus reply is asked for again, a bounded number of
// times, and that a good one then counts.
func TestRetries(t *testing.T) {
	w := world(t)
	for _, c := range []struct {
		bad    int // replies before a good one
		qtype  uint16
		status dnssec.Status
		asked  int
	}{{1, dns.TypeDNSKEY, dnssec.Secure, 2}, {2, dns.TypeDS, dnssec.Secure, 3}, {3, dns.TypeDS, dnssec.Bogus, 3}, {9, dns.TypeDNSKEY, dnssec.Bogus, 3}} {
		src := &source{world: w, edit: func(q dnssec.Query, msg *dns.Msg) *dns.Msg {
			if q.Name == "child.example." && q.Type == c.qtype && q.Again < c.bad {
				msg.Answer = nil
			}
			return msg
		}}
		q := ask("www.child.example.", dns.TypeA)
		r := validator(t, w, dnssec.Config{}).ValidateMsg(t.Context(), src, q, w.Ask(q.Name, q.Type), nil)
		asked := 0
		for _, q := range src.asked {
			if q.Name == "child.example." && q.Type == c.qtype {
				if q.Again != asked {
					t.Errorf("question %d says it is number %d", asked, q.Again)
				}
				asked++
			}
		}
		if r.Status != c.status || asked != c.asked {
			t.Errorf("%d bad replies: %v %q after %d questions, want %v after %d", c.bad, r.Status, r.Reason, asked, c.status, c.asked)
		}
	}
}

// TestMemory counts questions as time passes: what is known is not asked again
// while it lives, and bogus and no reply are remembered for a while only.
func TestMemory(t *testing.T) {
	w := world(t)
	clock := now
	v := validator(t, w, dnssec.Config{Now: func() time.Time { return clock }})
	broken := true
	src := &source{world: w, edit: func(q dnssec.Query, msg *dns.Msg) *dns.Msg {
		if broken && q.Name == "child.example." && q.Type == dns.TypeDNSKEY {
			return nil
		}
		if broken && q.Name == "child.nsec3." && q.Type == dns.TypeDNSKEY {
			msg.Answer = nil
		}
		return msg
	}}
	look := func(after time.Duration, name string, status dnssec.Status, questions int) {
		t.Helper()
		clock, src.asked = now.Add(after), nil
		r := v.ValidateMsg(t.Context(), src, ask(name, dns.TypeA), w.Ask(name, dns.TypeA), nil)
		if r.Status != status || len(src.asked) != questions {
			t.Errorf("%s after %v: %v, asked %v", name, after, r.Status, src.asked)
		}
	}
	look(0, "mx.example.", dnssec.Secure, 3)                         // . DNSKEY, example. DS and DNSKEY
	look(time.Minute, "x.wild.example.", dnssec.Secure, 0)           //
	look(time.Minute, "www.child.example.", dnssec.Indeterminate, 2) // DS, and no DNSKEY
	look(time.Minute+4*time.Second, "www.child.example.", 0, 0)      // remembered
	look(time.Minute, "www.child.nsec3.", dnssec.Bogus, 2+1+3)       // nsec3. DS and DNSKEY; DS; DNSKEY with retries
	look(time.Minute+59*time.Second, "www.child.nsec3.", dnssec.Bogus, 0)
	broken = false
	look(time.Minute+5*time.Second, "www.child.example.", dnssec.Secure, 2)
	look(2*time.Minute, "www.child.nsec3.", dnssec.Secure, 2)
	look(59*time.Minute, "mx.example.", dnssec.Secure, 0)
	look(time.Hour, "mx.example.", dnssec.Secure, 3) // TTLs are an hour
}

// TestLookupBudget shows the limits of a lookup, and that a lookup which spends
// its own leaves nothing behind for others.
func TestLookupBudget(t *testing.T) {
	w := world(t)
	v := validator(t, w, dnssec.Config{})
	q := ask("www.child.example.", dns.TypeA)
	for what, spent := range map[string]*dnssec.Work{"fetches": {Fetches: 38}, "verifications": {Verifications: 62}} {
		r := v.ValidateMsg(t.Context(), &source{world: w}, q, w.Ask(q.Name, q.Type), spent)
		if r.Status != dnssec.Indeterminate || r.Reason != dnssec.ReasonWorkLimit {
			t.Errorf("%s: %v %q", what, r.Status, r.Reason)
		}
		if spent.Fetches > 40 || spent.Verifications > 65 {
			t.Errorf("%s: spent %+v", what, spent)
		}
	}
	if r := v.ValidateMsg(t.Context(), spentSource{}, q, w.Ask(q.Name, q.Type), nil); r.Reason != dnssec.ReasonWorkLimit {
		t.Errorf("a source that has spent its own: %v %q", r.Status, r.Reason)
	}
	if r := v.ValidateMsg(t.Context(), &source{world: w}, q, w.Ask(q.Name, q.Type), nil); r.Status != dnssec.Secure {
		t.Errorf("afterwards: %v %q", r.Status, r.Reason)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := validator(t, w, dnssec.Config{}).ValidateMsg(ctx, &source{world: w}, q, w.Ask(q.Name, q.Type), nil)
	if r.Status != dnssec.Indeterminate || r.Reason != dnssec.ReasonCancelled {
		t.Errorf("cancelled: %v %q", r.Status, r.Reason)
	}
}

// spentSource asks nobody any more.
type spentSource struct{}

func (spentSource) Fetch(context.Context, dnssec.Query) (*dnssec.Message, error) {
	return nil, fmt.Errorf("40 queries: %w", dnssec.ErrBudget)
}

// TestResponseLimits reaches the limits on the size of one reply.
func TestResponseLimits(t *testing.T) {
	w := world(t)
	q := ask("mx.example.", dns.TypeA)
	many := w.Ask(q.Name, q.Type)
	for i := range 260 {
		many.Ns = append(many.Ns, records(t, fmt.Sprintf("n%d.example. NS ns.example.", i))...)
	}
	long := w.Ask(q.Name, q.Type)
	for range 200 {
		long.Extra = append(long.Extra, &dns.TXT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeTXT, Class: dns.ClassINET},
			Txt: []string{string(make([]byte, 250)), string(make([]byte, 250))}})
	}
	chain := reply(q, nil, nil)
	for i := range 14 {
		chain.Answer = append(chain.Answer, sign(t, w.Zone("example.").ZSK, records(t, fmt.Sprintf("l%d.example. CNAME l%d.example.", i, i+1)))...)
	}
	for what, c := range map[string]struct {
		q   dnssec.Question
		msg *dns.Msg
	}{"records": {q, many}, "octets": {q, long}, "aliases": {ask("l0.example.", dns.TypeA), chain}} {
		r := validator(t, w, dnssec.Config{}).ValidateMsg(t.Context(), &source{world: w}, c.q, c.msg, nil)
		if r.Status != dnssec.Indeterminate || r.Reason != dnssec.ReasonWorkLimit {
			t.Errorf("%s: %v %q", what, r.Status, r.Reason)
		}
	}
	var keys []dns.RR
	for i := range 33 {
		k := dns.Copy(w.Zone("example.").ZSK.Record).(*dns.DNSKEY)
		k.Flags = uint16(i) << 1
		keys = append(keys, k)
	}
	msg := reply(ask("example.", dns.TypeDNSKEY), sign(t, w.Zone("example.").KSK, keys), nil)
	attack{question: q, edit: instead("example.", dns.TypeDNSKEY, msg), status: dnssec.Indeterminate, reason: dnssec.ReasonWorkLimit, cost: 4}.run(t, w)
}

// TestLongDNAME makes a name that is too long.
func TestLongDNAME(t *testing.T) {
	w := world(t)
	label := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	q := ask(label+label+label+"long.example.", dns.TypeA)
	msg := reply(q, w.Zone("example.").WithSignature("long.example.", dns.TypeDNAME), nil)
	msg.Rcode = dns.RcodeYXDomain
	r := validator(t, w, dnssec.Config{}).ValidateMsg(t.Context(), &source{world: w}, q, msg, nil)
	if r.Status != dnssec.Secure || r.Rcode != dns.RcodeYXDomain || len(r.Links) != 1 || r.Links[0].Target != "" {
		t.Errorf("%v %q %d %v", r.Status, r.Reason, r.Rcode, r.Links)
	}
}

// TestErrorReplies shows that an error of a server is not a lie of it.
func TestErrorReplies(t *testing.T) {
	w := world(t)
	for _, rcode := range []int{dns.RcodeServerFailure, dns.RcodeRefused, dns.RcodeFormatError, dns.RcodeYXDomain} {
		q := ask("mx.example.", dns.TypeA)
		msg := reply(q, nil, nil)
		msg.Rcode = rcode
		r := validator(t, w, dnssec.Config{}).ValidateMsg(t.Context(), &source{world: w}, q, msg, nil)
		if r.Status != dnssec.Indeterminate || r.Reason != dnssec.ReasonRcode || r.Rcode != rcode {
			t.Errorf("rcode %d: %v %q", rcode, r.Status, r.Reason)
		}
	}
}

// TestNothingToValidate takes no message, and no name, for an answer.
func TestNothingToValidate(t *testing.T) {
	w := world(t)
	v := validator(t, w, dnssec.Config{})
	if r := v.ValidateMsg(t.Context(), &source{world: w}, ask("example.", dns.TypeA), nil, nil); r.Status != dnssec.Indeterminate || r.Reason != dnssec.ReasonNoReply {
		t.Errorf("%v %q", r.Status, r.Reason)
	}
	if r := v.ValidateMsg(t.Context(), &source{world: w}, ask("a..b.", dns.TypeA), new(dns.Msg), nil); r.Status != dnssec.Bogus || r.Reason != dnssec.ReasonMalformed {
		t.Errorf("%v %q", r.Status, r.Reason)
	}
}

// TestTrace reads the chain of trust of an alias into an unsigned zone.
func TestTrace(t *testing.T) {
	w := world(t)
	v := validator(t, w, dnssec.Config{})
	want := []string{
		"anchor . secure", "zone example. secure", "alias toinsecure.example. secure",
		"end unsigned.example. insecure", "answer host.unsigned.example. insecure",
	}
	for range 2 { // cold and warm
		work := &dnssec.Work{Trace: &dnssec.Trace{}}
		q := ask("toinsecure.example.", dns.TypeA)
		v.ValidateMsg(t.Context(), &source{world: w}, q, w.Ask(q.Name, q.Type), work)
		var got []string
		for _, s := range work.Trace.Steps {
			got = append(got, fmt.Sprint(s.Kind, " ", s.Name, " ", s.Status))
			if s.Status == dnssec.Secure && (s.KeyTag == 0 || s.Zone == "" || s.Expires.IsZero()) {
				t.Errorf("%+v", s)
			}
			if (s.Kind == dnssec.StepAnchor || s.Kind == dnssec.StepZone) && len(s.DS) != 1 {
				t.Errorf("%+v", s)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestTogether validates everything at once with one validator.
func TestTogether(t *testing.T) {
	w := world(t)
	v := validator(t, w, dnssec.Config{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range cases {
				c := cases[(i*7+j)%len(cases)]
				r := v.ValidateMsg(t.Context(), &source{world: w}, ask(c.name, c.qtype), w.Ask(c.name, c.qtype), nil)
				if r.Status != c.status || r.Reason != c.reason {
					t.Errorf("%s %d: %v %q", c.name, c.qtype, r.Status, r.Reason)
				}
			}
		})
	}
	wg.Wait()
}

// TestWeakKey has a short RSA key in the chain.
func TestWeakKey(t *testing.T) {
	w, err := dnssectest.New(now.Add(-time.Hour), now.Add(time.Hour),
		dnssectest.Zone{Apex: "."}, dnssectest.Zone{Apex: "weak.", Algorithm: dns.RSASHA256, Bits: 512}, dnssectest.Zone{Apex: "below.weak.", Data: "@ A 192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"weak.": true, "below.weak.": true, ".": false} {
		if r := validate(t, w, name, dns.TypeNS); r.Status != dnssec.Secure || r.WeakKey != want {
			t.Errorf("%s: %v %q, weak %t", name, r.Status, r.Reason, r.WeakKey)
		}
	}
}

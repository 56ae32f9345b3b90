package dnssec_test

import (
	"context"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// pack returns the octets of a message.
func pack(t testing.TB, msg *dns.Msg) []byte {
	t.Helper()
	octets, err := msg.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// fuzzWorld is the world with keys that are the same in every process, as the
// processes of a fuzz test share their inputs.
func fuzzWorld(f *testing.F) *dnssectest.World {
	f.Helper()
	var zones []dnssectest.Zone
	for _, z := range testZones {
		z.Algorithm = dns.ED25519
		zones = append(zones, z)
	}
	w, err := dnssectest.New(now.Add(-time.Hour), now.Add(24*time.Hour), zones...)
	if err != nil {
		f.Fatal(err)
	}
	return w
}

// silence answers nothing.
type silence struct{}

func (silence) Fetch(context.Context, dnssec.Query) (*dnssec.Message, error) { return nil, errNoReply }

// FuzzUnsigned shows that octets from which every signature was taken never become
// secure, whatever the octets of the replies to DS and DNSKEY questions are.
func FuzzUnsigned(f *testing.F) {
	w := fuzzWorld(f)
	for _, c := range cases {
		f.Add(pack(f, w.Ask(c.name, c.qtype)), pack(f, w.Ask("example.", dns.TypeDS)), c.name, c.qtype)
	}
	v := validator(f, w, dnssec.Config{NodeCache: 1, SignatureCache: 1})
	f.Fuzz(func(t *testing.T, octets, fetched []byte, qname string, qtype uint16) {
		msg, more := new(dns.Msg), new(dns.Msg)
		if msg.Unpack(octets) != nil || more.Unpack(fetched) != nil {
			return
		}
		for _, section := range sections(msg) {
			*section = without(*section)
		}
		src := &source{world: w, edit: func(q dnssec.Query, genuine *dns.Msg) *dns.Msg {
			if q.Name == "example." {
				return more
			}
			return genuine
		}}
		r := v.ValidateMsg(t.Context(), src, dnssec.Question{Name: qname, Type: qtype}, msg, nil)
		if r.Status == dnssec.Secure {
			t.Errorf("%+v", r)
		}
		check(t, r)
	})
}

// without drops the RRSIGs.
func without(rrs []dns.RR) []dns.RR {
	var kept []dns.RR
	for _, rr := range rrs {
		if rr != nil && rr.Header().Rrtype != dns.TypeRRSIG {
			kept = append(kept, rr)
		}
	}
	return kept
}

// check looks for results that contradict themselves.
func check(t *testing.T, r dnssec.Result) {
	t.Helper()
	if (r.Status == dnssec.Secure) != (r.Reason == dnssec.ReasonNone) {
		t.Errorf("%v with reason %q", r.Status, r.Reason)
	}
	if r.Status < dnssec.Insecure && len(r.Records) > 0 || r.TTL < 0 || r.TTL > 1<<32*time.Second {
		t.Errorf("%+v", r)
	}
	if r.EDE != r.Reason.EDE() {
		t.Errorf("%q with code %d", r.Reason, r.EDE)
	}
}

// FuzzValidate feeds any octets as the reply, and as what is fetched. Nothing
// crashes, no limit is passed, and what is secure is what the zone has.
func FuzzValidate(f *testing.F) {
	w := fuzzWorld(f)
	for _, c := range cases {
		f.Add(pack(f, w.Ask(c.name, c.qtype)), pack(f, w.Ask("child.example.", dns.TypeDS)), c.name, c.qtype)
	}
	v := validator(f, w, dnssec.Config{NodeCache: 1})
	f.Fuzz(func(t *testing.T, octets, fetched []byte, qname string, qtype uint16) {
		msg, more := new(dns.Msg), new(dns.Msg)
		if msg.Unpack(octets) != nil || more.Unpack(fetched) != nil {
			return
		}
		src := &source{world: w, edit: func(q dnssec.Query, genuine *dns.Msg) *dns.Msg {
			if q.Name == "child.example." {
				return more
			}
			return genuine
		}}
		work := &dnssec.Work{Trace: &dnssec.Trace{}}
		r := v.ValidateMsg(t.Context(), src, dnssec.Question{Name: qname, Type: qtype}, msg, work)
		check(t, r)
		if work.Fetches > 40 || work.Verifications > 65 || work.Hashes > 16*(work.Fetches+1) {
			t.Errorf("%+v", work)
		}
		genuine := w.Ask(qname, qtype)
		if r.Status == dnssec.Secure && r.Wildcard == false && len(r.Links) == 0 && len(r.Records) > 0 && len(without(genuine.Answer)) != len(r.Records) {
			t.Errorf("%s %d: %v, the zone has %v", qname, qtype, r.Records, genuine.Answer)
		}
	})
}

// FuzzNames compares the names of this package with those of miekg/dns.
func FuzzNames(f *testing.F) {
	for _, s := range []string{".", "example.", `a\.b.C.`, `\000\255.x`, "*.example", "a..b", `\`, "_25._tcp.mx.example."} {
		f.Add(s, "b.example.")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		canonical, err := dnssec.Canonical(a)
		if err != nil {
			return
		}
		if again, err := dnssec.Canonical(canonical); err != nil || again != canonical {
			t.Errorf("%q, then %q, %v", canonical, again, err)
		}
		buf := make([]byte, 256)
		end, err := dns.PackDomainName(dns.Fqdn(canonical), buf, 0, nil, false)
		if err != nil {
			t.Fatalf("%q: %v", canonical, err)
		}
		if name, _, err := dns.UnpackDomainName(buf[:end], 0); err != nil || name != canonical {
			t.Errorf("%q comes back as %q, %v", canonical, name, err)
		}
		if n := dnssec.CountLabels(a); n != dns.CountLabel(canonical) {
			t.Errorf("%q: %d labels", a, n)
		}
		if _, err := dnssec.Canonical(b); err == nil && dnssec.Compare(a, b) != -dnssec.Compare(b, a) {
			// the sign is what counts
			if x, y := dnssec.Compare(a, b), dnssec.Compare(b, a); x > 0 == (y > 0) || x == 0 != (y == 0) {
				t.Errorf("Compare(%q, %q) = %d, the other way %d", a, b, x, y)
			}
		}
		if dnssec.IsSubdomain(b, a) && dnssec.IsSubdomain(a, b) && dnssec.Compare(a, b) != 0 {
			t.Errorf("%q and %q are below each other", a, b)
		}
	})
}

// FuzzAnchors reads any text as trust anchors.
func FuzzAnchors(f *testing.F) {
	f.Add(". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D")
	f.Add("example. IN DNSKEY 257 3 8 AwEAAQ==")
	f.Add("$GENERATE 1-9 $ DS 1 1 1 00")
	f.Fuzz(func(t *testing.T, text string) {
		anchors, err := dnssec.ParseAnchors(text)
		if err != nil || len(anchors) == 0 {
			return
		}
		v, err := dnssec.New(dnssec.Config{Anchors: anchors})
		if err != nil {
			return
		}
		q := ask(anchors[0].Name, dns.TypeA)
		if r := v.ValidateMsg(t.Context(), silence{}, q, reply(q, nil, nil), nil); r.Status == dnssec.Secure {
			t.Errorf("%+v", r)
		}
	})
}

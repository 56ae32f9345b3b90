package dnssec_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// TestHeavyKeys gives a zone keys of 512 octets beside its own. Too many of them are
// not remembered, nor is what hangs from them, and all is secure just the same.
func TestHeavyKeys(t *testing.T) {
	for _, c := range []struct{ extra, again, below, belowAgain int }{
		{14, 0, 3, 0},
		{17, 2, 5, 6},
	} {
		w := world(t)
		z := w.Zone("example.")
		keys := []dns.RR{z.KSK.Record, z.ZSK.Record}
		for i := range c.extra {
			octets := make([]byte, 508)
			octets[100] = byte(i)
			keys = append(keys, &dns.DNSKEY{
				Hdr:   dns.RR_Header{Name: "example.", Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
				Flags: dns.ZONE, Protocol: 3, Algorithm: 253, PublicKey: base64.StdEncoding.EncodeToString(octets),
			})
		}
		sig, err := z.KSK.Sign(keys, now.Add(-time.Hour), now.Add(24*time.Hour), nil)
		if err != nil {
			t.Fatal(err)
		}
		src := &source{world: w, edit: func(q dnssec.Query, msg *dns.Msg) *dns.Msg {
			if q.Name == "example." && q.Type == dns.TypeDNSKEY {
				msg.Answer = append(append([]dns.RR{}, keys...), sig)
			}
			return msg
		}}
		v := validator(t, w, dnssec.Config{Now: func() time.Time { return now }})
		look := func(name string, questions int) {
			t.Helper()
			src.asked = nil
			r := v.ValidateMsg(t.Context(), src, ask(name, dns.TypeA), w.Ask(name, dns.TypeA), nil)
			if r.Status != dnssec.Secure || len(src.asked) != questions {
				t.Errorf("%d more keys, %s: %v %q, asked %v, want %d questions", c.extra, name, r.Status, r.Reason, src.asked, questions)
			}
		}
		look("mx.example.", 3)
		look("mx.example.", c.again)
		look("www.zone.under.ent.example.", 1+c.below)
		look("www.zone.under.ent.example.", c.belowAgain)
	}
}

package dnssec_test

import (
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// resigned replaces the signatures that a zone made by those of another key.
func resigned(t *testing.T, msg *dns.Msg, k *dnssectest.Key) *dns.Msg {
	t.Helper()
	msg = msg.Copy()
	for _, section := range sections(msg) {
		for i, rr := range *section {
			old, ok := rr.(*dns.RRSIG)
			if !ok || old.SignerName != k.Record.Hdr.Name || old.TypeCovered == dns.TypeDNSKEY {
				continue
			}
			var set []dns.RR
			for _, rr := range *section {
				if rr.Header().Name == old.Hdr.Name && rr.Header().Rrtype == old.TypeCovered {
					set = append(set, rr)
				}
			}
			sig, err := k.Sign(set, now.Add(-time.Hour), now.Add(24*time.Hour), nil)
			if err != nil {
				t.Fatal(err)
			}
			(*section)[i] = sig
		}
	}
	return msg
}

// TestKeysRoll replaces the key of a zone when its DNSKEY RRset has expired, and
// while it is still remembered that no zone begins at two names below. What is
// remembered of these names is no reason to go on with the old key (RFC 4035, Section
// 5.3.3).
func TestKeysRoll(t *testing.T) {
	w := world(t)
	z := w.Zone("example.")
	next, err := dnssectest.NewKey("example.", dns.ECDSAP256SHA256, dns.ZONE)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := z.KSK.Sign([]dns.RR{z.KSK.Record, next.Record}, now.Add(-time.Hour), now.Add(24*time.Hour), nil)
	if err != nil {
		t.Fatal(err)
	}
	rolled, clock := false, now
	src := &source{world: w, edit: func(q dnssec.Query, msg *dns.Msg) *dns.Msg {
		switch {
		case q.Name == "zone.under.ent.example." && q.Type == dns.TypeDNSKEY:
			for _, rr := range msg.Answer {
				rr.Header().Ttl = 60
			}
		case rolled && q.Name == "example." && q.Type == dns.TypeDNSKEY:
			msg.Answer = []dns.RR{z.KSK.Record, next.Record, keys}
		case rolled:
			return resigned(t, msg, next)
		}
		return msg
	}}
	v := validator(t, w, dnssec.Config{Now: func() time.Time { return clock }})
	look := func(after time.Duration, name string, questions int) {
		t.Helper()
		clock, src.asked = now.Add(after), nil
		r := v.ValidateMsg(t.Context(), src, ask(name, dns.TypeA), w.Ask(name, dns.TypeA), nil)
		if r.Status != dnssec.Secure || len(src.asked) != questions {
			t.Errorf("%s after %v: %v %q, asked %v", name, after, r.Status, r.Reason, src.asked)
		}
	}
	const below = "www.zone.under.ent.example."
	look(0, "mx.example.", 3)      // . DNSKEY, example. DS and DNSKEY: until an hour after now
	look(50*time.Minute, below, 4) // DS for three names, DNSKEY
	look(55*time.Minute, below, 2) // DS for the last, DNSKEY: the rest is known
	rolled = true
	look(70*time.Minute, below, 7) // all of it
}

// TestExpiryForgets lets the signatures of zones expire long before their TTLs: what is
// remembered of zones and of signatures ends with them (RFC 4035, Section 5.3.3).
func TestExpiryForgets(t *testing.T) {
	w := world(t)
	clock, last := now, now.Add(24*time.Hour)
	v := validator(t, w, dnssec.Config{Now: func() time.Time { return clock }})
	for _, c := range []struct {
		at        time.Time
		name      string
		status    dnssec.Status
		reason    dnssec.Reason
		questions int
	}{
		{last.Add(-time.Minute), "mx.example.", dnssec.Secure, "", 3},
		{last.Add(-time.Minute), "www.zone.under.ent.example.", dnssec.Secure, "", 4},
		{last.Add(-time.Minute), "host.unsigned.example.", dnssec.Insecure, dnssec.ReasonNoDS, 1},
		{last.Add(-time.Second), "mx.example.", dnssec.Secure, "", 0},
		{last.Add(-time.Second), "host.unsigned.example.", dnssec.Insecure, dnssec.ReasonNoDS, 0},
		{last.Add(time.Second), "host.unsigned.example.", dnssec.Bogus, dnssec.ReasonSignatureExpired, 3}, // . DNSKEY, with retries
		{last.Add(time.Second), "mx.example.", dnssec.Bogus, dnssec.ReasonSignatureExpired, 0},
		{last.Add(time.Second), "www.zone.under.ent.example.", dnssec.Bogus, dnssec.ReasonSignatureExpired, 0},
	} {
		src := &source{world: w}
		clock = c.at
		r := v.ValidateMsg(t.Context(), src, ask(c.name, dns.TypeA), w.Ask(c.name, dns.TypeA), nil)
		if r.Status != c.status || r.Reason != c.reason || len(src.asked) != c.questions || r.TTL > last.Sub(c.at) && c.status == dnssec.Secure {
			t.Errorf("%s at %v: %v %q, TTL %v, asked %v", c.name, c.at, r.Status, r.Reason, r.TTL, src.asked)
		}
	}
}

package dnssec_test

import (
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// TestAsteriskApex looks into zones whose apex begins with an asterisk, which the
// Labels field of an RRSIG does not count (RFC 4034, Section 3.1.3; RFC 4592, Section
// 4.2).
func TestAsteriskApex(t *testing.T) {
	for _, hashed := range []*dnssectest.NSEC3{nil, {}} {
		w, err := dnssectest.New(now.Add(-time.Hour), now.Add(24*time.Hour), dnssectest.Zone{Apex: "."}, dnssectest.Zone{Apex: "example."},
			dnssectest.Zone{Apex: "*.star.example.", NSEC3: hashed, Data: "@ A 192.0.2.1\nwww A 192.0.2.2\n*.wild A 192.0.2.3"})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name  string
			qtype uint16
			rcode int
		}{
			{"*.star.example.", dns.TypeA, dns.RcodeSuccess},
			{"*.star.example.", dns.TypeSOA, dns.RcodeSuccess},
			{"*.star.example.", dns.TypeMX, dns.RcodeSuccess},
			{"*.star.example.", dns.TypeDS, dns.RcodeSuccess},
			{"www.*.star.example.", dns.TypeA, dns.RcodeSuccess},
			{"a.wild.*.star.example.", dns.TypeA, dns.RcodeSuccess},
			{"nosuch.*.star.example.", dns.TypeA, dns.RcodeNameError},
		} {
			if r := validate(t, w, c.name, c.qtype); r.Status != dnssec.Secure || r.Rcode != c.rcode {
				t.Errorf("%s %d: %v %q, rcode %d", c.name, c.qtype, r.Status, r.Reason, r.Rcode)
			}
		}
		// What is at the apex says nothing of names below it.
		for _, name := range []string{"x.*.star.example.", "www.*.star.example."} {
			q := ask(name, dns.TypeA)
			forged := renamed(w.Zone("*.star.example.").WithSignature("*.star.example.", dns.TypeA), name)
			msg := reply(q, forged, w.Ask(name, dns.TypeMX).Ns)
			r := validator(t, w, dnssec.Config{}).ValidateMsg(t.Context(), &source{world: w}, q, msg, nil)
			if r.Status != dnssec.Bogus || r.Reason != dnssec.ReasonLabels {
				t.Errorf("%s from the apex: %v %q", name, r.Status, r.Reason)
			}
		}
	}
}

package dnssec_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// cases are questions about the test zones and what is true of them.
var cases = []struct {
	name    string
	qtype   uint16
	status  dnssec.Status
	reason  dnssec.Reason
	rcode   int
	records int
	denial  dnssec.Denial
	zone    string
	links   int
}{
	{"example.", dns.TypeMX, dnssec.Secure, "", dns.RcodeSuccess, 2, "", "example.", 0},
	{"_25._tcp.mx.example.", dns.TypeTLSA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "example.", 0},
	{"alias.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "example.", 1},
	{"far.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "nsec3.", 1},
	{"far.example.", dns.TypeCNAME, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "example.", 0},
	{"far.example.", dns.TypeAAAA, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC3, "nsec3.", 1},
	{"a.old.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "example.", 1},
	{"b.old.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeNameError, 0, dnssec.DenialNSEC, "example.", 1},
	{"a.wild.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, dnssec.DenialNSEC, "example.", 0},
	{"a.b.wild.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, dnssec.DenialNSEC, "example.", 0},
	{"*.wild.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "example.", 0},
	{"a.walias.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "example.", 1},
	{"a.wild.example.", dns.TypeAAAA, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC, "example.", 0},
	{"b.wildent.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC, "example.", 0},
	{"mx.example.", dns.TypeAAAA, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC, "example.", 0},
	{"_25._tcp.example.", dns.TypeTLSA, dnssec.Secure, "", dns.RcodeNameError, 0, dnssec.DenialNSEC, "example.", 0},
	{"_tcp.mx.example.", dns.TypeTLSA, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC, "example.", 0},
	{"ent.names.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC, "example.", 0},
	{"zzz.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeNameError, 0, dnssec.DenialNSEC, "example.", 0},
	{"child.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "child.example.", 0},
	{"child.example.", dns.TypeDS, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "example.", 0},
	{"child.example.", dns.TypeDNSKEY, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "child.example.", 0},
	{"child.example.", dns.TypeMX, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC, "child.example.", 0},
	{"unsigned.example.", dns.TypeDS, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC, "example.", 0},
	{"www.zone.under.ent.example.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "zone.under.ent.example.", 0},
	{".", dns.TypeNS, dnssec.Secure, "", dns.RcodeSuccess, 1, "", ".", 0},
	{".", dns.TypeDS, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC, ".", 0},
	{"nosuchtld.", dns.TypeA, dnssec.Secure, "", dns.RcodeNameError, 0, dnssec.DenialNSEC, ".", 0},

	{"host.nsec3.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "nsec3.", 0},
	{"host.nsec3.", dns.TypeAAAA, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC3, "nsec3.", 0},
	{"nsec3.", dns.TypeAAAA, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC3, "nsec3.", 0},
	{"_25._tcp.host.nsec3.", dns.TypeTLSA, dnssec.Secure, "", dns.RcodeNameError, 0, dnssec.DenialNSEC3, "nsec3.", 0},
	{"nosuch.nsec3.", dns.TypeA, dnssec.Secure, "", dns.RcodeNameError, 0, dnssec.DenialNSEC3, "nsec3.", 0},
	{"names.nsec3.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC3, "nsec3.", 0},
	{"a.wild.nsec3.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, dnssec.DenialNSEC3, "nsec3.", 0},
	{"a.b.wild.nsec3.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, dnssec.DenialNSEC3, "nsec3.", 0},
	{"a.wild.nsec3.", dns.TypeMX, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC3, "nsec3.", 0},
	{"www.child.nsec3.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "child.nsec3.", 0},
	{"unsigned.nsec3.", dns.TypeDS, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC3, "nsec3.", 0},
	{"www.child.optout.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "child.optout.", 0},
	{"host.optout.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "optout.", 0},
	{"host.optout.", dns.TypeMX, dnssec.Secure, "", dns.RcodeSuccess, 0, dnssec.DenialNSEC3, "optout.", 0},

	{"host.rsa.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "rsa.", 0},
	{"host.rsa512.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "rsa512.", 0},
	{"host.sha1.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "sha1.", 0},
	{"nosuch.sha1nsec3.", dns.TypeA, dnssec.Secure, "", dns.RcodeNameError, 0, dnssec.DenialNSEC3, "sha1nsec3.", 0},
	{"host.p384.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "p384.", 0},
	{"host.ed448.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "ed448.", 0},
	{"host.manyiterations.", dns.TypeA, dnssec.Secure, "", dns.RcodeSuccess, 1, "", "manyiterations.", 0},

	{"host.unsigned.example.", dns.TypeA, dnssec.Insecure, dnssec.ReasonNoDS, dns.RcodeSuccess, 1, "", "unsigned.example.", 0},
	{"host.unsigned.example.", dns.TypeMX, dnssec.Insecure, dnssec.ReasonNoDS, dns.RcodeSuccess, 0, "", "unsigned.example.", 0},
	{"nosuch.unsigned.example.", dns.TypeMX, dnssec.Insecure, dnssec.ReasonNoDS, dns.RcodeNameError, 0, "", "unsigned.example.", 0},
	{"host.nods.example.", dns.TypeA, dnssec.Insecure, dnssec.ReasonNoDS, dns.RcodeSuccess, 1, "", "nods.example.", 0},
	{"toinsecure.example.", dns.TypeA, dnssec.Insecure, dnssec.ReasonNoDS, dns.RcodeSuccess, 1, "", "unsigned.example.", 1},
	{"host.unsigned.nsec3.", dns.TypeA, dnssec.Insecure, dnssec.ReasonNoDS, dns.RcodeSuccess, 1, "", "unsigned.nsec3.", 0},
	{"host.unsigned.optout.", dns.TypeA, dnssec.Insecure, dnssec.ReasonOptOut, dns.RcodeSuccess, 1, "", "unsigned.optout.", 0},
	{"unsigned.optout.", dns.TypeDS, dnssec.Insecure, dnssec.ReasonOptOut, dns.RcodeSuccess, 0, dnssec.DenialOptOut, "optout.", 0},
	{"nosuch.optout.", dns.TypeA, dnssec.Insecure, dnssec.ReasonOptOut, dns.RcodeNameError, 0, dnssec.DenialOptOut, "optout.", 0},
	{"a.wild.optout.", dns.TypeA, dnssec.Insecure, dnssec.ReasonOptOut, dns.RcodeSuccess, 1, dnssec.DenialOptOut, "optout.", 0},
	{"a.winsecure.example.", dns.TypeA, dnssec.Insecure, dnssec.ReasonNoDS, dns.RcodeSuccess, 1, "", "unsigned.example.", 1},
	{"a.winsecure.example.", dns.TypeMX, dnssec.Insecure, dnssec.ReasonNoDS, dns.RcodeSuccess, 0, "", "unsigned.example.", 1},
	{"a.walias.optout.", dns.TypeA, dnssec.Insecure, dnssec.ReasonOptOut, dns.RcodeSuccess, 1, "", "unsigned.optout.", 1},
	{"a.walias.optout.", dns.TypeMX, dnssec.Insecure, dnssec.ReasonOptOut, dns.RcodeSuccess, 0, "", "unsigned.optout.", 1},
	{"nosuch.manyiterations.", dns.TypeA, dnssec.Insecure, dnssec.ReasonNSEC3Iterations, dns.RcodeNameError, 0, dnssec.DenialNSEC3, "manyiterations.", 0},
}

func TestValidate(t *testing.T) {
	w := world(t)
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s%s", c.name, dns.TypeToString[c.qtype]), func(t *testing.T) {
			r := validate(t, w, c.name, c.qtype)
			if r.Status != c.status || r.Reason != c.reason {
				t.Fatalf("%v %q, want %v %q", r.Status, r.Reason, c.status, c.reason)
			}
			if r.Rcode != c.rcode || len(r.Records) != c.records || len(r.Links) != c.links {
				t.Errorf("rcode %d, %d records, %d links, want %d, %d, %d", r.Rcode, len(r.Records), len(r.Links), c.rcode, c.records, c.links)
			}
			if r.Denial != c.denial && (c.denial != "" || c.records == 0) {
				t.Errorf("denial %q, want %q", r.Denial, c.denial)
			}
			if r.Zone != c.zone {
				t.Errorf("zone %q, want %q", r.Zone, c.zone)
			}
			if c.status == dnssec.Secure && (r.TTL <= 0 || r.TTL > time.Hour || r.Expires != now.Add(24*time.Hour) || r.Signer != c.zone || r.KeyTag == 0) {
				t.Errorf("TTL %v, expires %v, signer %q, tag %d", r.TTL, r.Expires, r.Signer, r.KeyTag)
			}
		})
	}
}

// TestAliasLoop shows that an alias chain has to get somewhere.
func TestAliasLoop(t *testing.T) {
	if r := validate(t, world(t), "loop1.example.", dns.TypeA); r.Status != dnssec.Indeterminate || r.Reason != dnssec.ReasonAliasLoop {
		t.Errorf("%v %q", r.Status, r.Reason)
	}
}

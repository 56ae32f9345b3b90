package resolver

import (
	"testing"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

func TestMailboxOf(t *testing.T) {
	const own = "example.test. 60 IN SOA ns.example.test. who\\.ever.example.test. 1 2 3 4 5"
	for _, tt := range []struct {
		name      string
		answer    Answer
		authority []string
		want      string
	}{
		{"the apex", Answer{Outcome: NoData}, []string{"example.test. 60 IN NSEC a.test. NS SOA", own}, "who\\.ever.example.test."},
		{"in the zone above", Answer{Outcome: NoData}, []string{"test. 60 IN SOA ns.test. who.test. 1 2 3 4 5"}, ""},
		{"no such name", Answer{Outcome: NXDomain}, []string{own}, ""},
		{"an alias to the apex", Answer{Outcome: NoData, Links: []dnssec.Link{{Name: "a.test.", Target: "example.test."}}}, []string{own}, ""},
		{"an answer", Answer{Outcome: Found}, []string{own}, ""},
		{"bogus", Answer{Outcome: Bogus}, []string{own}, ""},
		{"no SOA", Answer{Outcome: NoData}, nil, ""},
		{"the root's mailbox", Answer{Outcome: NoData}, []string{"example.test. 60 IN SOA . . 1 2 3 4 5"}, "."},
	} {
		m := new(dns.Msg)
		for _, text := range tt.authority {
			m.Ns = append(m.Ns, mustRR(text))
		}
		tt.answer.Question = dnssec.Question{Name: "example.test.", Type: dns.TypeMX}
		if got := mailboxOf(&tt.answer, carried(m)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMailbox(t *testing.T) {
	soa := mustRR("example.test. 60 IN SOA ns.example.test. host.example.test. 1 2 3 4 5")
	for _, tt := range []struct {
		records []dns.RR
		want    string
	}{
		{nil, ""}, {[]dns.RR{soa}, "host.example.test."}, {[]dns.RR{soa, soa}, ""}, {[]dns.RR{mustRR("a. 1 IN A 192.0.2.1")}, ""},
	} {
		if got := Mailbox(tt.records); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.records, got, tt.want)
		}
	}
}

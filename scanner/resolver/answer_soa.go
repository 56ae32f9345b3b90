package resolver

import (
	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// mailboxOf is the RNAME of the SOA record that a denial came with (RFC 2308, Section
// 3), where the name asked for is itself the apex of the zone that denies; else empty.
// Nobody has verified a signature of that record: what proves the denial are others.
func mailboxOf(a *Answer, msg *dnssec.Message) string {
	if a.Outcome != NoData || len(a.Links) > 0 {
		return ""
	}
	apex, err := dnssec.ParseName(a.Question.Name)
	if err != nil {
		return ""
	}
	for i := range msg.Authority {
		if r := &msg.Authority[i]; r.Is(apex, dns.TypeSOA) {
			return Mailbox(dnssec.RRs(msg.Authority[i : i+1]))
		}
	}
	return ""
}

// Mailbox returns the RNAME of the SOA record that is the answer to a question for it
// (RFC 1035, Section 3.3.13); empty where records are not such an answer.
func Mailbox(records []dns.RR) string {
	if len(records) != 1 {
		return ""
	}
	if soa, ok := records[0].(*dns.SOA); ok {
		return soa.Mbox
	}
	return ""
}

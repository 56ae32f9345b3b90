package dnssec

import "github.com/miekg/dns"

// Anchor is a trust anchor: a DS or a DNSKEY record whose owner is trusted.
type Anchor struct {
	Name string // canonical
	DS   *dns.DS
	Key  *dns.DNSKEY
}

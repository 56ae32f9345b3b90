package scanner

import (
	"context"

	"github.com/miekg/dns"

	"danescan/datasets/run"
	"danescan/scanner/resolver"
)

// mailbox notes whose zone a domain is: what the denial of an MX brought, and where it
// is wanted what the SOA lookup shows. That is put to every domain that may have a
// zone of its own: it exists, is no alias, and is not known to lie in another zone.
func (c *collector) mailbox(ctx context.Context, d *run.DomainEvidence, mx resolver.Answer) {
	d.SOARname = name(mx.Mailbox)
	apart := d.Zone == "" || d.Zone == d.Domain
	if !c.cfg.SOA || mx.Failed() || mx.Outcome == resolver.NXDomain || len(mx.Links) > 0 || !apart {
		return
	}
	soa := c.cfg.Resolver.Lookup(resolver.Once(ctx), d.Domain, dns.TypeSOA)
	d.Queries += int64(soa.Queries)
	if soa.Outcome != resolver.Found || len(soa.Links) > 0 {
		return
	}
	if mailbox := resolver.Mailbox(soa.Records); mailbox != "" {
		d.SOARname = name(mailbox)
	}
}

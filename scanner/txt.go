package scanner

import (
	"context"

	"github.com/miekg/dns"

	"danescan/datasets/run"
)

// policies asks for the records of MTA-STS and TLSRPT, where that is wanted. Domains
// that take no mail, or of which that is not known, are not asked: what they publish
// protects nothing.
func (c *collector) policies(ctx context.Context, d *run.DomainEvidence) {
	if d.MXKind != run.MXFound && d.MXKind != run.MXImplicit {
		return
	}
	if c.cfg.MTASTS {
		a := c.cfg.Resolver.Lookup(ctx, "_mta-sts."+d.Domain, dns.TypeTXT)
		d.Queries += int64(a.Queries)
		d.MTASTS = mtaSTS(a)
	}
	if c.cfg.TLSRPT {
		a := c.cfg.Resolver.Lookup(ctx, "_smtp._tls."+d.Domain, dns.TypeTXT)
		d.Queries += int64(a.Queries)
		d.TLSRPT = tlsRPT(a)
	}
}

package judge

import (
	"fmt"
	"math"
	"strconv"

	"danescan/datasets/run"
)

// mxChecks are about the MX records themselves.
func mxChecks() []domainCheck {
	return []domainCheck{
		{Check{
			Code: "mx-null-mixed", Severity: Warning, RFC: "RFC 7505, Section 3",
			Title:   "A null MX beside other MX records",
			Meaning: "The null MX says that the domain takes no mail, the others say where to send it.",
			Remedy:  "Remove the null MX, or all others.",
		}, hasMX, func(c *domainCase) []string { return c.targets(run.ReasonRoot) }},
		{Check{
			Code: "mx-null-preference", Severity: Notice, RFC: "RFC 7505, Section 3",
			Title:   "A null MX with a preference other than 0",
			Meaning: "A null MX has preference 0; some software may not know this one for what it is.",
			Remedy:  `Write it as "MX 0 .".`,
		}, func(c *domainCase) bool { return c.domain.MXKind == run.MXNull }, nullPreference},
		{Check{
			Code: "mx-is-ip", Severity: Failure, RFC: "RFC 1035, Section 3.3.9",
			Title:   "An MX record holds an IP address",
			Meaning: "An MX record holds a host name. The address is taken for a name, which does not exist, so senders pass over it.",
			Remedy:  "Give the host a name with address records, and name it in the MX record.",
		}, hasMX, func(c *domainCase) []string { return c.targets(run.ReasonIPLiteral) }},
		{Check{
			Code: "mx-is-cname", Severity: Notice, RFC: "RFC 2181, Section 10.3",
			Title: "An MX host is an alias",
			Meaning: "An MX record must not name an alias. Most senders follow it; for DANE, the alias must then be signed, and TLSA " +
				"records stand at its target, if the way there is signed throughout, or at the host's own name.",
			Remedy: "Name the alias's target in the MX record.",
		}, hasMX, func(c *domainCase) []string { return c.named(func(h *mxHost) bool { return h.facts.Alias }) }},
		{Check{
			Code: "mx-unresolvable", Severity: Warning, RFC: "RFC 5321, Section 5.1",
			Title:   "An MX host has no address",
			Meaning: "Senders pass over the host; if it is the only one, mail comes back.",
			Remedy:  "Give the host address records, or remove its MX record.",
		}, hasMX, func(c *domainCase) []string { return c.named(unresolvable) }},
		{Check{
			Code: "mx-insecure", Severity: Warning, RFC: "RFC 7672, Section 2.2.1",
			Title: "The MX hosts have DANE, the domain has no DNSSEC",
			Meaning: "Whoever forges the MX records leads mail past the TLSA records. Senders may use them, but what they " +
				"verify is not the domain's server.",
			Remedy: "Sign the domain's zone and have its DS records published by the parent zone.",
		}, func(c *domainCase) bool { return hasMX(c) && !c.secure }, func(c *domainCase) []string {
			return c.named((*mxHost).protected)
		}},
	}
}

// partChecks are about which of several MX hosts have TLSA records. At most one
// of them is raised.
func partChecks() []domainCheck {
	return []domainCheck{
		{Check{
			Code: "partial-mx", Severity: Warning, RFC: "RFC 7672, Section 2.2.1",
			Title:   "Some MX hosts have TLSA records, others have none",
			Meaning: "An attacker who blocks the protected hosts gets the mail over one of the others.",
			Remedy:  "Publish TLSA records for every MX host, or remove the hosts that cannot have any.",
		}, func(c *domainCase) bool { return c.spread() == someOfEach }, (*domainCase).without},
		{Check{
			Code: "primary-only", Severity: Warning, RFC: "RFC 7672, Section 2.2.1",
			Title:   "The best MX hosts have TLSA records, worse ones have none",
			Meaning: "Mail is protected on ordinary days. An attacker who blocks the best hosts gets it over a backup.",
			Remedy:  "Publish TLSA records for the backup hosts, too, or do without them.",
		}, func(c *domainCase) bool { return c.spread() == bestAlone }, (*domainCase).without},
		{Check{
			Code: "backup-only", Severity: Warning, RFC: "RFC 7672, Section 2.2.1",
			Title:   "Only worse MX hosts have TLSA records",
			Meaning: "Senders try the best hosts first and never come to the protected ones.",
			Remedy:  "Publish TLSA records for the best MX hosts.",
		}, func(c *domainCase) bool { return c.spread() == worseAlone }, (*domainCase).without},
	}
}

func domainDNSSECChecks() []domainCheck {
	texts := dnssecTexts()
	any := func(*domainCase) bool { return true }
	return []domainCheck{
		{texts[0], any, func(c *domainCase) []string { return broken(c.lookups) }},
		{texts[1], any, func(c *domainCase) []string { return iterated(c.lookups) }},
		{texts[2], any, func(c *domainCase) []string { return append(weaklySigned(c.lookups), weakKeys(c.domain)...) }},
		{texts[3], any, func(c *domainCase) []string { return expiring(c.lookups) }},
	}
}

func hasMX(c *domainCase) bool { return c.domain.MXKind == run.MXFound }

// targets lists the MX targets that can be no host names for that reason.
func (c *domainCase) targets(reason run.Reason) []string {
	return c.named(func(h *mxHost) bool { return h.facts.Reason == reason })
}

// named lists the hosts of which that holds.
func (c *domainCase) named(holds func(*mxHost) bool) (evidence []string) {
	for i := range c.hosts {
		if h := &c.hosts[i]; holds(h) {
			evidence = append(evidence, strconv.Itoa(int(h.preference))+" "+h.name)
		}
	}
	return evidence
}

func nullPreference(c *domainCase) (evidence []string) {
	if p := c.domain.NullPreference; p != nil && *p != 0 {
		evidence = append(evidence, fmt.Sprintf("%d .", *p))
	}
	return evidence
}

func unresolvable(h *mxHost) bool {
	return h.facts.Reason == run.ReasonNoAddress || h.facts.Reason == run.ReasonAddressLookup ||
		h.facts.Reason == run.ReasonAddress
}

// protected reports whether the host commits senders to TLS.
func (h *mxHost) protected() bool {
	return h.facts.State == run.TLSAUsable || h.facts.State == run.TLSAUnusable
}

// spread says how TLSA records are spread over the MX hosts.
type spread uint8

const (
	allOrNone  spread = iota
	bestAlone         // all of the best preference, and not all others
	worseAlone        // none of the best preference
	someOfEach
)

// spread looks at the hosts that senders can use: a host without an address
// protects nobody and gives nothing away, and one of which the lookup failed may
// be either.
func (c *domainCase) spread() spread {
	best := int32(math.MaxInt32)
	for i := range c.hosts {
		if h := &c.hosts[i]; h.counts() {
			best = min(best, h.preference)
		}
	}
	var with, without, bestWith, bestWithout bool
	for i := range c.hosts {
		h := &c.hosts[i]
		switch isBest := h.preference == best; {
		case !h.counts():
		case h.protected():
			with, bestWith = true, bestWith || isBest
		default:
			without, bestWithout = true, bestWithout || isBest
		}
	}
	switch {
	case !with || !without:
		return allOrNone
	case !bestWithout:
		return bestAlone
	case !bestWith:
		return worseAlone
	}
	return someOfEach
}

// counts reports whether the host is one of those that spread looks at.
func (h *mxHost) counts() bool { return !h.facts.unconnectable() && h.class() != unknown }

func (c *domainCase) without() []string {
	return c.named(func(h *mxHost) bool {
		return !h.protected() && h.counts()
	})
}

// weakKeys lists what in the domain's delegation and keys is to be given up.
func weakKeys(d *run.Domain) (evidence []string) {
	for _, algorithm := range d.DNSKEYAlgorithms {
		if name, weak := weakAlgorithms[algorithm]; weak {
			evidence = append(evidence, "DNSKEY "+name)
		}
	}
	for _, ds := range d.DS {
		if ds.DigestType == 1 {
			evidence = append(evidence, fmt.Sprintf("DS %d with SHA-1", ds.KeyTag))
		}
	}
	return evidence
}

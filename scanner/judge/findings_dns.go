package judge

import (
	"strings"

	"danescan/datasets/run"
)

// lookupChecks are about what the DNS says of a host's addresses and TLSA records.
func lookupChecks() []hostCheck {
	return []hostCheck{
		{Check{
			Code: "address-insecure", Severity: Warning, RFC: "RFC 7672, Section 2.2.2",
			Title:   "TLSA records are signed, the host's address is not",
			Meaning: "Whoever forges the address leads senders elsewhere, so they do not use the TLSA records.",
			Remedy:  "Sign the zone of the host's address records or, if the host is an alias, at least the zone of the alias.",
		}, insecureState, func(c *hostCase) []string {
			return some(c.lookup.DNSSEC == run.Secure, tlsaOwner+c.base)
		}},
		{Check{
			Code: "tlsa-insecure", Severity: Warning, RFC: "RFC 7672, Section 2.2",
			Title:   "TLSA records without DNSSEC",
			Meaning: "TLSA records that are not proven by DNSSEC are no evidence of anything; senders ignore them.",
			Remedy:  "Sign the zone that holds the TLSA records and have its DS records published by the parent zone.",
		}, insecureState, func(c *hostCase) []string {
			return some(c.lookup.DNSSEC != run.Secure, tlsaOwner+c.base)
		}},
		{Check{
			Code: "tlsa-lookup-error", Severity: Failure, RFC: "RFC 7672, Section 2.1.2",
			Title: "The TLSA lookup fails",
			Meaning: "A failed lookup may hide an attack, so DANE senders defer mail to the host. The detail tells a name server " +
				"that answers SERVFAIL, REFUSED or NOTIMP from one that does not answer and from data that does not validate.",
			Remedy: "Make every authoritative name server of the zone answer TLSA questions, with a proof where there are none. " +
				"Old server software and firewalls in front of it are the usual causes.",
		}, failedState, func(c *hostCase) []string { return c.failedTLSA(failed) }},
		{Check{
			Code: "denial-broken", Severity: Failure, RFC: "RFC 4035, Section 5.4",
			Title: "The absence of TLSA records is not proven",
			Meaning: "The name server denies the records without a valid proof, so DANE senders cannot know that there " +
				"are none, and defer.",
			Remedy: "Repair or replace the server that signs the zone; wildcards and empty non-terminals are where old ones go wrong.",
		}, failedState, func(c *hostCase) []string { return c.failedTLSA(deniedBadly) }},
		{Check{
			Code: "ent-nxdomain", Severity: Warning, RFC: "RFC 8020, Section 2",
			Title: "NXDOMAIN at the name above the TLSA records",
			Meaning: "The name server says that nothing exists at or below _tcp of the host, and then has TLSA records there. " +
				"Resolvers that minimise questions or believe the first answer never see the records.",
			Remedy: "Have the server answer NOERROR without data for an empty non-terminal.",
		}, func(c *hostCase) bool { return c.lookup != nil && c.host.ENT != nil }, func(c *hostCase) []string {
			return some(c.host.ENT.Lookup.Outcome == run.NXDomain, c.host.ENT.QName)
		}},
		{Check{
			Code: "tlsa-cname-broken", Severity: Warning, RFC: "RFC 7672, Section 2.2.3",
			Title:   "The alias at the TLSA name leads nowhere",
			Meaning: "The TLSA name is an alias, and at its end are no TLSA records, or the way there fails.",
			Remedy:  "Publish the records at the alias's target, or remove the alias.",
		}, always, (*hostCase).brokenAliases},
		{Check{
			Code: "tlsa-wildcard", Severity: Notice, RFC: "RFC 6698, Appendix A.2.1.3",
			Title:   "TLSA records come from a wildcard",
			Meaning: "One wildcard answers for many hosts or ports, whether or not their certificates match.",
			Remedy:  "Publish the records at each host's own name, or see to it that all of them share the certificate.",
		}, func(c *hostCase) bool { return c.lookup != nil }, func(c *hostCase) []string {
			return some(found(c.lookup) && c.lookup.Wildcard != nil && *c.lookup.Wildcard, tlsaOwner+c.base)
		}},
	}
}

func always(*hostCase) bool { return true }

func insecureState(c *hostCase) bool { return c.state == run.TLSAInsecure && c.lookup != nil }

func failedState(c *hostCase) bool { return c.state == run.TLSAError && c.reason == run.ReasonTLSA }

// deniedBadly reports whether a lookup failed for want of a valid denial.
func deniedBadly(l *run.Lookup) bool {
	return bogus(l) && (strings.HasPrefix(l.Reason, "denial-") || l.Reason == "wildcard-unproven" || l.Reason == "ds-unproven")
}

// failedTLSA lists the TLSA lookups that gate the host's mail and failed so.
func (c *hostCase) failedTLSA(so func(*run.Lookup) bool) []string {
	t := candidate(&c.host.HostEvidence, c.base)
	if t == nil || !so(&t.Lookup) {
		return nil
	}
	return []string{tlsaOwner + c.base + ": " + because(&t.Lookup)}
}

// brokenAliases lists the TLSA names that are aliases and give no records.
func (c *hostCase) brokenAliases() (evidence []string) {
	for i := range c.host.TLSACandidates {
		t := &c.host.TLSACandidates[i]
		if t.Lookup.Outcome == run.AliasLoop || len(t.Lookup.Chain) > 0 && t.Lookup.Outcome != run.Found {
			evidence = append(evidence, tlsaOwner+canonical(t.Base)+": "+aliasPath(t.Lookup.Chain)+because(&t.Lookup))
		}
	}
	return evidence
}

func aliasPath(chain []run.Alias) string {
	if len(chain) == 0 {
		return ""
	}
	return "alias of " + chain[len(chain)-1].Target + ", "
}

// dnssecChecks are about the signatures that all answers for a host rest on.
func dnssecChecks() []hostCheck {
	texts := dnssecTexts()
	return []hostCheck{
		{texts[0], always, func(c *hostCase) []string { return broken(c.lookups) }},
		{texts[1], always, func(c *hostCase) []string { return iterated(c.lookups) }},
		{texts[2], always, func(c *hostCase) []string { return weaklySigned(c.lookups) }},
		{texts[3], always, func(c *hostCase) []string { return expiring(c.lookups) }},
	}
}

// dnssecTexts are the four checks of signatures, the same for hosts and domains.
func dnssecTexts() [4]Check {
	return [4]Check{
		{
			Code: "dnssec-bogus", Severity: Failure, RFC: "RFC 4035, Section 4.3",
			Title:   "An answer that should validate does not",
			Meaning: "Validating resolvers refuse the answer, so that mail is deferred or goes without DANE.",
			Remedy:  "Repair what the reason names: expired signatures, DS records that match no key, missing proofs.",
		}, {
			Code: "nsec3-iterations", Severity: Notice, RFC: "RFC 9276, Section 3.1",
			Title:   "NSEC3 with extra iterations",
			Meaning: "They cost work and hide nothing; from some number on resolvers treat the zone as unsigned.",
			Remedy:  "Set the iterations to 0 and the salt to none.",
		}, {
			Code: "dnssec-algorithm-weak", Severity: Warning, RFC: "RFC 9904 and RFC 9905",
			Title: "A DNSSEC algorithm that is to be given up",
			Meaning: "Algorithms that rest on SHA-1, and others as old, are being switched off: the zone will count as " +
				"unsigned, and DANE with it.",
			Remedy: "Roll over to algorithm 13 (ECDSA P-256 with SHA-256), and to DS records with SHA-256.",
		}, {
			Code: "rrsig-expires-soon", Severity: Warning, RFC: "RFC 6781, Section 4.4.2",
			Title:   "Signatures are about to expire",
			Meaning: "They should have been replaced long before. If nobody signs the zone again in time, all of it turns bogus.",
			Remedy:  "See whether the zone's signer still runs, and whether all name servers have its latest version.",
		},
	}
}

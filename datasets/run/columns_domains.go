package run

import "slices"

// lookupColumns describes the members of a Lookup, wherever one stands.
func lookupColumns() []about {
	return []about{
		{"outcome", "", "how the lookup ended: found, nodata, nxdomain, or an error", "RFC 7672, Section 2.1.1", 0},
		{"rcode", "", "response code of the reply, as received", "RFC 6895, Section 2.3", 0},
		{"dnssec", "", "security status: secure, insecure, bogus, indeterminate", "RFC 4035, Section 4.3", 0},
		{"reason", "", "why the status is what it is", "the validator", 0},
		{"ede", "", "extended DNS error that fits the status", "RFC 8914, Section 4", 0},
		{"ttl", "s", "time to live of the RRset, as received", "RFC 2181, Section 8", volatile},
		{"server", "", "address and port of the server that answered", "the resolver", volatile},
		{"chain", "", "aliases on the way to the answer, in order", "RFC 1034, Section 3.6.2; RFC 6672", 0},
		{"chain.name", "", "owner name of the CNAME, or the name that a DNAME rewrote", "RFC 1034, Section 3.6.2", 0},
		{"chain.target", "", "where it points", "RFC 1034, Section 3.6.2", 0},
		{"chain.dnssec", "", "security status of this link alone", "RFC 7672, Section 2.1.3", 0},
		{"signer", "", "signer's name of the signature that was used", "RFC 4034, Section 3.1.7", 0},
		{"key_tag", "", "key tag of that signature", "RFC 4034, Section 3.1.6", 0},
		{"algorithm", "", "algorithm number of that signature", "RFC 4034, Section 3.1.2", 0},
		{"rrsig_expires", "", "when that signature expires", "RFC 4034, Section 3.1.5", volatile},
		{"denial", "", "how absence was proven: nsec, nsec3, opt-out", "RFC 4035, Section 5.4; RFC 5155, Section 8", 0},
		{"nsec3_iterations", "", "extra iterations of the NSEC3 records", "RFC 9276, Section 3.1", 0},
		{"wildcard", "", "whether the answer was expanded from a wildcard", "RFC 4035, Section 5.3.4", 0},
		{"size", "octets", "size of the reply", "the resolver", volatile},
	}
}

func domainColumns() []about {
	return append([]about{
		{"line", "", "line of the list that named the domain, from 1", "the list", 0},
		{"rank", "", "rank in the list; null where the list has none", "the list", 0},
		{"domain", "", "the domain: A-labels, lower case, no final dot", "the list", 0},
		{"unicode", "", "the domain in U-labels, where it has any", "RFC 5890, Section 2.3.2.1", 0},
		{"tld", "", "the last label", "the list", 0},
		{"registrable", "", "registrable domain: one label more than the public suffix", "public suffix list", 0},
		{"group", "", "value of the list's group column: registrar, sector", "the list", 0},
		{"scanned_at", "", "when the lookups of the domain began", "the clock", volatile},
		{"zone", "", "apex of the zone that the domain is in", "SOA", 0},
		{"zone_dnssec", "", "security status of that zone", "RFC 4035, Section 4.3", 0},
		{"dnskey_algorithms", "", "algorithm numbers of the zone's keys, ascending", "DNSKEY", 0},
		{"ds", "", "DS records of the zone", "DS", 0},
		{"ds.key_tag", "", "key tag", "RFC 4034, Section 5.1.1", 0},
		{"ds.algorithm", "", "algorithm number of the key", "RFC 4034, Section 5.1.2", 0},
		{"ds.digest_type", "", "digest type", "RFC 4034, Section 5.1.3", 0},
		{"ns", "", "names of the zone's name servers, ascending", "NS", 0},
		{"soa_rname", "", "mailbox of the person responsible for the domain's own zone, as a domain name; null: the domain is no apex, or its SOA was not seen. Where the domain has no MX the denial brings it, its own signature not verified; scan --with soa asks for it", "SOA; RFC 1035, Section 3.3.13", 0},
		{"mx_kind", "", "mx, implicit (address at the domain), null (RFC 7505), none, error", "RFC 5321, Section 5.1", 0},
		{"mx_lookup", "", "the MX lookup", "MX", 0},
		{"mx_dnssec", "", "worst security status of the links of the MX answer or denial", "RFC 7672, Section 2.2.1", 0},
		{"fallback_a", "", "the A lookup of the domain itself, where no MX was found", "A", 0},
		{"fallback_aaaa", "", "the AAAA lookup of the domain itself, where no MX was found", "AAAA", 0},
		{"mx", "", "distinct MX hosts by preference, then name", "MX", 0},
		{"mx.preference", "", "best preference of the host; lower is better", "RFC 5321, Section 5.1", 0},
		{"mx.host", "", "name of the host; key of the table hosts", "MX", 0},
		{"mx.verdict", "", "verdict on the host with the names that this domain adds", "RFC 7672, Section 3.2.2", judged},
		{"mx.reason", "", "reason of that verdict", "the rules", judged},
		{"mx.inferred", "", "whether an endpoint counted here was inferred from others that look alike", "the rules", judged | volatile},
		{"null_preference", "", "preference of a null MX, which should be 0; null: there is none", "RFC 7505, Section 3", 0},
		{"queries", "", "questions sent for this domain, those that caches answered left out", "the resolver", volatile},
		{"elapsed_ms", "ms", "time that the lookups of the domain took", "the clock", volatile},
		{"verdict", "", "verdict on the domain", "RFC 7672; the rules", 0},
		{"mx_secure", "", "whether the MX RRset, or its absence, is secure", "RFC 7672, Section 2.2.1", 0},
		{"primary_verified", "", "MX secure, a host of the best preference verified, the others of it verified or open", "the rules", 0},
		{"hosts_total", "hosts", "distinct MX hosts", "the rules", 0},
		{"hosts_with_tlsa", "hosts", "of them, hosts with secure TLSA records", "RFC 7672, Section 2.2.3", 0},
		{"hosts_verified", "hosts", "of them, hosts that were verified", "RFC 7672, Section 3.2", 0},
		{"hosts_failed", "hosts", "of them, hosts that a DANE sender would refuse", "RFC 7672, Section 2.2", 0},
		{"hosts_unknown", "hosts", "of them, hosts of which a lookup that gates DANE failed", "RFC 7672, Section 2.1.1", 0},
		{"policy_may", "", "what a sender does at Postfix's security level may; null: not tested", "Postfix", 0},
		{"policy_dane", "", "what a sender does at the level dane", "RFC 7672, Section 2.2", 0},
		{"policy_dane_only", "", "what a sender does at the level dane-only", "Postfix", 0},
		{"findings", "", "things worth telling the operator", "the rules", 0},
		{"findings.code", "", "code of the finding", "the rules", 0},
		{"findings.detail", "", "what was seen; made of bytes from outside: escape it", "the rules", 0},
		{"provider", "", "registrable domain of the best MX host, of the lowest name within its preference", "public suffix list", 0},
		{"self_hosted", "", "whether that is the registrable domain of the domain itself", "public suffix list", 0},
		{"dns_operator", "", "registrable domain of the first name server", "public suffix list", 0},
	}, slices.Concat(againColumns(), extraColumns())...)
}

// againColumns describes second looks at domains whose lookups failed.
func againColumns() []about {
	return []about{
		{"attempts", "", "how often the domain was looked at, from 1; a look that failed is followed by another (scan --confirm), and the last counts", "the scanner", volatile},
		{"first_look", "", "the lookup that failed in the first look, where there were two; null: there was one", "the scanner", volatile},
		{"first_look.scanned_at", "", "when the first look began", "the clock", volatile},
		{"first_look.type", "", "type asked for: MX; A or AAAA where no MX was found", "the scanner", volatile},
		{"first_look.outcome", "", "how the lookup failed, as in mx_lookup", "RFC 7672, Section 2.1.1", volatile},
		{"first_look.rcode", "", "response code of the reply, as received", "RFC 6895, Section 2.3", volatile},
		{"first_look.dnssec", "", "its security status: bogus or indeterminate", "RFC 4035, Section 4.3", volatile},
		{"first_look.reason", "", "why the status is what it is", "the validator", volatile},
		{"first_look.ede", "", "extended DNS error that fits the status", "RFC 8914, Section 4", volatile},
		{"first_look.server", "", "address and port of the server that answered", "the resolver", volatile},
	}
}

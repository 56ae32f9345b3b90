package lab

import "strings"

// two is the machines of a domain with a good server, a, and another, b.
func two(b machine) map[string]machine { return map[string]machine{"a": {}, "b": b} }

// mxCases: two MX hosts.
func mxCases() []entryCase {
	const pair = "@ MX 10 mx\n@ MX 20 mx2\nmx A $a\nmx2 A $b\n"
	return []entryCase{
		{domain: "two-good.nsec.", verdict: "dane-verified", mx: []MX{{"mx", "verified", ""}, {"mx2", "verified", ""}},
			note:     "two MX hosts, both with DANE",
			zones:    []plan{{text: pair + "_25._tcp.mx TLSA 3 1 1 $a.leaf\n_25._tcp.mx2 TLSA 3 1 1 $b.leaf"}},
			machines: two(machine{})},
		{domain: "partial.optout.", verdict: "dane-partial", mx: []MX{{"mx", "verified", ""}, {"mx2", "none", ""}},
			note:     "two MX hosts, one without TLSA: an attacker leads the mail there",
			zones:    []plan{{text: pair + "_25._tcp.mx TLSA 3 1 1 $a.leaf"}},
			machines: two(machine{})},
		{domain: "partial-unusable.nsec.", verdict: "dane-partial", mx: []MX{{"mx", "verified", ""}, {"mx2", "unusable", ""}},
			note:     "two MX hosts, one with a PKIX usage only",
			zones:    []plan{{text: pair + "_25._tcp.mx TLSA 3 1 1 $a.leaf\n_25._tcp.mx2 TLSA 1 1 1 $b.leaf"}},
			machines: two(machine{})},
		{domain: "one-wrong.nsec.", verdict: "dane-failed", mx: []MX{{"mx", "verified", ""}, {"mx2", "mismatch", "no-match"}},
			note:     "two MX hosts, one with a stale record",
			zones:    []plan{{text: pair + "_25._tcp.mx TLSA 3 1 1 $a.leaf\n_25._tcp.mx2 TLSA 3 1 1 $none"}},
			machines: two(machine{})},
		{domain: "backup-down.optout.", verdict: "dane-verified", mx: []MX{{"mx", "verified", ""}, {"mx2", "unreachable", "refused"}},
			note:     "two MX hosts with DANE, one of them is down",
			zones:    []plan{{text: pair + "_25._tcp.mx TLSA 3 1 1 $a.leaf\n_25._tcp.mx2 TLSA 3 1 1 $b.leaf"}},
			machines: two(machine{does: closed})},
	}
}

// oddMXCases: no MX host, or none that is one.
func oddMXCases() []entryCase {
	return []entryCase{
		{domain: "null-mx.nsec.", verdict: "no-mail",
			note: "null MX (RFC 7505)", zones: []plan{{text: "@ MX 0 .\n"}}},
		{domain: "null-mx-preference.optout.", verdict: "no-mail",
			note: "null MX whose preference is not 0", zones: []plan{{text: "@ MX 10 .\n"}}},
		{domain: "null-mx-mixed.nsec.", verdict: "dane-partial", mx: []MX{{".", "none", "root"}, {"mx", "verified", ""}},
			note:     "null MX beside a real one",
			zones:    []plan{{text: "@ MX 0 .\n@ MX 10 mx\nmx A $a\n_25._tcp.mx TLSA 3 1 1 $a.leaf"}},
			machines: shows(selfSigned)},
		{domain: "implicit-dane.optout.", verdict: "dane-verified", mx: []MX{{"@", "verified", ""}},
			note:     "no MX record: the domain is its own MX host, and has a TLSA record",
			zones:    []plan{{text: "@ A $a\n_25._tcp TLSA 3 1 1 $a.leaf"}},
			machines: shows(selfSigned)},
		{domain: "implicit-bare.nsec.", verdict: "not-dane", mx: []MX{{"@", "none", ""}},
			note:  "no MX record, an address, no TLSA record",
			zones: []plan{{text: "@ A $a\n"}}, machines: shows(selfSigned)},
		{domain: "nxdomain.nsec.", verdict: "no-mail", note: "no such domain, proven by NSEC"},
		{domain: "nxdomain.optout.", verdict: "no-mail", note: "no such domain, and opt-out proves little"},
		{domain: "no-address.nsec.", verdict: "no-mail",
			note: "neither MX nor address", zones: []plan{{text: "@ TXT \"nothing here\"\n"}}},
		{domain: "mx-is-ip.nsec.", verdict: "not-dane", mx: []MX{{"192.0.2.1.", "none", "ip-literal"}},
			note: "the MX target is an IP address in text", zones: []plan{{text: "@ MX 10 192.0.2.1.\n"}}},
		{domain: "mx-twice.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "one MX host twice, spelt differently",
			zones:    []plan{{text: "@ MX 10 mx\n@ MX 20 MX\nmx A $a\n_25._tcp.mx TLSA 3 1 1 $a.leaf"}},
			machines: shows(selfSigned)},
		{domain: "mx-long.nsec.", verdict: "not-dane", mx: []MX{{longName, "none", "name-too-long"}},
			note:     "the MX host's name is so long that _25._tcp does not fit before it",
			zones:    []plan{{text: "@ MX 10 " + longName + "\n" + longName + " A $a\n"}},
			machines: shows(selfSigned)},
		{domain: "any.wildcard-mx.optout.", verdict: "dane-verified", mx: []MX{{"mx.wildcard-mx.optout.", "verified", ""}},
			note:     "the MX record is a wildcard expansion",
			zones:    []plan{{apex: "wildcard-mx.optout.", text: "* MX 10 mx\nmx A $a\n_25._tcp.mx TLSA 3 1 1 $a.leaf"}},
			machines: shows(selfSigned)},
		{domain: "mx-nowhere.optout.", verdict: "not-dane", mx: []MX{{"gone", "unreachable", "no-address"}},
			note: "the MX host does not exist", zones: []plan{{text: "@ MX 10 gone\n"}}},
		{domain: "mx-in-dead-signed.nsec.", verdict: "dane-undecided", mx: []MX{{"mx.dead-signed.nsec.", "lookup-failed", "address"}},
			note:  "the MX host is in a signed zone whose servers are dead: a sender has to wait",
			zones: []plan{{text: "@ MX 10 mx.dead-signed.nsec.\n"}, {apex: "dead-signed.nsec.", served: byDead, text: "mx A $a\n"}}, machines: shows(selfSigned)},
		{domain: "mx-in-dead-unsigned.nsec.", verdict: "not-dane", mx: []MX{{"mx.dead.unsigned.", "unreachable", "address-lookup"}},
			note:  "the MX host is in an unsigned zone whose servers are dead",
			zones: []plan{{text: "@ MX 10 mx.dead.unsigned.\n"}, {apex: "dead.unsigned.", served: byDead, text: "mx A $a\n"}}, machines: shows(selfSigned)},
	}
}

// longName is a name of 249 octets in wire form under mx-long.nsec.
var longName = strings.Repeat("m", 42) + strings.Repeat("."+strings.Repeat("x", 63), 3)

// addressCases: MX hosts with several addresses.
func addressCases() []entryCase {
	const pair = "@ MX 10 mx\nmx A $a\nmx A $b\n"
	return []entryCase{
		{domain: "addresses-differ.nsec.", verdict: "dane-failed", mx: one("mixed", "addresses"),
			note:     "two addresses, the record fits the server at one of them",
			zones:    []plan{{text: pair + "_25._tcp.mx TLSA 3 1 1 $a.leaf"}},
			machines: two(machine{})},
		{domain: "addresses-covered.optout.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "two addresses with a key each, and a record for each",
			zones:    []plan{{text: pair + "_25._tcp.mx TLSA 3 1 1 $a.leaf\n_25._tcp.mx TLSA 3 1 1 $b.leaf"}},
			machines: two(machine{})},
		{domain: "address-down.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "two addresses, nobody listens at one of them",
			zones:    []plan{{text: pair + "_25._tcp.mx TLSA 3 1 1 $a.leaf"}},
			machines: two(machine{does: closed})},
		{domain: "address-no-starttls.optout.", verdict: "dane-failed", mx: one("mixed", "addresses"),
			note:     "two addresses, one without STARTTLS",
			zones:    []plan{{text: pair + "_25._tcp.mx TLSA 3 1 1 $a.leaf"}},
			machines: two(machine{does: noSTARTTLS})},
		{domain: "both-families.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "an IPv4 and an IPv6 address",
			zones:    []plan{{text: "@ MX 10 mx\nmx A $a\nmx AAAA $b\n_25._tcp.mx TLSA 3 1 1 $a.leaf\n_25._tcp.mx TLSA 3 1 1 $b.leaf"}},
			machines: two(machine{ipv6: true})},
	}
}

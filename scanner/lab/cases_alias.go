package lab

// elsewhere is the truth of a domain whose one MX host is another's.
func elsewhere(name, verdict, reason string) []MX { return []MX{{name, verdict, reason}} }

// halfCases: domain and MX host in different zones, one of them not signed.
func halfCases() []entryCase {
	return []entryCase{
		{domain: "half.unsigned.", verdict: "half-dane", mx: elsewhere("mx.half-host.nsec.", "verified", ""),
			note: "an unsigned domain whose MX host has DANE: an attacker forges the MX record instead",
			zones: []plan{{text: "@ MX 10 mx.half-host.nsec.\n"},
				{apex: "half-host.nsec.", text: "mx A $a\n_25._tcp.mx TLSA 3 1 1 $a.leaf\n"}},
			machines: shows(selfSigned)},
		{domain: "half.optout.", verdict: "half-dane", mx: elsewhere("mx.half-host.nsec.", "verified", ""),
			note:  "the same under a signed TLD",
			zones: []plan{{sign: unsigned, text: "@ MX 10 mx.half-host.nsec.\n"}}},
		{domain: "half-broken.unsigned.", verdict: "half-dane", mx: elsewhere("mx.half-wrong.optout.", "mismatch", "no-match"),
			note: "an unsigned domain whose MX host has a stale record",
			zones: []plan{{text: "@ MX 10 mx.half-wrong.optout.\n"},
				{apex: "half-wrong.optout.", text: "mx A $a\n_25._tcp.mx TLSA 3 1 1 $none\n"}},
			machines: shows(selfSigned)},
		{domain: "elsewhere.nsec.", verdict: "dane-verified", mx: elsewhere("mx.half-host.nsec.", "verified", ""),
			note:  "a signed domain whose MX host, with DANE, is another's",
			zones: []plan{{text: "@ MX 10 mx.half-host.nsec.\n"}}},
		{domain: "host-unsigned.nsec.", verdict: "not-dane", mx: elsewhere("mx.bare-host.unsigned.", "insecure", ""),
			note: "a signed domain whose MX host is in an unsigned zone with a TLSA record",
			zones: []plan{{text: "@ MX 10 mx.bare-host.unsigned.\n"},
				{apex: "bare-host.unsigned.", text: "mx A $a\n_25._tcp.mx TLSA 3 1 1 $a.leaf\n"}},
			machines: shows(selfSigned)},
		{domain: "host-cut-off.optout.", verdict: "not-dane", mx: one("insecure", ""),
			note: "a signed domain whose MX host is an unsigned zone of its own, with a TLSA record (RFC 7672, Section 2.2.2)",
			zones: []plan{{text: "@ MX 10 mx\n"},
				{apex: "mx", sign: unsigned, text: "@ A $a\n_25._tcp TLSA 3 1 1 $a.leaf\n"}},
			machines: shows(selfSigned)},
		{domain: "host-own-zone.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note: "the same, signed",
			zones: []plan{{text: "@ MX 10 mx\n"},
				{apex: "mx", sign: signNSEC3, text: "@ A $a\n_25._tcp TLSA 3 1 1 $a.leaf\n"}},
			machines: shows(selfSigned)},
	}
}

// aliasCases: MX hosts that are aliases.
func aliasCases() []entryCase {
	return []entryCase{
		{domain: "host-alias.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note: "the MX host is an alias, all secure: TLSA at the end of the chain (RFC 7672, Section 2.2.2)",
			zones: []plan{{text: "@ MX 10 mx\nmx CNAME mx.alias-target.optout.\n"},
				{apex: "alias-target.optout.", text: "mx A $a\n_25._tcp.mx TLSA 3 1 1 $a.leaf\n"}},
			machines: shows(selfSigned)},
		{domain: "host-alias-original.optout.", verdict: "dane-verified", mx: one("verified", ""),
			note: "the MX host is an alias, all secure: TLSA at the original name alone",
			zones: []plan{{text: "@ MX 10 mx\nmx CNAME mx.alias-original.nsec.\n_25._tcp.mx TLSA 3 1 1 $a.leaf\n"},
				{apex: "alias-original.nsec.", text: "mx A $a\n"}},
			machines: shows(selfSigned)},
		{domain: "host-alias-both.nsec.", verdict: "dane-failed", mx: one("mismatch", "no-match"),
			note: "the MX host is an alias, all secure: a stale record at the end of the chain wins over a good one at the original name",
			zones: []plan{{text: "@ MX 10 mx\nmx CNAME mx.alias-both.optout.\n_25._tcp.mx TLSA 3 1 1 $a.leaf\n"},
				{apex: "alias-both.optout.", text: "mx A $a\n_25._tcp.mx TLSA 3 1 1 $none\n"}},
			machines: shows(selfSigned)},
		{domain: "host-alias-insecure.optout.", verdict: "dane-verified", mx: one("verified", ""),
			note: "the MX host is an alias into an unsigned zone: TLSA at the original name counts",
			zones: []plan{{text: "@ MX 10 mx\nmx CNAME mx.alias-insecure.unsigned.\n_25._tcp.mx TLSA 3 1 1 $a.leaf\n"},
				{apex: "alias-insecure.unsigned.", text: "mx A $a\n_25._tcp.mx TLSA 3 1 1 $none\n"}},
			machines: shows(selfSigned)},
		{domain: "host-alias-from-insecure.nsec.", verdict: "not-dane", mx: elsewhere("mx.alias-out.unsigned.", "none", ""),
			note: "the MX host is an alias in an unsigned zone: DANE does not apply, whatever is at its end",
			zones: []plan{{text: "@ MX 10 mx.alias-out.unsigned.\n"},
				{apex: "alias-out.unsigned.", text: "mx CNAME mx.half-host.nsec.\n"}}},
	}
}

// elsewhereCases: TLSA owners and domains that are aliases.
func elsewhereCases() []entryCase {
	return []entryCase{
		{domain: "tlsa-alias.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note: "the TLSA owner is an alias, all secure",
			zones: []plan{{text: "@ MX 10 mx\nmx A $a\n_25._tcp.mx CNAME _dane.tlsa-store.optout.\n"},
				{apex: "tlsa-store.optout.", text: "_dane TLSA 3 1 1 $a.leaf\n"}},
			machines: shows(selfSigned)},
		{domain: "tlsa-alias-insecure.optout.", verdict: "not-dane", mx: one("insecure", ""),
			note: "the TLSA owner is an alias into an unsigned zone",
			zones: []plan{{text: "@ MX 10 mx\nmx A $a\n_25._tcp.mx CNAME _dane.tlsa-store.unsigned.\n"},
				{apex: "tlsa-store.unsigned.", text: "_dane TLSA 3 1 1 $a.leaf\n"}},
			machines: shows(selfSigned)},
		{domain: "tlsa-alias-nowhere.nsec.", verdict: "not-dane", mx: one("none", ""),
			note:     "the TLSA owner is an alias of a name that does not exist",
			zones:    zone1("_25._tcp.mx CNAME gone\n"),
			machines: shows(selfSigned)},
		{domain: "www.domain-alias.nsec.", verdict: "dane-verified", mx: elsewhere("mx.domain-target.optout.", "verified", ""),
			note: "the domain is an alias, all secure",
			zones: []plan{{apex: "domain-alias.nsec.", text: "www CNAME domain-target.optout.\n"},
				{apex: "domain-target.optout.", text: "@ MX 10 mx\nmx A $a\n_25._tcp.mx TLSA 3 1 1 $a.leaf\n"}},
			machines: shows(selfSigned)},
		{domain: "www.half-alias.unsigned.", verdict: "half-dane", mx: elsewhere("mx.domain-target.optout.", "verified", ""),
			note:  "the domain is an alias in an unsigned zone of a signed domain",
			zones: []plan{{apex: "half-alias.unsigned.", text: "www CNAME domain-target.optout.\n"}}},
		{domain: "moved.old.domain-dname.optout.", verdict: "dane-verified", mx: elsewhere("mx.moved.domain-new.nsec.", "verified", ""),
			note: "the domain is below a DNAME, all secure",
			zones: []plan{{apex: "domain-dname.optout.", text: "old DNAME domain-new.nsec.\n"},
				{apex: "domain-new.nsec.", text: "moved MX 10 mx.moved\nmx.moved A $a\n_25._tcp.mx.moved TLSA 3 1 1 $a.leaf\n"}},
			machines: shows(selfSigned)},
		{domain: "loop.alias-loop.nsec.", verdict: "dns-error",
			note:  "the domain is an alias of itself, by way of another name",
			zones: []plan{{apex: "alias-loop.nsec.", text: "loop CNAME pool\npool CNAME loop\n"}}},
	}
}

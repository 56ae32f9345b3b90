package lab

import "github.com/miekg/dns"

// whole is a fault of every signature of a zone.
func whole(m mishap) map[fault]mishap { return map[fault]mishap{{"*", 0}: m} }

// altered is a domain with a good TLSA record and something about its zone that is
// not as usual.
func altered(domain, verdict string, mx []MX, note string, change func(p *plan)) entryCase {
	zones := zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf")
	change(&zones[0])
	return entryCase{domain: domain, verdict: verdict, mx: mx, note: note, zones: zones, machines: shows(selfSigned)}
}

// dnsCases: what is signed, how, and what is not.
func dnsCases() []entryCase {
	row, verified, insecure := altered, one("verified", ""), one("insecure", "")
	return []entryCase{
		row("rsa-zone.nsec.", "dane-verified", verified, "a zone signed with RSA", func(p *plan) { p.sign = signRSA }),
		row("ed25519-zone.optout.", "dane-verified", verified, "a zone signed with Ed25519", func(p *plan) { p.sign = signEd }),
		row("online-signer.nsec.", "dane-verified", verified, "NSEC records made up for each question (RFC 4470)", func(p *plan) { p.sign = signNarrow }),
		row("own-servers.optout.", "dane-verified", verified, "name servers in the zone itself, reached by glue", func(p *plan) { p.served = byItself }),
		row("lame-servers.nsec.", "dane-verified", verified, "one of three name servers refuses, one is silent", func(p *plan) { p.served = byLame }),

		row("unsigned-under-nsec.nsec.", "not-dane", insecure, "unsigned, with a TLSA record that counts for nothing; NSEC proves that there is no DS", func(p *plan) { p.sign = unsigned }),
		row("unsigned-under-optout.optout.", "not-dane", insecure, "unsigned, with a TLSA record; an opt-out span proves that there is no DS", func(p *plan) { p.sign = unsigned }),
		row("under-unsigned.unsigned.", "not-dane", insecure, "unsigned, with a TLSA record, under an unsigned TLD", func(p *plan) {}),
		row("island.nsec.", "not-dane", insecure, "signed, and no DS in the TLD", func(p *plan) { p.sign = signIsland }),
		row("unknown-algorithm.optout.", "not-dane", insecure, "signed with an algorithm that nobody knows: as good as unsigned (RFC 4035, Section 5.2)", func(p *plan) { p.sign = signUnknown }),
		{domain: "plain.unsigned.", verdict: "not-dane", mx: one("none", ""), note: "no DNSSEC and no DANE, like most", zones: zone1(""), machines: shows(selfSigned)},
		{domain: "plain.optout.", verdict: "not-dane", mx: one("none", ""), note: "no DNSSEC and no DANE under a signed TLD", zones: []plan{{sign: unsigned, text: "@ MX 10 mx\nmx A $a\n"}}, machines: shows(selfSigned)},
		{domain: "nsec3-iterations.optout.", verdict: "not-dane", mx: one("none", ""),
			note:  "no TLSA record, and the proof takes so many rounds of hashing that it proves nothing (RFC 9276, Section 3.2)",
			zones: []plan{{sign: signNSEC3Many, text: "@ MX 10 mx\nmx A $a\n"}}, machines: shows(selfSigned)},
	}
}

// brokenCases: what does not validate, and questions that get no answer.
func brokenCases() []entryCase {
	row, failed := altered, one("lookup-failed", "tlsa")
	tlsa := func(m mishap) func(p *plan) {
		return func(p *plan) { p.faults = map[fault]mishap{{"_25._tcp.mx", dns.TypeTLSA}: m} }
	}
	return []entryCase{
		row("bogus-ds.nsec.", "dns-error", nil, "the DS in the TLD fits no key of the zone", func(p *plan) { p.forged = true }),
		row("bogus-expired.optout.", "dns-error", nil, "all signatures have expired", func(p *plan) { p.faults = whole(sigExpired) }),
		row("bogus-stripped.nsec.", "dns-error", nil, "a signed zone served without signatures", func(p *plan) { p.faults = whole(sigMissing) }),
		row("bogus-mx.optout.", "dns-error", nil, "the signature over the MX records is broken", func(p *plan) { p.faults = map[fault]mishap{{"@", dns.TypeMX}: sigBroken} }),
		row("bogus-tlsa.nsec.", "dane-undecided", failed, "the signature over the TLSA record is broken", tlsa(sigBroken)),
		row("bogus-tlsa-expired.optout.", "dane-undecided", failed, "the signature over the TLSA record has expired", tlsa(sigExpired)),
		row("bogus-tlsa-stripped.nsec.", "dane-undecided", failed, "the TLSA record comes without a signature", tlsa(sigMissing)),
		{domain: "bogus-denial.nsec.", verdict: "dane-undecided", mx: one("lookup-failed", "tlsa"),
			note:     "no TLSA record, and the proof of that is broken: a sender has to wait",
			zones:    []plan{{text: "@ MX 10 mx\nmx A $a\n", sign: signNSEC, faults: map[fault]mishap{{"mx", dns.TypeNSEC}: sigBroken}}},
			machines: shows(selfSigned)},
		row("bogus-address.optout.", "dane-undecided", one("lookup-failed", "address"), "the signature over the address is broken", func(p *plan) {
			p.faults = map[fault]mishap{{"mx", dns.TypeA}: sigBroken}
		}),
		row("mx-servfail.nsec.", "dns-error", nil, "SERVFAIL to the MX question", func(p *plan) { p.faults = map[fault]mishap{{"@", dns.TypeMX}: saysServFail} }),
		row("tlsa-servfail.nsec.", "dane-undecided", failed, "SERVFAIL to the TLSA question", tlsa(saysServFail)),
		row("tlsa-notimp.optout.", "dane-undecided", failed, "NOTIMP to the TLSA question", tlsa(saysNotImp)),
		row("tlsa-refused.nsec.", "dane-undecided", failed, "REFUSED to the TLSA question", tlsa(saysRefused)),
		row("tlsa-timeout.optout.", "dane-undecided", failed, "no answer to the TLSA question", tlsa(saysNothing)),
	}
}

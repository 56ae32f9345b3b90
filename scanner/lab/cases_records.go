package lab

// recordCases: records that no sender can use, and none at all.
func recordCases() []entryCase {
	const short = "0123456789abcdef0123456789abcdef01234567" // 20 octets
	return []entryCase{
		{domain: "no-tlsa.nsec.", verdict: "not-dane", mx: one("none", ""),
			note: "signed, and no TLSA record (NSEC)", zones: zone1(""), machines: shows(selfSigned)},
		{domain: "no-tlsa.optout.", verdict: "not-dane", mx: one("none", ""),
			note: "signed, and no TLSA record (NSEC3)", zones: zone1(""), machines: shows(selfSigned)},
		{domain: "pkix-ee.nsec.", verdict: "dane-unusable", mx: one("unusable", ""),
			note:     "1 1 1 that fits: PKIX usages are not for SMTP (RFC 7672, Section 3.1.3), but they oblige to use TLS",
			zones:    zone1("_25._tcp.mx TLSA 1 1 1 $a.leaf"),
			machines: shows(selfSigned)},
		{domain: "pkix-ta.optout.", verdict: "dane-unusable", mx: one("unusable", ""),
			note:     "0 0 1 that fits",
			zones:    zone1("_25._tcp.mx TLSA 0 0 1 $a.issuer"),
			machines: shows(issuedMX)},
		{domain: "bad-length.nsec.", verdict: "dane-unusable", mx: one("unusable", ""),
			note:     "a SHA-256 digest of 20 octets",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 " + short),
			machines: shows(selfSigned)},
		{domain: "bad-key.optout.", verdict: "dane-unusable", mx: one("unusable", ""),
			note:     "3 1 0 with octets that are no key",
			zones:    zone1("_25._tcp.mx TLSA 3 1 0 " + short),
			machines: shows(selfSigned)},
		{domain: "tiny-record.nsec.", verdict: "dane-unusable", mx: one("unusable", ""),
			note:     "three octets of RDATA: no association data at all",
			zones:    zone1(`_25._tcp.mx TYPE52 \# 3 030101`),
			machines: shows(selfSigned)},
		{domain: "unknown-fields.optout.", verdict: "dane-unusable", mx: one("unusable", ""),
			note:     "usage 9, selector 7, matching type 5: nobody knows them yet",
			zones:    zone1("_25._tcp.mx TLSA 9 1 1 $a.leaf\n_25._tcp.mx TLSA 3 7 1 $a.leaf\n_25._tcp.mx TLSA 3 1 5 $a.leaf"),
			machines: shows(selfSigned)},
		{domain: "unusable-no-starttls.nsec.", verdict: "dane-failed", mx: one("no-starttls", "not-offered"),
			note:     "no usable record, so TLS without authentication is a must, and there is none (RFC 7672, Section 2.2.3)",
			zones:    zone1("_25._tcp.mx TLSA 1 1 1 $a.leaf"),
			machines: behaves(noSTARTTLS)},
		{domain: "some-bad-records.optout.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "useless records beside a good one do no harm",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 " + short + "\n_25._tcp.mx TLSA 1 1 1 $none\n_25._tcp.mx TLSA 3 1 1 $a.leaf"),
			machines: shows(selfSigned)},
		{domain: "many-records.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "so many records that the answer needs TCP; the last one fits",
			zones:    zone1(manyRecords + "_25._tcp.mx TLSA 3 1 2 $a.leaf"),
			machines: shows(selfSigned)},
	}
}

// manyRecords is 16 TLSA records of 67 octets that fit nothing.
const manyRecords = many8 + "0" + tail + many8 + "1" + tail + many8 + "2" + tail + many8 + "3" + tail +
	many8 + "4" + tail + many8 + "5" + tail + many8 + "6" + tail + many8 + "7" + tail +
	many8 + "8" + tail + many8 + "9" + tail + many8 + "a" + tail + many8 + "b" + tail +
	many8 + "c" + tail + many8 + "d" + tail + many8 + "e" + tail + many8 + "f" + tail

const (
	many8 = "_25._tcp.mx TLSA 3 1 2 " +
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" +
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddee0"
	tail = "\n"
)

// smtpCases: usable records, and a server that spoils it before any certificate is
// seen.
func smtpCases() []entryCase {
	usable := zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf")
	row := func(domain, verdict, host, reason string, does conduct, note string) entryCase {
		return entryCase{domain: domain, verdict: verdict, mx: one(host, reason), note: note, zones: usable, machines: behaves(does)}
	}
	return []entryCase{
		row("no-starttls.nsec.", "dane-failed", "no-starttls", "not-offered", noSTARTTLS, "STARTTLS is not offered"),
		row("helo-only.optout.", "dane-failed", "no-starttls", "not-offered", onlyHELO, "EHLO is not understood, HELO is: no STARTTLS there"),
		row("starttls-454.nsec.", "dane-failed", "tls-error", "starttls-4xx", starttls454, "STARTTLS is offered and answered 454"),
		row("starttls-502.optout.", "dane-failed", "tls-error", "starttls-5xx", starttls502, "STARTTLS is offered and answered 502"),
		row("starttls-dropped.nsec.", "dane-failed", "tls-error", "starttls-dropped", dropsSTARTTLS, "STARTTLS is offered and answered by closing"),
		row("handshake-alert.optout.", "dane-failed", "tls-error", "handshake", failsHandshake, "the handshake ends in an alert"),
		row("handshake-dropped.nsec.", "dane-failed", "tls-error", "handshake", dropsHandshake, "the server closes after the ClientHello"),
		row("refused.nsec.", "dane-unreachable", "unreachable", "refused", closed, "nobody listens at the address"),
		row("tarpit.optout.", "dane-unreachable", "unreachable", "timeout", tarpit, "the connection opens and no greeting comes"),
		row("greeting-554.nsec.", "dane-unreachable", "unreachable", "greeting", greets554, "greeted with 554"),
		row("greeting-421.optout.", "dane-unreachable", "unreachable", "greeting", greets421, "greeted with 421, every time"),
		row("greeting-dropped.nsec.", "dane-unreachable", "unreachable", "greeting", dropsGreeting, "closed instead of a greeting"),
		row("no-hello.optout.", "dane-unreachable", "unreachable", "ehlo", noHello, "EHLO and HELO are refused"),
	}
}

package lab

import "slices"

// cases returns the table: what the lab can show. Every truth in it was worked out
// by hand from RFC 7672 and the project's rules.
func cases() []entryCase {
	return slices.Concat(leafCases(), anchorCases(), changeCases(), mismatchCases(), recordCases(), smtpCases(), mxCases(), oddMXCases(), dnsCases(), brokenCases(),
		halfCases(), aliasCases(), elsewhereCases(), addressCases())
}

// one is the truth of a domain with one MX host, mx.<domain>.
func one(verdict, reason string) []MX { return []MX{{"mx", verdict, reason}} }

// zone1 is a domain's only zone: one MX host with one address, and whatever
// records come on top.
func zone1(records string) []plan {
	return []plan{{text: "@ MX 10 mx\nmx A $a\n" + records}}
}

// shows is a domain's only machine.
func shows(c certificate) map[string]machine { return map[string]machine{"a": {cert: c}} }

// behaves is a domain's only machine, with a self-signed certificate.
func behaves(does conduct) map[string]machine { return map[string]machine{"a": {does: does}} }

var (
	selfSigned = certificate{}
	issuedMX   = certificate{from: byIssuing, sends: withIssuer, names: []string{"mx"}}
)

// leafCases: DANE-EE as it should be.
func leafCases() []entryCase {
	return []entryCase{
		{domain: "ee-spki.optout.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "3 1 1, the common form: the digest of the key. Names and dates of the certificate play no part",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf"),
			machines: shows(selfSigned)},
		{domain: "ee-cert.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "3 0 1: the digest of the whole certificate",
			zones:    zone1("_25._tcp.mx TLSA 3 0 1 $a.leaf"),
			machines: shows(selfSigned)},
		{domain: "ee-sha512.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "3 1 2: SHA-512",
			zones:    zone1("_25._tcp.mx TLSA 3 1 2 $a.leaf"),
			machines: shows(selfSigned)},
		{domain: "ee-full-key.optout.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "3 1 0: the key itself",
			zones:    zone1("_25._tcp.mx TLSA 3 1 0 $a.leaf"),
			machines: shows(selfSigned)},
		{domain: "ee-expired.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "3 1 1 with an expired certificate: DANE-EE ignores dates (RFC 7672, Section 3.1.1)",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf"),
			machines: shows(certificate{expired: true})},
	}
}

// anchorCases: DANE-TA as it should be.
func anchorCases() []entryCase {
	return []entryCase{
		{domain: "ta-key.optout.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "2 1 1 of the issuing authority, which is sent; the certificate names the MX host",
			zones:    zone1("_25._tcp.mx TLSA 2 1 1 $a.issuer"),
			machines: shows(issuedMX)},
		{domain: "ta-cert.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "2 0 1 of the root authority, two steps above the certificate, all sent",
			zones:    zone1("_25._tcp.mx TLSA 2 0 1 $a.root"),
			machines: shows(certificate{from: byIssuing, sends: withRoot, names: []string{"mx"}})},
		{domain: "ta-next-hop.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "DANE-TA, and the certificate names the mail domain, not the MX host (RFC 7672, Section 3.2.2)",
			zones:    zone1("_25._tcp.mx TLSA 2 1 1 $a.issuer"),
			machines: shows(certificate{from: byIssuing, sends: withIssuer, names: []string{"@"}})},
		{domain: "ta-wildcard.optout.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "DANE-TA with a wildcard certificate",
			zones:    zone1("_25._tcp.mx TLSA 2 1 1 $a.issuer"),
			machines: shows(certificate{from: byIssuing, sends: withIssuer, names: []string{"*"}})},
	}
}

// changeCases: several records, several certificates, and servers with a temper.
func changeCases() []entryCase {
	return []entryCase{
		{domain: "rollover-next.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "3 1 1 of the key in use and of the one to come",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf\n_25._tcp.mx TLSA 3 1 1 $a.next"),
			machines: shows(selfSigned)},
		{domain: "rollover-done.optout.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "3 1 1 of a key that is gone and of the one in use: any one match is enough",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $none\n_25._tcp.mx TLSA 3 1 1 $a.leaf"),
			machines: shows(selfSigned)},
		{domain: "rollover-issuer.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "3 1 1 and 2 1 1 of its issuer",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf\n_25._tcp.mx TLSA 2 1 1 $a.issuer"),
			machines: shows(issuedMX)},
		{domain: "tlsa-wildcard.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "the TLSA record is a wildcard expansion",
			zones:    zone1("*._tcp.mx TLSA 3 1 1 $a.leaf"),
			machines: shows(selfSigned)},
		{domain: "tls10.optout.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "a server that has nothing newer than TLS 1.0",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf"),
			machines: map[string]machine{"a": {does: oldTLS}}},
		{domain: "two-algorithms.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "an RSA and an ECDSA certificate, a record for each",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf\n_25._tcp.mx TLSA 3 1 1 $a.rsa"),
			machines: map[string]machine{"a": {dual: true}}},
		{domain: "negative-serial.optout.", verdict: "dane-verified", mx: one("verified", ""), needs: OddCertificates,
			note:     "a certificate that crypto/x509 refuses: a key digest has to match all the same",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf"),
			machines: shows(certificate{negative: true})},
		{domain: "greylisting.nsec.", verdict: "dane-verified", mx: one("verified", ""), needs: Retries,
			note:     "421 to the first session, good from then on",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf"),
			machines: behaves(greylists)},
	}
}

// mismatchCases: usable records and a certificate that does not fit.
func mismatchCases() []entryCase {
	return []entryCase{
		{domain: "no-match.nsec.", verdict: "dane-failed", mx: one("mismatch", "no-match"),
			note:     "the key was changed, the record was not",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $none"),
			machines: shows(selfSigned)},
		{domain: "no-match-yet.optout.", verdict: "dane-failed", mx: one("mismatch", "no-match"),
			note:     "the record was changed, the key was not",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.next"),
			machines: shows(selfSigned)},
		{domain: "ta-wrong-name.optout.", verdict: "dane-failed", mx: one("mismatch", "name"),
			note:     "DANE-TA fits, the certificate is for another name",
			zones:    zone1("_25._tcp.mx TLSA 2 1 1 $a.issuer"),
			machines: shows(certificate{from: byIssuing, sends: withIssuer, names: []string{"www"}})},
		{domain: "ta-expired.nsec.", verdict: "dane-failed", mx: one("mismatch", "expired"),
			note:     "DANE-TA fits, the certificate has expired",
			zones:    zone1("_25._tcp.mx TLSA 2 1 1 $a.issuer"),
			machines: shows(certificate{from: byIssuing, sends: withIssuer, names: []string{"mx"}, expired: true})},
		{domain: "ta-chain.nsec.", verdict: "dane-failed", mx: one("mismatch", "chain"),
			note:     "the anchor is sent, but it did not issue the certificate",
			zones:    zone1("_25._tcp.mx TLSA 2 0 1 $a.issuer"),
			machines: shows(certificate{from: byStranger, sends: withIssuer, names: []string{"mx"}})},
		{domain: "ta-not-served.optout.", verdict: "dane-failed", mx: one("mismatch", "ta-not-served"),
			note:     "a digest of the root authority, which the server does not send (RFC 7671, Section 5.2.2)",
			zones:    zone1("_25._tcp.mx TLSA 2 0 1 $a.root"),
			machines: shows(issuedMX)},
		{domain: "ta-no-match.nsec.", verdict: "dane-failed", mx: one("mismatch", "no-match"),
			note:     "a digest of another authority; the whole chain is sent",
			zones:    zone1("_25._tcp.mx TLSA 2 0 1 $none"),
			machines: shows(certificate{from: byIssuing, sends: withRoot, names: []string{"mx"}})},
		{domain: "one-algorithm.optout.", verdict: "dane-failed", mx: one("mixed", "algorithms"), needs: SecondAlgorithm,
			note:     "an RSA and an ECDSA certificate, a record for the ECDSA one alone",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf"),
			machines: map[string]machine{"a": {dual: true}}},
		{domain: "agility-good.nsec.", verdict: "dane-verified", mx: one("verified", ""),
			note:     "a stale SHA-256 beside a good SHA-512: the strongest counts (RFC 7671, Section 9)",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $none\n_25._tcp.mx TLSA 3 1 2 $a.leaf"),
			machines: shows(selfSigned)},
		{domain: "agility-bad.optout.", verdict: "dane-failed", mx: one("mismatch", "no-match"),
			note:     "a good SHA-256 beside a stale SHA-512: the strongest counts (RFC 7671, Section 9)",
			zones:    zone1("_25._tcp.mx TLSA 3 1 1 $a.leaf\n_25._tcp.mx TLSA 3 1 2 $none"),
			machines: shows(selfSigned)},
	}
}

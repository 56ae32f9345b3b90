package report

import (
	"danescan/datasets/run"
	"danescan/scanner/judge"
)

// What the words of the tables mean, in the words of the page.

func verdictMeaning() map[string]string {
	return map[string]string{
		string(run.NoMail):          "takes no mail: null MX, or neither MX nor address",
		string(run.DNSError):        "the MX lookup, or the address lookup in its place, failed",
		string(run.NotDANE):         "no MX host has TLSA records that senders must heed",
		string(run.HalfDANE):        "an MX host has, but the MX records are not proven: not counted as DANE",
		string(run.DANEFailed):      "a DANE sender would refuse at least one MX host by what was seen",
		string(run.DANEUndecided):   "a lookup that decides failed: a DANE sender would defer",
		string(run.DANEVerified):    "every MX host that could be tested is verified",
		string(run.DANEPartial):     "some MX hosts are verified, others are without DANE",
		string(run.DANEUnreachable): "no MX host with DANE could be reached",
		string(run.DANENotTested):   "MX hosts with DANE were not tested",
		string(run.DANEUnusable):    "TLSA records ask for encryption, but none can authenticate",
	}
}

func hostMeaning() map[string]string {
	return map[string]string{
		string(run.Verified):     "the certificates match the TLSA records at every address that answered",
		string(run.Mismatch):     "no TLSA record matches what the host shows",
		string(run.NoSTARTTLS):   "TLSA records, but STARTTLS is not offered",
		string(run.TLSFailure):   "STARTTLS is offered, but no TLS session came about",
		string(run.Mixed):        "verified at some addresses or with some certificates only",
		string(run.Unreachable):  "no address, or none that answered",
		string(run.LookupFailed): "a lookup that decides whether DANE applies failed",
		string(run.None):         "no TLSA records",
		string(run.InsecureTLSA): "TLSA records that nobody may use: not proven by DNSSEC",
		string(run.Unusable):     "TLSA records, none usable: encrypted but unauthenticated",
		string(run.NotTested):    "not connected to",
	}
}

func statusMeaning() map[string]string {
	return map[string]string{
		string(run.Secure):        "proven by an unbroken chain of signatures",
		string(run.Insecure):      "proven to be outside of any signed zone",
		string(run.Bogus):         "should validate and does not",
		string(run.Indeterminate): "no usable answer came",
	}
}

func parameterMeaning() map[string]string {
	return map[string]string{
		"3 1 1": "DANE-EE, key, SHA-256: what RFC 7672 recommends",
		"3 0 1": "DANE-EE, certificate, SHA-256: changes with every renewal",
		"3 1 2": "DANE-EE, key, SHA-512",
		"2 1 1": "DANE-TA, issuer's key, SHA-256",
		"2 0 1": "DANE-TA, issuer's certificate, SHA-256",
		"1 1 1": "PKIX-EE: undefined for SMTP, senders treat it as unusable",
		"0 0 1": "PKIX-TA: undefined for SMTP, senders treat it as unusable",
	}
}

func measureMeaning() map[string]string {
	return map[string]string{
		"names":            "in the list",
		"with_mail":        "have an MX host, explicit or implicit",
		"signed_mx":        "of these, names whose MX records, or their absence, DNSSEC proves",
		"dane":             "MX records proven, and at least one MX host with secure TLSA records",
		"verified":         "every MX host that could be tested has a certificate that its TLSA records match",
		"primary_verified": "the best MX hosts are verified: the definition of the long-running public survey",
		"partial":          "some MX hosts are verified, others are without DANE",
		"failed":           "a DANE sender would refuse at least one MX host by what was seen",
		"unreachable":      "no MX host with DANE could be reached",
		"not_tested":       "MX hosts with DANE were not tested",
		"unusable":         "TLSA records ask for encryption, but none can authenticate",
		"undecided":        "a lookup that decides got no answer: a DANE sender would defer; not counted as failed",
		"half_dane":        "hosts with DANE behind MX records that are not proven; not counted as DANE",
		"dns_error":        "the MX lookup got no answer: neither with nor without mail",
		"hosts":            "distinct MX hosts",
		"hosts_with_tlsa":  "with secure TLSA records, which senders must heed",
		"hosts_verified":   "verified at every address that answered",
		"sessions":         "SMTP sessions that count: the last with each address and kind of certificate",
		"handshakes":       "in which a TLS handshake completed",
	}
}

func coverMeaning() map[string]string {
	return map[string]string{
		coverAll:     "every MX host is verified",
		coverPrimary: "those of the best preference are, and none of the others",
		coverSome:    "any other mixture",
		coverBackup:  "only hosts of a worse preference",
		coverNone:    "no MX host is verified",
	}
}

func stateMeaning() map[string]string {
	return map[string]string{
		string(run.TLSAUsable):   "secure, at least one usable record",
		string(run.TLSAUnusable): "secure, no usable record: encryption asked for, authentication impossible",
		string(run.TLSAError):    "a lookup that decides got no answer: senders defer",
		string(run.TLSAInsecure): "records exist, but no DNSSEC proves them",
		string(run.TLSANone):     "no records",
		string(run.TLSANotAsked): "the name can have none",
	}
}

func rolloverMeaning() map[string]string {
	return map[string]string{
		"current-next":   "a record for the certificate in use and one for the next",
		"current-issuer": "a record for the certificate in use and one for its issuer",
		"none":           "records for the certificates in use alone: the next renewal breaks mail unless DNS is changed first",
		"unknown":        "a certificate of the host was not seen",
	}
}

// tone colours a verdict or status. Unknown is a colour of its own, never that of
// failure.
func tone(word string) string {
	switch word {
	case string(run.DANEVerified), string(run.Verified), string(run.Secure):
		return "good"
	case string(run.DANEFailed), string(run.Mismatch), string(run.NoSTARTTLS), string(run.TLSFailure), string(run.Mixed), string(run.Bogus):
		return "bad"
	case string(run.DANEUndecided), string(run.DNSError), string(run.LookupFailed), string(run.Indeterminate), string(run.DANEUnreachable), string(run.DANENotTested), string(run.Unreachable), string(run.NotTested):
		return "unknown"
	}
	return "plain"
}

func policyTone(word string) string {
	switch word {
	case string(run.PolicyVerified):
		return "good"
	case string(run.PolicyCleartext), string(run.PolicyUndeliverable):
		return "bad"
	case string(run.PolicyDeferred), "not tested":
		return "unknown"
	}
	return "plain"
}

func measureTone(measure string) string {
	switch measure {
	case "verified", "primary_verified", "hosts_verified", "dane":
		return "good"
	case "failed":
		return "bad"
	case "undecided", "unreachable", "not_tested", "dns_error":
		return "unknown"
	}
	return "plain"
}

// checks are the texts of findings by code.
func checks() map[string]judge.Check {
	all := map[string]judge.Check{}
	for _, c := range judge.Findings() {
		all[c.Code] = c
	}
	return all
}

func findingTitle(code string) string { return checks()[code].Title }

func findingTone(code string) string {
	switch checks()[code].Severity {
	case judge.Failure:
		return "bad"
	case judge.Warning:
		return "unknown"
	case judge.Good:
		return "good"
	}
	return "plain"
}

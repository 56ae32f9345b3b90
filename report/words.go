package report

import "danescan/datasets/run"

// What the words of the tables mean, in the words of the page.
var (
	verdictMeaning = map[string]string{
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
	hostMeaning = map[string]string{
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
	statusMeaning = map[string]string{
		string(run.Secure):        "proven by an unbroken chain of signatures",
		string(run.Insecure):      "proven to be outside of any signed zone",
		string(run.Bogus):         "should validate and does not",
		string(run.Indeterminate): "no usable answer came",
	}
	parameterMeaning = map[string]string{
		"3 1 1": "DANE-EE, key, SHA-256: what RFC 7672 recommends",
		"3 0 1": "DANE-EE, certificate, SHA-256: changes with every renewal",
		"3 1 2": "DANE-EE, key, SHA-512",
		"2 1 1": "DANE-TA, issuer's key, SHA-256",
		"2 0 1": "DANE-TA, issuer's certificate, SHA-256",
		"1 1 1": "PKIX-EE: undefined for SMTP, senders treat it as unusable",
		"0 0 1": "PKIX-TA: undefined for SMTP, senders treat it as unusable",
	}
)

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

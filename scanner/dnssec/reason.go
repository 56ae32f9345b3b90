package dnssec

// Reason says why a status is not secure: a closed list.
type Reason string

const (
	ReasonNone Reason = "" // secure

	// Insecure.
	ReasonNoAnchor          Reason = "no-anchor"
	ReasonNoDS              Reason = "no-ds"
	ReasonOptOut            Reason = "opt-out"
	ReasonUnsupportedAlg    Reason = "unsupported-algorithm"
	ReasonUnsupportedDigest Reason = "unsupported-digest"
	ReasonNSEC3Iterations   Reason = "nsec3-iterations"
	ReasonNegativeAnchor    Reason = "negative-anchor"

	// Bogus.
	ReasonRRSIGMissing     Reason = "rrsig-missing"
	ReasonSignatureInvalid Reason = "signature-invalid"
	ReasonSignatureExpired Reason = "signature-expired"
	ReasonSignatureNotYet  Reason = "signature-not-yet-valid"
	ReasonSignerWrong      Reason = "wrong-signer"
	ReasonLabels           Reason = "rrsig-labels"
	ReasonKeyMissing       Reason = "key-missing"
	ReasonKeyUnusable      Reason = "key-unusable"
	ReasonKeyRevoked       Reason = "key-revoked"
	ReasonDNSKEYMissing    Reason = "dnskey-missing"
	ReasonDNSKEYUnsigned   Reason = "dnskey-unsigned"
	ReasonDSMismatch       Reason = "ds-mismatch"
	ReasonDSUnproven       Reason = "ds-unproven"
	ReasonDenialMissing    Reason = "denial-missing"
	ReasonDenialInvalid    Reason = "denial-invalid"
	ReasonWildcardUnproven Reason = "wildcard-unproven"
	ReasonDNAME            Reason = "dname-mismatch"
	ReasonAliasLoop        Reason = "alias-loop"
	ReasonMalformed        Reason = "malformed"

	// Indeterminate.
	ReasonWorkLimit Reason = "work-limit"
	ReasonNoReply   Reason = "no-reply"
	ReasonRcode     Reason = "error-rcode"
	ReasonCancelled Reason = "cancelled"
)

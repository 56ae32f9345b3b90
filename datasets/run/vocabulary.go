package run

// The vocabulary of a run: one spelling for code, Parquet, JSON, HTML and SQL.
// The types are strings so that a column can be read without a key.

// DNSSEC is the security status of a lookup (RFC 4035, Section 4.3).
type DNSSEC string

const (
	Secure        DNSSEC = "secure"
	Insecure      DNSSEC = "insecure"
	Bogus         DNSSEC = "bogus"
	Indeterminate DNSSEC = "indeterminate"
)

// Outcome says how a lookup ended. All but Found, NoData and NXDomain are lookup
// errors (RFC 7672, Section 2.1.1).
type Outcome string

const (
	Found        Outcome = "found"
	NoData       Outcome = "nodata"
	NXDomain     Outcome = "nxdomain"
	ServFail     Outcome = "servfail"
	Refused      Outcome = "refused"
	NotImp       Outcome = "notimp"
	FormErr      Outcome = "formerr"
	Malformed    Outcome = "malformed"
	Timeout      Outcome = "timeout"
	NetworkError Outcome = "network-error"
	AliasLoop    Outcome = "alias-loop"
	WorkLimit    Outcome = "work-limit"
	BogusAnswer  Outcome = "bogus"
)

// Failed reports whether a lookup with this outcome is an error to a sender
// (RFC 7672, Section 2.1.1). The empty outcome, a lookup never made, is not.
func (o Outcome) Failed() bool {
	switch o {
	case "", Found, NoData, NXDomain:
		return false
	}
	return true
}

// MXKind says what a domain's MX lookup came to.
type MXKind string

const (
	MXFound    MXKind = "mx"
	MXImplicit MXKind = "implicit" // no MX, an address at the domain (RFC 5321, Section 5.1)
	MXNull     MXKind = "null"     // RFC 7505
	MXNone     MXKind = "none"     // neither MX nor address, or NXDOMAIN
	MXError    MXKind = "error"
)

// TLSAState says what the TLSA lookups of an MX host came to.
type TLSAState string

const (
	TLSANone     TLSAState = "none"      // absent, securely or insecurely
	TLSAInsecure TLSAState = "insecure"  // records exist but DANE does not apply
	TLSAError    TLSAState = "error"     // a lookup that gates TLSA failed: senders defer
	TLSAUnusable TLSAState = "unusable"  // secure, no usable record: TLS required, unauthenticated
	TLSAUsable   TLSAState = "usable"    // secure, at least one usable record
	TLSANotAsked TLSAState = "not-asked" // the name can have none
)

// Verdict is the judgement of an endpoint, a host or a domain.
type Verdict string

// Verdicts of endpoints and hosts.
const (
	NotTested    Verdict = "not-tested"
	Unreachable  Verdict = "unreachable"
	NoSTARTTLS   Verdict = "no-starttls"
	TLSFailure   Verdict = "tls-error"
	Verified     Verdict = "verified"
	Mismatch     Verdict = "mismatch"
	Encrypted    Verdict = "encrypted" // endpoints only: no usable record to compare
	LookupFailed Verdict = "lookup-failed"
	None         Verdict = "none"
	InsecureTLSA Verdict = "insecure"
	Mixed        Verdict = "mixed"
	Unusable     Verdict = "unusable"
)

// Verdicts of domains.
const (
	NoMail          Verdict = "no-mail"
	DNSError        Verdict = "dns-error"
	NotDANE         Verdict = "not-dane"
	HalfDANE        Verdict = "half-dane"
	DANEFailed      Verdict = "dane-failed"
	DANEUndecided   Verdict = "dane-undecided"
	DANEVerified    Verdict = "dane-verified"
	DANEPartial     Verdict = "dane-partial"
	DANEUnreachable Verdict = "dane-unreachable"
	DANENotTested   Verdict = "dane-not-tested"
	DANEUnusable    Verdict = "dane-unusable"
)

// Reason stands beside a verdict. Each verdict has its own closed list.
type Reason string

const (
	// not-tested
	ReasonExcluded    Reason = "excluded"
	ReasonPrivate     Reason = "private"
	ReasonProbeOff    Reason = "probe-off"
	ReasonNoRoute     Reason = "no-route" // this machine has no route for that address family
	ReasonPortBlocked Reason = "port-blocked"
	// unreachable
	ReasonRefused       Reason = "refused"
	ReasonTimeout       Reason = "timeout" // also tls-error
	ReasonNetwork       Reason = "network"
	ReasonGreeting      Reason = "greeting"
	ReasonEHLO          Reason = "ehlo"
	ReasonNoAddress     Reason = "no-address"     // hosts
	ReasonAddressLookup Reason = "address-lookup" // hosts
	// no-starttls
	ReasonNotOffered Reason = "not-offered"
	// tls-error
	ReasonSTARTTLS4xx     Reason = "starttls-4xx"
	ReasonSTARTTLS5xx     Reason = "starttls-5xx"
	ReasonSTARTTLSDropped Reason = "starttls-dropped"
	ReasonHandshake       Reason = "handshake"
	// mismatch, in order of precedence
	ReasonName        Reason = "name"
	ReasonExpired     Reason = "expired"
	ReasonChain       Reason = "chain"
	ReasonTANotServed Reason = "ta-not-served"
	ReasonNoMatch     Reason = "no-match"
	// lookup-failed
	ReasonTLSA    Reason = "tlsa"
	ReasonAddress Reason = "address"
	ReasonAlias   Reason = "alias"
	// mixed
	ReasonAddresses  Reason = "addresses"
	ReasonAlgorithms Reason = "algorithms"
	// none: an MX target that cannot be a host name
	ReasonIPLiteral   Reason = "ip-literal"
	ReasonRoot        Reason = "root"
	ReasonBadName     Reason = "bad-name"
	ReasonNameTooLong Reason = "name-too-long"
)

// Policy is what a sender would do with mail for a domain, at one of Postfix's
// TLS security levels.
type Policy string

const (
	PolicyVerified      Policy = "verified"
	PolicyEncrypted     Policy = "encrypted"
	PolicyOpportunistic Policy = "opportunistic" // TLS not obliged, host not probed
	PolicyCleartext     Policy = "cleartext"
	PolicyDeferred      Policy = "deferred"
	PolicyUndeliverable Policy = "undeliverable"
)

// KeyAlgorithm is the algorithm of a certificate's key, as far as it decides
// which of two certificates a server shows.
type KeyAlgorithm string

const (
	KeyRSA   KeyAlgorithm = "rsa"
	KeyECDSA KeyAlgorithm = "ecdsa"
	KeyEdDSA KeyAlgorithm = "eddsa"
	KeyOther KeyAlgorithm = "other"
)

// Stage is how far an SMTP session came.
type Stage string

const (
	StageConnect   Stage = "connect"
	StageGreeting  Stage = "greeting"
	StageEHLO      Stage = "ehlo"
	StageSTARTTLS  Stage = "starttls"
	StageHandshake Stage = "handshake"
	StageDone      Stage = "done"
)

package dnssec

import "github.com/miekg/dns"

// Reason says why a status is not secure: a closed list.
type Reason string

// ReasonNone stands beside Secure, and beside it only.
const ReasonNone Reason = ""

// Why data is insecure.
const (
	ReasonNoAnchor          Reason = "no-anchor"             // no trust anchor above
	ReasonNegativeAnchor    Reason = "negative-anchor"       // configured so
	ReasonNoDS              Reason = "no-ds"                 // a delegation proven to have no DS
	ReasonOptOut            Reason = "opt-out"               // in an opt-out span of NSEC3
	ReasonUnsupportedAlg    Reason = "unsupported-algorithm" // every DS; or, where bogus, every RRSIG
	ReasonUnsupportedDigest Reason = "unsupported-digest"    // every DS
	ReasonNSEC3Iterations   Reason = "nsec3-iterations"      // above the limit
)

// Why data is bogus.
const (
	ReasonRRSIGMissing      Reason = "rrsig-missing"
	ReasonSignatureInvalid  Reason = "signature-invalid"
	ReasonSignatureExpired  Reason = "signature-expired"
	ReasonSignatureNotYet   Reason = "signature-not-yet-valid"
	ReasonAlgorithmMissing  Reason = "algorithm-missing" // only with Config.EveryAlgorithm
	ReasonSignerWrong       Reason = "wrong-signer"
	ReasonLabels            Reason = "rrsig-labels"       // more than the owner has, or fewer than the signer
	ReasonKeyMissing        Reason = "key-missing"        // no key, or none that a DS vouches for, has the RRSIG's tag
	ReasonKeyUnusable       Reason = "key-unusable"       // cannot be read
	ReasonNotZoneKey        Reason = "not-a-zone-key"     // ZONE bit or protocol
	ReasonKeyRevoked        Reason = "key-revoked"        //
	ReasonDNSKEYMissing     Reason = "dnskey-missing"     // a reply without the RRset
	ReasonDNSKEYUnsigned    Reason = "dnskey-unsigned"    //
	ReasonDSMismatch        Reason = "ds-mismatch"        // no key that a DS vouches for
	ReasonDSUnproven        Reason = "ds-unproven"        // neither DS nor a proof that there is none
	ReasonDenialMissing     Reason = "denial-missing"     // no NSEC or NSEC3 at all
	ReasonDenialInvalid     Reason = "denial-invalid"     // they prove something else
	ReasonWildcardUnproven  Reason = "wildcard-unproven"  // a closer name may exist
	ReasonWildcardForbidden Reason = "wildcard-forbidden" // DS or DNAME made from a wildcard
	ReasonAliasMismatch     Reason = "alias-mismatch"     // a CNAME that its DNAME does not make
	ReasonMalformed         Reason = "malformed"
)

// Why nothing can be said.
const (
	ReasonWorkLimit Reason = "work-limit"
	ReasonAliasLoop Reason = "alias-loop"
	ReasonNoReply   Reason = "no-reply"      // the Source got none
	ReasonSilent    Reason = "server-silent" // not even asked for: the servers had been silent for long
	ReasonRcode     Reason = "error-rcode"   // SERVFAIL and the like
	ReasonCancelled Reason = "cancelled"     // the context ended
)

// noEDE stands where RFC 8914 has no better code than "Other".
const noEDE = dns.ExtendedErrorCodeOther

// reasons gives each reason the status that it explains and its code of RFC 8914,
// Section 4, or of the registry that grew out of it.
var reasons = map[Reason]struct {
	status Status
	ede    uint16
}{
	ReasonNoAnchor:          {Insecure, dns.ExtendedErrorCodeDNSSECIndeterminate},
	ReasonNegativeAnchor:    {Insecure, noEDE},
	ReasonNoDS:              {Insecure, noEDE},
	ReasonOptOut:            {Insecure, noEDE},
	ReasonUnsupportedAlg:    {Insecure, dns.ExtendedErrorCodeUnsupportedDNSKEYAlgorithm},
	ReasonUnsupportedDigest: {Insecure, dns.ExtendedErrorCodeUnsupportedDSDigestType},
	ReasonNSEC3Iterations:   {Insecure, 27}, // Unsupported NSEC3 Iterations Value

	ReasonRRSIGMissing:      {Bogus, dns.ExtendedErrorCodeRRSIGsMissing},
	ReasonSignatureInvalid:  {Bogus, dns.ExtendedErrorCodeDNSBogus},
	ReasonSignatureExpired:  {Bogus, dns.ExtendedErrorCodeSignatureExpired},
	ReasonSignatureNotYet:   {Bogus, dns.ExtendedErrorCodeSignatureNotYetValid},
	ReasonAlgorithmMissing:  {Bogus, dns.ExtendedErrorCodeDNSBogus},
	ReasonSignerWrong:       {Bogus, dns.ExtendedErrorCodeDNSBogus},
	ReasonLabels:            {Bogus, dns.ExtendedErrorCodeDNSBogus},
	ReasonKeyMissing:        {Bogus, dns.ExtendedErrorCodeDNSKEYMissing},
	ReasonKeyUnusable:       {Bogus, dns.ExtendedErrorCodeDNSKEYMissing},
	ReasonNotZoneKey:        {Bogus, dns.ExtendedErrorCodeNoZoneKeyBitSet},
	ReasonKeyRevoked:        {Bogus, dns.ExtendedErrorCodeDNSKEYMissing},
	ReasonDNSKEYMissing:     {Bogus, dns.ExtendedErrorCodeDNSKEYMissing},
	ReasonDNSKEYUnsigned:    {Bogus, dns.ExtendedErrorCodeRRSIGsMissing},
	ReasonDSMismatch:        {Bogus, dns.ExtendedErrorCodeDNSKEYMissing},
	ReasonDSUnproven:        {Bogus, dns.ExtendedErrorCodeNSECMissing},
	ReasonDenialMissing:     {Bogus, dns.ExtendedErrorCodeNSECMissing},
	ReasonDenialInvalid:     {Bogus, dns.ExtendedErrorCodeDNSBogus},
	ReasonWildcardUnproven:  {Bogus, dns.ExtendedErrorCodeNSECMissing},
	ReasonWildcardForbidden: {Bogus, dns.ExtendedErrorCodeDNSBogus},
	ReasonAliasMismatch:     {Bogus, dns.ExtendedErrorCodeDNSBogus},
	ReasonMalformed:         {Bogus, dns.ExtendedErrorCodeDNSBogus},

	ReasonWorkLimit: {Indeterminate, dns.ExtendedErrorCodeDNSSECIndeterminate},
	ReasonAliasLoop: {Indeterminate, noEDE},
	ReasonNoReply:   {Indeterminate, dns.ExtendedErrorCodeNoReachableAuthority},
	ReasonSilent:    {Indeterminate, dns.ExtendedErrorCodeNoReachableAuthority},
	ReasonRcode:     {Indeterminate, dns.ExtendedErrorCodeNoReachableAuthority},
	ReasonCancelled: {Indeterminate, noEDE},
}

// EDE returns the code of RFC 8914 for the reason.
func (r Reason) EDE() uint16 { return reasons[r].ede }

// failure returns the status of data that did not validate for a reason: Bogus,
// unless nothing can be said.
func (r Reason) failure() Status {
	if reasons[r].status == Indeterminate {
		return Indeterminate
	}
	return Bogus
}

package resolver

import (
	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// reasons says which of our reasons an extended error stands for (RFC 8914,
// Section 4; RFC 9276, Section 3.2). The empty one: a verdict of DNSSEC that says
// no more.
var reasons = map[uint16]dnssec.Reason{
	dns.ExtendedErrorCodeUnsupportedDNSKEYAlgorithm: dnssec.ReasonUnsupportedAlg,
	dns.ExtendedErrorCodeUnsupportedDSDigestType:    dnssec.ReasonUnsupportedDigest,
	dns.ExtendedErrorCodeDNSSECIndeterminate:        dnssec.ReasonNone,
	dns.ExtendedErrorCodeDNSBogus:                   dnssec.ReasonNone,
	dns.ExtendedErrorCodeSignatureExpired:           dnssec.ReasonSignatureExpired,
	dns.ExtendedErrorCodeSignatureNotYetValid:       dnssec.ReasonSignatureNotYet,
	dns.ExtendedErrorCodeDNSKEYMissing:              dnssec.ReasonDNSKEYMissing,
	dns.ExtendedErrorCodeRRSIGsMissing:              dnssec.ReasonRRSIGMissing,
	dns.ExtendedErrorCodeNoZoneKeyBitSet:            dnssec.ReasonKeyUnusable,
	dns.ExtendedErrorCodeNSECMissing:                dnssec.ReasonDenialMissing,
	dns.ExtendedErrorCodeUnsupportedNSEC3IterValue:  dnssec.ReasonNSEC3Iterations,
}

// extendedError returns the code that says most about validation, else the first;
// noEDE where the reply has none.
func extendedError(msg *dnssec.Message) int {
	opt := msg.OPT()
	if opt == nil {
		return noEDE
	}
	code := noEDE
	for _, o := range opt.Option {
		ede, ok := o.(*dns.EDNS0_EDE)
		if !ok {
			continue
		}
		if reasons[ede.InfoCode] != dnssec.ReasonNone {
			return int(ede.InfoCode)
		}
		if _, verdict := reasons[ede.InfoCode]; verdict || code == noEDE {
			code = int(ede.InfoCode)
		}
	}
	return code
}

// aboutDNSSEC reports whether an extended error is a verdict of validation.
func aboutDNSSEC(code int) bool {
	if code < 0 {
		return false
	}
	_, ok := reasons[uint16(code)]
	return ok
}

// reasonOf returns the reason that an extended error gives; none for noEDE.
func reasonOf(code int) dnssec.Reason {
	if code < 0 {
		return dnssec.ReasonNone
	}
	return reasons[uint16(code)]
}

package judge

import "danescan/datasets/run"

// reported returns the result type that a sender would put into a TLS report
// (RFC 8460, Section 4.3) for a verdict of an endpoint or a host; empty where
// there is none, as for a host that could not be reached.
func reported(v run.Verdict, r run.Reason) string {
	switch v {
	case run.NoSTARTTLS:
		return "starttls-not-supported"
	case run.TLSFailure:
		return "validation-failure"
	case run.LookupFailed:
		return "dnssec-invalid"
	case run.Unusable:
		return "tlsa-invalid"
	case run.Mismatch:
		return reportedMismatch(r)
	}
	return ""
}

func reportedMismatch(r run.Reason) string {
	switch r {
	case run.ReasonName:
		return "certificate-host-mismatch"
	case run.ReasonExpired:
		return "certificate-expired"
	case run.ReasonChain, run.ReasonTANotServed:
		return "certificate-not-trusted"
	}
	return "tlsa-invalid"
}

// reportedMixed is the result of the failure of a mixed host that comes first.
func reportedMixed(ends []end) string {
	for _, v := range []run.Verdict{run.Mismatch, run.NoSTARTTLS, run.TLSFailure} {
		if reason, ok := foremost(ends, v); ok {
			return reported(v, reason)
		}
	}
	return ""
}

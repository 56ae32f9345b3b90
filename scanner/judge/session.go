package judge

import "danescan/datasets/run"

// sessionVerdict says what a session came to by its own facts. It is not decided
// where a certificate chain is there to be judged.
func sessionVerdict(e *run.EndpointEvidence) (verdict run.Verdict, reason run.Reason, decided bool) {
	if e.NotTried != "" {
		return run.NotTested, e.NotTried, true
	}
	if chainCounts(e) {
		return "", "", false
	}
	if withoutSTARTTLS(e) {
		return run.NoSTARTTLS, run.ReasonNotOffered, true
	}
	verdict, reason = stageVerdict(e)
	return verdict, reason, true
}

// chainCounts reports whether the certificates that came are what a sender would
// have judged. That is so after a complete handshake, even if the peer closed
// right after it, and where only our own software could not go on: the fetcher
// never completes a handshake, and a parser may refuse what senders accept. It is
// not so where the server ended the handshake after its certificate, for then
// senders are turned away, too.
func chainCounts(e *run.EndpointEvidence) bool {
	if e.HandshakeComplete {
		return true
	}
	if len(e.Chain) == 0 || refusedAfterCertificate(e) {
		return false
	}
	return e.Stack == stackFetcher || e.Failure == failParse
}

func refusedAfterCertificate(e *run.EndpointEvidence) bool {
	return e.CertificateSeenBeforeAlert != nil && *e.CertificateSeenBeforeAlert && e.AlertFrom == alertServer
}

// The words of columns that have no type of their own.
const (
	failRefused    = "refused"
	failTimeout    = "timeout"
	failNoRoute    = "no-route"
	failDropped    = "dropped"
	failCode       = "code"
	failNotOffered = "not-offered"
	failParse      = "parse"

	stackFetcher = "fetcher"
	alertServer  = "server"
)

// withoutSTARTTLS reports whether the server greeted us and answered EHLO or HELO,
// and does not know STARTTLS.
func withoutSTARTTLS(e *run.EndpointEvidence) bool {
	if e.Failure == failNotOffered {
		return true
	}
	if e.STARTTLS == nil || *e.STARTTLS {
		return false
	}
	return e.Stage == run.StageSTARTTLS || e.Stage == run.StageDone || e.Stage == run.StageEHLO && e.Failure == ""
}

// stageVerdict is the verdict of a session that ended before the handshake did.
func stageVerdict(e *run.EndpointEvidence) (run.Verdict, run.Reason) {
	switch e.Stage {
	case run.StageGreeting:
		return run.Unreachable, timeoutOr(e, run.ReasonGreeting)
	case run.StageEHLO:
		return run.Unreachable, timeoutOr(e, run.ReasonEHLO)
	case run.StageSTARTTLS:
		return run.TLSFailure, timeoutOr(e, refusal(e))
	case run.StageHandshake, run.StageDone:
		return run.TLSFailure, timeoutOr(e, run.ReasonHandshake)
	}
	switch e.Failure {
	case failNoRoute:
		return run.NotTested, run.ReasonNoRoute
	case failRefused:
		return run.Unreachable, run.ReasonRefused
	}
	return run.Unreachable, timeoutOr(e, run.ReasonNetwork)
}

func timeoutOr(e *run.EndpointEvidence, reason run.Reason) run.Reason {
	if e.Failure == failTimeout {
		return run.ReasonTimeout
	}
	return reason
}

// refusal says how the server refused STARTTLS. A code that is neither 220 nor
// 4xx is a refusal for good; no code at all means that the connection ended.
func refusal(e *run.EndpointEvidence) run.Reason {
	if e.STARTTLSCode == nil || *e.STARTTLSCode == 0 || e.Failure == failDropped {
		return run.ReasonSTARTTLSDropped
	}
	if *e.STARTTLSCode/100 == 4 {
		return run.ReasonSTARTTLS4xx
	}
	return run.ReasonSTARTTLS5xx
}

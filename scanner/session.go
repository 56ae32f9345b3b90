package scanner

import (
	"crypto/sha256"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

// sessionRow is a session as it is stored.
func sessionRow(v *visit, t smtp.Target, s smtp.Session) run.EndpointEvidence {
	row := run.EndpointEvidence{
		Host: v.host.Host, Base: v.base, Address: v.address.String(), Port: int32(t.Address.Port()),
		Attempt: v.attempt, ScannedAt: stamp(s.Started), TLSAAgeMS: tlsaAge(v.stay, s.Started), Tries: v.tries,
		Connected: s.Connected, GreetingCode: code(s.GreetingCode), Greeting: s.Greeting,
		EHLOCode: code(s.EHLOCode), HELOCode: code(s.HELOCode), Extensions: s.Extensions,
		STARTTLSCode: code(s.STARTTLSCode), Injected: s.Injected,
		Stage: run.Stage(s.Stage), Failure: string(s.Failure),
		HandshakeComplete: s.HandshakeComplete, TLSVersion: s.TLSVersion, Cipher: s.Cipher, KeyExchange: s.Group,
		AlertFrom: s.AlertFrom, Stack: s.Stack,
		ConnectMS: milliseconds(s.ConnectTime), TLSMS: milliseconds(s.TLSTime), TotalMS: milliseconds(s.TotalTime),
	}
	if s.Failure == smtp.FailNoRoute {
		row.NotTried = run.ReasonNoRoute
	}
	if s.EHLOCode != 0 || s.HELOCode != 0 {
		row.STARTTLS = ptr(s.STARTTLS)
	}
	if s.Alert >= 0 {
		row.TLSAlert = ptr(int32(s.Alert))
		row.CertificateSeenBeforeAlert = ptr(s.CertificateSeenBeforeAlert)
	}
	for _, der := range s.Chain {
		sum := sha256.Sum256(der)
		row.Chain = append(row.Chain, sum[:])
	}
	if len(s.Chain) > 0 {
		row.PossessionVerified = ptr(s.PossessionVerified)
		row.ClientCertRequested = ptr(s.ClientCertRequested)
		row.Algorithm = keyAlgorithm(s.Chain[0])
	}
	return row
}

// tlsaAge is how old the TLSA evidence was when the session began.
func tlsaAge(s *stay, at time.Time) *int64 {
	for _, candidate := range s.host.TLSACandidates {
		if candidate.Base == s.base {
			return ptr(max(0, at.Sub(candidate.LookedUpAt).Milliseconds()))
		}
	}
	return nil
}

// code is an SMTP reply code, null where none came.
func code(n int) *int32 {
	if n == 0 {
		return nil
	}
	return ptr(int32(n))
}

// milliseconds is a duration, null where there was none.
func milliseconds(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	return ptr(d.Milliseconds())
}

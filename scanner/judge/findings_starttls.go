package judge

import (
	"fmt"

	"danescan/datasets/run"
)

// startTLSChecks are about the way to a TLS session.
func startTLSChecks() []hostCheck {
	return []hostCheck{
		{Check{
			Code: "starttls-missing", Severity: Failure, RFC: "RFC 7672, Section 2.2",
			Title: "No STARTTLS",
			Meaning: "The server does not offer STARTTLS. With TLSA records, DANE senders do not deliver to it; without, " +
				"mail comes in the clear.",
			Remedy: "Turn STARTTLS on, also for clients that the server does not know yet.",
		}, probed, func(c *hostCase) []string {
			return c.ended(func(e *run.Endpoint) bool { return e.Verdict == run.NoSTARTTLS })
		}},
		{Check{
			Code: "starttls-refused", Severity: Failure, RFC: "RFC 3207, Section 4",
			Title:   "STARTTLS is offered and then refused",
			Meaning: "The server lists STARTTLS and answers the command with an error, or not at all.",
			Remedy:  "Look in the server's log: most often its certificate or key cannot be read.",
		}, probed, func(c *hostCase) []string { return c.ended(refusedSTARTTLS) }},
		{Check{
			Code: "starttls-selective", Severity: Failure, RFC: "RFC 7672, Section 9.2",
			Title:   "STARTTLS on some of the host's addresses only",
			Meaning: "Some addresses offer STARTTLS, others do not. A host with TLSA records has to offer it always.",
			Remedy:  "Configure all servers behind the name alike.",
		}, probed, (*hostCase).selective},
		{Check{
			Code: "tls-handshake", Severity: Failure, RFC: "RFC 7672, Section 2.2",
			Title:   "The TLS handshake fails",
			Meaning: "The server agrees to TLS, and then no session comes about.",
			Remedy: "Look in the server's log. Versions and cipher suites that clients no longer have, client " +
				"certificates that are demanded, and broken keys are common causes.",
		}, probed, func(c *hostCase) []string { return c.ended(failedHandshake) }},
		{Check{
			Code: "tls-legacy-only", Severity: Warning, RFC: "RFC 8996, Sections 4 and 5",
			Title:   "Nothing above TLS 1.1",
			Meaning: "TLS 1.0 and 1.1 are deprecated; many senders refuse them by now.",
			Remedy:  "Enable TLS 1.2 and 1.3.",
		}, probed, func(c *hostCase) []string { return c.ended(legacyOnly) }},
	}
}

func probed(c *hostCase) bool { return len(c.counted) > 0 }

// ended lists the sessions of which that holds, with what is known of their end.
func (c *hostCase) ended(holds func(*run.Endpoint) bool) (evidence []string) {
	for _, s := range c.counted {
		if holds(s.e) {
			evidence = append(evidence, s.e.Address+": "+ending(s.e))
		}
	}
	return evidence
}

// ending says how a session ended, as exactly as it is known.
func ending(e *run.Endpoint) string {
	text := outcome(e)
	if e.Verdict != run.NoSTARTTLS && e.STARTTLSCode != nil && *e.STARTTLSCode != 220 && *e.STARTTLSCode != 0 {
		text += fmt.Sprintf(", code %d", *e.STARTTLSCode)
	}
	if e.TLSAlert != nil && *e.TLSAlert >= 0 && !e.HandshakeComplete {
		text += fmt.Sprintf(", alert %d from the %s", *e.TLSAlert, e.AlertFrom)
	}
	if e.TLSVersion != "" && e.HandshakeComplete {
		text += ", TLS " + e.TLSVersion
	}
	return text
}

func refusedSTARTTLS(e *run.Endpoint) bool {
	return e.Verdict == run.TLSFailure && e.Stage == run.StageSTARTTLS
}

func failedHandshake(e *run.Endpoint) bool {
	return e.Verdict == run.TLSFailure && e.Stage != run.StageSTARTTLS
}

func legacyOnly(e *run.Endpoint) bool { return e.TLSVersion == "1.0" || e.TLSVersion == "1.1" }

// selective lists the addresses without STARTTLS where others have it.
func (c *hostCase) selective() []string {
	missing := c.ended(func(e *run.Endpoint) bool { return e.Verdict == run.NoSTARTTLS })
	offered := c.ended(func(e *run.Endpoint) bool { return e.STARTTLS != nil && *e.STARTTLS })
	if len(offered) == 0 {
		return nil
	}
	return missing
}

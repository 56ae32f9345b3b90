package judge

import (
	"fmt"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// mismatchChecks are about certificates that no record matches, and why.
func mismatchChecks() []hostCheck {
	return []hostCheck{
		{Check{
			Code: "mismatch", Severity: Failure, RFC: "RFC 7672, Section 3.2",
			Title:   "The certificate matches no TLSA record",
			Meaning: "DANE senders refuse the host. Most often the certificate was renewed and the records were not.",
			Remedy: "Publish a record for the key in use now, and keep the key on renewal or publish the next record " +
				"first. The detail has the record that would match.",
		}, mismatched, (*hostCase).mismatches},
		{Check{
			Code: "mismatch-stale", Severity: Failure, RFC: "RFC 7671, Section 8",
			Title:   "The TLSA record is that of an earlier certificate",
			Meaning: "The host showed the certificate that the record describes in an earlier run, and shows another now.",
			Remedy:  "Publish the new record. From now on, publish it before the certificate changes, and keep both for a while.",
		}, mismatched, func(c *hostCase) []string { return c.explanations(c.stale) }},
		{Check{
			Code: "mismatch-other-host", Severity: Failure, RFC: "RFC 7671, Section 8",
			Title:   "The TLSA record is that of another host",
			Meaning: "The record describes the certificate that another MX host shows.",
			Remedy: "Publish the record of this host's own certificate, or make the name an alias of the other host's " +
				"TLSA name if both are to share one.",
		}, mismatched, func(c *hostCase) []string { return c.explanations(c.elsewhere) }},
		{Check{
			Code: "mismatch-retired-ca", Severity: Failure, RFC: "RFC 7671, Section 5.2",
			Title:   "The TLSA record names an issuer that no longer issues",
			Meaning: "The record describes an intermediate of Let's Encrypt that has been retired; no certificate of today leads to it.",
			Remedy:  "Publish the server's own key (3 1 1), and keep it on renewal. Intermediates change without notice.",
		}, mismatched, func(c *hostCase) []string { return c.explanations((*stray).retired) }},
		{Check{
			Code: "mismatch-typo", Severity: Failure, RFC: "RFC 6698, Section 2.1.4",
			Title:   "The TLSA record is off by a digit or two",
			Meaning: "But for that, it would match.",
			Remedy:  "Correct it, and have records written by a program.",
		}, mismatched, func(c *hostCase) []string { return c.explanations((*stray).mistyped) }},
		{Check{
			Code: "some-addresses", Severity: Failure, RFC: "RFC 7672, Section 8.1",
			Title:   "Some addresses of the host fail, others do not",
			Meaning: "It depends on the address that a sender picks whether DANE succeeds.",
			Remedy:  "Configure all servers behind the name alike.",
		}, func(c *hostCase) bool { return c.host.Reason == run.ReasonAddresses }, (*hostCase).failures},
		{Check{
			Code: "some-algorithms", Severity: Failure, RFC: "RFC 7672, Section 8.1",
			Title: "One of the server's two certificates fails",
			Meaning: "The server has certificates with keys of different algorithms, and the records cover only one. It " +
				"depends on the sender which one it is shown; most are shown the ECDSA one.",
			Remedy: "Publish a record for each certificate.",
		}, func(c *hostCase) bool { return c.host.Reason == run.ReasonAlgorithms }, (*hostCase).failures},
	}
}

// anchorChecks are about DANE-TA.
func anchorChecks() []hostCheck {
	return []hostCheck{
		{Check{
			Code: "ta-not-sent", Severity: Failure, RFC: "RFC 7671, Section 5.2.2",
			Title: "The trust anchor is not among the certificates sent",
			Meaning: "The records hold a digest of a certificate authority. Unless the server sends that authority's " +
				"certificate, senders have nothing to compare it with.",
			Remedy: "Have the server send the whole chain up to the anchor, the root included if that is the anchor; or " +
				"publish the server's own key (3 1 1).",
		}, mismatched, func(c *hostCase) []string { return c.endedBy(run.ReasonTANotServed) }},
		{Check{
			Code: "ta-wrong-name", Severity: Failure, RFC: "RFC 7672, Section 3.2.2",
			Title:   "The certificate lacks the host's name",
			Meaning: "With DANE-TA the certificate must carry the TLSA base domain, or the mail domain where the MX records are signed.",
			Remedy:  "Get a certificate with the host's name, or publish the server's own key (3 1 1), which needs no name.",
		}, mismatched, (*hostCase).misnamed},
		{Check{
			Code: "ta-expired", Severity: Failure, RFC: "RFC 5280, Section 6.1.3",
			Title:   "A certificate on the way to the anchor is not valid at this time",
			Meaning: "With DANE-TA the dates of the certificates count.",
			Remedy:  "Renew it, or publish the server's own key (3 1 1), for which dates do not count.",
		}, mismatched, func(c *hostCase) []string { return c.endedBy(run.ReasonExpired) }},
		{Check{
			Code: "ta-chain", Severity: Failure, RFC: "RFC 5280, Section 6.1",
			Title: "The certificates do not form a valid chain to the anchor",
			Meaning: "The anchor is among the certificates sent, but no valid path leads from the server's certificate to " +
				"it: a signature, a CA mark, a purpose or a constraint is wrong.",
			Remedy: "Have the server send the chain that its issuer gives, in order and without others.",
		}, mismatched, func(c *hostCase) []string { return c.endedBy(run.ReasonChain) }},
		{Check{
			Code: "ta-depth-0", Severity: Failure, RFC: "RFC 7671, Section 5.2",
			Title:   "A DANE-TA record with the server's own certificate",
			Meaning: "Usage 2 names an issuer. Senders do not take the server's certificate for its own issuer.",
			Remedy:  "Publish the same data with usage 3.",
		}, withRecords, (*hostCase).leafAnchors},
	}
}

// mismatched reports whether a certificate was compared and failed.
func mismatched(c *hostCase) bool { return len(c.ended(isMismatch)) > 0 }

func isMismatch(e *run.Endpoint) bool { return e.Verdict == run.Mismatch }

func (c *hostCase) failures() []string {
	return c.ended(func(e *run.Endpoint) bool { return isFailure(e.Verdict) })
}

func (c *hostCase) endedBy(reason run.Reason) []string {
	return c.ended(func(e *run.Endpoint) bool { return isMismatch(e) && e.Reason == reason })
}

// mismatches lists the sessions that no record matches, each with the record that
// would.
func (c *hostCase) mismatches() (evidence []string) {
	for _, s := range c.counted {
		if !isMismatch(s.e) || s.e.Reason != run.ReasonNoMatch || len(s.chain) == 0 {
			continue
		}
		text := s.e.Address
		if r, err := dane.Generate(dane.DANEEE, dane.SPKI, dane.SHA256, s.chain[0]); err == nil {
			text += ": would match " + r.String()
		}
		evidence = append(evidence, text)
	}
	return evidence
}

// misnamed lists the sessions that failed by name, with the names seen.
func (c *hostCase) misnamed() (evidence []string) {
	for _, s := range c.counted {
		if isMismatch(s.e) && s.e.Reason == run.ReasonName {
			evidence = append(evidence, s.e.Address+": has "+joinBounded(s.e.NamesSeen, ", "))
		}
	}
	return evidence
}

// stale explains a record by a certificate of an earlier run.
func (c *hostCase) stale(s *stray) (explanation string, ok bool) {
	if c.judge.Earlier == nil {
		return "", false
	}
	for _, der := range c.judge.Earlier(canonical(c.host.Host)) {
		if s.Matches(der) {
			return abridged(s.Record) + " " + validity(der), true
		}
	}
	return "", false
}

// validity says in which time a certificate is valid, as far as it can be read.
func validity(der []byte) string {
	facts, err := dane.Inspect(der)
	if err != nil || facts.NotAfter.IsZero() {
		return "matches an earlier certificate"
	}
	return fmt.Sprintf("matches an earlier certificate, valid until %s", facts.NotAfter.UTC().Format("2006-01-02"))
}

// elsewhere explains a record by the certificate of another host of the run.
func (c *hostCase) elsewhere(s *stray) (explanation string, ok bool) {
	host, ok := c.judge.Run.holder(s.Record, canonical(c.host.Host))
	return abridged(s.Record) + " is of " + host, ok
}

func (s *stray) retired() (explanation string, ok bool) {
	name, ok := retiredCA(s.Record)
	return abridged(s.Record) + " is of Let's Encrypt " + name, ok
}

// leafAnchors lists the DANE-TA records that hold a leaf in use and do not match
// by any path, either.
func (c *hostCase) leafAnchors() []string {
	return c.explanations(func(s *stray) (string, bool) {
		if s.Usage != dane.DANETA {
			return "", false
		}
		for _, leaf := range s.leaves {
			if s.Matches(leaf) {
				return abridged(s.Record), true
			}
		}
		return "", false
	})
}

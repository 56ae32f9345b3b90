package judge

import (
	"fmt"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// coverageChecks are about records that serve some clients and not others.
func coverageChecks() []hostCheck {
	return []hostCheck{
		{Check{
			Code: "agility-dependent", Severity: Warning, RFC: "RFC 7671, Section 9",
			Title: "The verdict depends on which digest a sender prefers",
			Meaning: "There are SHA-256 and SHA-512 records, and not both sets match. A sender uses only those with the " +
				"digest that it ranks highest.",
			Remedy: "Publish every key with the same digests, or with SHA-256 alone.",
		}, compared, func(c *hostCase) []string {
			dependent := c.host.AgilityDependent
			return some(dependent != nil && *dependent, "")
		}},
		{Check{
			Code: "combination-uncovered", Severity: Warning, RFC: "RFC 7671, Section 8",
			Title:   "A combination of usage, selector and matching type that matches nothing",
			Meaning: "For each combination that is published one record has to match, since a sender may know no other.",
			Remedy:  "Remove the records with the combinations named, or add the matching one to each.",
		}, func(c *hostCase) bool { return c.host.Verdict == run.Verified }, func(c *hostCase) []string {
			return c.host.CombinationsUncovered
		}},
		{Check{
			Code: "flapping", Severity: Warning, RFC: "RFC 7672, Section 8.1",
			Title: "Two sessions of one run disagree",
			Meaning: "The same address came to different verdicts within the run: several machines behind it, a change " +
				"just then, or trouble that comes and goes.",
			Remedy: "Configure all machines behind the address alike; publish records before certificates change.",
		}, func(c *hostCase) bool { return len(c.ends) > 1 }, func(c *hostCase) []string {
			address, verdicts := disagreement(c.ends, c.sessionBase())
			return some(address != "", address+": "+joinBounded(verdicts, ", then "))
		}},
	}
}

// rolloverChecks are about what happens when the certificate changes.
func rolloverChecks() []hostCheck {
	return []hostCheck{
		{Check{
			Code: "rollover-current-next", Severity: Good, RFC: "RFC 7672, Section 4",
			Title:   "The next key is announced",
			Meaning: "Beside the record of the key in use stands one for the next, so that the change will go unnoticed.",
		}, compared, func(c *hostCase) []string { return some(c.host.Rollover == rolloverNext, "") }},
		{Check{
			Code: "rollover-current-issuer", Severity: Good, RFC: "RFC 7671, Section 5.2",
			Title:   "The issuer vouches for the next certificate",
			Meaning: "A record of the issuer matches, so that a new certificate of the same issuer will, too.",
		}, compared, func(c *hostCase) []string { return some(c.host.Rollover == rolloverIssuer, "") }},
		{Check{
			Code: "rollover-none", Severity: Notice, RFC: "RFC 7672, Section 4",
			Title:   "Only the key in use is announced",
			Meaning: "When the key changes, either the records are changed well before, or DANE senders refuse the host.",
			Remedy:  "Keep the key on renewal, and publish the next key's record some days before you use it.",
		}, compared, func(c *hostCase) []string { return some(c.host.Rollover == rolloverNone, "") }},
		{Check{
			Code: "certificate-expires-soon", Severity: Warning, RFC: "RFC 7671, Section 5.1",
			Title: "A certificate on which DANE rests expires soon",
			Meaning: "The records hold the certificate itself or its issuer. It should have been renewed by now; with the " +
				"renewal a record of the certificate changes, too.",
			Remedy: "See whether renewal works, and publish the record of the new certificate first.",
		}, compared, (*hostCase).expiring},
		{Check{
			Code: "shared-key", Severity: Notice, RFC: "RFC 7672, Section 2.2.3",
			Title:   "The key is in use at other operators",
			Meaning: "Hosts of different domains show one key: whoever has it can pass for each of them.",
			Remedy:  "Give each host a key of its own. Keys from images, manuals and appliances are known to everybody.",
		}, func(c *hostCase) bool { return c.judge.Run != nil }, (*hostCase).sharers},
	}
}

// compared reports whether a certificate was compared with records.
func compared(c *hostCase) bool {
	for _, s := range c.counted {
		if s.result != nil {
			return true
		}
	}
	return false
}

const (
	renewalPart = 10                  // a certificate is renewed before the last tenth of its life,
	renewalTime = 14 * 24 * time.Hour // or this long before its end, whichever is later
)

// expiring lists the leaves that are near their end where that matters: with
// DANE-TA, and with DANE-EE records of the whole certificate.
func (c *hostCase) expiring() (evidence []string) {
	for _, s := range c.counted {
		v := &s.e.EndpointVerdict
		if v.Verdict != run.Verified || v.MatchedUsage == nil {
			continue
		}
		if *v.MatchedUsage != int32(dane.DANETA) && *v.MatchedSelector != int32(dane.Cert) {
			continue
		}
		facts, err := dane.Inspect(s.chain[0])
		if err != nil || facts.NotAfter.IsZero() {
			continue
		}
		soon := min(facts.NotAfter.Sub(facts.NotBefore)/renewalPart, renewalTime)
		if facts.NotAfter.Sub(c.judge.moment(s.e.ScannedAt)) < soon {
			evidence = append(evidence, fmt.Sprintf("%s: valid until %s", s.e.Address, facts.NotAfter.UTC().Format(time.RFC3339)))
		}
	}
	return evidence
}

func (c *hostCase) sharers() (evidence []string) {
	for _, chain := range c.chains() {
		evidence = append(evidence, c.judge.Run.sharers(chain[0], canonical(c.host.Host))...)
	}
	return evidence
}

package judge

import (
	"fmt"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

const (
	manyRecords  = 12   // TLSA records of one host
	largeAnswer  = 1232 // octets that fit into an unfragmented datagram everywhere
	longTTL      = 3600 // seconds
	shortTTL     = 300
	wellFormed   = "RFC 6698, Section 4.1"
	answerSize   = "RFC 7671, Section 10.1.1"
	unusableNote = "Senders treat the record as absent, but its presence obliges them to TLS."
)

// recordChecks are about the contents of TLSA records, whatever the server shows.
func recordChecks() []hostCheck {
	return append(formChecks(), answerChecks()...)
}

// formChecks are about single records.
func formChecks() []hostCheck {
	return []hostCheck{
		{Check{
			Code: "tlsa-pkix-usage", Severity: Warning, RFC: "RFC 7672, Section 3.1.3",
			Title:   "Certificate usage 0 or 1",
			Meaning: "These usages are not defined for mail between servers. " + unusableNote,
			Remedy:  "Publish usage 3 (DANE-EE) or 2 (DANE-TA) instead.",
		}, withRecords, func(c *hostCase) []string { return c.unusable(dane.WhyPKIXUsage) }},
		{Check{
			Code: "tlsa-unknown-field", Severity: Warning, RFC: wellFormed,
			Title:   "Unknown usage, selector or matching type",
			Meaning: "No sender knows what to compare. " + unusableNote,
			Remedy:  "Publish \"3 1 1\" and the SHA-256 of the key.",
		}, withRecords, func(c *hostCase) []string { return c.unusable(dane.WhyUsage, dane.WhySelector, dane.WhyType) }},
		{Check{
			Code: "tlsa-bad-length", Severity: Warning, RFC: wellFormed,
			Title:   "A digest of the wrong length",
			Meaning: "SHA-256 has 32 octets and SHA-512 has 64; this record's data have another number. " + unusableNote,
			Remedy:  "Make the record again from the certificate; look for digits that were cut off and for a wrong matching type.",
		}, withRecords, func(c *hostCase) []string { return c.unusable(dane.WhyDigest, dane.WhyShort) }},
		{Check{
			Code: "tlsa-bad-der", Severity: Warning, RFC: wellFormed,
			Title:   "Full data that are no certificate or key",
			Meaning: "Matching type 0 wants exactly one certificate or public key in DER. " + unusableNote,
			Remedy:  "Publish a digest (matching type 1).",
		}, withRecords, func(c *hostCase) []string { return c.unusable(dane.WhyCertificate, dane.WhyKey) }},
		{Check{
			Code: "tlsa-full-data", Severity: Notice, RFC: "RFC 7671, Section 10.1.2",
			Title:   "Full data in place of a digest",
			Meaning: "Records with a whole certificate or key make large answers, which get lost or need TCP.",
			Remedy:  "Publish a digest (matching type 1).",
		}, withRecords, func(c *hostCase) []string {
			return c.recordsLike(func(r dane.Record) bool { ok, _ := dane.Usable(r); return ok && r.MatchingType == dane.Full })
		}},
		{Check{
			Code: "tlsa-empty-hash", Severity: Failure, RFC: "RFC 6698, Section 2.1.3",
			Title:   "The digest of nothing",
			Meaning: "The data are the digest of an empty input: the record was made by a script that did not find the certificate.",
			Remedy:  "Repair the script, make the record again, and have the script stop where a step fails.",
		}, withRecords, func(c *hostCase) []string { return c.recordsLike(ofNothing) }},
		{Check{
			Code: "tlsa-swapped-fields", Severity: Failure, RFC: "RFC 6698, Section 2.1",
			Title: "Right data under the wrong fields",
			Meaning: "The record's data are those of a certificate that the server shows, but the usage, selector or " +
				"matching type say otherwise, so they do not match.",
			Remedy: "Correct the three numbers as the detail says.",
		}, withRecords, func(c *hostCase) []string { return c.explanations((*stray).swapped) }},
	}
}

// answerChecks are about the RRset as a whole.
func answerChecks() []hostCheck {
	return []hostCheck{
		{Check{
			Code: "tlsa-too-many", Severity: Notice, RFC: answerSize,
			Title:   "More TLSA records than anybody needs",
			Meaning: "Old records that nobody removed make answers large and leave old keys valid.",
			Remedy:  "Remove those that match neither the current certificate nor the next one.",
		}, withRecords, func(c *hostCase) []string {
			return some(len(c.host.TLSA) > manyRecords, fmt.Sprintf("%d records", len(c.host.TLSA)))
		}},
		{Check{
			Code: "tlsa-oversize", Severity: Notice, RFC: answerSize,
			Title: "A TLSA answer too large for a datagram",
			Meaning: "The answer does not fit into 1232 octets, so it is fragmented or asked for again over TCP; some " +
				"resolvers get neither.",
			Remedy: "Publish fewer records, with digests.",
		}, withRecords, func(c *hostCase) []string { return c.sized() }},
		{Check{
			Code: "tlsa-ttl-long", Severity: Warning, RFC: "RFC 7671, Section 13",
			Title:   "TLSA records live long in caches",
			Meaning: "A mistake, or a key that has to be replaced at once, hurts until the last cache forgets.",
			Remedy:  "Set the TTL to an hour or less.",
		}, withRecords, func(c *hostCase) []string { return c.lived(func(ttl int64) bool { return ttl > longTTL }) }},
		{Check{
			Code: "tlsa-ttl-short", Severity: Notice, RFC: "RFC 1912, Section 2.2",
			Title:   "TLSA records live briefly in caches",
			Meaning: "Senders ask again with nearly every message, and every hiccup of the name servers defers mail.",
			Remedy:  "Set the TTL to between five minutes and an hour.",
		}, withRecords, func(c *hostCase) []string { return c.lived(func(ttl int64) bool { return ttl < shortTTL }) }},
	}
}

func withRecords(c *hostCase) bool { return len(c.host.TLSA) > 0 }

// unusable lists the records that are unusable for one of those reasons.
func (c *hostCase) unusable(reasons ...string) (evidence []string) {
	for i := range c.host.TLSA {
		t := &c.host.TLSA[i]
		for _, why := range reasons {
			if t.UnusableReason == why {
				evidence = append(evidence, written(t))
			}
		}
	}
	return evidence
}

// written writes a stored record; one too short for its fields by its octets.
func written(t *run.TLSA) string {
	if r, err := dane.Parse(t.RData); err == nil {
		return abridged(r)
	}
	return fmt.Sprintf("%d octets: %x", len(t.RData), t.RData)
}

// recordsLike lists the records of which that holds, by what they are alone.
func (c *hostCase) recordsLike(holds func(dane.Record) bool) (evidence []string) {
	for _, r := range recordsOf(&c.host.HostEvidence) {
		if holds(r) {
			evidence = append(evidence, abridged(r))
		}
	}
	return evidence
}

// explanations lists the explanations that there are of records that match
// nothing.
func (c *hostCase) explanations(explain func(*stray) (string, bool)) (evidence []string) {
	for i := range c.strays {
		if text, ok := explain(&c.strays[i]); ok {
			evidence = append(evidence, text)
		}
	}
	return evidence
}

func (c *hostCase) sized() []string {
	if c.lookup == nil || c.lookup.Size == nil {
		return nil
	}
	return some(*c.lookup.Size > largeAnswer, fmt.Sprintf("%d octets", *c.lookup.Size))
}

func (c *hostCase) lived(holds func(ttl int64) bool) []string {
	if c.lookup == nil || c.lookup.TTL == nil {
		return nil
	}
	return some(holds(*c.lookup.TTL), fmt.Sprintf("%d s", *c.lookup.TTL))
}

package run

// extraColumns describes what is measured beside DANE, of domains.
func extraColumns() []about {
	return append([]about{
		{"mta_sts", "", "the MTA-STS record; null: not asked (scan --with mta-sts, domains that take mail). The policy file is not fetched", "RFC 8461, Section 3.1", 0},
		{"mta_sts.record", "", "text of the record, strings joined, its first 512 octets, unusual ones as \\DDD; of several the first by value; null: there is none", "TXT", 0},
		{"mta_sts.lookup", "", "the TXT lookup at _mta-sts.<domain>", "TXT", 0},
		{"mta_sts.state", "", "none, valid, invalid, several (senders take all three but valid for none), error (the lookup failed: not known)", "RFC 8461, Section 3.1", 0},
		{"mta_sts.reason", "", "what is wrong with an invalid one: version, syntax, no-id, id", "RFC 8461, Section 3.1", 0},
		{"mta_sts.id", "", "id of the policy that a valid one announces", "RFC 8461, Section 3.1", 0},
		{"tlsrpt", "", "the TLSRPT record; null: not asked (scan --with tlsrpt, domains that take mail)", "RFC 8460, Section 3", 0},
		{"tlsrpt.record", "", "text of the record, as in mta_sts.record; null: there is none", "TXT", 0},
		{"tlsrpt.lookup", "", "the TXT lookup at _smtp._tls.<domain>", "TXT", 0},
		{"tlsrpt.state", "", "as in mta_sts.state", "RFC 8460, Section 3", 0},
		{"tlsrpt.reason", "", "what is wrong with an invalid one: version, syntax, no-rua, rua, scheme", "RFC 8460, Section 3", 0},
		{"tlsrpt.rua", "", "where a valid one wants reports: its first 8 mailto and https URIs, 256 octets of each; empty: state says why", "RFC 8460, Section 3", 0},
	}, crossColumns("the MX question")...)
}

// crossColumns describes the questions that were put to a second resolver, too.
func crossColumns(which string) []about {
	return []about{
		{"cross_check", "", which + " as a second resolver answered it (scan --cross-check); empty: not in the share that is checked, which --seed and a hash of the name decide", "the second resolver", volatile},
		{"cross_check.name", "", "name asked for", "the second resolver", volatile},
		{"cross_check.type", "", "type asked for: MX, A, AAAA, TLSA", "the second resolver", volatile},
		{"cross_check.outcome", "", "agree; status or data: the answers differ; theirs-failed, ours-failed, both-failed: no answer; not-asked: it had too much to do", "the rules", volatile},
		{"cross_check.ours", "", "security status here", "RFC 4035, Section 4.3", volatile},
		{"cross_check.theirs", "", "security status there; null: not asked", "RFC 4035, Section 4.9.3", volatile},
		{"cross_check.detail", "", "what either said where they differ; made of bytes from outside: escape it", "the second resolver", volatile},
		{"cross_check.queries", "", "questions sent for it", "the resolver", volatile},
	}
}

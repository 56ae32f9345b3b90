package report

import (
	"iter"

	"danescan/datasets/run"
)

// stored is a run on disk, of which only the columns are read that figures need. A
// figure that needs another one adds it here; TestOnlyColumnsThatAreReadAreNeeded
// finds out who forgot.
type stored struct{ *run.Run }

func (s stored) Domains() iter.Seq2[*run.Domain, error] {
	return run.Select[run.Domain](s.Run, domainColumns()...)
}

func (s stored) Hosts() iter.Seq2[*run.Host, error] {
	return run.Select[run.Host](s.Run, hostColumns()...)
}

func (s stored) Endpoints() iter.Seq2[*run.Endpoint, error] {
	return run.Select[run.Endpoint](s.Run, endpointColumns()...)
}

func (s stored) Certificates() iter.Seq2[*run.Certificate, error] {
	return run.Select[run.Certificate](s.Run, "sha256", "issuer", "not_after", "key_algorithm", "key_bits")
}

// lookupColumns are the columns of a lookup that figures need.
func lookupColumns(lookup string) []string {
	var all []string
	for _, column := range []string{"outcome", "dnssec", "reason", "ttl", "rrsig_expires", "size"} {
		all = append(all, lookup+"."+column)
	}
	return all
}

func domainColumns() []string {
	return append(lookupColumns("mx_lookup"),
		"rank", "tld", "group", "scanned_at", "dnskey_algorithms", "mx_kind", "mx_dnssec", "mx.preference", "mx.host", "mx.verdict",
		"verdict", "mx_secure", "primary_verified", "hosts_total", "hosts_with_tlsa", "hosts_verified", "hosts_failed", "hosts_unknown",
		"policy_may", "policy_dane", "policy_dane_only", "findings.code", "provider", "dns_operator",
		"first_look.type", "first_look.outcome",
		"mta_sts.state", "mta_sts.lookup.dnssec", "tlsrpt.state", "tlsrpt.lookup.dnssec")
}

func hostColumns() []string {
	all := append(lookupColumns("a"), lookupColumns("aaaa")...)
	all = append(all, lookupColumns("tlsa_candidates.lookup")...)
	return append(all,
		"host", "scanned_at", "addresses", "tlsa_candidates.looked_up_at", "tlsa.usage", "tlsa.selector", "tlsa.matching_type", "tlsa.usable", "tlsa.unusable_reason",
		"provider", "tlsa_state", "tlsa_base", "verdict", "reason", "rollover", "combinations_uncovered", "findings.code", "domains")
}

// endpointColumns are kept from one session to the next by held.
func endpointColumns() []string {
	return []string{"base", "address", "attempt", "scanned_at", "handshake_complete", "tls_version", "cipher", "group", "chain",
		"verdict", "reason", "matched_usage", "pkix_valid"}
}

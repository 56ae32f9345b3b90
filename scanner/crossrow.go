package scanner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"danescan/datasets/run"
	"danescan/scanner/dnssec"
	"danescan/scanner/resolver"
)

// crossRow holds two answers to one question against each other.
//
// Bogus is a finding, like secure and insecure: a resolver that calls bogus what
// another answers disagrees with it. All other failures are none: where nothing came
// on either side, there is nothing to compare; SERVFAIL does not tell what is bogus
// from what could not be had.
func crossRow(ours, theirs resolver.Answer) run.CrossCheck {
	row := run.CrossCheck{Ours: run.DNSSEC(ours.Status.String()), Theirs: run.DNSSEC(theirs.Status.String())}
	found := func(a resolver.Answer) bool { return !a.Failed() || a.Status == dnssec.Bogus }
	switch {
	case ours.Failed() && theirs.Failed():
		row.Outcome = run.CrossBothFailed
		if ours.Status == dnssec.Bogus && theirs.Status == dnssec.Bogus {
			row.Outcome = run.CrossAgree
		}
	case !found(ours):
		row.Outcome = run.CrossOursFailed
	case !found(theirs):
		row.Outcome = run.CrossTheirsFailed
	case ours.Status != theirs.Status:
		row.Outcome = run.CrossStatus
	case ours.Outcome != theirs.Outcome || !slices.Equal(rdataOf(ours.Records), rdataOf(theirs.Records)):
		row.Outcome = run.CrossData
	default:
		row.Outcome = run.CrossAgree
	}
	if row.Outcome.Differs() {
		row.Detail = fmt.Sprintf("ours: %s; theirs: %s", answerText(ours), answerText(theirs))
	}
	return row
}

// rdataOf is what the records of an answer say, in an order of its own: neither
// order nor time to live is anybody's mistake.
func rdataOf(records []dns.RR) []string {
	var all []string
	for _, rr := range records {
		// Names and hexadecimal digits alone have case in the types that are compared.
		all = append(all, strings.ToLower(strings.TrimPrefix(rr.String(), rr.Header().String())))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// maxDetail bounds what is kept of one answer, in octets.
const maxDetail = 120

func answerText(a resolver.Answer) string {
	return kept(strings.TrimSpace(a.Outcome.String()+" "+strings.Join(rdataOf(a.Records), ", ")), maxDetail)
}

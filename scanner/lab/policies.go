package lab

import (
	"fmt"

	"github.com/miekg/dns"
)

// Policy is what is true of the MTA-STS record of a domain (RFC 8461, Section 3.1)
// or of its TLSRPT record (RFC 8460, Section 3). The zero value is that of a domain
// that takes no mail, or whose MX lookup fails: nobody has to ask.
type Policy struct {
	State  string // none, valid, invalid, several, error
	DNSSEC string // of the TXT lookup; empty: not told
}

// policyCase is what a domain of the cases' table publishes beside DANE, and what a
// correct scanner must find. The verdict of the domain stands in the cases' table,
// and these records do nothing to it.
type policyCase struct {
	domain string // with the final dot
	text   string // for its zone
	faults map[fault]mishap
	mtaSTS Policy
	tlsrpt Policy
}

const (
	validSTS = `_mta-sts TXT "v=STSv1; id=20260101T000000;"` + "\n"
	validRPT = `_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@reports.example"` + "\n"
)

// policyCases is the table of what there is beside DANE.
func policyCases() []policyCase {
	none := Policy{"none", "secure"}
	return []policyCase{
		{domain: "ee-spki.optout.", text: validSTS + validRPT,
			mtaSTS: Policy{"valid", "secure"}, tlsrpt: Policy{"valid", "secure"}},
		{domain: "ee-cert.nsec.", // several strings, several places to report to
			text:   `_mta-sts TXT "v=STSv1" "; id=2026" "0831" ";x=y"` + "\n" + `_smtp._tls TXT "v=TLSRPTv1;rua=mailto:a@reports.example,https://reports.example/tls;"` + "\n",
			mtaSTS: Policy{"valid", "secure"}, tlsrpt: Policy{"valid", "secure"}},
		{domain: "ee-sha512.nsec.", // an id too long, and nowhere to report to
			text:   `_mta-sts TXT "v=STSv1; id=123456789012345678901234567890123"` + "\n" + `_smtp._tls TXT "v=TLSRPTv1; rua="` + "\n",
			mtaSTS: Policy{"invalid", "secure"}, tlsrpt: Policy{"invalid", "secure"}},
		{domain: "ta-key.optout.", // two records that count
			text:   validSTS + `_mta-sts TXT "v=STSv1; id=2"` + "\n" + validRPT + `_smtp._tls TXT "v=TLSRPTv1; rua=mailto:b@reports.example"` + "\n",
			mtaSTS: Policy{"several", "secure"}, tlsrpt: Policy{"several", "secure"}},
		{domain: "ta-cert.nsec.", // one that counts beside others, and none
			text:   validSTS + `_mta-sts TXT "v=spf1 -all"` + "\n" + `_smtp._tls TXT "v=spf1 -all"` + "\n",
			mtaSTS: Policy{"valid", "secure"}, tlsrpt: none},
		{domain: "no-match.nsec.", // aliases, into a signed and into an unsigned zone
			text:   "_mta-sts CNAME _mta-sts.ee-spki.optout.\n_smtp._tls CNAME _smtp._tls.half.unsigned.\n",
			mtaSTS: Policy{"valid", "secure"}, tlsrpt: Policy{"valid", "insecure"}},
		{domain: "half.unsigned.", text: validSTS + validRPT,
			mtaSTS: Policy{"valid", "insecure"}, tlsrpt: Policy{"valid", "insecure"}},
		{domain: "host-unsigned.nsec.", text: validSTS, // MTA-STS without DANE
			mtaSTS: Policy{"valid", "secure"}, tlsrpt: none},
		{domain: "partial.optout.", text: validSTS + validRPT, // a broken signature, and a server that fails
			faults: map[fault]mishap{{"_mta-sts", dns.TypeTXT}: sigBroken, {"_smtp._tls", dns.TypeTXT}: saysServFail},
			mtaSTS: Policy{"error", "bogus"}, tlsrpt: Policy{"error", "indeterminate"}},
		{domain: "two-good.nsec.", text: "_mta-sts CNAME gone\n" + validRPT, // an alias of a name that does not exist
			mtaSTS: none, tlsrpt: Policy{"valid", "secure"}},
		{domain: "one-wrong.nsec.", text: "*._tls TXT \"v=TLSRPTv1; rua=mailto:tls@reports.example\"\n", // a wildcard
			mtaSTS: none, tlsrpt: Policy{"valid", "secure"}},
		{domain: "null-mx.nsec.", text: validSTS + validRPT}, // nobody has to ask
	}
}

// addPolicies puts the records into the zones of the cases.
func (w *world) addPolicies() error {
	for _, p := range policyCases() {
		d := w.drafts[p.domain]
		if d == nil {
			return fmt.Errorf("lab: policies of %s: no such zone", p.domain)
		}
		records, err := parseZone(p.text, p.domain)
		if err != nil {
			return fmt.Errorf("lab: policies of %s: %w", p.domain, err)
		}
		d.records = append(d.records, records...)
		for f, m := range p.faults {
			d.faults[fault{absolute(f.name, p.domain), f.rrtype}] = m
		}
	}
	return nil
}

// withPolicies adds to the truth of the cases what they publish beside DANE.
func withPolicies(rows []Case) []Case {
	table := map[string]policyCase{}
	for _, p := range policyCases() {
		table[p.domain] = p
	}
	for i := range rows {
		switch p, listed := table[rows[i].Domain+"."]; {
		case listed:
			rows[i].MTASTS, rows[i].TLSRPT = p.mtaSTS, p.tlsrpt
		case len(rows[i].MX) > 0:
			rows[i].MTASTS, rows[i].TLSRPT = Policy{State: "none"}, Policy{State: "none"}
		}
	}
	return rows
}

// What a bulk domain with mail publishes beside DANE: the first of each number of
// thousandths that its draw is below. The rest publishes nothing.
var policyShares = []struct {
	below            uint64
	sts, rpt         []string // texts of the records
	stsTrue, rptTrue string
}{
	{15, []string{bulkSTS}, []string{bulkRPT}, "valid", "valid"},
	{20, []string{bulkSTS}, nil, "valid", "none"},
	{30, nil, []string{bulkRPT}, "none", "valid"},
	{33, []string{"v=STSv1;"}, []string{bulkRPT}, "invalid", "valid"},
	{36, []string{bulkSTS, "v=STSv1; id=2"}, []string{"v=TLSRPTv1"}, "several", "invalid"},
}

const (
	bulkSTS = "v=STSv1; id=20260101T000000"
	bulkRPT = "v=TLSRPTv1; rua=mailto:tls@reports.example"
)

// policyOf is the place of a bulk domain in policyShares, -1 for none.
func (b *bulk) policyOf(d domain) int {
	switch d.shape {
	case hosted, selfHosted, implicit:
	default:
		return -1
	}
	c := b.chance(drawPolicy, d.i)
	for i, s := range policyShares {
		if c < s.below {
			return i
		}
	}
	return -1
}

// policies returns the nodes with the records of a bulk domain, in canonical order.
// All come before the name of a mail server.
func (b *bulk) policies(d domain, apex string) small {
	at := b.policyOf(d)
	if at < 0 {
		return nil
	}
	var t small
	if texts := policyShares[at].sts; texts != nil {
		t = append(t, textNode(join("_mta-sts", apex), texts))
	}
	if texts := policyShares[at].rpt; texts != nil {
		tls := &node{name: join("_tls", apex)}
		t = append(t, tls, textNode(join("_smtp", tls.name), texts))
	}
	return t
}

func textNode(name string, texts []string) *node {
	n := &node{name: name}
	for _, text := range texts {
		n.add(&dns.TXT{Hdr: header(name, dns.TypeTXT, ttlUsual), Txt: []string{text}})
	}
	return n
}

// policyTruth is what is true of a bulk domain's records, if anybody has to ask.
func (b *bulk) policyTruth(d domain) (sts, rpt Policy) {
	status := "insecure"
	if d.signed {
		status = "secure"
	}
	sts, rpt = Policy{"none", status}, Policy{"none", status}
	if at := b.policyOf(d); at >= 0 {
		sts.State, rpt.State = policyShares[at].stsTrue, policyShares[at].rptTrue
	}
	return sts, rpt
}

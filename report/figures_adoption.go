package report

import (
	"fmt"

	"danescan/datasets/run"
)

// adoptionFigures say how many domains have DANE, and which.
func adoptionFigures() []figure {
	return []figure{
		headlineFigure(), verdictFigure(),
		slice(figure{
			Name: "providers", Title: "MX providers", Page: "index", Keys: []string{"provider"}, Hosts: true, Show: 20,
			Says: func(s *summary) string {
				return s.topOf("providers", "names have their best MX host with", "A provider is the registrable domain of that host; one provider's choice decides for all of its customers.")
			},
		}, func(d *run.Domain) string { return d.Provider }),
		slice(figure{
			Name: "ranks", Title: "Adoption by rank", Page: "index", Keys: []string{"rank"}, TLSA: true, Fixed: rankBins().names,
			Says: func(s *summary) string {
				return s.compared("ranks", rankBins().names[0], "Of the names at rank 1 to 1,000 that take mail")
			},
		}, func(d *run.Domain) string {
			if d.Rank <= 0 {
				return ""
			}
			return rankBins().of(d.Rank)
		}),
		slice(figure{
			Name: "tlds", Title: "Adoption by top-level domain", Page: "tlds", Keys: []string{"tld"}, TLSA: true, Show: 300,
			Says: func(s *summary) string { return s.topOf("tlds", "names are in the top-level domain", "") },
		}, func(d *run.Domain) string { return d.TLD }),
		slice(figure{
			Name: "groups", Title: "Adoption by group", Page: "groups", Keys: []string{"group"}, TLSA: true, Show: 300,
			Says: func(s *summary) string {
				return s.topOf("groups", "names are in the group", "Groups are a column of the list: registrar or sector.")
			},
		}, func(d *run.Domain) string { return d.Group }),
		slice(figure{
			Name: "dns-operators", Title: "Adoption by DNS operator", Page: "adoption", Keys: []string{"dns_operator"}, TLSA: true,
			Says: func(s *summary) string {
				return s.topOf("dns-operators", "names are served by", "A DNS operator is the registrable domain of a zone's first name server. It decides whether MX records can be proven at all.")
			},
		}, func(d *run.Domain) string { return d.DNSOperator }),
		hostVerdictFigure(), hostReasonFigure(), coverageOfMXFigure(), policyFigure(), halfFigure(),
	}
}

// slice makes a figure of adoption among domains with one text in common.
func slice(f figure, of func(*run.Domain) string) figure {
	f.Slice = of
	return f
}

func headlineFigure() figure {
	return figure{
		Name: "headline", Title: "From names to DANE", Page: "index", Keys: []string{"measure"}, Columns: []string{"count", "of"}, Show: 40,
		Says: func(s *summary) string {
			return fmt.Sprintf("%s of %s names that take mail have DANE (%s); %s of those are verified (%s).",
				s.number("dane"), s.number("with_mail"), share(s.of("dane"), s.of("with_mail")), s.number("verified"), share(s.of("verified"), s.of("dane")))
		},
		Meaning: func(key []string) string { return measureMeaning()[key[0]] },
		Tone:    func(key []string) string { return measureTone(key[0]) },
		Whole:   headlineRows,
	}
}

// headlineRows are the measures with what each is a part of.
func headlineRows(g *gathered) []dataRow {
	n, h := g.total, g.hosts
	var rows []dataRow
	for _, m := range []struct {
		name      string
		count, of int64
	}{
		{"names", n[atNames], n[atNames]}, {"with_mail", n[atWithMail], n[atNames]}, {"signed_mx", n[atSignedMX], n[atWithMail]},
		{"dane", n[atDANE], n[atWithMail]}, {"verified", n[atVerified], n[atDANE]}, {"primary_verified", n[atPrimary], n[atDANE]},
		{"partial", n[atPartial], n[atDANE]}, {"failed", n[atFailed], n[atDANE]}, {"unreachable", n[atUnreachable], n[atDANE]},
		{"not_tested", n[atNotTested], n[atDANE]}, {"unusable", n[atUnusable], n[atDANE]}, {"undecided", n[atUndecided], n[atWithMail]},
		{"half_dane", n[atHalf], n[atWithMail]}, {"dns_error", n[atDNSError], n[atNames]},
		{"hosts", h.all, h.all}, {"hosts_with_tlsa", h.withTLSA, h.all}, {"hosts_verified", h.verified, h.withTLSA},
		{"sessions", h.sessions, h.sessions}, {"handshakes", h.handshakes, h.sessions},
	} {
		rows = append(rows, dataRow{[]string{m.name}, []int64{m.count, m.of}})
	}
	return rows
}

func verdictFigure() figure {
	return figure{
		Name: "verdicts", Title: "Verdicts of domains", Page: "index", Keys: []string{"verdict"}, Of: wholes{Domains: "names"},
		Fixed: words(run.DANEVerified, run.DANEPartial, run.DANEFailed, run.DANEUndecided, run.DANEUnreachable, run.DANENotTested,
			run.DANEUnusable, run.HalfDANE, run.NotDANE, run.DNSError, run.NoMail),
		Says: func(s *summary) string {
			return fmt.Sprintf("%s names are verified: a DANE sender would deliver, authenticated, to every MX host that can be reached. %s failed, and %s are undecided because a lookup got no answer.",
				s.number("verified"), s.number("failed"), s.number("undecided"))
		},
		Meaning: func(key []string) string { return verdictMeaning()[key[0]] },
		Tone:    func(key []string) string { return tone(key[0]) },
		Domain:  func(d *run.Domain, add adder) { add(1, string(d.Verdict)) },
	}
}

func hostVerdictFigure() figure {
	return figure{
		Name: "host-verdicts", Title: "Verdicts of MX hosts", Page: "adoption", Keys: []string{"verdict"}, Hosts: true, Of: wholes{"", "hosts", "with_mail"},
		Fixed: words(run.Verified, run.Mismatch, run.NoSTARTTLS, run.TLSFailure, run.Mixed, run.LookupFailed, run.Unreachable,
			run.NotTested, run.Unusable, run.InsecureTLSA, run.None),
		Says: func(s *summary) string {
			return fmt.Sprintf("%s of %s MX hosts have TLSA records that senders must heed; %s of these are verified at every address that answered.",
				s.number("hosts_with_tlsa"), s.number("hosts"), s.number("hosts_verified"))
		},
		Meaning: func(key []string) string { return hostMeaning()[key[0]] },
		Tone:    func(key []string) string { return tone(key[0]) },
		Host:    func(h *run.Host, add adder) { add(1, string(h.Verdict)) },
	}
}

func hostReasonFigure() figure {
	return figure{
		Name: "host-reasons", Title: "Why MX hosts are not verified", Page: "adoption", Keys: []string{"verdict", "reason"}, Hosts: true,
		Of: wholes{"", "hosts", "with_mail"}, Show: 40,
		Says: func(*summary) string {
			return "Each verdict with its reason, for all hosts that are not verified but have TLSA records, or would not be reached."
		},
		Tone: func(key []string) string { return tone(key[0]) },
		Host: func(h *run.Host, add adder) {
			if h.Reason != "" {
				add(1, string(h.Verdict), string(h.Reason))
			}
		},
	}
}

// The ways in which the MX hosts of a domain are verified.
const (
	coverAll     = "all hosts"
	coverPrimary = "primary only"
	coverSome    = "some hosts"
	coverBackup  = "backup only"
	coverNone    = "none"
)

func coverageOfMXFigure() figure {
	return figure{
		Name: "mx-coverage", Title: "How many MX hosts of a domain are verified", Page: "adoption", Keys: []string{"verified"}, Of: wholes{Domains: "dane"},
		Fixed: []string{coverAll, coverPrimary, coverSome, coverBackup, coverNone},
		Says: func(s *summary) string {
			t := s.table("mx-coverage")
			return fmt.Sprintf("%s of %s names with DANE have all of their MX hosts verified. An attacker chooses the host that is not.",
				thousands(t.at("domains", coverAll)), s.number("dane"))
		},
		Meaning: func(key []string) string { return coverMeaning()[key[0]] },
		Domain: func(d *run.Domain, add adder) {
			if progress(d)[atDANE] == 1 {
				add(1, coverageOfMX(d.MX))
			}
		},
	}
}

// coverageOfMX says which of a domain's hosts are verified. The primary hosts are
// those of the best preference.
func coverageOfMX(hosts []run.MX) string {
	var primary, primaryVerified, backup, backupVerified int
	best := int32(1<<31 - 1)
	for _, h := range hosts {
		best = min(best, h.Preference)
	}
	for _, h := range hosts {
		all, verified := &backup, &backupVerified
		if h.Preference == best {
			all, verified = &primary, &primaryVerified
		}
		*all++
		if h.Verdict == run.Verified {
			*verified++
		}
	}
	switch {
	case primaryVerified+backupVerified == 0:
		return coverNone
	case primaryVerified == primary && backupVerified == backup:
		return coverAll
	case primaryVerified == primary && backupVerified == 0:
		return coverPrimary
	case primaryVerified == 0:
		return coverBackup
	}
	return coverSome
}

func policyFigure() figure {
	levels := []string{"may", "dane", "dane-only"}
	return figure{
		Name: "policies", Title: "What senders would do", Page: "adoption", Keys: []string{"level", "delivery"}, Of: wholes{Domains: "names"}, Show: 30,
		Fixed: cross(levels, append(words(run.PolicyVerified, run.PolicyEncrypted, run.PolicyOpportunistic, run.PolicyCleartext,
			run.PolicyDeferred, run.PolicyUndeliverable), "not tested")),
		Says: func(s *summary) string {
			return fmt.Sprintf("At Postfix's level dane, mail for %s names is delivered to an authenticated host, and mail for %s is deferred.",
				thousands(s.table("policies").at("domains", "dane", "verified")), thousands(s.table("policies").at("domains", "dane", "deferred")))
		},
		Tone: func(key []string) string { return policyTone(key[1]) },
		Domain: func(d *run.Domain, add adder) {
			for i, p := range []run.Policy{d.PolicyMay, d.PolicyDANE, d.PolicyDANEOnly} {
				if p == "" {
					p = "not tested"
				}
				add(1, levels[i], string(p))
			}
		},
	}
}

func halfFigure() figure {
	return figure{
		Name: "half-dane", Title: "Half-DANE: TLSA records behind MX records that are not proven", Page: "adoption", Keys: []string{"hosts_are"},
		Of: wholes{Domains: "half_dane"}, Fixed: []string{"all verified", "some verified", "none verified", "one fails", "one has no answer"},
		Says: func(s *summary) string {
			return fmt.Sprintf("%s names have MX hosts with DANE but MX records that anybody could forge. They are never counted as DANE; signing the zone would give them what their host offers.",
				s.number("half_dane"))
		},
		Domain: func(d *run.Domain, add adder) {
			if d.Verdict == run.HalfDANE {
				add(1, halfOf(d))
			}
		},
	}
}

func halfOf(d *run.Domain) string {
	switch {
	case d.HostsFailed > 0:
		return "one fails"
	case d.HostsUnknown > 0:
		return "one has no answer"
	case d.HostsVerified == 0:
		return "none verified"
	case d.HostsVerified < d.HostsTotal:
		return "some verified"
	}
	return "all verified"
}

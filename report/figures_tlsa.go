package report

import (
	"fmt"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// tlsaFigures say what is published, and how well.
func tlsaFigures() []figure {
	withTLSA := wholes{"", "hosts_with_tlsa", "with_mail"}
	return []figure{
		{
			Name: "tlsa-states", Title: "TLSA records of MX hosts", Page: "tlsa", Keys: []string{"state"}, Hosts: true, Of: wholes{"", "hosts", "with_mail"},
			Fixed: words(run.TLSAUsable, run.TLSAUnusable, run.TLSAError, run.TLSAInsecure, run.TLSANone, run.TLSANotAsked),
			Says: func(s *summary) string {
				return fmt.Sprintf("%s hosts have TLSA records without DNSSEC: published, but nobody may use them.", thousands(s.table("tlsa-states").at("hosts", "insecure")))
			},
			Meaning: func(key []string) string { return stateMeaning()[key[0]] },
			Tone: func(key []string) string {
				return map[string]string{"usable": "good", "error": "unknown", "unusable": "bad"}[key[0]]
			},
			Host: func(h *run.Host, add adder) { add(1, string(h.TLSAState)) },
		},
		{
			Name: "tlsa-records", Title: "TLSA parameters", Page: "tlsa", Keys: []string{"parameters"}, Things: "records", Hosts: true, Of: withTLSA,
			Says: func(s *summary) string {
				return s.topOf("tlsa-records", "names have MX hosts with", "Usage, selector and matching type of records that DANE applies to.")
			},
			Meaning: func(key []string) string { return parameterMeaning()[key[0]] },
			Host: func(h *run.Host, add adder) {
				if applies(h.TLSAState) {
					for i := range h.TLSA {
						add(1, triple(&h.TLSA[i]))
					}
				}
			},
		},
		{
			Name: setsFigure, Title: "TLSA parameters of an RRset", Page: "tlsa", Keys: []string{"parameters"}, Hosts: true, Of: withTLSA,
			Says: func(s *summary) string {
				return s.topOf("tlsa-sets", "names have MX hosts with exactly", "What stands together: the distinct parameters of each host's records.")
			},
			Host: func(h *run.Host, add adder) {
				if applies(h.TLSAState) {
					add(1, mix(h.TLSA))
				}
			},
		},
		tlsaDomainsFigure(), tlsaUnusableFigure(withTLSA), rolloverFigure(), combinationFigure(),
	}
}

// tlsaDomainsFigure counts names by the parameters of all their MX hosts together.
func tlsaDomainsFigure() figure {
	return figure{
		Name: "tlsa-domains", Title: "TLSA parameters of a domain", Page: "tlsa", Keys: []string{"parameters"}, Of: wholes{Domains: "with_mail"},
		Says: func(s *summary) string {
			return s.topOf("tlsa-domains", "names have MX hosts with, taken together,", "The distinct parameters of the records of all MX hosts of a name that DANE applies to.")
		},
		Sets: func(hosts []daneHost, add adder) {
			if set := union(hosts); set != "" {
				add(1, set)
			}
		},
	}
}

// tlsaUnusableFigure counts records by why they cannot be used.
func tlsaUnusableFigure(of wholes) figure {
	return figure{
		Name: "tlsa-unusable", Title: "Records that cannot be used", Page: "tlsa", Keys: []string{"reason"}, Things: "records", Hosts: true, Of: of,
		Says: func(*summary) string {
			return "Records that a DANE sender leaves aside before it compares anything (RFC 6698, Section 4.1)."
		},
		Tone: func([]string) string { return "bad" },
		Host: func(h *run.Host, add adder) {
			for _, r := range h.TLSA {
				if applies(h.TLSAState) && r.Usable != nil && !*r.Usable {
					add(1, r.UnusableReason)
				}
			}
		},
	}
}

// setsFigure counts hosts by the parameters of their RRset.
const setsFigure = "tlsa-sets"

// union is the distinct parameters of the RRsets of several hosts, ascending.
func union(hosts []daneHost) string {
	var all []string
	for _, h := range hosts {
		if h.set != "" {
			all = append(all, h.set)
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) < 2 {
		return strings.Join(all, plus)
	}
	all = strings.Split(strings.Join(all, plus), plus)
	slices.Sort(all)
	return strings.Join(slices.Compact(all), plus)
}

func rolloverFigure() figure {
	return figure{
		Name: "rollover", Title: "Ready for the next key", Page: "tlsa", Keys: []string{"scheme"}, Hosts: true, Of: wholes{"", "hosts_verified", "dane"},
		Fixed: []string{"current-next", "current-issuer", "none", "unknown"},
		Says: func(s *summary) string {
			t := s.table("rollover")
			return fmt.Sprintf("%s of %s verified hosts publish records that already cover their next certificate.",
				thousands(t.at("hosts", "current-next")+t.at("hosts", "current-issuer")), s.number("hosts_verified"))
		},
		Meaning: func(key []string) string { return rolloverMeaning()[key[0]] },
		Tone: func(key []string) string {
			return map[string]string{"current-next": "good", "current-issuer": "good", "unknown": "unknown"}[key[0]]
		},
		Host: func(h *run.Host, add adder) {
			switch {
			case h.Verdict != run.Verified:
			case h.Rollover == "":
				add(1, "unknown")
			default:
				add(1, h.Rollover)
			}
		},
	}
}

func combinationFigure() figure {
	return figure{
		Name: "combinations", Title: "Combinations that match nothing", Page: "tlsa", Keys: []string{"combination"}, Hosts: true, Of: wholes{"", "hosts_with_tlsa", "dane"},
		Says: func(s *summary) string {
			return fmt.Sprintf("At %s hosts every published combination of usage, selector and matching type matches on its own, as RFC 7671, Section 8 asks; the other rows are combinations that match nothing.",
				thousands(s.table("combinations").at("hosts", "all match")))
		},
		Tone: func(key []string) string {
			if key[0] == "all match" {
				return "good"
			}
			return "bad"
		},
		Host: func(h *run.Host, add adder) {
			for _, c := range h.CombinationsUncovered {
				add(1, c)
			}
			if h.Verdict == run.Verified && len(h.CombinationsUncovered) == 0 {
				add(1, "all match")
			}
		},
	}
}

func findingsFigure() figure {
	return figure{
		Name: "findings", Title: "Findings", Page: "problems", Keys: []string{"finding"}, Hosts: true, Of: wholes{"", "hosts", "names"}, Show: 100,
		Says: func(*summary) string {
			return "What was found, good and bad. A name counts where it or one of its MX hosts has the finding."
		},
		Meaning: func(key []string) string { return findingTitle(key[0]) },
		Tone:    func(key []string) string { return findingTone(key[0]) },
		Host: func(h *run.Host, add adder) {
			for _, code := range codes(h.Findings) {
				add(1, code)
			}
		},
		Domain: func(d *run.Domain, add adder) {
			for _, code := range codes(d.Findings) {
				add(1, code)
			}
		},
	}
}

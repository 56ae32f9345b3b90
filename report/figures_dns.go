package report

import (
	"fmt"
	"strconv"

	"danescan/datasets/run"
)

// dnsFigures say what the DNS had to do with it.
func dnsFigures() []figure {
	return []figure{
		{
			Name: "mx-dnssec", Title: "DNSSEC status of MX lookups", Page: "dns", Keys: []string{"status", "reason"}, Of: wholes{Domains: "names"},
			Says: func(s *summary) string {
				return fmt.Sprintf("The MX records, or their absence, are proven for %s of %s names that take mail.", s.number("signed_mx"), s.number("with_mail"))
			},
			Meaning: func(key []string) string { return statusMeaning()[key[0]] },
			Tone:    func(key []string) string { return tone(key[0]) },
			Domain: func(d *run.Domain, add adder) {
				reason := ""
				if d.MXLookup != nil {
					reason = d.MXLookup.Reason
				}
				add(1, string(d.MXDNSSEC), reason)
			},
		},
		byLookup(figure{
			Name: "answers", Title: "Lookups with and without an answer", Page: "dns", Keys: []string{"lookup", "answer"}, Things: "lookups", Hosts: true,
			Of:    wholes{"", "hosts", "names"},
			Fixed: cross(lookupNames(), []string{"answered", "validation failed", "no answer"}),
			Says: func(s *summary) string {
				t := s.table("answers")
				return fmt.Sprintf("%s TLSA lookups got no answer and %s did not validate. Neither is a refusal by DANE, nor the absence of TLSA records.",
					thousands(t.at("lookups", "TLSA", "no answer")), thousands(t.at("lookups", "TLSA", "validation failed")))
			},
			Tone: func(key []string) string {
				return map[string]string{"answered": "good", "no answer": "unknown", "validation failed": "bad"}[key[1]]
			},
		}, func(l named, add adder) { add(1, l.name, answered(l.Lookup)) }),
		byLookup(figure{
			Name: "lookups", Title: "How lookups ended, and why", Page: "dns", Keys: []string{"lookup", "outcome", "status", "reason"},
			Things: "lookups", Hosts: true, Of: wholes{"", "hosts", "names"}, Show: 40,
			Says: func(*summary) string {
				return "Every MX, address and TLSA lookup with its DNSSEC status (RFC 4035, Section 4.3) and the reason for it."
			},
			Tone: func(key []string) string { return tone(key[2]) },
		}, func(l named, add adder) { add(1, l.name, string(l.Outcome), string(l.DNSSEC), l.Reason) }),
		{
			Name: "zone-algorithms", Title: "Algorithms of zone keys", Page: "dns", Keys: []string{"algorithm"}, Of: wholes{Domains: "names"},
			Says: func(*summary) string {
				return "DNSSEC algorithm numbers of the zones of the names (IANA registry; 13 is ECDSA P-256, 8 is RSA/SHA-256). A zone may have several."
			},
			Domain: func(d *run.Domain, add adder) {
				for _, a := range d.DNSKEYAlgorithms {
					add(1, strconv.Itoa(int(a)))
				}
			},
		},
	}
}

// recordFigures say what the answers with the records that decide are like.
func recordFigures() []figure {
	return []figure{
		byLookup(figure{
			Name: "ttls", Title: "Time to live", Page: "dns", Keys: []string{"lookup", "ttl"}, Things: "lookups", Hosts: true, Of: wholes{"", "hosts", "names"},
			Fixed: cross([]string{"MX", "TLSA"}, ttlBins().names),
			Says: func(*summary) string {
				return "How long caches keep MX and TLSA records. A long time to live of TLSA records is the time that a key rollover has to wait."
			},
		}, func(l named, add adder) {
			if mxOrTLSA(l) && l.TTL != nil {
				add(1, l.name, ttlBins().of(*l.TTL))
			}
		}),
		byLookup(figure{
			Name: "rrsig-lifetimes", Title: "Remaining life of signatures", Page: "dns", Keys: []string{"lookup", "remaining"}, Things: "lookups", Hosts: true,
			Of: wholes{"", "hosts", "names"}, Fixed: cross([]string{"MX", "TLSA"}, lifetimeBins().names),
			Says: func(*summary) string {
				return "When they were looked up, for how long the signatures over MX and TLSA records were still valid. Little is left where signing stopped."
			},
		}, func(l named, add adder) {
			if mxOrTLSA(l) && l.RRSIGExpires != nil {
				add(1, l.name, lifetimeBins().of(l.RRSIGExpires.Unix()-l.at))
			}
		}),
		byLookup(figure{
			Name: "response-sizes", Title: "Size of replies", Page: "dns", Keys: []string{"lookup", "octets"}, Things: "lookups", Hosts: true,
			Of: wholes{"", "hosts", "names"}, Fixed: cross([]string{"MX", "TLSA"}, sizeBins().names),
			Says: func(*summary) string {
				return "Replies over 1,232 octets do not fit into a packet that is sure to pass everywhere, and are asked for again over TCP."
			},
		}, func(l named, add adder) {
			if mxOrTLSA(l) && l.Size != nil {
				add(1, l.name, sizeBins().of(int64(*l.Size)))
			}
		}),
	}
}

// mxOrTLSA picks the lookups that found the records that decide.
func mxOrTLSA(l named) bool { return l.Outcome == run.Found && (l.name == "MX" || l.name == "TLSA") }

package report

import (
	"fmt"
	"strings"

	"danescan/datasets/run"
)

// extraFigures say what there is beside DANE, and what a second resolver says.
func extraFigures() []figure {
	return []figure{mtaSTSFigure(), tlsrptFigure(), recordStateFigure(), crossFigure()}
}

// figuresOf are the figures that a run has measured.
func figuresOf(m run.Manifest) []*figure {
	var all []*figure
	for _, f := range figures() {
		if f.When == nil || f.When(m) {
			all = append(all, f)
		}
	}
	return all
}

// asked reports whether a run asked for what --with names.
func asked(what string) func(run.Manifest) bool {
	return func(m run.Manifest) bool { return strings.Contains(m.Settings["with"], what) }
}

// Whether a domain that takes mail has something: unknown is never no.
const (
	hasIt      = "yes"
	hasNot     = "no"
	hasUnknown = "unknown"
	notAsked   = "not asked"
)

// hasDANE says whether a domain counts as one with DANE, as the headline does; not
// known where a lookup that decides got no answer.
func hasDANE(d *run.Domain) string {
	switch {
	case progress(d)[atDANE] == 1:
		return hasIt
	case d.Verdict == run.DANEUndecided:
		return hasUnknown
	}
	return hasNot
}

func mtaSTSState(d *run.Domain) string {
	if d.MTASTS == nil || d.MTASTS.State == "" {
		return notAsked
	}
	return string(d.MTASTS.State)
}

func tlsrptState(d *run.Domain) string {
	if d.TLSRPT == nil || d.TLSRPT.State == "" {
		return notAsked
	}
	return string(d.TLSRPT.State)
}

// protections are the lines of the figure by what is known of DANE and MTA-STS.
func protections() []string {
	return []string{"both", "DANE alone", "MTA-STS alone", "neither", "DANE, MTA-STS unknown", "no DANE, MTA-STS unknown",
		"MTA-STS, DANE unknown", "no MTA-STS, DANE unknown", "both unknown", "MTA-STS not asked"}
}

// protection is the line of a domain. An MTA-STS record that is not valid is none to
// a sender (RFC 8461, Section 3.1).
func protection(d *run.Domain) string {
	sts := hasNot
	switch run.RecordState(mtaSTSState(d)) {
	case notAsked:
		return "MTA-STS not asked"
	case run.RecordValid:
		sts = hasIt
	case run.RecordError:
		sts = hasUnknown
	}
	at := map[string]string{
		hasIt + hasIt: "both", hasIt + hasNot: "DANE alone", hasNot + hasIt: "MTA-STS alone", hasNot + hasNot: "neither",
		hasIt + hasUnknown: "DANE, MTA-STS unknown", hasNot + hasUnknown: "no DANE, MTA-STS unknown",
		hasUnknown + hasIt: "MTA-STS, DANE unknown", hasUnknown + hasNot: "no MTA-STS, DANE unknown", hasUnknown + hasUnknown: "both unknown",
	}
	return at[hasDANE(d)+sts]
}

func takesMail(d *run.Domain) bool { return d.MXKind == run.MXFound || d.MXKind == run.MXImplicit }

func mtaSTSFigure() figure {
	return figure{
		Name: "mta-sts", Title: "MTA-STS beside DANE", Page: "adoption", Keys: []string{"protection"}, Of: wholes{Domains: "with_mail"},
		Fixed: protections(), When: asked("mta-sts"),
		Says: func(s *summary) string {
			n := func(key string) string { return thousands(s.table("mta-sts").at("domains", key)) }
			return fmt.Sprintf("Of %s names that take mail, %s have DANE and a valid MTA-STS record, %s have DANE alone, %s MTA-STS alone and %s neither. The policy that a record announces was not fetched.",
				s.number("with_mail"), n("both"), n("DANE alone"), n("MTA-STS alone"), n("neither"))
		},
		Tone: func(key []string) string {
			switch {
			case strings.Contains(key[0], "unknown"), strings.Contains(key[0], notAsked):
				return "unknown"
			case key[0] == "both" || key[0] == "DANE alone":
				return "good"
			}
			return "plain"
		},
		Domain: func(d *run.Domain, add adder) {
			if takesMail(d) {
				add(1, protection(d))
			}
		},
	}
}

// recordStates are the states of a record in the order in which they are shown.
func recordStates() []string {
	return append(words(run.RecordValid, run.RecordInvalid, run.RecordSeveral, run.RecordNone, run.RecordError), notAsked)
}

func tlsrptFigure() figure {
	return figure{
		Name: "tlsrpt", Title: "TLSRPT beside DANE", Page: "adoption", Keys: []string{"dane", "tlsrpt"}, Of: wholes{Domains: "with_mail"}, Show: 30,
		Fixed: cross([]string{hasIt, hasNot, hasUnknown}, recordStates()), When: asked("tlsrpt"),
		Says: func(s *summary) string {
			return fmt.Sprintf("%s of %s names with DANE have a valid TLSRPT record: their operators are told when senders fail to authenticate them.",
				thousands(s.table("tlsrpt").at("domains", hasIt, string(run.RecordValid))), s.number("dane"))
		},
		Tone: func(key []string) string { return recordTone(key[1]) },
		Domain: func(d *run.Domain, add adder) {
			if takesMail(d) {
				add(1, hasDANE(d), tlsrptState(d))
			}
		},
	}
}

func recordTone(state string) string {
	switch run.RecordState(state) {
	case run.RecordValid:
		return "good"
	case run.RecordInvalid, run.RecordSeveral:
		return "bad"
	case run.RecordError, notAsked:
		return "unknown"
	}
	return "plain"
}

func recordStateFigure() figure {
	return figure{
		Name: "policy-records", Title: "Records of MTA-STS and TLSRPT by DNSSEC status", Page: "adoption", Keys: []string{"record", "state", "status"},
		Of: wholes{Domains: "with_mail"}, Show: 40, When: func(m run.Manifest) bool { return asked("mta-sts")(m) || asked("tlsrpt")(m) },
		Says: func(s *summary) string {
			t := s.table("policy-records")
			valid, secure := func(record string) (n int64) {
				for _, r := range t.Rows {
					if r.Key[0] == record && r.Key[1] == string(run.RecordValid) {
						n += r.Counts[0]
					}
				}
				return n
			}, func(record string) int64 {
				return t.at("domains", record, string(run.RecordValid), string(run.Secure))
			}
			return fmt.Sprintf("DNSSEC proves %s of %s valid MTA-STS records and %s of %s valid TLSRPT records.",
				thousands(secure("MTA-STS")), thousands(valid("MTA-STS")), thousands(secure("TLSRPT")), thousands(valid("TLSRPT")))
		},
		Tone: func(key []string) string { return recordTone(key[1]) },
		Domain: func(d *run.Domain, add adder) {
			if m := d.MTASTS; m != nil && m.State != "" {
				add(1, "MTA-STS", string(m.State), statusOf(m.Lookup))
			}
			if m := d.TLSRPT; m != nil && m.State != "" {
				add(1, "TLSRPT", string(m.State), statusOf(m.Lookup))
			}
		},
	}
}

func statusOf(l *run.Lookup) string {
	if l == nil {
		return ""
	}
	return string(l.DNSSEC)
}

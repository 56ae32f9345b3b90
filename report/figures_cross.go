package report

import (
	"fmt"
	"strings"

	"danescan/datasets/run"
)

// crossFigure says how far a second resolver agrees.
func crossFigure() figure {
	return figure{
		Name: "cross-check", Title: "The same questions to a second resolver", Page: "dns", Keys: []string{"lookup", "outcome", "ours", "theirs"},
		Columns: []string{"questions"}, Show: 60, When: func(m run.Manifest) bool { return m.CrossCheck != nil },
		Says: func(s *summary) string { return crossSentence(s.manifest.CrossCheck) },
		Tone: func(key []string) string {
			switch o := run.CrossOutcome(key[1]); {
			case o == run.CrossAgree:
				return "good"
			case o.Differs():
				return "bad"
			}
			return "unknown"
		},
		Whole: func(g *gathered) []dataRow {
			var rows []dataRow
			for _, n := range g.manifest.CrossCheck.Counts {
				rows = append(rows, dataRow{[]string{n.Type, string(n.Outcome), string(n.Ours), string(n.Theirs)}, []int64{n.Questions}})
			}
			return rows
		},
	}
}

// crossSentence says what came of it. Agreement is counted among the questions that
// both have answered, or both called bogus.
func crossSentence(c *run.CrossChecks) string {
	if c == nil {
		return "No second resolver was asked."
	}
	var agree, differ, not, failed int64
	for _, n := range c.Counts {
		switch {
		case n.Outcome == run.CrossAgree:
			agree += n.Questions
		case n.Outcome.Differs():
			differ += n.Questions
		case n.Outcome == run.CrossNotAsked:
			not += n.Questions
		default:
			failed += n.Questions
		}
	}
	return fmt.Sprintf("A second validating resolver was asked for a share of %s of the domains and MX hosts. It agrees in status and records on %s of %s questions that both answered (%s); %s had no answer on one side or both, and %s were not put to it.",
		c.Share, thousands(agree), thousands(agree+differ), share(agree, agree+differ), thousands(failed), thousands(not))
}

// crossFacts are the lines of the methodology page on the second resolver.
func crossFacts(c *run.CrossChecks) []fact {
	if c == nil {
		return nil
	}
	return []fact{
		{"Second resolver", printable(strings.Join(c.Resolvers, ", "))},
		{"What it said", printable(crossSentence(c))},
	}
}

// disagreements names questions on which the two differ. They would tell what is in
// a list that may not be republished.
func (s *summary) disagreements() []figureView {
	c := s.manifest.CrossCheck
	if c == nil || len(c.Disagreements) == 0 || s.redacted {
		return nil
	}
	v := figureView{Name: "disagreements", Title: "Where the second resolver differs",
		Sentence: fmt.Sprintf("The first %d, for whoever wants to find out which of the two is right. A record that was changed between two questions is here, too.", len(c.Disagreements)),
		Keys:     []string{"Name", "Lookup", "Outcome", "Ours", "Theirs", "What they said"}}
	for _, d := range c.Disagreements {
		v.Rows = append(v.Rows, rowView{Label: printable(d.Name), Tone: "plain",
			Texts: []string{printable(d.Type), string(d.Outcome), string(d.Ours), string(d.Theirs), printable(d.Detail)}})
	}
	return []figureView{v}
}

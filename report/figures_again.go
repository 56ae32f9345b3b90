package report

import (
	"fmt"

	"danescan/datasets/run"
)

// againFigure says what second looks at names came to.
func againFigure() figure {
	return figure{
		Name: "second-looks", Title: "Names whose lookups failed at first", Page: "dns", Keys: []string{"lookup", "at_first", "later"}, Of: wholes{Domains: "names"},
		When: func(m run.Manifest) bool { return m.Counts.Again != nil },
		Says: func(s *summary) string { return againSentence(s.manifest.Counts.Again) },
		Tone: func(key []string) string {
			return map[string]string{"answered": "good", "failed again": "unknown"}[key[2]]
		},
		Domain: func(d *run.Domain, add adder) {
			if f := d.FirstLook; f != nil {
				later := "answered"
				if d.MXKind == run.MXError {
					later = "failed again"
				}
				add(1, f.Type, string(f.Outcome), later)
			}
		},
	}
}

// againSentence says how many names a second look has saved.
func againSentence(a *run.Again) string {
	if a == nil {
		return "No name was looked at twice."
	}
	return fmt.Sprintf("The lookups of %s names failed at first. A second look, later in the run, was answered for %s of them, and counts; the others stay without an answer.",
		thousands(a.Domains), thousands(a.Answered))
}

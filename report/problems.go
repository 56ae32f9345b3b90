package report

import (
	"cmp"
	"slices"

	"danescan/scanner/judge"
)

// problem is one finding as the page explains it.
type problem struct {
	judge.Check
	Domains, Hosts string
	Tone           string
	Worst          []worstHost
}

type worstHost struct{ Host, Domains string }

// worstShown is how many hosts are named beside a finding.
const worstShown = 5

func (s *summary) problemsPage() page {
	return page{Path: "problems.html", Here: "problems", body: "problems", Title: "Problems",
		Lead:    "Every finding of this run: what it means, what to do about it, and who is affected.",
		Figures: s.on("problems"), Problems: s.problems()}
}

// problems explains the findings that are there, the worst first.
func (s *summary) problems() []problem {
	t, known := s.table("findings"), checks()
	var all []problem
	for _, r := range t.Rows {
		c, ok := known[r.Key[0]]
		if !ok {
			continue
		}
		all = append(all, problem{Check: c, Hosts: thousands(r.Counts[0]), Domains: thousands(r.Counts[1]), Tone: findingTone(c.Code)})
	}
	order := []judge.Severity{judge.Failure, judge.Warning, judge.Notice, judge.Good}
	slices.SortStableFunc(all, func(a, b problem) int {
		return cmp.Compare(slices.Index(order, a.Severity), slices.Index(order, b.Severity))
	})
	for i := range all {
		all[i].Worst = s.worstOf(all[i].Check)
	}
	return all
}

// worstOf names the hosts to turn to first. Nobody is to be turned to for what is
// as it should be.
func (s *summary) worstOf(c judge.Check) []worstHost {
	if c.Severity == judge.Good {
		return nil
	}
	var all []worstHost
	for _, r := range s.table("finding-hosts").Rows {
		if r.Key[0] == c.Code && r.Key[1] != "" && len(all) < worstShown {
			all = append(all, worstHost{printable(r.Key[1]), thousands(r.Counts[0])})
		}
	}
	return all
}

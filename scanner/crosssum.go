package scanner

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// maxDisagreements is how many disagreements with a second resolver a manifest names.
const maxDisagreements = 100

// crossSum adds the comparisons of rows up.
type crossSum struct {
	questions, queries int64
	counts             map[run.CrossCount]int64 // under keys without a number
	differ             []run.CrossDisagree
}

func (s *crossSum) add(rows []run.CrossCheck) {
	for _, r := range rows {
		if s.counts == nil {
			s.counts = map[run.CrossCount]int64{}
		}
		s.questions++
		s.queries += int64(r.Queries)
		// The strings of a row may be parts of a larger one, which they would keep.
		key := run.CrossCount{
			Type: strings.Clone(r.Type), Outcome: run.CrossOutcome(strings.Clone(string(r.Outcome))),
			Ours: run.DNSSEC(strings.Clone(string(r.Ours))), Theirs: run.DNSSEC(strings.Clone(string(r.Theirs))),
		}
		s.counts[key]++
		if r.Outcome.Differs() && len(s.differ) < maxDisagreements {
			s.differ = append(s.differ, run.CrossDisagree{
				Name: strings.Clone(r.Name), Type: key.Type, Outcome: key.Outcome, Ours: key.Ours, Theirs: key.Theirs, Detail: strings.Clone(r.Detail),
			})
		}
	}
}

// crossChecks is what a second resolver said to a run, with whom was asked as the
// manifest has it; nil where nobody was.
func crossChecks(was *run.CrossChecks, domains, hosts *crossSum) *run.CrossChecks {
	if was == nil && domains.questions+hosts.questions == 0 {
		return nil
	}
	is := run.CrossChecks{Resolvers: []string{}}
	if was != nil {
		is.Resolvers, is.Share = was.Resolvers, was.Share
	}
	is.Questions, is.Queries = domains.questions+hosts.questions, domains.queries+hosts.queries
	sum := map[run.CrossCount]int64{}
	for _, s := range []*crossSum{domains, hosts} {
		for key, n := range s.counts {
			sum[key] += n
		}
	}
	is.Counts = []run.CrossCount{}
	for _, key := range slices.SortedFunc(maps.Keys(sum), compareCounts) {
		n := sum[key]
		key.Questions = n
		is.Counts = append(is.Counts, key)
	}
	is.Disagreements = append([]run.CrossDisagree{}, domains.differ...)
	is.Disagreements = append(is.Disagreements, hosts.differ[:min(len(hosts.differ), maxDisagreements-len(domains.differ))]...)
	return &is
}

func compareCounts(a, b run.CrossCount) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Ours, b.Ours), cmp.Compare(a.Theirs, b.Theirs))
}

// joinCross says whom two runs that are merged have asked.
func joinCross(a, b *run.CrossChecks) *run.CrossChecks {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	return &run.CrossChecks{Resolvers: union(a.Resolvers, b.Resolvers), Share: both(a.Share, b.Share)}
}

package judge

import (
	"cmp"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// counting returns the indices of the sessions that decide a host, by address and
// algorithm whatever the order given: at each address those of the last attempt. An attempt looks at an address
// with every certificate algorithm, so that the last one replaces the others even
// where it came less far. Sessions with another base domain than base, seen
// before the records moved, do not count; an empty base is any.
func counting(ends []run.Endpoint, base string) []int {
	last := map[string]int32{}
	counts := func(e *run.Endpoint) bool { return base == "" || canonical(e.Base) == base }
	for i := range ends {
		if e := &ends[i]; counts(e) {
			last[e.Address] = max(last[e.Address], e.Attempt)
		}
	}
	var picked []int
	for i := range ends {
		if e := &ends[i]; counts(e) && e.Attempt == last[e.Address] {
			picked = append(picked, i)
		}
	}
	slices.SortStableFunc(picked, func(i, j int) int {
		a, b := &ends[i], &ends[j]
		return cmp.Or(strings.Compare(a.Address, b.Address), strings.Compare(string(a.Algorithm), string(b.Algorithm)))
	})
	return picked
}

// disagreement returns the first address at which two attempts of one run came to
// different verdicts, and those verdicts in the order of the attempts. A session
// that was not tried disagrees with nothing.
func disagreement(ends []run.Endpoint, base string) (address string, verdicts []string) {
	type look struct {
		attempt int32
		outcome string
	}
	looks := map[string][]look{}
	var addresses []string
	for i := range ends {
		e := &ends[i]
		if e.Verdict == run.NotTested || base != "" && canonical(e.Base) != base {
			continue
		}
		if looks[e.Address] == nil {
			addresses = append(addresses, e.Address)
		}
		looks[e.Address] = append(looks[e.Address], look{e.Attempt, outcome(e)})
	}
	slices.Sort(addresses)
	for _, address := range addresses {
		byAttempt := map[int32][]string{}
		var attempts []int32
		for _, l := range looks[address] {
			if byAttempt[l.attempt] == nil {
				attempts = append(attempts, l.attempt)
			}
			byAttempt[l.attempt] = append(byAttempt[l.attempt], l.outcome)
		}
		slices.Sort(attempts)
		if texts := differing(attempts, byAttempt); texts != nil {
			return address, texts
		}
	}
	return "", nil
}

// differing returns the outcomes of each attempt, or nil where all are alike.
func differing(attempts []int32, byAttempt map[int32][]string) []string {
	var texts []string
	for _, n := range attempts {
		outcomes := byAttempt[n]
		slices.Sort(outcomes)
		text := joinBounded(slices.Compact(outcomes), " and ")
		texts = append(texts, text)
	}
	if len(slices.Compact(slices.Clone(texts))) < 2 {
		return nil
	}
	return texts
}

func outcome(e *run.Endpoint) string {
	if e.Reason == "" {
		return string(e.Verdict)
	}
	return string(e.Verdict) + ":" + string(e.Reason)
}

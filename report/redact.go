package report

import (
	"slices"
)

// fewest is how many domains of the list a host, provider, DNS operator or issuer
// must have to be named in a report with --redact domains: with fewer, its name
// would tell which domains are in the list.
const fewest = 10

// hidden stands in place of what is not named.
const hidden = "(not named)"

// redact folds the rows that would tell a domain of the list into one.
func (t *table) redact() {
	kept, folded := []dataRow{}, dataRow{}
	for _, r := range t.Rows {
		if !t.telling() || r.domains(t) >= fewest {
			kept = append(kept, r)
			continue
		}
		if folded.Counts == nil {
			folded = dataRow{make([]string, len(r.Key)), make([]int64, len(r.Counts))}
			folded.Key[0] = hidden
		}
		t.Folded++
		for i, n := range r.Counts {
			folded.Counts[i] += n
		}
	}
	if folded.Counts != nil {
		kept = append(kept, folded)
	}
	t.Rows = kept
}

// telling says whether the keys of a figure are names made by strangers.
func (t *table) telling() bool {
	return slices.Contains([]string{"providers", "dns-operators", "issuers", "broken-hosts", "finding-hosts"}, t.Name)
}

// domains is how many domains of the list a row stands for.
func (r dataRow) domains(t *table) int64 {
	for _, column := range []string{"domains", "names"} {
		if i := slices.Index(t.Counts, column); i >= 0 {
			return r.Counts[i]
		}
	}
	return 0
}

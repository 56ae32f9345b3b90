package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// perFinding is how many hosts are named for a finding: those of most domains.
const perFinding = 100

// culprits are the hosts that have each finding, a bounded number for each.
type culprits map[string][]culprit

type culprit struct {
	host, provider string
	domains        int64
}

func (c culprits) host(h *run.Host) {
	for _, code := range codes(h.Findings) {
		if len(c) >= maxKeys {
			return
		}
		c[code] = append(c[code], culprit{strings.Clone(h.Host), strings.Clone(h.Provider), h.Domains})
		if len(c[code]) >= 4*perFinding {
			c[code] = worst(c[code])
		}
	}
}

// worst keeps the hosts of most domains.
func worst(all []culprit) []culprit {
	slices.SortFunc(all, func(a, b culprit) int {
		return cmp.Or(cmp.Compare(b.domains, a.domains), strings.Compare(a.host, b.host))
	})
	return all[:min(len(all), perFinding)]
}

func culpritFigure() figure {
	return figure{
		Name: "finding-hosts", Title: "MX hosts with each finding", Page: "", Keys: []string{"finding", "host", "provider"}, Columns: []string{"domains"},
		Says: func(*summary) string { return "For each finding, the hosts of most domains that have it, 100 at most." },
		Whole: func(g *gathered) []dataRow {
			var rows []dataRow
			for _, code := range slices.Sorted(maps.Keys(g.culprits)) {
				for _, c := range worst(g.culprits[code]) {
					rows = append(rows, dataRow{[]string{code, c.host, c.provider}, []int64{c.domains}})
				}
			}
			return rows
		},
	}
}

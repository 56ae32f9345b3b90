package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"danescan/datasets/run"
	"danescan/scanner"
)

// writeSummary shows people what a run came to.
func writeSummary(w io.Writer, s scanner.Summary) {
	fmt.Fprintf(w, "%d domains, %d MX hosts, %d sessions, %d certificates. Domains by verdict:\n",
		s.Domains, s.Hosts, s.Sessions, s.Certificates)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	verdicts := slices.SortedFunc(maps.Keys(s.Verdicts), func(a, b run.Verdict) int {
		return cmp.Or(cmp.Compare(s.Verdicts[b], s.Verdicts[a]), cmp.Compare(a, b))
	})
	for _, v := range verdicts {
		fmt.Fprintf(table, "%d\t%.2f %%\t  %s\n", s.Verdicts[v], 100*float64(s.Verdicts[v])/float64(s.Domains), v)
	}
	table.Flush()
}

// writeWork says what a scan took.
func writeWork(w io.Writer, p *scanner.Progress) {
	fmt.Fprintf(w, "Work: %d DNS queries, %d signatures verified, %d sessions.\n",
		p.Queries.Load(), p.Verified.Load(), p.Sessions.Load())
}

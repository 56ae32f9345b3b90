package report

import "danescan/datasets/run"

// bins sort numbers into a few named ranges. A number is in the first bin whose
// limit it is under; the last bin has none.
type bins struct {
	limits []int64
	names  []string
}

func (b bins) of(n int64) string {
	for i, limit := range b.limits {
		if n < limit {
			return b.names[i]
		}
	}
	return b.names[len(b.limits)]
}

const day = 86400

func rankBins() bins {
	return bins{[]int64{1001, 10_001, 100_001, 1_000_001}, []string{"1 to 1,000", "1,001 to 10,000", "10,001 to 100,000", "100,001 to 1,000,000", "over 1,000,000"}}
}

func ttlBins() bins {
	return bins{[]int64{300, 3600, 3601, day}, []string{"under 300 s", "300 s to 1 h", "1 h", "1 h to 1 day", "1 day and more"}}
}

func lifetimeBins() bins {
	return bins{[]int64{0, day, 3 * day, 7 * day, 14 * day, 30 * day}, []string{"expired", "under 1 day", "1 to 3 days", "3 to 7 days", "7 to 14 days", "14 to 30 days", "30 days and more"}}
}

func sizeBins() bins {
	return bins{[]int64{513, 1233, 4097}, []string{"to 512", "513 to 1,232", "1,233 to 4,096", "over 4,096"}}
}

func expiryBins() bins {
	return bins{[]int64{0, 7 * day, 14 * day, 30 * day, 90 * day}, []string{"expired", "under 7 days", "7 to 14 days", "14 to 30 days", "30 to 90 days", "90 days and more"}}
}

// named is a lookup with the word that the figures have for it.
type named struct {
	name string
	*run.Lookup
	at int64 // when it was made, in Unix seconds; 0: unknown
}

func lookupNames() []string { return []string{"MX", "A", "AAAA", "TLSA"} }

// hostLookups are the lookups of a host that were made.
func hostLookups(h *run.Host) []named {
	var all []named
	if h.A != nil && h.A.Outcome != "" {
		all = append(all, named{"A", h.A, h.ScannedAt.Unix()})
	}
	if h.AAAA != nil && h.AAAA.Outcome != "" {
		all = append(all, named{"AAAA", h.AAAA, h.ScannedAt.Unix()})
	}
	for i := range h.TLSACandidates {
		if c := &h.TLSACandidates[i]; c.Lookup.Outcome != "" {
			all = append(all, named{"TLSA", &c.Lookup, c.LookedUpAt.Unix()})
		}
	}
	return all
}

// byLookup makes the two counting functions of a figure out of one key.
func byLookup(f figure, key func(named, adder)) figure {
	f.Domain = func(d *run.Domain, add adder) {
		if d.MXLookup != nil && d.MXLookup.Outcome != "" {
			key(named{"MX", d.MXLookup, d.ScannedAt.Unix()}, add)
		}
	}
	f.Host = func(h *run.Host, add adder) {
		for _, l := range hostLookups(h) {
			key(l, add)
		}
	}
	return f
}

// answered says whether a lookup got an answer, and if not, why not.
func answered(l *run.Lookup) string {
	switch {
	case l.Outcome == run.BogusAnswer:
		return "validation failed"
	case l.Outcome.Failed():
		return "no answer"
	}
	return "answered"
}

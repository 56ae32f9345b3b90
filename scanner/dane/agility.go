package dane

// defaultOrder ranks the digests, strongest first. The order is a client's own
// choice (RFC 7671, Section 9); this is that of Postfix and OpenSSL.
var defaultOrder = [...]uint8{SHA512, SHA256}

// Effective says of each record whether it takes part in matching: it is usable
// and, where it holds a digest, no stronger digest stands beside it for the same
// usage and selector. Full data always takes part (RFC 7671, Section 9).
func (v Verifier) Effective(records []Record) []bool {
	usable := usableRecords(records)
	best := make(map[[2]uint8]int)
	for i, r := range records {
		if !usable[i] || r.MatchingType == Full {
			continue
		}
		key := [2]uint8{r.Usage, r.Selector}
		if rank := v.rank(r.MatchingType); rank > best[key] {
			best[key] = rank
		}
	}
	for i, r := range records {
		if usable[i] && r.MatchingType != Full {
			usable[i] = v.rank(r.MatchingType) == best[[2]uint8{r.Usage, r.Selector}]
		}
	}
	return usable
}

func usableRecords(records []Record) []bool {
	usable := make([]bool, len(records))
	for i, r := range records {
		usable[i], _ = Usable(r)
	}
	return usable
}

// rank is higher for a stronger digest; a digest that the order does not name is
// weaker than all that it names.
func (v Verifier) rank(matchingType uint8) int {
	order := v.DigestOrder
	if order == nil {
		order = defaultOrder[:]
	}
	for i, t := range order {
		if t == matchingType {
			return len(order) - i + 1
		}
	}
	return 1
}

// Combination is what a publisher chooses for a TLSA record, its data aside.
type Combination struct{ Usage, Selector, MatchingType uint8 }

// Uncovered lists the combinations of usable records of which not one matched,
// in order of first appearance. A publisher must have one that matches for each,
// since a client may support no other (RFC 7671, Section 8).
func Uncovered(records []Record, matched []bool) []Combination {
	var present []Combination
	covered := make(map[Combination]bool)
	for i, r := range records {
		if ok, _ := Usable(r); !ok {
			continue
		}
		c := Combination{r.Usage, r.Selector, r.MatchingType}
		if _, known := covered[c]; !known {
			present = append(present, c)
			covered[c] = false
		}
		if i < len(matched) && matched[i] {
			covered[c] = true
		}
	}
	var missing []Combination
	for _, c := range present {
		if !covered[c] {
			missing = append(missing, c)
		}
	}
	return missing
}

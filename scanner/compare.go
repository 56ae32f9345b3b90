package scanner

import (
	"fmt"
	"slices"
	"strings"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// maxDifferences is how many differences are described.
const maxDifferences = 50

// Comparison is a run held against the truth of the lab that it scanned.
type Comparison struct {
	Domains, Wrong int64
	Differences    []string // the first of them, in words
}

// CompareWithLab compares the verdicts of a finished run with the lab's truth.
func CompareWithLab(dir string, l *lab.Lab) (Comparison, error) {
	r, err := run.Open(dir)
	if err != nil {
		return Comparison{}, err
	}
	defer r.Close()
	truth := map[string]lab.Case{}
	for c := range l.Truth() {
		truth[c.Domain] = c
	}
	var cmp Comparison
	for d, err := range r.Domains() {
		if err != nil {
			return cmp, err
		}
		want, known := truth[d.Domain]
		delete(truth, d.Domain)
		cmp.Domains++
		if text := difference(&d, want, known); text != "" {
			cmp.add(text)
		}
	}
	for _, c := range truth {
		cmp.Domains++
		cmp.add(c.Domain + ": not in the run")
	}
	return cmp, nil
}

func (c *Comparison) add(text string) {
	c.Wrong++
	if len(c.Differences) < maxDifferences {
		c.Differences = append(c.Differences, text)
	}
}

// difference says how a row differs from the truth; "" for not at all.
func difference(d *run.Domain, want lab.Case, known bool) string {
	if !known {
		return d.Domain + ": in the run, but not in the lab"
	}
	var texts []string
	if string(d.Verdict) != want.Verdict {
		texts = append(texts, fmt.Sprintf("verdict %s, truth %s", d.Verdict, want.Verdict))
	}
	got := slices.Clone(d.MX)
	slices.SortFunc(got, func(a, b run.MX) int { return strings.Compare(a.Host, b.Host) })
	seen, truth := hostTexts(got), truthTexts(want.MX)
	if seen != truth {
		texts = append(texts, fmt.Sprintf("hosts %s, truth %s", seen, truth))
	}
	if m := d.MTASTS; m != nil {
		texts = append(texts, policyDifference("MTA-STS", m.State, m.Lookup, want.MTASTS)...)
	}
	if m := d.TLSRPT; m != nil {
		texts = append(texts, policyDifference("TLSRPT", m.State, m.Lookup, want.TLSRPT)...)
	}
	if len(texts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %s (%s)", d.Domain, strings.Join(texts, "; "), want.Note)
}

// policyDifference says how a record that was asked for differs from the truth.
func policyDifference(what string, state run.RecordState, l *run.Lookup, want lab.Policy) []string {
	if string(state) == want.State && (want.DNSSEC == "" || string(l.DNSSEC) == want.DNSSEC) {
		return nil
	}
	return []string{fmt.Sprintf("%s %s (%s), truth %s (%s)", what, state, l.DNSSEC, want.State, want.DNSSEC)}
}

func hostTexts(hosts []run.MX) string {
	var texts []string
	for _, h := range hosts {
		texts = append(texts, hostText(h.Host, string(h.Verdict), string(h.Reason)))
	}
	return fmt.Sprint(texts)
}

func truthTexts(hosts []lab.MX) string {
	var texts []string
	for _, h := range hosts {
		texts = append(texts, hostText(h.Name, h.Verdict, h.Reason))
	}
	return fmt.Sprint(texts)
}

func hostText(host, verdict, reason string) string {
	if reason != "" {
		verdict += ":" + reason
	}
	return host + "=" + verdict
}

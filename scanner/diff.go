package scanner

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// Change is what became of a domain between two runs.
type Change string

// The changes, in the order in which people want to know.
const (
	Broken   Change = "broken"   // was verified, fails now
	Repaired Change = "repaired" // failed, is verified now
	Started  Change = "started"  // had no DANE, has it now
	GaveUp   Change = "gave-up"  // had DANE, has it no longer
	Other    Change = "other"    // another verdict
	New      Change = "new"      // only in the new run
	Lost     Change = "lost"     // only in the old run
)

// Changes lists the changes with what they mean.
var Changes = []struct {
	Change  Change
	Meaning string
}{
	{Broken, "was verified, fails now"}, {Repaired, "failed, is verified now"}, {Started, "had no DANE, has it now"},
	{GaveUp, "had DANE, has it no longer"}, {Other, "another verdict than before"}, {New, "not in the old run"}, {Lost, "not in the new run"},
}

// Difference is one domain that changed. A verdict is empty where the run does not
// have the domain. Hosts are those that a DANE sender would refuse now.
type Difference struct {
	Domain string      `json:"domain"`
	Change Change      `json:"change"`
	Old    run.Verdict `json:"old"`
	New    run.Verdict `json:"new"`
	Hosts  []string    `json:"hosts"`
}

// Blame is a host with the domains that it broke.
type Blame struct {
	Host    string
	Domains int64
}

// DiffJob is two finished runs to be compared.
type DiffJob struct {
	Old, New string
	Each     func(Difference) error // for each domain that changed
	Warn     func(text string)      // before the first of them
}

// Differences is a comparison in numbers.
type Differences struct {
	Old, New run.Manifest
	Counts   map[Change]int64
	Same     int64
	Blame    []Blame // worst first
}

// Diff compares the domains of two runs by name. It holds 17 octets, and what a
// map adds, for each domain of the old run. Differences come in the order of the
// new run's list, then those that are lost in the order of the old one's.
func Diff(ctx context.Context, job DiffJob) (Differences, error) {
	before, err := openFinished(job.Old)
	if err != nil {
		return Differences{}, err
	}
	defer before.Close()
	after, err := openFinished(job.New)
	if err != nil {
		return Differences{}, err
	}
	defer after.Close()
	d := &differ{job: job, known: map[nameKey]uint8{}, blame: map[string]int64{}}
	d.Old, d.New, d.Counts = before.Manifest(), after.Manifest(), map[Change]int64{}
	for _, text := range doubts(d.Old, d.New) {
		job.Warn(text)
	}
	for _, step := range []func() error{
		func() error { return d.remember(ctx, before) },
		func() error { return d.compare(ctx, after) },
		func() error { return d.lost(ctx, before) },
	} {
		if err := step(); err != nil {
			return Differences{}, err
		}
	}
	d.Blame = blamed(d.blame)
	return d.Differences, nil
}

func openFinished(dir string) (*run.Run, error) {
	r, err := run.Open(dir)
	if err == nil && !r.Finished() {
		err = fmt.Errorf("%s: %w", dir, run.ErrUnfinished)
	}
	return r, err
}

// doubts say what makes a comparison one of methods instead of domains.
func doubts(a, b run.Manifest) (texts []string) {
	if a.RulesVersion != b.RulesVersion {
		texts = append(texts, fmt.Sprintf("the runs were judged by different rules (%s and %s), which may be all that changed: "+
			"bring both up to date with danescan rejudge", a.RulesVersion, b.RulesVersion))
	}
	if x, y := a.Settings["probe"], b.Settings["probe"]; x != y {
		texts = append(texts, fmt.Sprintf("the runs were probed differently (--probe %s and %s): a host that was not tested has not changed", x, y))
	}
	return texts
}

// differ is a comparison on its way.
type differ struct {
	Differences
	job      DiffJob
	known    map[nameKey]uint8 // old verdicts, by number, and whether the new run has the domain
	verdicts []run.Verdict     // by number
	blame    map[string]int64
}

// met marks a domain that the new run has, too.
const met = 0x80

// remember notes the verdicts of the old run.
func (d *differ) remember(ctx context.Context, r *run.Run) error {
	for row, err := range run.Ahead(r.Domains()) {
		if err := alive(ctx, err); err != nil {
			return err
		}
		number := slices.Index(d.verdicts, row.Verdict)
		if number < 0 {
			if number = len(d.verdicts); number == met {
				return fmt.Errorf("%s: more than %d verdicts", r.Dir(), met)
			}
			d.verdicts = append(d.verdicts, run.Verdict(strings.Clone(string(row.Verdict))))
		}
		d.known[keyOf(row.Domain)] = uint8(number)
	}
	return nil
}

func (d *differ) compare(ctx context.Context, r *run.Run) error {
	for row, err := range run.Ahead(r.Domains()) {
		if err := alive(ctx, err); err != nil {
			return err
		}
		key := keyOf(row.Domain)
		number, known := d.known[key]
		change := Difference{Domain: row.Domain, Change: New, New: row.Verdict, Hosts: failing(row.MX)}
		if known {
			d.known[key] = number | met
			change.Old = d.verdicts[number&^met]
			change.Change = changeOf(change.Old, change.New)
		}
		if err := d.note(change); err != nil {
			return err
		}
	}
	return nil
}

func (d *differ) lost(ctx context.Context, r *run.Run) error {
	if int64(len(d.known)) == d.common() {
		return nil
	}
	for row, err := range run.Ahead(r.Domains()) {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if d.known[keyOf(row.Domain)]&met != 0 {
			continue
		}
		if err := d.note(Difference{Domain: row.Domain, Change: Lost, Old: row.Verdict}); err != nil {
			return err
		}
	}
	return nil
}

// common is how many domains both runs have.
func (d *differ) common() int64 {
	n := d.Same - d.Counts[New]
	for _, count := range d.Counts {
		n += count
	}
	return n
}

func (d *differ) note(change Difference) error {
	if change.Change == "" {
		d.Same++
		return nil
	}
	d.Counts[change.Change]++
	if change.Change == Broken {
		for _, host := range change.Hosts {
			d.blame[strings.Clone(host)]++
		}
	}
	return d.job.Each(change)
}

// failing lists the hosts that a DANE sender would refuse.
func failing(hosts []run.MX) (names []string) {
	for _, mx := range hosts {
		switch mx.Verdict {
		case run.Mismatch, run.NoSTARTTLS, run.TLSFailure, run.Mixed:
			names = append(names, mx.Host)
		}
	}
	return names
}

// blamed sorts hosts by the domains that they broke.
func blamed(counts map[string]int64) (hosts []Blame) {
	for host, n := range counts {
		hosts = append(hosts, Blame{host, n})
	}
	slices.SortFunc(hosts, func(a, b Blame) int {
		return cmp.Or(cmp.Compare(b.Domains, a.Domains), strings.Compare(a.Host, b.Host))
	})
	return hosts
}

// footing is what a domain's verdict says of DANE.
type footing uint8

const (
	unsure  footing = iota // a lookup failed: nobody knows
	without                // no DANE
	works                  // at least one host is verified, none fails
	fails                  // a host fails
	present                // DANE is published, and nothing is known to work or fail
)

func footingOf(v run.Verdict) footing {
	switch v {
	case run.NoMail, run.NotDANE, run.HalfDANE:
		return without
	case run.DANEVerified, run.DANEPartial:
		return works
	case run.DANEFailed:
		return fails
	case run.DANEUnreachable, run.DANENotTested, run.DANEUnusable:
		return present
	}
	return unsure
}

// changeOf names the step from one verdict to another; "" for none.
func changeOf(old, now run.Verdict) Change {
	a, b := footingOf(old), footingOf(now)
	switch {
	case old == now:
		return ""
	case a == works && b == fails:
		return Broken
	case a == fails && b == works:
		return Repaired
	case a == without && b > without:
		return Started
	case a > without && b == without:
		return GaveUp
	}
	return Other
}

package report

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"danescan/datasets/run"
)

// maxSeries bounds the runs of a series.
const maxSeries = 1000

// entry is one run of a series, in what the series shows of it. It is kept beside
// the run's pages, so that adding a run reads no other again.
type entry struct {
	Fingerprint string           `json:"fingerprint"` // of the run and of what made the pages
	RunID       string           `json:"run_id"`
	Rules       string           `json:"rules_version"`
	Tool        string           `json:"tool_version"`
	Mode        string           `json:"resolver_mode"`
	List        string           `json:"list"`
	Contact     string           `json:"contact"`
	Started     time.Time        `json:"started"`
	Alarms      []string         `json:"alarms,omitempty"` // on its pages
	Measures    map[string]int64 `json:"measures"`
	Providers   []providerLine   `json:"providers"`

	dir string // of the run
}

// providerLine is a provider in the table of the long-running public survey.
type providerLine struct {
	Provider string `json:"provider"`
	DANE     int64  `json:"dane"`
}

// maxProviders is how many providers of a run the series keeps, so that those of
// the latest run can be found in earlier ones.
const maxProviders = 500

const entryName = "data/entry.json"

// site is where the pages of a run are, below the site of a series.
func (e *entry) site() string { return path.Join("runs", slug(e.RunID)) }

// newEntry is what the series keeps of a run.
func newEntry(s *summary, at entry) entry {
	e := at
	e.Measures, e.Providers = map[string]int64{}, nil
	for _, r := range s.table("headline").Rows {
		e.Measures[r.Key[0]] = r.Counts[0]
	}
	for _, r := range s.table("providers").Rows {
		if r.Counts[atDANE] > 0 && r.Key[0] != hidden {
			e.Providers = append(e.Providers, providerLine{r.Key[0], r.Counts[atDANE]})
		}
	}
	slices.SortStableFunc(e.Providers, func(a, b providerLine) int { return cmp.Compare(b.DANE, a.DANE) })
	e.Providers = e.Providers[:min(len(e.Providers), maxProviders)]
	return e
}

// stub is what the manifest alone says of a run.
func stub(dir string, cfg Config) (entry, error) {
	m, err := run.ReadManifest(dir)
	if err != nil {
		return entry{}, err
	}
	data, err := os.ReadFile(filepath.Join(dir, run.ManifestName))
	if err != nil {
		return entry{}, err
	}
	return entry{
		Fingerprint: fingerprint(data, cfg), RunID: m.RunID, Rules: m.RulesVersion, Tool: m.Tool.Version, Mode: m.Resolver.Mode,
		List: listName(m.List), Contact: m.Vantage.Contact, Started: m.Started, dir: dir,
	}, nil
}

// fingerprint tells whether the pages of a run would be the same again: they come
// of its manifest, in which the SHA-256 of every part stands, of this very program,
// and of what may be told.
func fingerprint(manifest []byte, cfg Config) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %t %d\n", cfg.program, cfg.RedactDomains, len(manifest))
	sum.Write(manifest)
	return hex.EncodeToString(sum.Sum(nil))
}

// program is the SHA-256 of this program: another one may make other pages.
func program() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// known gives the entry of a run whose pages are there and would be the same again.
func (e *entry) known(cfg Config) (entry, bool, error) {
	var kept entry
	site := filepath.Join(cfg.Out, filepath.FromSlash(e.site()))
	if err := readJSON(filepath.Join(site, filepath.FromSlash(entryName)), &kept); err != nil {
		return kept, false, err
	}
	kept.dir = e.dir
	return kept, kept.Fingerprint == e.Fingerprint && whole(site), nil
}

// entryOf gives the entry of run i of a series, of which those before are known,
// and makes its pages unless they are there. The pages of the latest run have the
// alarms of today, those of an earlier one keep what they had.
func (x *series) entryOf(ctx context.Context, i int, cfg Config) (entry, error) {
	known, ok, err := x.runs[i].known(cfg)
	if err != nil {
		return entry{}, err
	}
	latest := i == len(x.runs)-1
	if ok {
		if !latest {
			return known, nil
		}
		alarms := slices.Concat(x.canaries, x.errorAlarm(i, &known))
		if slices.Equal(alarms, known.Alarms) {
			return known, nil
		}
	}
	s, err := read(ctx, x.runs[i].dir, cfg.RedactDomains)
	if err != nil {
		return entry{}, err
	}
	e := newEntry(s, x.runs[i])
	if latest {
		e.Alarms = x.canaries
	}
	e.Alarms = slices.Concat(e.Alarms, x.errorAlarm(i, &e))
	s.alarms = e.Alarms
	return e, s.write(ctx, filepath.Join(cfg.Out, filepath.FromSlash(e.site())), "../../index.html",
		maker{entryName, func() ([]byte, error) { return encodeJSON(e) }})
}

// series is several runs, the oldest first, and what lies between each two.
type series struct {
	runs     []entry
	steps    []pair   // from each run to the next
	canaries []string // what the page says of those of the latest run
}

// writeSeries makes the site of several runs: each run below runs/, and a first
// page with what became of them.
func writeSeries(ctx context.Context, cfg Config) (Report, error) {
	var err error
	if cfg.program, err = program(); err != nil {
		return Report{}, err
	}
	x, err := stubs(cfg)
	if err != nil {
		return Report{}, err
	}
	last := len(x.runs) - 1
	alarms, err := canaries(cfg.Canary, x.runs[last].dir)
	if err != nil {
		return Report{}, err
	}
	x.canaries = onPage(alarms, cfg.RedactDomains)
	if err := x.read(ctx, cfg); err != nil {
		return Report{}, err
	}
	if err := x.write(ctx, cfg); err != nil {
		return Report{}, err
	}
	return Report{Path: filepath.Join(cfg.Out, "index.html"), Headline: headlineOf(x.runs[last].of),
		Alarms: slices.Concat(alarms, x.errorAlarm(last, &x.runs[last]))}, nil
}

// stubs are the runs of a series, the oldest first, as their manifests have them.
func stubs(cfg Config) (*series, error) {
	if len(cfg.Runs) > maxSeries {
		return nil, fmt.Errorf("%d runs: at most %d make a series", len(cfg.Runs), maxSeries)
	}
	var x series
	dirs := map[string]string{}
	for _, dir := range cfg.Runs {
		e, err := stub(dir, cfg)
		if err != nil {
			return nil, err
		}
		if other := dirs[e.RunID]; other != "" {
			return nil, fmt.Errorf("%s and %s are the same run", other, dir)
		}
		dirs[e.RunID] = dir
		x.runs = append(x.runs, e)
	}
	slices.SortStableFunc(x.runs, func(a, b entry) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.RunID, b.RunID))
	})
	return &x, nil
}

// read makes the pages of the runs that are new, and compares each run with the
// one before it.
func (x *series) read(ctx context.Context, cfg Config) error {
	for i := range x.runs {
		e, err := x.entryOf(ctx, i, cfg)
		if err != nil {
			return err
		}
		x.runs[i] = e
		if i == 0 {
			continue
		}
		p, err := pairOf(ctx, x.runs[i-1], e, cfg)
		if err != nil {
			return err
		}
		x.steps = append(x.steps, p)
	}
	return nil
}

// of is a measure of the headline.
func (e *entry) of(measure string) int64 { return e.Measures[measure] }

package report

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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

// formOf is what the pages look like: changing it makes them anew.
const formOf = "1"

func entryPath(id string) string { return path.Join("runs", slug(id), "data", "entry.json") }

// newEntry is what the series keeps of a run.
func newEntry(s *summary, fingerprint, dir string) entry {
	m := s.manifest
	e := entry{Fingerprint: fingerprint, RunID: m.RunID, Rules: m.RulesVersion, Tool: m.Tool.Version, Mode: m.Resolver.Mode, List: listName(m.List), Contact: m.Vantage.Contact,
		Started: m.Started, Measures: map[string]int64{}, dir: dir}
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

// fingerprint tells whether the pages of a run would be the same again.
func fingerprint(dir string, cfg Config) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, run.ManifestName))
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %t %d\n", formOf, cfg.RedactDomains, len(data))
	sum.Write(data)
	sum.Write([]byte(styleText + layoutText + indexText))
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// entryOf gives the entry of a run, and makes its pages unless they are there.
func entryOf(ctx context.Context, dir string, cfg Config) (entry, error) {
	m, err := run.ReadManifest(dir)
	if err != nil {
		return entry{}, err
	}
	print, err := fingerprint(dir, cfg)
	if err != nil {
		return entry{}, err
	}
	at := filepath.Join(cfg.Out, filepath.FromSlash(entryPath(m.RunID)))
	var known entry
	if err := readJSON(at, &known); err != nil {
		return entry{}, err
	}
	if known.dir = dir; known.Fingerprint == print {
		return known, nil
	}
	s, err := read(ctx, dir, cfg.RedactDomains)
	if err != nil {
		return entry{}, err
	}
	site := filepath.Join(cfg.Out, "runs", slug(m.RunID))
	if err := s.write(ctx, site, "../../index.html"); err != nil {
		return entry{}, err
	}
	e := newEntry(s, print, dir)
	return e, writeJSON(at, e)
}

// readJSON reads a file that may not be there. One that cannot be read is as good
// as none: it is made again.
func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && json.Unmarshal(data, v) != nil {
		return nil
	}
	return err
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return replace(path, append(data, '\n'))
}

// series is several runs, the oldest first, and what lies between each two.
type series struct {
	runs  []entry
	steps []pair // from each run to the next
}

// writeSeries makes the site of several runs: each run below runs/, and a first
// page with what became of them.
func writeSeries(ctx context.Context, cfg Config) (Report, error) {
	out, err := readSeries(ctx, cfg)
	if err != nil {
		return Report{}, err
	}
	last := out.runs[len(out.runs)-1]
	alarms, err := canaries(cfg.Canary, last.dir)
	if err != nil {
		return Report{}, err
	}
	guard := out.errorAlarm()
	if err := out.write(cfg, slices.Concat(onPage(alarms, cfg.RedactDomains), guard)); err != nil {
		return Report{}, err
	}
	return Report{Path: filepath.Join(cfg.Out, "index.html"), Headline: headlineOf(last.of), Alarms: slices.Concat(alarms, guard)}, nil
}

// readSeries makes the pages of the runs that are new, and compares each run with
// the one before it.
func readSeries(ctx context.Context, cfg Config) (series, error) {
	if len(cfg.Runs) > maxSeries {
		return series{}, fmt.Errorf("%d runs: at most %d make a series", len(cfg.Runs), maxSeries)
	}
	var out series
	for _, dir := range cfg.Runs {
		e, err := entryOf(ctx, dir, cfg)
		if err != nil {
			return series{}, err
		}
		out.runs = append(out.runs, e)
	}
	slices.SortStableFunc(out.runs, func(a, b entry) int { return a.Started.Compare(b.Started) })
	for i := 1; i < len(out.runs); i++ {
		if out.runs[i-1].RunID == out.runs[i].RunID {
			return series{}, fmt.Errorf("%s and %s are the same run", out.runs[i-1].dir, out.runs[i].dir)
		}
		p, err := pairOf(ctx, out.runs[i-1], out.runs[i], cfg)
		if err != nil {
			return series{}, err
		}
		out.steps = append(out.steps, p)
	}
	return out, nil
}

// of is a measure of the headline.
func (e *entry) of(measure string) int64 { return e.Measures[measure] }

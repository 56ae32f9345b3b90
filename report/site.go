package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// Config says what a report is made from and where it goes.
type Config struct {
	Runs          []string // run directories: one, or several that make a series
	Out           string   // directory of the site
	RedactDomains bool     // name nothing that would tell which domains are in the list
	Canary        string   // file of names with the verdict that each must have; empty: none

	program string // what makes the pages of a series, see program
}

// Headline is the run in the few numbers that people quote.
type Headline struct {
	Names, WithMail, SignedMX, DANE, Verified, PrimaryVerified, Failed, Undecided, HalfDANE int64
	Hosts, HostsWithTLSA, HostsVerified                                                     int64
}

// Report is what Write made.
type Report struct {
	Path     string // of the first page
	Headline Headline
	Alarms   []string // why the numbers should not be trusted as they are; on the page, too
}

// Write makes the site of a finished run, or of several. Files are replaced one by
// one, each whole or not at all; the first page is written last.
func Write(ctx context.Context, cfg Config) (Report, error) {
	if len(cfg.Runs) == 0 {
		return Report{}, errNoRun
	}
	if len(cfg.Runs) > 1 {
		return writeSeries(ctx, cfg)
	}
	s, err := read(ctx, cfg.Runs[0], cfg.RedactDomains)
	if err != nil {
		return Report{}, err
	}
	alarms, err := canaries(cfg.Canary, cfg.Runs[0])
	if err != nil {
		return Report{}, err
	}
	s.alarms = onPage(alarms, cfg.RedactDomains)
	if err := s.write(ctx, cfg.Out, ""); err != nil {
		return Report{}, err
	}
	return Report{Path: filepath.Join(cfg.Out, "index.html"), Headline: s.headline(), Alarms: alarms}, nil
}

var errNoRun = errors.New("no run to report on")

// read counts a run.
func read(ctx context.Context, dir string, redacted bool) (*summary, error) {
	r, err := run.Open(dir)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if !r.Finished() {
		return nil, fmt.Errorf("%s: %w", dir, run.ErrUnfinished)
	}
	g, err := gather(ctx, stored{r})
	if err != nil {
		return nil, err
	}
	g.redacted = redacted
	return g.summary(), nil
}

// headline are the numbers that people quote.
func (s *summary) headline() Headline { return headlineOf(s.of) }

func headlineOf(of func(measure string) int64) Headline {
	return Headline{
		Names: of("names"), WithMail: of("with_mail"), SignedMX: of("signed_mx"), DANE: of("dane"),
		Verified: of("verified"), PrimaryVerified: of("primary_verified"), Failed: of("failed"),
		Undecided: of("undecided"), HalfDANE: of("half_dane"),
		Hosts: of("hosts"), HostsWithTLSA: of("hosts_with_tlsa"), HostsVerified: of("hosts_verified"),
	}
}

// write makes the files of a site. Up leads to the series that it stands in; more
// are files that are written last.
func (s *summary) write(ctx context.Context, dir, up string, more ...maker) error {
	makers, err := s.files(up)
	if err != nil {
		return err
	}
	return publish(ctx, dir, append(makers, more...))
}

// files gives a maker for each file of the site, the first page last.
func (s *summary) files(up string) ([]maker, error) {
	layouts, err := layouts()
	if err != nil {
		return nil, err
	}
	sh := newShell(s.manifest)
	sh.Nav = s.nav()
	sh.Warnings = append(sh.Warnings, s.alarms...)
	all := s.dataFiles()
	for _, p := range slices.Backward(s.pages()) {
		own := sh
		if up != "" {
			own.Up = strings.Repeat("../", strings.Count(p.Path, "/")) + up
		}
		all = append(all, maker{p.Path, func() ([]byte, error) { return p.render(own, layouts) }})
	}
	return all, nil
}

// dataFiles are the figures as CSV, JSON and SQL, the broken hosts of each slice,
// and the description of the run's tables.
func (s *summary) dataFiles() []maker {
	var all []maker
	add := func(path string, data func() ([]byte, error)) { all = append(all, maker{path, data}) }
	for i := range s.tables {
		t := &s.tables[i]
		base := "data/" + t.Name
		add(base+".csv", t.csv)
		add(base+".json", func() ([]byte, error) { return t.json(s) })
		add(base+".sql", func() ([]byte, error) { return []byte(t.sql()), nil })
	}
	for _, k := range kinds() {
		for key, at := range s.slicePaths(k) {
			if broken := s.brokenOf(k, key); len(broken.Rows) > 0 {
				add(path.Join(k.dir, path.Base(brokenPath(at))), broken.csv)
			}
		}
	}
	add("data/dictionary.md", func() ([]byte, error) {
		var b bytes.Buffer
		err := run.WriteDictionary(&b)
		return b.Bytes(), err
	})
	add("data/datapackage.json", func() ([]byte, error) {
		var b bytes.Buffer
		err := run.WriteDataPackage(&b, s.manifest)
		return b.Bytes(), err
	})
	return all
}

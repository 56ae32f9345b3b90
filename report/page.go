package report

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"sort"

	"danescan/datasets/run"
)

//go:embed page.html
var pageText string

//go:embed style.css
var styleText string

// Config says what a report is made from and where it goes.
type Config struct {
	Run string // run directory
	Out string // directory of the page
}

// Headline is the run in the few numbers that people quote.
type Headline struct {
	Names, WithMail, SignedMX, DANE, Verified, PrimaryVerified, Failed, Undecided, HalfDANE int64
	Hosts, HostsWithTLSA, HostsVerified                                                     int64
}

// Report is what Write made.
type Report struct {
	Path     string // of the page
	Headline Headline
}

// Write makes the page of a finished run.
func Write(ctx context.Context, cfg Config) (Report, error) {
	r, err := run.Open(cfg.Run)
	if err != nil {
		return Report{}, err
	}
	defer r.Close()
	if !r.Finished() {
		return Report{}, fmt.Errorf("%s: %w", cfg.Run, run.ErrUnfinished)
	}
	g, err := gather(ctx, r)
	if err != nil {
		return Report{}, err
	}
	page, err := render(g)
	if err != nil {
		return Report{}, err
	}
	if err := os.MkdirAll(cfg.Out, 0o755); err != nil {
		return Report{}, err
	}
	path := filepath.Join(cfg.Out, "index.html")
	if err := replace(path, page); err != nil {
		return Report{}, err
	}
	return Report{Path: path, Headline: g.quoted()}, nil
}

// replace writes a file whole or not at all.
func replace(path string, data []byte) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func (g *gathered) quoted() Headline {
	return Headline{
		Names: g.names, WithMail: g.withMail, SignedMX: g.signedMX, DANE: g.dane, Verified: g.verified,
		PrimaryVerified: g.primary, Failed: g.failed, Undecided: g.undecided, HalfDANE: g.half,
		Hosts: g.hosts, HostsWithTLSA: g.hostsWithTLSA, HostsVerified: g.hostsVerified,
	}
}

// view is what the template sees.
type view struct {
	Style    template.CSS
	Title    string
	Manifest run.Manifest
	Finished string
	Warning  string
	Cards    []card
	Figures  []figure
	Settings [][2]string
	Skipped  [][2]string
}

// card is one number of the headline with its denominator.
type card struct{ Number, Label, Of string }

func render(g *gathered) ([]byte, error) {
	v := view{
		Style: template.CSS(styleText), Manifest: g.manifest, Title: g.title(),
		Warning: g.warning(), Cards: g.cards(), Figures: g.figures(), Settings: sortedPairs(g.manifest.Settings),
	}
	if f := g.manifest.Finished; f != nil {
		v.Finished = f.Format("2 January 2006 15:04 UTC")
	}
	for reason, n := range g.manifest.List.Skipped {
		v.Skipped = append(v.Skipped, [2]string{reason, thousands(n)})
	}
	sort.Slice(v.Skipped, func(i, j int) bool { return v.Skipped[i][0] < v.Skipped[j][0] })
	layout, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	var page bytes.Buffer
	if err := layout.Execute(&page, v); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return page.Bytes(), nil
}

func (g *gathered) title() string {
	if id := g.manifest.List.ID; id != "" {
		return "DANE for SMTP: list " + id
	}
	return "DANE for SMTP: " + filepath.Base(g.manifest.List.Source)
}

// warning is what readers must know before they quote a number.
func (g *gathered) warning() string {
	if g.manifest.Resolver.Mode == "trust-ad" {
		return "DNSSEC was not validated here: the AD bit of a local resolver was believed. Every status below rests on that resolver."
	}
	return ""
}

func (g *gathered) cards() []card {
	return []card{
		{thousands(g.names), "names", "in the list"},
		{thousands(g.withMail), "take mail", share(g.withMail, g.names) + " of names"},
		{thousands(g.signedMX), "with proven MX records", share(g.signedMX, g.withMail) + " of names with mail"},
		{thousands(g.dane), "with DANE", share(g.dane, g.withMail) + " of names with mail"},
		{thousands(g.verified), "verified", share(g.verified, g.dane) + " of names with DANE"},
		{thousands(g.failed), "failed", share(g.failed, g.dane) + " of names with DANE"},
		{thousands(g.undecided), "undecided", "a deciding lookup failed"},
	}
}

func sortedPairs(m map[string]string) [][2]string {
	var pairs [][2]string
	for k, v := range m {
		pairs = append(pairs, [2]string{k, v})
	}
	sort.Slice(pairs, func(i, j int) bool { return pairs[i][0] < pairs[j][0] })
	return pairs
}

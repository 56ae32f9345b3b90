package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"path/filepath"
	"strings"

	"danescan/datasets/run"
)

//go:embed layout.html
var layoutText string

//go:embed page_index.html
var indexText string

//go:embed page_figures.html
var figuresText string

//go:embed page_problems.html
var problemsText string

//go:embed page_method.html
var methodText string

//go:embed page_dictionary.html
var dictionaryText string

//go:embed page_downloads.html
var downloadsText string

//go:embed page_series.html
var seriesText string

//go:embed style.css
var styleText string

// page is one HTML file: what all pages share, and what fills one of them.
type page struct {
	Path  string // below the site
	Here  string // the entry of the navigation that it stands under
	Title string
	Lead  string
	body  string // its template

	Cards       []card
	Chart       *chart
	Figures     []figureView
	Downloads   []link
	Problems    []problem
	Facts       []fact
	Definitions []fact
	Limits      []string
	Settings    []fact
	Dictionary  []dictionaryTable
	Files       []fileRow
	Trends      []trend
	Views       []figureView

	shell
}

// shell is what all pages of a site share.
type shell struct {
	Style                                            template.CSS
	CSP                                              string
	Root                                             string // the way from the page to the site
	Up                                               string // to the series that the run stands in
	SiteTitle, RunID, Rules, Tool, ListName, Contact string
	Warnings                                         []string
	Nav                                              []navEntry
}

type navEntry struct{ Name, Label, Path string }

type link struct{ Label, Path string }

type fact struct{ Label, Text string }

// card is one of the numbers at the top.
type card struct{ Number, Label, Of string }

// newShell says what all pages of a run say.
func newShell(m run.Manifest) shell {
	return newShellOf(entry{RunID: m.RunID, Rules: m.RulesVersion, Tool: strings.TrimSpace(m.Tool.Name + " " + m.Tool.Version),
		Mode: m.Resolver.Mode, List: listName(m.List), Contact: m.Vantage.Contact})
}

// newShellOf says what all pages say. The style sheet stands in each page and is
// allowed by its hash: nothing else may be loaded or run.
func newShellOf(e entry) shell {
	sum := sha256.Sum256([]byte(styleText))
	sh := shell{
		Style:     template.CSS(styleText),
		CSP:       "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		SiteTitle: "DANE for SMTP: " + e.List, RunID: e.RunID, Rules: e.Rules, Tool: e.Tool, ListName: e.List, Contact: e.Contact,
	}
	if e.Mode == "trust-ad" {
		sh.Warnings = append(sh.Warnings, "DNSSEC was not validated here: the AD bit of a local resolver was believed. Every status below rests on that resolver.")
	}
	return sh
}

// listName is how people call the list.
func listName(l run.List) string {
	if l.ID != "" {
		return "list " + l.ID
	}
	return filepath.Base(l.Source)
}

// layouts are the page templates, each within the layout.
func layouts() (map[string]*template.Template, error) {
	all := map[string]*template.Template{}
	for name, text := range map[string]string{
		"index": indexText, "figures": figuresText, "problems": problemsText, "method": methodText,
		"dictionary": dictionaryText, "downloads": downloadsText, "series": seriesText,
	} {
		t, err := template.New("layout").Parse(layoutText)
		if err == nil {
			t, err = t.Parse(text)
		}
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

// render makes the HTML of a page.
func (p page) render(sh shell, all map[string]*template.Template) ([]byte, error) {
	p.shell = sh
	p.Root = strings.Repeat("../", strings.Count(p.Path, "/"))
	var out bytes.Buffer
	if err := all[p.body].ExecuteTemplate(&out, "layout", &p); err != nil {
		return nil, fmt.Errorf("page %s: %w", p.Path, err)
	}
	return out.Bytes(), nil
}

// slug makes a file name of a name from outside: letters, digits, dots within and
// hyphens stay, all other octets are written in hexadecimal.
func slug(name string) string {
	var b strings.Builder
	for i := 0; i < len(name) && b.Len() < 120; i++ {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	if b.Len() >= 120 {
		sum := sha256.Sum256([]byte(name))
		fmt.Fprintf(&b, "_%x", sum[:6])
	}
	return b.String()
}

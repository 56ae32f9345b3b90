package report

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxPages bounds the pages of each kind of slice: those of most names. The rest
// is in the data.
const maxPages = 100

// kind is a kind of slice that has pages of its own.
type kind struct {
	figure, dir, label, one string
}

func kinds() []kind {
	return []kind{
		{"tlds", "tld", "TLDs", "Top-level domain"},
		{"groups", "group", "Groups", "Group"},
		{"providers", "provider", "Providers", "Provider"},
	}
}

// pages are all pages of a run's site.
func (s *summary) pages() []page {
	all := []page{s.indexPage()}
	for _, k := range kinds() {
		if s.has(k) {
			all = append(all, s.kindPage(k))
			all = append(all, s.slicePages(k)...)
		}
	}
	all = append(all,
		s.figuresPage("adoption", "Adoption in detail", "Verdicts of MX hosts, coverage of domains, and what senders would do."),
		s.figuresPage("dns", "DNS and DNSSEC", "What the lookups came to. A lookup without an answer is unknown: never no, never failed."),
		s.figuresPage("tlsa", "TLSA records", "What is published, whether it can be used, and whether it is ready for the next key."),
		s.figuresPage("tls", "STARTTLS and certificates", "What mail servers showed. Hosts are connected to where DANE asks for it, unless the run probed all."),
		s.problemsPage(), s.hostsPage(), s.methodPage(), dictionaryPage(), s.downloadsPage())
	return all
}

// nav is the navigation of the pages that there are.
func (s *summary) nav() []navEntry {
	all := []navEntry{{"index", "Overview", "index.html"}}
	for _, k := range kinds() {
		if s.has(k) {
			all = append(all, navEntry{k.figure, k.label, k.figure + ".html"})
		}
	}
	for _, e := range [][2]string{{"adoption", "Adoption"}, {"dns", "DNS"}, {"tlsa", "TLSA"}, {"tls", "TLS"}, {"problems", "Problems"},
		{"hosts", "Broken hosts"}, {"method", "Method"}, {"dictionary", "Dictionary"}, {"downloads", "Downloads"}} {
		all = append(all, navEntry{e[0], e[1], e[0] + ".html"})
	}
	return all
}

func (s *summary) has(k kind) bool { return len(s.table(k.figure).Rows) > 0 }

// figureView lays out a figure with the links to its data.
func (s *summary) figureView(t *table, root string) figureView {
	var linked func(string) string
	for _, k := range kinds() {
		if k.figure == t.Name {
			paths := s.slicePaths(k)
			linked = func(key string) string { return withRoot(root, paths[key]) }
		}
	}
	v := s.view(t, linked)
	v.Links = dataLinks(root, t.Name)
	return v
}

func withRoot(root, p string) string {
	if p == "" {
		return ""
	}
	return root + p
}

func dataLinks(root, name string) []link {
	return []link{{"CSV", root + "data/" + name + ".csv"}, {"JSON", root + "data/" + name + ".json"}, {"SQL", root + "data/" + name + ".sql"}}
}

// on are the figures of a page, those without rows left out.
func (s *summary) on(name string) []figureView {
	var views []figureView
	for i := range s.tables {
		if t := &s.tables[i]; t.Page == name {
			views = append(views, s.figureView(t, ""))
		}
	}
	return views
}

func (s *summary) indexPage() page {
	lead := "How many names take mail over connections that DANE (RFC 7672) authenticates, and what stands in the way of the others."
	if f := s.manifest.Finished; f != nil {
		lead += " Measured until " + f.UTC().Format("2 January 2006, 15:04 UTC") + "."
	}
	return page{Path: "index.html", Here: "index", body: "index", Title: "DANE for SMTP: " + listName(s.manifest.List), Lead: lead,
		Cards: s.cards(), Chart: s.daneChart(), Figures: s.on("index")}
}

func (s *summary) figuresPage(name, title, lead string) page {
	return page{Path: name + ".html", Here: name, body: "figures", Title: title, Lead: lead, Figures: s.on(name)}
}

func (s *summary) hostsPage() page {
	return s.figuresPage("hosts", "Broken hosts", "For those who notify operators: the hosts that senders with DANE refuse or wait for, most affected names first. The CSV has them all.")
}

// kindPage lists the slices of a kind.
func (s *summary) kindPage(k kind) page {
	p := s.figuresPage(k.figure, s.table(k.figure).Title, "")
	if k.figure == "providers" {
		t := *s.table(k.figure)
		f := *t.figure
		t.figure, f.Show = &f, 300
		p.Figures = []figureView{s.figureView(&t, "")}
	}
	return p
}

// slicePaths are the pages that slices have, by key.
func (s *summary) slicePaths(k kind) map[string]string {
	paths := map[string]string{}
	for i, r := range s.table(k.figure).Rows {
		if i == maxPages {
			break
		}
		if r.Key[0] != hidden {
			paths[r.Key[0]] = path.Join(k.dir, slug(r.Key[0])+".html")
		}
	}
	return paths
}

func (s *summary) slicePages(k kind) []page {
	var all []page
	paths := s.slicePaths(k)
	t := s.table(k.figure)
	for _, r := range t.Rows {
		if at := paths[r.Key[0]]; at != "" {
			all = append(all, s.slicePage(k, r, at))
		}
	}
	return all
}

// slicePage shows how far the names of one slice came, and its broken hosts.
func (s *summary) slicePage(k kind, r dataRow, at string) page {
	name := printable(r.Key[0])
	t := s.table(k.figure)
	n := func(column string) int64 { return r.Counts[index(t.Counts, column)] }
	broken := s.brokenOf(k, r.Key[0])
	view := s.view(broken, nil)
	view.Links, view.Data = nil, ""
	p := page{Path: at, Here: k.figure, body: "figures", Title: k.one + " " + name,
		Lead: fmt.Sprintf("%s of %s names that take mail have DANE (%s), against %s of the whole list. %s are verified, %s failed, %s are undecided.",
			thousands(n("dane")), thousands(n("with_mail")), share(n("dane"), n("with_mail")), share(s.of("dane"), s.of("with_mail")),
			thousands(n("verified")), thousands(n("failed")), thousands(n("undecided"))),
		Figures: []figureView{s.stepsView(t, r), view}}
	if len(broken.Rows) > 0 {
		p.Downloads = []link{{"Broken hosts as CSV", path.Base(brokenPath(at))}}
	}
	return p
}

// brokenPath is the CSV of broken hosts beside the page of a slice.
func brokenPath(page string) string { return strings.TrimSuffix(page, ".html") + "-broken.csv" }

// stepsView is one row of a slice stood upright.
func (s *summary) stepsView(t *table, r dataRow) figureView {
	v := figureView{Name: "steps", Title: "How far its names came", Keys: []string{"Measure"}, Heads: []head{{"Names", ""}}, Bars: true}
	for i, step := range stepNames() {
		whole := r.Counts[atNames]
		if i > atWithMail {
			whole = r.Counts[atWithMail]
		}
		bar := 0.0
		if whole > 0 {
			bar = min(100, 100*float64(r.Counts[i])/float64(whole))
		}
		v.Rows = append(v.Rows, rowView{Label: step, Note: measureMeaning()[step], Tone: measureTone(step), Bar: decimal(bar),
			Cells: []cellView{{thousands(r.Counts[i]), share(r.Counts[i], whole)}}})
	}
	return v
}

// brokenOf are the broken hosts of a slice: for a provider those that it runs, for
// the others those that its names have.
func (s *summary) brokenOf(k kind, key string) *table {
	f := brokenFigure()
	f.Title, f.Show = "Its hosts that fail or do not answer", 100
	f.Says = func(*summary) string { return "" }
	out := table{figure: &f, Counts: []string{"domains"}}
	switch x := s.detail[k.figure+between+key]; {
	case k.figure == "providers":
		for _, r := range s.table("broken-hosts").Rows {
			if r.Key[1] == key {
				out.Rows = append(out.Rows, dataRow{r.Key, r.Counts[:1]})
			}
		}
	case x != nil:
		for host, n := range x.broken {
			if h := s.broken[host]; !s.redacted || h.domains >= fewest {
				out.Rows = append(out.Rows, dataRow{h.row().Key, []int64{n}})
			}
		}
		slices.SortFunc(out.Rows, func(a, b dataRow) int {
			return cmp.Or(cmp.Compare(b.Counts[0], a.Counts[0]), strings.Compare(a.Key[0], b.Key[0]))
		})
	}
	if out.More = len(out.Rows) - maxRows; out.More > 0 {
		out.Rows = out.Rows[:maxRows]
	}
	return &out
}

package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// methodPage is what it takes to cite the run and to repeat it.
func (s *summary) methodPage() page {
	m := s.manifest
	p := page{Path: "method.html", Here: "method", body: "method", Title: "How this was measured",
		Lead:  "For each name its MX records, for each distinct MX host its addresses and TLSA records, for each address a session with STARTTLS that ends before any mail: the evidence is stored, and the verdicts are made from it by the rules named here.",
		Facts: append(runFacts(m), crossFacts(m.CrossCheck)...), Limits: limits(s), Views: s.disagreements()}
	for _, step := range s.table("headline").Rows {
		p.Definitions = append(p.Definitions, fact{step.Key[0], measureMeaning()[step.Key[0]]})
	}
	for _, words := range []map[string]string{verdictMeaning(), hostMeaning(), statusMeaning()} {
		for _, word := range slices.Sorted(maps.Keys(words)) {
			p.Definitions = append(p.Definitions, fact{word, words[word]})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Settings)) {
		p.Settings = append(p.Settings, fact{printable(name), printable(m.Settings[name])})
	}
	return p
}

func runFacts(m run.Manifest) []fact {
	var facts []fact
	add := func(label, format string, args ...any) {
		if text := strings.TrimSpace(printable(fmt.Sprintf(format, args...))); text != "" {
			facts = append(facts, fact{label, text})
		}
	}
	add("Run", "%s, rules %s, schema %d", m.RunID, m.RulesVersion, m.SchemaVersion)
	add("Program", "%s %s %s (%s)", m.Tool.Name, m.Tool.Version, m.Tool.Commit, m.Tool.GoVersion)
	add("Began", "%s", m.Started.UTC().Format("2 January 2006, 15:04 UTC"))
	if m.Finished != nil {
		add("Ended", "%s", m.Finished.UTC().Format("2 January 2006, 15:04 UTC"))
	}
	if n := len(m.Interruptions); n > 0 {
		add("Interruptions", "%d", n)
	}
	add("List", "%s %s", m.List.Source, m.List.URL)
	add("Edition of the list", "%s %s", m.List.ID, m.List.Date)
	add("SHA-256 of the list", "%s", m.List.SHA256)
	add("How to cite the list", "%s", m.List.Citation)
	add("Lines", "%s read, %s taken%s", thousands(m.List.Rows), thousands(m.List.Taken), skippedText(m.List.Skipped))
	add("Resolver", "%s %s; RSA/SHA-1: %s", m.Resolver.Mode, strings.Join(m.Resolver.Addresses, ", "), m.Resolver.SHA1)
	add("Trust anchors", "%s", strings.Join(m.Resolver.TrustAnchors, "; "))
	add("Order of digests", "%s", strings.Join(m.DigestOrder, ", "))
	add("Public suffix list", "%s", m.PublicSuffixList)
	add("List of retired CAs", "%s", m.RetiredCAList)
	add("Vantage", "%s %s, EHLO %s", m.Vantage.HostName, strings.Join(m.Vantage.Addresses, ", "), m.Vantage.EHLO)
	add("Contact and opt-out", "%s", m.Vantage.Contact)
	if a := m.Counts.Again; a != nil {
		add("Looked at twice", "%s names whose lookups had failed; %s of them answered later", thousands(a.Domains), thousands(a.Answered))
	}
	add("Left out by request", "%d domains, %d hosts, %d addresses", m.Exclusions.Domains, m.Exclusions.Hosts, m.Exclusions.Addresses)
	return facts
}

func skippedText(skipped map[string]int64) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(skipped)) {
		parts = append(parts, fmt.Sprintf(", %s skipped (%s)", thousands(skipped[reason]), reason))
	}
	return strings.Join(parts, "")
}

// limits are what readers must know before they quote.
func limits(s *summary) []string {
	all := []string{
		"One vantage point and one moment: a host that did not answer here may have answered elsewhere or later. Such hosts are shown as unreachable, never as failed.",
		"A lookup without an answer is unknown. Names that hang on one are undecided, not failed and not without DANE.",
		"A name is attributed to the provider of its best MX host; names with hosts of several providers count with one.",
		"No mail is sent: whether a server would take it for a recipient is not known.",
		fmt.Sprintf("The data files hold at most %s rows of a figure, and %d TLDs, groups and providers each have a page of their own.", thousands(maxRows), maxPages),
	}
	if s.manifest.Settings["probe"] == "none" {
		all = append(all, "No mail server was connected to in this run.")
	}
	if s.redacted {
		all = append(all, fmt.Sprintf("The list may not be republished: hosts, providers, DNS operators and issuers that fewer than %d names have are not named.", fewest))
	}
	return all
}

// dictionaryTable is a table of the data dictionary.
type dictionaryTable struct {
	Name, Title string
	Columns     []run.Column
}

// dictionaryPage describes the tables of a run. The members of lookups are
// described once.
func dictionaryPage() page {
	p := page{Path: "dictionary.html", Here: "dictionary", body: "dictionary", Title: "Data dictionary",
		Lead: "The columns of the tables of a run. Evidence is what was seen, a verdict is what the rules make of it; what is volatile may differ between two equal runs."}
	for _, t := range run.Tables() {
		d := dictionaryTable{Name: string(t), Title: "Table " + string(t)}
		for _, c := range run.Columns(t) {
			if !c.Lookup {
				d.Columns = append(d.Columns, c)
			}
		}
		p.Dictionary = append(p.Dictionary, d)
	}
	lookup := dictionaryTable{Name: "lookup", Title: "Members of a lookup"}
	for _, c := range run.Columns(run.TableDomains) {
		if name, ok := strings.CutPrefix(c.Name, "mx_lookup."); ok {
			c.Name = name
			lookup.Columns = append(lookup.Columns, c)
		}
	}
	p.Dictionary = append(p.Dictionary, lookup)
	return p
}

// fileRow is a figure in the list of downloads.
type fileRow struct {
	Title, Rows string
	Links       []link
}

func (s *summary) downloadsPage() page {
	p := page{Path: "downloads.html", Here: "downloads", body: "downloads", Title: "Downloads",
		Lead:      "The data of every figure, free to quote with the run and the list.",
		Downloads: []link{{"Data package of the run", "data/datapackage.json"}, {"Data dictionary as Markdown", "data/dictionary.md"}}}
	for i := range s.tables {
		t := &s.tables[i]
		p.Files = append(p.Files, fileRow{t.Title, thousands(int64(len(t.Rows))), dataLinks("", t.Name)})
	}
	return p
}

package report

import (
	"fmt"
	"strconv"
	"strings"

	"danescan/scanner/judge"
)

// figure is one table of the page with bars beside it: by domains and by hosts.
type figure struct {
	Name     string // anchor
	Title    string
	Sentence string // what the figure says
	Label    string // heading of the first column
	Domains  bool   // whether the column is there
	Hosts    bool
	Rows     []figureRow
	Rest     string // what is not shown
}

// figureRow is one line. Shares are of Of..., in hundredths of a percent.
type figureRow struct {
	Label, Note    string
	Domains, Hosts int64
	DomainShare    string
	HostShare      string
	Bar            float64 // 0 to 100, the drawn share
	Tone           string  // class of the bar: good, bad, unknown, plain
	Extra          string
}

// topProviders is how many providers the page lists.
const topProviders = 20

// topProblems is how many findings the page lists.
const topProblems = 25

// figures makes the figures of a page.
func (g *gathered) figures() []figure {
	return []figure{
		g.verdictFigure(), g.hostFigure(), g.mxFigure(), g.providerFigure(), g.parameterFigure(), g.problemFigure(),
	}
}

func (g *gathered) verdictFigure() figure {
	f := figure{Name: "verdicts", Title: "Verdicts of domains", Label: "Verdict", Domains: true,
		Sentence: fmt.Sprintf("%s of %s names are verified: a DANE sender would deliver to every MX host that can be reached, authenticated.",
			thousands(g.verified), thousands(g.names))}
	for _, v := range g.verdicts.top(0) {
		f.add(v, verdictMeaning[v], *g.verdicts.at(v), g.names, 0)
		f.Rows[len(f.Rows)-1].Tone = tone(v)
	}
	return f
}

func (g *gathered) hostFigure() figure {
	f := figure{Name: "hosts", Title: "Verdicts of MX hosts", Label: "Verdict", Hosts: true,
		Sentence: fmt.Sprintf("%s of %s distinct MX hosts have TLSA records that senders must heed; %s of these are verified at every address that answered.",
			thousands(g.hostsWithTLSA), thousands(g.hosts), thousands(g.hostsVerified))}
	for _, v := range g.hostVerdicts.top(0) {
		f.add(v, hostMeaning[v], *g.hostVerdicts.at(v), 0, g.hosts)
		f.Rows[len(f.Rows)-1].Tone = tone(v)
	}
	return f
}

func (g *gathered) mxFigure() figure {
	f := figure{Name: "mx-dnssec", Title: "DNSSEC status of MX lookups", Label: "Status", Domains: true,
		Sentence: fmt.Sprintf("The MX records, or their absence, are proven for %s of %s names that take mail.", thousands(g.signedMX), thousands(g.withMail))}
	for _, s := range g.mxDNSSEC.top(0) {
		f.add(s, statusMeaning[s], *g.mxDNSSEC.at(s), g.names, 0)
		f.Rows[len(f.Rows)-1].Tone = tone(s)
	}
	return f
}

func (g *gathered) providerFigure() figure {
	f := figure{Name: "providers", Title: "Top MX providers by domains", Label: "Provider", Domains: true, Hosts: true,
		Sentence: "A provider is the registrable domain of a name's best MX host. One provider's choice decides for all of its customers."}
	var others count
	for i, p := range g.providers.top(0) {
		c := *g.providers.at(p)
		if i >= topProviders || c.domains == 0 {
			others.domains += c.domains
			others.hosts += c.hosts
			continue
		}
		f.add(p, "", c, g.withMail, g.hosts)
		row := &f.Rows[len(f.Rows)-1]
		row.Extra = share(g.providerDANE[p], c.domains) + " verified"
		if g.providerDANE[p]*2 > c.domains {
			row.Tone = "good"
		}
	}
	if others.domains > 0 {
		f.Rest = fmt.Sprintf("%s more domains with other providers.", thousands(others.domains))
	}
	return f
}

func (g *gathered) parameterFigure() figure {
	f := figure{Name: "parameters", Title: "TLSA parameters", Label: "Usage, selector, matching type", Domains: true, Hosts: true,
		Sentence: "Parameters in use where DANE applies; a host with several counts once under each."}
	for _, p := range g.parameters.top(topProviders) {
		f.add(p, parameterMeaning[p], *g.parameters.at(p), g.dane+g.half, g.hostsWithTLSA)
	}
	return f
}

func (g *gathered) problemFigure() figure {
	f := figure{Name: "problems", Title: "Top problems", Label: "Finding", Domains: true, Hosts: true,
		Sentence: "What was found, and what the operator should do. A domain counts where it or one of its MX hosts has the finding."}
	checks := map[string]judge.Check{}
	for _, c := range judge.Findings() {
		checks[c.Code] = c
	}
	for _, code := range g.findings.top(0) {
		c := checks[code]
		if c.Severity != judge.Failure && c.Severity != judge.Warning {
			continue
		}
		if len(f.Rows) == topProblems {
			f.Rest = "Less common findings are in the tables of the run."
			break
		}
		f.add(code, strings.TrimSpace(c.Title+". "+c.Remedy), *g.findings.at(code), g.names, g.hosts)
		row := &f.Rows[len(f.Rows)-1]
		row.Extra = string(c.Severity) + ", " + c.RFC
		if c.Severity == judge.Failure {
			row.Tone = "bad"
		}
	}
	return f
}

func (f *figure) add(label, note string, c count, ofDomains, ofHosts int64) {
	row := figureRow{Label: label, Note: note, Domains: c.domains, Hosts: c.hosts, Tone: "plain",
		DomainShare: share(c.domains, ofDomains), HostShare: share(c.hosts, ofHosts)}
	if label == "" {
		row.Label = "(none)"
	}
	switch {
	case f.Domains && ofDomains > 0:
		row.Bar = 100 * float64(c.domains) / float64(ofDomains)
	case ofHosts > 0:
		row.Bar = 100 * float64(c.hosts) / float64(ofHosts)
	}
	row.Bar = min(row.Bar, 100)
	f.Rows = append(f.Rows, row)
}

// share is a part of a whole, in words that never say 0 % of something that is
// there, nor 100 % of something that is not all.
func share(part, whole int64) string {
	switch {
	case whole == 0:
		return "–"
	case part == 0:
		return "0 %"
	case part == whole:
		return "100 %"
	}
	percent := 100 * float64(part) / float64(whole)
	if percent < 0.01 {
		return "< 0.01 %"
	}
	digits := 1
	if percent < 1 || percent > 99 {
		digits = 2
	}
	text := strconv.FormatFloat(percent, 'f', digits, 64)
	if text == "100.00" {
		text = "> 99.99"
	}
	return text + " %"
}

// thousands writes a number with thin groups.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	var groups []string
	for len(text) > 3 {
		groups = append([]string{text[len(text)-3:]}, groups...)
		text = text[:len(text)-3]
	}
	return strings.Join(append([]string{text}, groups...), ",")
}

package list

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"
)

// Provenance is where an edition of a list comes from.
type Provenance struct {
	Publisher string // a name of Formats, where it is certain
	ID        string // the publisher's name for this edition
	URL       string // from which it was fetched, after redirects
	Date      string // of the edition, YYYY-MM-DD
}

var (
	trancoID   = regexp.MustCompile(`^[A-Z0-9]{4,8}$`)
	trancoFile = regexp.MustCompile(`^tranco_([A-Z0-9]{4,8})(-1m)?\.csv(\.\w+)?$`)
	trancoPath = regexp.MustCompile(`^/(?:list|download|download_daily)/([A-Z0-9]{4,8})(?:/|$)`)
	dated      = regexp.MustCompile(`(?:^|\D)(\d{4}-\d{2}-\d{2})(?:\D|$)`)
)

// provenanceOf is what the name of a file tells: Tranco's hold the list's ID,
// Umbrella's and others the date.
func provenanceOf(name string) Provenance {
	p := Provenance{Date: dateIn(name)}
	if m := trancoFile.FindStringSubmatch(name); m != nil {
		p.Publisher, p.ID = "tranco", m[1]
	}
	return p
}

// dateIn is the first date in a text, "" where it has none.
func dateIn(text string) string {
	for _, m := range dated.FindAllStringSubmatch(text, -1) {
		if _, err := time.Parse(time.DateOnly, m[1]); err == nil {
			return m[1]
		}
	}
	return ""
}

// provenanceOfResponse is what a server told with a list: in the URL at which it
// was found in the end, in the name that it gave to the file, and in the time at
// which it was last changed. The query of a URL that we were redirected to is left
// out: it may be a key to the file.
func provenanceOfResponse(asked *url.URL, r *http.Response) Provenance {
	final := *r.Request.URL
	_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Disposition"))
	p := provenanceOf(path.Base(params["filename"]))
	p = p.or(provenanceOf(path.Base(final.Path))).or(tranco(&final)).or(tranco(asked))
	p = p.or(Provenance{Date: dateIn(asked.RawQuery)})
	if changed, err := http.ParseTime(r.Header.Get("Last-Modified")); err == nil {
		p = p.or(Provenance{Date: changed.UTC().Format(time.DateOnly)})
	}
	if final.String() != asked.String() {
		final.RawQuery = ""
	}
	final.User, final.Fragment = nil, ""
	p.URL = final.String()
	return p
}

// tranco is what the address of a list on Tranco's site tells.
func tranco(u *url.URL) Provenance {
	if u.Hostname() != "tranco-list.eu" && u.Hostname() != "www.tranco-list.eu" {
		return Provenance{}
	}
	p := Provenance{Publisher: "tranco"}
	if m := trancoPath.FindStringSubmatch(u.Path); m != nil {
		p.ID = m[1]
	}
	return p
}

// or fills what p leaves open with what q says.
func (p Provenance) or(q Provenance) Provenance {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&p.Publisher, q.Publisher)
	fill(&p.ID, q.ID)
	fill(&p.URL, q.URL)
	fill(&p.Date, q.Date)
	return p
}

// settle adds what the list itself tells. Tranco's form is also that of others, so
// that a list is Tranco's only where its name, its address or the user said so.
func (f *File) settle(asked string) {
	format := f.Format()
	switch {
	case format != "tranco" && f.Publisher == "tranco":
		f.Publisher, f.ID = "", "" // a file of that name with something else in it
	case format == "tranco" && asked != "tranco", format == "plain":
		return
	}
	f.Provenance = f.or(Provenance{Publisher: format})
	if z, ok := f.Reader.source.(*zoneSource); ok {
		f.Provenance = f.or(Provenance{ID: z.zoneID()})
	}
}

// Override puts what the user said of a list before what was found out.
func (p Provenance) Override(id, address string) Provenance {
	q := Provenance{ID: id, URL: address}.or(p)
	if q.Publisher == "" && trancoID.MatchString(id) {
		q.Publisher = "tranco"
	}
	return q
}

// publications are what to name beside an edition, by Provenance.Publisher.
var publications = map[string]struct{ title, reference string }{
	"tranco": {"Tranco list", "V. Le Pochat, T. Van Goethem, S. Tajalizadehkhoob, M. Korczyński, W. Joosen: " +
		"Tranco: A Research-Oriented Top Sites Ranking Hardened Against Manipulation. NDSS 2019, https://doi.org/10.14722/ndss.2019.23386."},
	"alexa":    {"Alexa Top Sites", ""},
	"umbrella": {"Cisco Umbrella Popularity List, folded to registrable domains", ""},
	"majestic": {"The Majestic Million", "Licence: Creative Commons Attribution 3.0, https://majestic.com/reports/majestic-million."},
	"crux":     {"Chrome UX Report top list", "https://developer.chrome.com/docs/crux."},
}

// Citation is a line that names the edition of a list for a publication. The
// source stands for a list of which no publisher is known; sha256 is in hex.
func (p Provenance) Citation(source, sha256 string) string {
	known := publications[p.Publisher]
	text := known.title
	if text == "" {
		text = fmt.Sprintf("Domain list %q", printable(path.Base(source)))
	}
	if p.ID != "" {
		text += ", " + printable(p.ID)
	}
	if p.Date != "" {
		text += ", edition of " + p.Date
	}
	if address := p.address(); address != "" {
		text += ", " + address
	}
	return strings.TrimSpace(text + ", SHA-256 " + sha256 + ". " + known.reference)
}

// address is where a reader finds the edition.
func (p Provenance) address() string {
	if p.Publisher == "tranco" && trancoID.MatchString(p.ID) {
		return "https://tranco-list.eu/list/" + p.ID
	}
	return printable(p.URL)
}

package list

import (
	"net/url"
	"testing"
)

func TestProvenance(t *testing.T) {
	for name, want := range map[string]Provenance{
		"tranco_K25GW.csv":            {Publisher: "tranco", ID: "K25GW"},
		"tranco_K25GW-1m.csv.zip":     {Publisher: "tranco", ID: "K25GW"},
		"top-1m-2026-11-01.csv.zip":   {Date: "2026-11-01"},
		"top-1m.csv":                  {},
		"names-2026-13-41.txt":        {},
		"tranco_../../etc/passwd.csv": {},
	} {
		if got := provenanceOf(name); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	for address, want := range map[string]Provenance{
		"https://tranco-list.eu/download/K25GW/1000000":   {Publisher: "tranco", ID: "K25GW"},
		"https://tranco-list.eu/list/K25GW/1000000":       {Publisher: "tranco", ID: "K25GW"},
		"https://tranco-list.eu/top-1m.csv.zip":           {Publisher: "tranco"},
		"https://tranco-list.eu.evil.example/list/K25GW/": {},
	} {
		u, _ := url.Parse(address)
		if got := tranco(u); got != want {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
	}
}

func TestCitation(t *testing.T) {
	for _, tc := range []struct {
		p    Provenance
		want string
	}{
		{Provenance{Publisher: "tranco", ID: "K25GW", Date: "2026-11-21", URL: "https://cdn.example/x"},
			"Tranco list, K25GW, edition of 2026-11-21, https://tranco-list.eu/list/K25GW, SHA-256 ab12. V. Le Pochat, T. Van Goethem, S. Tajalizadehkhoob, M. Korczyński, W. Joosen: " +
				"Tranco: A Research-Oriented Top Sites Ranking Hardened Against Manipulation. NDSS 2019, https://doi.org/10.14722/ndss.2019.23386."},
		{Provenance{Publisher: "majestic", URL: "https://downloads.majestic.com/majestic_million.csv"},
			"The Majestic Million, https://downloads.majestic.com/majestic_million.csv, SHA-256 ab12. Licence: Creative Commons Attribution 3.0, https://majestic.com/reports/majestic-million."},
		{Provenance{Publisher: "zone", ID: "zone se. serial 2026112201"}, `Domain list "se.zone.gz", zone se. serial 2026112201, SHA-256 ab12.`},
		{Provenance{}, `Domain list "se.zone.gz", SHA-256 ab12.`},
	} {
		if got := tc.p.Citation("/data/se.zone.gz", "ab12"); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
}

// What the user says of a list goes before what was found out. An ID in Tranco's
// form makes a list in Tranco's form Tranco's.
func TestOverride(t *testing.T) {
	p := Provenance{Publisher: "tranco", ID: "K25GW", URL: "https://a.example/", Date: "2026-11-21"}
	if got, want := p.Override("X", "https://b.example/"), (Provenance{"tranco", "X", "https://b.example/", "2026-11-21"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := (Provenance{}).Override("K25GW", ""); got.Publisher != "tranco" {
		t.Errorf("got %+v", got)
	}
	if got := (Provenance{}).Override("our list", ""); got.Publisher != "" {
		t.Errorf("got %+v", got)
	}
}

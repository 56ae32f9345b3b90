package run

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteDictionary writes the data dictionary as Markdown: a section for each
// table, and one for the lookups that stand in them.
func WriteDictionary(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "Schema version %d. Columns in order. In nested columns a dot leads into the struct, or into each element of the list.\n", SchemaVersion)
	fmt.Fprintf(b, "*Null* says whether a column can be null: unknown, not asked, or not applicable. A list is never null.\n")
	fmt.Fprintf(b, "*Made by*: evidence is what was seen, a verdict is what the judge made of it. What is *volatile* may differ between two equal runs.\n")
	for _, t := range Tables() {
		fmt.Fprintf(b, "\n## %s\n\n%s\n\n", t, tableMeaning(t))
		dictionaryHead(b)
		for _, c := range Columns(t) {
			if !c.Lookup {
				dictionaryRow(b, c, c.Name)
			}
		}
	}
	fmt.Fprintf(b, "\n## Lookups\n\nWhat is a lookup above has these members.\n\n")
	dictionaryHead(b)
	for _, c := range Columns(TableDomains) {
		if name, ok := strings.CutPrefix(c.Name, "mx_lookup."); ok {
			dictionaryRow(b, c, name)
		}
	}
	return b.Flush()
}

// tableMeaning says what a row of a table is.
func tableMeaning(t Table) string {
	switch t {
	case TableDomains:
		return "One row per domain of the list, sorted by `line`."
	case TableHosts:
		return "One row per distinct MX host, sorted by `host`."
	case TableEndpoints:
		return "One row per session: TLSA base domain, address, certificate algorithm and attempt, sorted by `base`, `address`, `algorithm`, `attempt`."
	case TableCertificates:
		return "One row per distinct certificate, sorted by `sha256`."
	}
	return ""
}

func dictionaryHead(w io.Writer) {
	fmt.Fprint(w, "| column | type | null | unit | meaning | source | made by | volatile |\n")
	fmt.Fprint(w, "|---|---|---|---|---|---|---|---|\n")
}

func dictionaryRow(w io.Writer, c Column, name string) {
	kind := c.Type
	if c.lookup {
		kind = "lookup"
	}
	madeBy := "evidence"
	if c.Verdict {
		madeBy = "verdict"
	}
	cells := []string{"`" + name + "`", kind, tick(c.Nullable), c.Unit, c.Meaning, c.Source, madeBy, tick(c.Volatile)}
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
}

func tick(yes bool) string {
	if yes {
		return "yes"
	}
	return ""
}

package run

import (
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// schemaNames gives the dotted names of the leaf columns of a table, out of its
// Parquet schema.
func schemaNames(t Table) []string {
	row := map[Table]any{TableDomains: Domain{}, TableHosts: Host{}, TableEndpoints: Endpoint{}, TableCertificates: Certificate{}}[t]
	var names []string
	for _, path := range parquet.SchemaOf(row).Columns() {
		names = append(names, strings.ReplaceAll(strings.Join(path, "."), ".list.element", ""))
	}
	return names
}

func TestEveryColumnIsDescribed(t *testing.T) {
	for _, table := range Tables() {
		var leaves []string
		seen := make(map[string]bool)
		for _, c := range Columns(table) {
			if c.Meaning == "" || c.Source == "" || c.Type == "" || c.Table != table {
				t.Errorf("%s.%s is not described: %+v", table, c.Name, c)
			}
			if seen[c.Name] {
				t.Errorf("%s.%s is there twice", table, c.Name)
			}
			seen[c.Name] = true
			if c.Leaf {
				leaves = append(leaves, c.Name)
			}
		}
		if want := schemaNames(table); !reflect.DeepEqual(leaves, want) {
			t.Errorf("%s: described are\n%v\nthere are\n%v", table, leaves, want)
		}
	}
}

// No text is about a column that does not exist, or is there twice.
func TestNoStrayDescription(t *testing.T) {
	for _, table := range Tables() {
		exists := make(map[string]bool)
		for _, c := range Columns(table) {
			exists[c.Name] = true
		}
		_, texts := described(table)
		checkTexts(t, string(table), texts, exists)
	}
	exists := make(map[string]bool)
	for _, c := range Columns(TableDomains) {
		if name, ok := strings.CutPrefix(c.Name, "mx_lookup."); ok {
			exists[name] = true
		}
	}
	checkTexts(t, "lookup", lookupColumns(), exists)
}

func checkTexts(t *testing.T, of string, texts []about, exists map[string]bool) {
	t.Helper()
	twice := make(map[string]bool)
	for _, a := range texts {
		if !exists[a.name] || twice[a.name] {
			t.Errorf("%s: a text on %q, which does not exist or has one already", of, a.name)
		}
		twice[a.name] = true
	}
}

func TestColumnKinds(t *testing.T) {
	want := map[string]Column{
		"domains.domain":               {Type: "string", Leaf: true},
		"domains.rank":                 {Type: "int64", Leaf: true, Nullable: true},
		"domains.scanned_at":           {Type: "timestamp", Leaf: true, Volatile: true},
		"domains.mx":                   {Type: "list of struct"},
		"domains.mx.host":              {Type: "string", Leaf: true},
		"domains.mx.verdict":           {Type: "string", Leaf: true, Nullable: true, Verdict: true},
		"domains.verdict":              {Type: "string", Leaf: true, Nullable: true, Verdict: true},
		"domains.findings.code":        {Type: "string", Leaf: true, Verdict: true},
		"domains.mx_lookup":            {Type: "struct", Nullable: true},
		"domains.mx_lookup.chain.name": {Type: "string", Leaf: true, Lookup: true},
		"domains.mx_lookup.ttl":        {Type: "int64", Leaf: true, Nullable: true, Volatile: true, Lookup: true},
		"hosts.tlsa.data":              {Type: "bytes", Leaf: true},
		"hosts.tlsa.usable":            {Type: "boolean", Leaf: true, Nullable: true, Verdict: true},
		"hosts.domains":                {Type: "int64", Leaf: true, Verdict: true},
		"endpoints.chain":              {Type: "list of bytes", Leaf: true},
		"endpoints.attempt":            {Type: "int32", Leaf: true, Volatile: true},
		"certificates.is_ca":           {Type: "boolean", Leaf: true, Nullable: true},
	}
	found := 0
	for _, table := range Tables() {
		for _, c := range Columns(table) {
			w, ok := want[string(table)+"."+c.Name]
			if !ok {
				continue
			}
			found++
			if c.Type != w.Type || c.Leaf != w.Leaf || c.Nullable != w.Nullable || c.Verdict != w.Verdict || c.Volatile != w.Volatile || c.Lookup != w.Lookup {
				t.Errorf("%s.%s: %+v", table, c.Name, c)
			}
		}
	}
	if found != len(want) {
		t.Errorf("%d of %d columns found", found, len(want))
	}
}

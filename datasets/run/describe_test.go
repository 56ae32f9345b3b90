package run

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestDictionary(t *testing.T) {
	var b bytes.Buffer
	if err := WriteDictionary(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"\n## domains\n\nOne row per domain of the list, sorted by `line`.\n\n| column | type |",
		"\n| `mx_lookup` | lookup | yes |  | the MX lookup | MX | evidence |  |\n",
		"\n| `mx.verdict` | string | yes |  | verdict on the host with the names that this domain adds | RFC 7672, Section 3.2.2 | verdict |  |\n",
		"\n| `elapsed_ms` | int64 |  | ms | time that the lookups of the domain took | the clock | evidence | yes |\n",
		"\n## Lookups\n",
		"\n| `chain.target` | string |  |  | where it points |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the dictionary has no %q", want)
		}
	}
	if strings.Contains(text, "`mx_lookup.") || strings.Contains(text, "`a.ttl") {
		t.Error("the members of a lookup are there more than once")
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 9 {
			t.Errorf("a row of other than eight cells: %s", line)
		}
	}
}

func TestDataPackage(t *testing.T) {
	m := sampleManifest()
	m.Finished = ptr(sampleTime)
	m.List.URL = "https://tranco-list.eu/list/K25VW/full"
	m.Parts = []PartInfo{
		{"domains/part-000000.parquet", 10, 100, "aa"}, {"domains/part-000001.parquet", 5, 50, "bb"}, {"hosts/part-000000.parquet", 7, 70, "cc"},
	}
	var b bytes.Buffer
	if err := WriteDataPackage(&b, m); err != nil {
		t.Fatal(err)
	}
	var p struct {
		Name, Created string
		Sources       []struct{ Path string }
		Resources     []struct {
			Name, Format, Hash string
			Path               any
			Rows, Bytes        int64
			Schema             struct {
				PrimaryKey []string
				Fields     []struct {
					Name, Type, Format, Description string
					Constraints                     struct{ Required bool }
					Members                         []struct{ Name string }
				}
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p.Name != "danescan-run-1" || p.Created != "2026-11-21T12:00:00Z" || p.Sources[0].Path != m.List.URL || len(p.Resources) != 4 {
		t.Errorf("%+v", p)
	}
	domains, hosts := p.Resources[0], p.Resources[1]
	if domains.Rows != 15 || domains.Bytes != 150 || len(domains.Path.([]any)) != 2 || domains.Hash != "" || domains.Schema.PrimaryKey[0] != "line" {
		t.Errorf("domains: %+v", domains)
	}
	if hosts.Path != "hosts/part-000000.parquet" || hosts.Hash != "sha256:cc" {
		t.Errorf("hosts: %+v", hosts)
	}
	types := make(map[string]string)
	for _, f := range domains.Schema.Fields {
		types[f.Name] = f.Type
		if f.Name == "mx" && (len(f.Members) != 5 || f.Members[1].Name != "host") {
			t.Errorf("members of mx: %+v", f.Members)
		}
		if f.Constraints.Required != (f.Name != "rank") && (f.Name == "rank" || f.Name == "line") {
			t.Errorf("%s: required %v", f.Name, f.Constraints.Required)
		}
	}
	for name, want := range map[string]string{"line": "integer", "domain": "string", "mx": "array", "mx_lookup": "object", "scanned_at": "datetime", "mx_secure": "boolean"} {
		if types[name] != want {
			t.Errorf("%s is %q, not %q", name, types[name], want)
		}
	}
}

func TestPackageName(t *testing.T) {
	if got := packageName("20261121T120000Z-Ab/ü"); got != "danescan-20261121t120000z-ab--" {
		t.Errorf("%q", got)
	}
}

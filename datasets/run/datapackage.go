package run

import (
	"encoding/json"
	"io"
	"strings"
	"time"
)

// DataPackageName is the file that describes a run to tools that know
// Frictionless Data Packages (specs.frictionlessdata.io, version 1).
const DataPackageName = "datapackage.json"

type dataPackage struct {
	Profile     string          `json:"profile"`
	Name        string          `json:"name"`
	ID          string          `json:"id"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Created     string          `json:"created,omitempty"`
	Version     string          `json:"version"`
	Sources     []packageSource `json:"sources,omitempty"`
	Resources   []packageTable  `json:"resources"`
	RunID       string          `json:"run_id"`
	Rules       string          `json:"rules_version"`
	Tool        Tool            `json:"tool"`
}

type packageSource struct {
	Title string `json:"title"`
	Path  string `json:"path,omitempty"`
}

// packageTable is one table as a resource. Several paths are one table in parts.
type packageTable struct {
	Profile     string        `json:"profile"`
	Name        Table         `json:"name"`
	Description string        `json:"description"`
	Path        any           `json:"path"` // one string, or the strings of all parts
	Format      string        `json:"format"`
	MediaType   string        `json:"mediatype"`
	Bytes       int64         `json:"bytes"`
	Hash        string        `json:"hash,omitempty"` // of the only part
	Rows        int64         `json:"rows"`
	Parts       []PartInfo    `json:"parts"`
	Schema      packageSchema `json:"schema"`
}

type packageSchema struct {
	Fields     []packageField `json:"fields"`
	PrimaryKey []string       `json:"primaryKey,omitempty"`
}

// packageField is a column. Members, unit, source, made_by and volatile go
// beyond the specification, which allows that.
type packageField struct {
	Name        string              `json:"name"`
	Type        string              `json:"type"`
	Format      string              `json:"format,omitempty"`
	Description string              `json:"description"`
	Constraints *packageConstraints `json:"constraints,omitempty"`
	Unit        string              `json:"unit,omitempty"`
	Source      string              `json:"source"`
	MadeBy      string              `json:"made_by"`
	Volatile    bool                `json:"volatile,omitempty"`
	Members     []packageField      `json:"members,omitempty"` // of the struct, or of each element
}

type packageConstraints struct {
	Required bool `json:"required"`
}

// WriteDataPackage writes the description of a finished run as a Frictionless
// data package.
func WriteDataPackage(w io.Writer, m Manifest) error {
	p := dataPackage{
		Profile:     "data-package",
		Name:        packageName(m.RunID),
		ID:          m.RunID,
		Title:       "DANE for SMTP: " + listTitle(m.List),
		Description: "One measurement of DANE for SMTP (RFC 7672) over a list of domains: what was seen, and the verdicts on it.",
		Version:     m.RulesVersion,
		Sources:     []packageSource{{Title: listTitle(m.List), Path: httpOnly(m.List.URL)}},
		RunID:       m.RunID,
		Rules:       m.RulesVersion,
		Tool:        m.Tool,
	}
	if m.Finished != nil {
		p.Created = m.Finished.UTC().Format(time.RFC3339)
	}
	for _, t := range Tables() {
		p.Resources = append(p.Resources, tableResource(t, m.Parts))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(p)
}

// packageName makes a name of the letters that the specification allows.
func packageName(id string) string {
	return "danescan-" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, strings.ToLower(id))
}

func listTitle(l List) string {
	if l.ID != "" {
		return "list " + l.ID
	}
	if l.Source != "" {
		return "list " + l.Source
	}
	return "list of domains"
}

// httpOnly keeps a URL that a reader can follow.
func httpOnly(url string) string {
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return url
	}
	return ""
}

func tableResource(t Table, parts []PartInfo) packageTable {
	r := packageTable{
		Profile: "data-resource", Name: t, Description: strings.ReplaceAll(tableMeaning(t), "`", ""),
		Format: "parquet", MediaType: "application/vnd.apache.parquet", Parts: []PartInfo{},
		Schema: packageSchema{Fields: packageFields(t), PrimaryKey: keyOf(t)},
	}
	paths := []string{}
	for _, p := range parts {
		if table, _, _ := p.split(); table != t {
			continue
		}
		r.Parts = append(r.Parts, p)
		paths = append(paths, p.Name)
		r.Bytes += p.Bytes
		r.Rows += p.Rows
	}
	r.Path = paths
	if len(paths) == 1 {
		r.Path, r.Hash = paths[0], "sha256:"+r.Parts[0].SHA256
	}
	return r
}

func keyOf(t Table) []string {
	switch t {
	case TableDomains:
		return domainKey
	case TableHosts:
		return hostKey
	case TableEndpoints:
		return endpointKey
	case TableCertificates:
		return certificateKey
	}
	return nil
}

// packageFields nests the columns of a table as they are in Parquet.
func packageFields(t Table) []packageField {
	fields, _ := nestFields(Columns(t), "")
	return fields
}

// nestFields takes the columns that begin with a prefix off the front and gives
// the rest.
func nestFields(columns []Column, prefix string) ([]packageField, []Column) {
	var fields []packageField
	for len(columns) > 0 {
		c := columns[0]
		name, ok := strings.CutPrefix(c.Name, prefix)
		if !ok {
			break
		}
		f := c.field(name)
		columns = columns[1:]
		if !c.Leaf {
			f.Members, columns = nestFields(columns, c.Name+".")
		}
		fields = append(fields, f)
	}
	return fields, columns
}

func (c Column) field(name string) packageField {
	f := packageField{
		Name: name, Description: c.Meaning, Unit: c.Unit, Source: c.Source, MadeBy: "evidence", Volatile: c.Volatile,
	}
	if c.Verdict {
		f.MadeBy = "verdict"
	}
	if !c.Nullable {
		f.Constraints = &packageConstraints{Required: true}
	}
	f.Type, f.Format = fieldType(c.Type)
	return f
}

// fieldType gives the type of a column as Table Schema names it.
func fieldType(kind string) (name, format string) {
	switch kind {
	case "string", "boolean":
		return kind, ""
	case "int32", "int64":
		return "integer", ""
	case "timestamp":
		return "datetime", ""
	case "bytes":
		return "string", "binary"
	case "struct":
		return "object", ""
	}
	return "array", ""
}

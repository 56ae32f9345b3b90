package run

import (
	"reflect"
	"strings"
)

// Column describes one column of a table, or one group of columns. From here
// come the data dictionary, a run's datapackage.json and the methodology page.
type Column struct {
	Table    Table
	Name     string // dotted path: mx.host is the member host of each element of the list mx
	Type     string // string, int32, int64, boolean, bytes, timestamp, struct, list of ...
	Nullable bool
	Unit     string // empty: none
	Meaning  string
	Source   string // what the value is taken from, or the rule that makes it
	Verdict  bool   // made by the judge; else evidence
	Volatile bool   // two equal runs may differ in it
	Leaf     bool   // holds values; else groups those whose names begin with it
	Lookup   bool   // stands inside of a Lookup, which is described once for all
	lookup   bool   // is a Lookup
}

// about is what a person has to say of a column. The rest follows from the row
// types.
type about struct {
	name    string
	unit    string
	meaning string
	source  string
	flags   flags
}

type flags int

const (
	volatile flags = 1 << iota
	judged         // a verdict that stands in a list of evidence
)

// Columns describes the columns of a table, in their order, each group before
// its members.
func Columns(t Table) []Column {
	row, texts := described(t)
	known := make(map[string]about, len(texts))
	for _, a := range texts {
		known[a.name] = a
	}
	lookup := make(map[string]about)
	for _, a := range lookupColumns() {
		lookup[a.name] = a
	}
	d := describer{table: t, known: known, lookup: lookup}
	d.group(row, "", position{})
	return d.columns
}

// described gives the row type of a table and the texts on its columns.
func described(t Table) (reflect.Type, []about) {
	switch t {
	case TableDomains:
		return reflect.TypeFor[Domain](), domainColumns()
	case TableHosts:
		return reflect.TypeFor[Host](), hostColumns()
	case TableEndpoints:
		return reflect.TypeFor[Endpoint](), endpointColumns()
	case TableCertificates:
		return reflect.TypeFor[Certificate](), certificateColumns()
	}
	return reflect.TypeFor[struct{}](), nil
}

// describer joins the row types and the texts.
type describer struct {
	table   Table
	known   map[string]about
	lookup  map[string]about
	columns []Column
}

// position is where the describer is.
type position struct {
	verdict bool
	lookup  string // path of the Lookup it is in, with the final dot; empty: in none
}

func (d *describer) group(t reflect.Type, prefix string, at position) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			half := at
			half.verdict = strings.HasSuffix(f.Name, "Verdict")
			d.group(f.Type, prefix, half)
			continue
		}
		d.field(f, prefix, at)
	}
}

func (d *describer) field(f reflect.StructField, prefix string, at position) {
	n := &node{}
	list := n.readTag(f.Tag.Get("parquet"))
	name := prefix + n.name
	text := d.text(name, at)
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	kind, below := typeName(t, list)
	at.verdict = at.verdict || text.flags&judged != 0
	d.columns = append(d.columns, Column{
		Table: d.table, Name: name, Type: kind, Nullable: n.optional, Unit: text.unit, Meaning: text.meaning, Source: text.source,
		Verdict: at.verdict, Volatile: text.flags&volatile != 0, Leaf: below == nil, Lookup: at.lookup != "",
		lookup: below == reflect.TypeFor[Lookup](),
	})
	if below == nil {
		return
	}
	if below == reflect.TypeFor[Lookup]() {
		at.lookup = name + "."
	}
	d.group(below, name+".", at)
}

func (d *describer) text(name string, at position) about {
	if at.lookup != "" {
		return d.lookup[strings.TrimPrefix(name, at.lookup)]
	}
	return d.known[name]
}

// typeName gives the type of a column in words, and the struct below it if it
// is a group.
func typeName(t reflect.Type, list bool) (name string, below reflect.Type) {
	if list {
		name, below = typeName(t.Elem(), false)
		return "list of " + name, below
	}
	if t.Kind() == reflect.Struct && t.Name() != "Time" {
		return "struct", t
	}
	n := &node{}
	n.compile(t, false)
	switch n.form {
	case formString:
		return "string", nil
	case formBool:
		return "boolean", nil
	case formBytes:
		return "bytes", nil
	case formTime:
		return "timestamp", nil
	}
	if n.wide {
		return "int64", nil
	}
	return "int32", nil
}

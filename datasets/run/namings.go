package run

import "iter"

// Naming is the part of a row of domains that says which hosts the domain names.
// To read it alone costs a fraction of what the whole row does. It is for reading:
// no part holds namings.
type Naming struct {
	Line   int64      `parquet:"line"`
	Domain string     `parquet:"domain"`
	MX     []MXNaming `parquet:"mx,list"`
}

// MXNaming is the name in an MX.
type MXNaming struct {
	Host string `parquet:"host"`
}

// Namings streams the final table domains by line.
func (r *Run) Namings() iter.Seq2[Naming, error] { return tableRows[Naming](r) }

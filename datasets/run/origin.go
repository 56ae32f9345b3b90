package run

import (
	"fmt"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// SchemaVersion is the version of the tables and the manifest that this package
// writes. It goes up with every column that is added; older ones are read.
const SchemaVersion = 3

// Origin is what every part says of itself, in the key-value metadata of its
// footer, so that a part that strayed can be told.
type Origin struct {
	Table         Table // set by the writer
	SchemaVersion int
	RulesVersion  string
	ToolVersion   string
	RunID         string
	ListID        string
	Range         string // keys of the first and the last row; empty without rows
}

// metadata gives the origin as key-value pairs. All values but the range are
// known before the first row.
func (o Origin) metadata() []parquet.WriterOption {
	return []parquet.WriterOption{
		parquet.KeyValueMetadata("table", string(o.Table)),
		parquet.KeyValueMetadata("schema_version", strconv.Itoa(o.SchemaVersion)),
		parquet.KeyValueMetadata("rules_version", o.RulesVersion),
		parquet.KeyValueMetadata("tool_version", o.ToolVersion),
		parquet.KeyValueMetadata("run_id", o.RunID),
		parquet.KeyValueMetadata("list_id", o.ListID),
	}
}

// originOf reads the origin that a part carries.
func originOf(f *parquet.File) (Origin, error) {
	var o Origin
	text, ok := f.Lookup("schema_version")
	if !ok {
		return o, fmt.Errorf("%w: it names no schema version", ErrForeign)
	}
	version, err := strconv.Atoi(text)
	if err != nil || version < 1 {
		return o, fmt.Errorf("%w: it names the schema version %q", ErrForeign, text)
	}
	o.SchemaVersion = version
	table, _ := f.Lookup("table")
	o.Table = Table(table)
	o.RulesVersion, _ = f.Lookup("rules_version")
	o.ToolVersion, _ = f.Lookup("tool_version")
	o.RunID, _ = f.Lookup("run_id")
	o.ListID, _ = f.Lookup("list_id")
	o.Range, _ = f.Lookup("range")
	return o, nil
}

// accept says whether a part of origin o may be read as one of run id and a table.
func (o Origin) accept(id string, table Table) error {
	if o.SchemaVersion > SchemaVersion {
		return fmt.Errorf("%w: schema version %d, this program knows %d", ErrVersion, o.SchemaVersion, SchemaVersion)
	}
	if o.RunID != id {
		return fmt.Errorf("%w: run %q, not %q", ErrForeign, o.RunID, id)
	}
	if o.Table != table {
		return fmt.Errorf("%w: table %q, not %q", ErrForeign, o.Table, table)
	}
	return nil
}

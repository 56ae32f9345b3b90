package run

import (
	"fmt"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
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

// metadata gives the origin as key-value pairs, in order. All values but the range,
// which comes last, are known before the first row. A part may carry its checksum.
func (o Origin) metadata(sum bool) []format.KeyValue {
	var pairs []format.KeyValue
	if sum {
		pairs = append(pairs, format.KeyValue{Key: checksumKey, Value: noChecksum})
	}
	return append(pairs,
		format.KeyValue{Key: "list_id", Value: o.ListID},
		format.KeyValue{Key: "rules_version", Value: o.RulesVersion},
		format.KeyValue{Key: "run_id", Value: o.RunID},
		format.KeyValue{Key: "schema_version", Value: strconv.Itoa(o.SchemaVersion)},
		format.KeyValue{Key: "table", Value: string(o.Table)},
		format.KeyValue{Key: "tool_version", Value: o.ToolVersion},
	)
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

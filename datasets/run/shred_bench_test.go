package run

import (
	"testing"

	"github.com/parquet-go/parquet-go"
)

// BenchmarkShred turns domains into the values of their columns.
func BenchmarkShred(b *testing.B) {
	rows := usualDomains(256)
	s := newShredder[Domain]()
	var values []parquet.Value
	before := cpuTime(b)
	for b.Loop() {
		for c := range s.tracks {
			for i := 0; i < len(rows); i += writeBatch {
				values = s.column(c, rows[i:i+writeBatch], values[:0])
			}
		}
	}
	perRow(b, len(rows), before)
}

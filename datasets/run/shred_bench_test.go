package run

import "testing"

// BenchmarkShred turns domains into the levels and values of their columns.
func BenchmarkShred(b *testing.B) {
	rows := usualDomains(256)
	d, err := newDraft[Domain](spoolGrain)
	if err != nil {
		b.Fatal(err)
	}
	before := cpuTime(b)
	for b.Loop() {
		for _, c := range d.chunks {
			for i := 0; i < len(rows); i += writeBatch {
				d.fill(c, rows[i:i+writeBatch])
			}
		}
		d.reset()
	}
	perRow(b, len(rows), before)
}

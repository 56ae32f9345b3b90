package scanner

import (
	"reflect"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// Judging again, with the network gone, gives the same bytes.
func TestRejudgeGivesEqualTables(t *testing.T) {
	l, job := startLab(t, lab.Config{Seed: 5, Domains: 200})
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	l.Close()
	before, err := run.ReadManifest(job.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := Finish(t.Context(), job.Dir, job.Dir); err != nil {
			t.Fatal(err)
		}
		after, err := run.ReadManifest(job.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(before, after) {
			t.Errorf("manifest before %+v\nafter %+v", before, after)
		}
	}
	if len(before.Parts) != 4 || before.Parts[0].Rows != int64(l.Len()) {
		t.Errorf("parts %+v", before.Parts)
	}
}

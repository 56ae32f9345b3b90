package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"danescan/datasets/run"
)

// A seed is drawn once for a run: what goes on goes on with that.
func TestSeedIsDrawnOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := run.Create(dir, run.Manifest{
		RunID: "20261122T000000Z-0000000000000001", SchemaVersion: run.SchemaVersion, RulesVersion: "1",
		Started: time.Unix(1_800_000_000, 0).UTC(), Settings: map[string]string{"seed": "42"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		about string
		args  []string
		want  uint64
	}{
		{"resumed", []string{"-o", dir, "--resume"}, 42},
		{"given", []string{"-o", dir, "--resume", "--seed", "7"}, 7},
	} {
		f := &scanFlags{}
		flags := pflag.NewFlagSet("scan", pflag.ContinueOnError)
		f.declare(flags)
		if err := flags.Parse(tc.args); err != nil {
			t.Fatal(err)
		}
		f.drawSeed(&env{flags: flags})
		if f.seed != tc.want {
			t.Errorf("%s: seed %d, want %d", tc.about, f.seed, tc.want)
		}
	}
	f := &scanFlags{}
	flags := pflag.NewFlagSet("scan", pflag.ContinueOnError)
	f.declare(flags)
	f.drawSeed(&env{flags: flags})
	if f.seed == 0 || flags.Lookup("seed").Value.String() == "0" {
		t.Error("no seed was drawn")
	}
}

//go:build linux

package scanner

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"danescan/datasets/run"
)

// The same evidence gives the same bytes on any number of processors: over several
// parts and row groups' pages, with names that are there twice.
func TestSameBytesOnAnyNumberOfProcessors(t *testing.T) {
	const domains = run.RangeLines + 3000
	r := benchRun(t)
	defer r.Close()
	fillSpool(t, r, domains)
	spool, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	var again []run.DomainEvidence
	for i := range 700 {
		d := benchDomain(i*7, domains/8)
		d.Line = int64(2*run.RangeLines + i + 1)
		again = append(again, d)
	}
	if err := spool.WriteDomains(2, again); err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first map[string]string
	for _, processors := range []int{1, 4, 2} {
		runtime.GOMAXPROCS(processors)
		summary, sums := finishedBytes(t, r, spool)
		if summary.Domains != domains || len(sums) < 4 {
			t.Fatalf("%d domains in %v", summary.Domains, sums)
		}
		if first == nil {
			first = sums
		}
		if !maps.Equal(sums, first) {
			t.Errorf("%d processors:\n%v\none:\n%v", processors, sums, first)
		}
	}
}

// finishedBytes makes the final tables, of which it gives the SHA-256, and gives them
// up.
func finishedBytes(t *testing.T, r *run.Run, spool *run.Spool) (Summary, map[string]string) {
	t.Helper()
	final, err := r.Final(r.Manifest())
	if err != nil {
		t.Fatal(err)
	}
	defer final.Abort()
	f := &finisher{in: spool, out: writers{final}, long: writers{final}, summary: newSummary()}
	if err := f.finish(context.Background()); err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	err = filepath.WalkDir(filepath.Join(r.Dir(), "finish"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sums[path] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return *f.summary, sums
}

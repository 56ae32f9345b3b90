package run

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// failingDisk fails every step from the nth on, as a full disk does, until free.
type failingDisk struct {
	left  int
	err   error
	fired bool
	free  bool
}

func (f *failingDisk) disk() disk {
	return disk{hook: func(s step, _ string) error {
		if f.free || s == stepRemove {
			return nil
		}
		if f.left > 0 {
			f.left--
			return nil
		}
		f.fired = true
		return f.err
	}}
}

// A disk that fills up at any moment of collecting costs no part that was there,
// and the work goes on when there is room.
func TestDiskFullInSpool(t *testing.T) {
	for n := 0; ; n++ {
		dir := filepath.Join(t.TempDir(), "spool")
		f := &failingDisk{left: n, err: syscall.ENOSPC}
		err := spoolStory(dir, f.disk())
		if !f.fired {
			if err != nil || n < 15 {
				t.Errorf("after %d steps: %v", n, err)
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), filepath.Dir(dir)) || !strings.Contains(err.Error(), "no space left") {
			t.Fatalf("step %d: %v", n, err)
		}
		f.free = true
		if err := spoolStory(dir, f.disk()); err != nil {
			t.Fatalf("step %d, with room again: %v", n, err)
		}
		s, err := OpenSpool(dir, testOrigin)
		if err != nil {
			t.Fatal(err)
		}
		if rows := collect(t, s.Domains()); len(rows) != 4 {
			t.Fatalf("step %d: %d rows", n, len(rows))
		}
	}
}

// The same in finishing: the tables of before are read until the new ones are.
func TestDiskFullInFinish(t *testing.T) {
	template := filepath.Join(t.TempDir(), "template")
	prepareFinish(t, template)
	for n := 0; ; n += 5 {
		dir := filepath.Join(t.TempDir(), "run")
		if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
			t.Fatal(err)
		}
		f := &failingDisk{left: n, err: syscall.ENOSPC}
		err := finishStory(dir, f.disk())
		if !f.fired {
			if err != nil || n < 50 {
				t.Errorf("after %d steps: %v", n, err)
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("step %d: %v", n, err)
		}
		r, err := Open(dir)
		if err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		if lines := linesOf(t, r); !slices.Equal(lines, []int64{1}) && !slices.Equal(lines, []int64{1, 2, 3}) {
			t.Fatalf("step %d: lines %v", n, lines)
		}
		if err := r.Verify(t.Context()); err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
	}
}

// A run directory that vanishes while a run writes to it is an error that names it.
func TestVanishedDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(dir, sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"a part":       s.WriteDomains(0, evidence(1)),
		"the manifest": r.WriteManifest(r.Manifest()),
	} {
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(dir); !errors.Is(err, ErrNotRun) {
		t.Errorf("opening it: %v", err)
	}
}

func TestUnwritableDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere; TestInteropReadOnly does this with a file system")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(filepath.Join(dir, "run"), sampleManifest()); !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
}

// A part cut short or altered at any place is named, whatever the byte is for; the
// parts beside it are read.
func TestDamagedPart(t *testing.T) {
	s := newSpool(t)
	for n := range 3 {
		rows := []DomainEvidence{fullDomain(int64(n*10 + 1)).DomainEvidence, emptyDomain(int64(n*10 + 2)).DomainEvidence}
		if err := s.WriteDomains(n, rows); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(s.tableDir(TableDomains), partName(1))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, at int, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		err := firstError(s.DomainPart(1))
		var named *PartError
		if !errors.Is(err, ErrDamaged) || !errors.As(err, &named) || named.Path != path {
			t.Fatalf("%s at byte %d of %d: %v", what, at, len(whole), err)
		}
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/50 {
		check("cut", n, whole[:n])
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/1000 {
		altered := slices.Clone(whole)
		altered[n] ^= 1 << (n % 8)
		check("altered", n, altered)
	}
	if err := firstError(s.Domains()); !errors.Is(err, ErrDamaged) {
		t.Errorf("the whole table: %v", err)
	}
	if rows := collect(t, s.DomainPart(2)); len(rows) != 2 {
		t.Errorf("its neighbour has %d rows", len(rows))
	}
}

// The same in a final table, whose checksums are in the manifest.
func TestDamagedTable(t *testing.T) {
	r, err := Create(t.TempDir(), sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	finish(t, r, 1, 2, 3)
	path := r.path("domains/part-000001.parquet")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/60 {
		altered := slices.Clone(whole)
		altered[n] ^= 1 << (n % 8)
		if err := os.WriteFile(path, altered, 0o600); err != nil {
			t.Fatal(err)
		}
		var named *PartError
		if err := firstError(r.Domains()); !errors.Is(err, ErrDamaged) || !errors.As(err, &named) || named.Path != path {
			t.Fatalf("byte %d of %d: %v", n, len(whole), err)
		}
		if err := r.Verify(t.Context()); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d of %d, verifying: %v", n, len(whole), err)
		}
	}
}

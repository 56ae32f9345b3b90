//go:build interop

package run

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// interopDir names the file system that a child of these tests works on.
const interopDir = "DANESCAN_TEST_INTEROP_DIR"

// onTmpfs runs a test of this binary in a mount namespace of its own, on a file
// system of the given size.
func onTmpfs(t *testing.T, test, size, then string) {
	t.Helper()
	for _, tool := range []string{"unshare", "mount"} {
		if _, err := exec.LookPath(tool); err != nil {
			skip(t, "%s is not installed", tool)
		}
	}
	args := []string{"-m"}
	if os.Geteuid() != 0 {
		args = []string{"-rm"}
	}
	dir := t.TempDir()
	script := `mount -t tmpfs -o size=` + size + ` tmpfs "$1" || exit 77; ` + then + ` exec "$2" -test.run "^$3\$" -test.v`
	c := exec.Command("unshare", append(args, "sh", "-c", script, "sh", dir, os.Args[0], test)...)
	c.Env = append(os.Environ(), interopDir+"="+dir)
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 77 {
		skip(t, "no file system may be mounted here: %s", out)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+test) {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// skip passes a test over, but not where all must run.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("DANESCAN_STRICT") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

func TestInteropDiskFull(t *testing.T) { onTmpfs(t, "TestDiskFullProcess", "600k", "") }

// TestDiskFullProcess fills a file system of 600 kB, finds all parts whole, and
// goes on when there is room.
func TestDiskFullProcess(t *testing.T) {
	dir := os.Getenv(interopDir)
	if dir == "" {
		t.Skip("only as a child of another test")
	}
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 200<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenSpool(filepath.Join(dir, "spool"), testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for err == nil && n < 100 {
		if err = s.WriteDomains(n, evidence(int64(n*10+1), int64(n*10+2))); err == nil {
			n++
		}
	}
	var named *PartError
	if !errors.Is(err, syscall.ENOSPC) || !errors.As(err, &named) || n < 2 {
		t.Fatalf("after %d parts: %v", n, err)
	}
	t.Logf("full after %d parts: %v", n, err)
	if rows := collect(t, s.Domains()); len(rows) != 2*n {
		t.Fatalf("%d rows of %d parts", len(rows), n)
	}
	if left := names(t, s.tableDir(TableDomains)); len(left) != n {
		t.Errorf("files: %v", left)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteDomains(n, evidence(int64(n*10+1))); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestInteropReadOnly(t *testing.T) {
	onTmpfs(t, "TestReadOnlyProcess", "4m", `"$2" -test.run "^TestReadOnlyProcess\$" >/dev/null && mount -o remount,ro "$1" || exit 78;`)
}

// TestReadOnlyProcess makes a run, and finds it whole when nothing may be written.
func TestReadOnlyProcess(t *testing.T) {
	dir := os.Getenv(interopDir)
	if dir == "" {
		t.Skip("only as a child of another test")
	}
	path := filepath.Join(dir, "run")
	r, err := Open(path)
	if errors.Is(err, ErrNotRun) {
		r, err = Create(path, sampleManifest())
		if err != nil {
			t.Fatal(err)
		}
		finish(t, r, 1, 2)
		r.Close()
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if lines := linesOf(t, r); len(lines) != 2 {
		t.Errorf("lines %v", lines)
	}
	_, spoolErr := r.Spool()
	_, finalErr := r.Final(r.Manifest())
	_, createErr := Create(filepath.Join(dir, "other"), sampleManifest())
	for what, err := range map[string]error{"spool": spoolErr, "final": finalErr, "create": createErr, "manifest": r.WriteManifest(r.Manifest())} {
		if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", what, err)
		}
		t.Logf("%s: %v", what, err)
	}
}

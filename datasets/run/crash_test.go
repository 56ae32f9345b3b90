package run

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A crash is a write that ends at once in the middle, without another step: the
// tests try one after every step that there is. Most are goroutines that end
// there; a few are processes, which leave not even a file open.
const (
	crashAt  = "DANESCAN_TEST_CRASH_AT"
	crashDir = "DANESCAN_TEST_CRASH_DIR"
	crashIn  = "DANESCAN_TEST_CRASH_IN"
	crashed  = 42 // exit code
)

// crashStories are what is done until the crash.
var crashStories = map[string]func(dir string, d disk) error{
	"create": func(dir string, d disk) error {
		r, err := create(dir, sampleManifest(), d)
		if err != nil {
			return err
		}
		return r.Close()
	},
	"spool":  spoolStory,
	"finish": finishStory,
}

// crashAfter gives a disk on which crash is called after n steps.
func crashAfter(n int, crash func(s step, path string)) disk {
	return disk{hook: func(s step, path string) error {
		if n == 0 {
			crash(s, path)
		}
		n--
		return nil
	}}
}

// TestCrashingProcess is not a test: it is the process that crashes.
func TestCrashingProcess(t *testing.T) {
	story, ok := crashStories[os.Getenv(crashIn)]
	if !ok {
		t.Skip("only as a child of another test")
	}
	n, err := strconv.Atoi(os.Getenv(crashAt))
	if err != nil {
		t.Fatal(err)
	}
	d := crashAfter(n, func(step, string) { os.Exit(crashed) })
	if err := story(os.Getenv(crashDir), d); err != nil {
		t.Fatal(err)
	}
}

// crashProcess runs a story up to a crash after n steps in a process of its own. It
// is false if the story came to its end.
func crashProcess(t *testing.T, story, dir string, n int) bool {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestCrashingProcess$")
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", crashAt, n), crashDir+"="+dir, crashIn+"="+story)
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != crashed) {
		t.Fatalf("step %d: %v\n%s", n, err, out)
	}
	return err != nil
}

// crashGoroutine does the same in a goroutine. The step is empty if the story came
// to its end.
func crashGoroutine(t *testing.T, story, dir string, n int) step {
	t.Helper()
	var at step
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = crashStories[story](dir, crashAfter(n, func(s step, _ string) {
			at = s
			runtime.Goexit()
		}))
	}()
	<-done
	if err != nil {
		t.Fatalf("step %d: %v", n, err)
	}
	return at
}

// crashEverywhere runs a story once for each step at which it can crash, each in
// a directory that prepare fills, and calls check on what is left. It gives the
// steps at which there was a crash.
func crashEverywhere(t *testing.T, story string, prepare, check func(t *testing.T, dir string)) map[step]int {
	t.Helper()
	const processEvery = 25
	steps := make(map[step]int)
	for n := range 1000 {
		dir := filepath.Join(t.TempDir(), "run")
		prepare(t, dir)
		at := crashGoroutine(t, story, dir, n)
		check(t, dir)
		if t.Failed() {
			t.Fatalf("after step %d: %s", n, at)
		}
		if at == "" {
			return steps
		}
		steps[at]++
		if n%processEvery == 3 {
			dir := filepath.Join(t.TempDir(), "run")
			prepare(t, dir)
			if !crashProcess(t, story, dir, n) {
				t.Fatalf("step %d: no crash in the process", n)
			}
			check(t, dir)
		}
	}
	t.Fatal("the story does not end")
	return nil
}

// wantSteps checks that crashes hit each kind of step.
func wantSteps(t *testing.T, steps map[step]int, kinds ...step) {
	t.Helper()
	t.Logf("crashes by step: %v", steps)
	for _, k := range kinds {
		if steps[k] == 0 {
			t.Errorf("no crash after %q", k)
		}
	}
}

// A run that is killed while it is made is either there or can be made. The lock
// goes with the process, so each crash needs one.
func TestCrashInCreate(t *testing.T) {
	crashes := 0
	for n := range 100 {
		dir := filepath.Join(t.TempDir(), "run")
		more := crashProcess(t, "create", dir, n)
		r, err := Open(dir)
		if errors.Is(err, ErrNotRun) {
			r, err = Create(dir, sampleManifest())
		}
		if err != nil {
			t.Fatalf("after step %d: %v", n, err)
		}
		if got := r.Manifest(); !reflect.DeepEqual(got, sampleManifest()) {
			t.Errorf("after step %d: manifest %+v", n, got)
		}
		r.Close()
		if !more {
			break
		}
		crashes++
	}
	if crashes != 6 { // create, write, sync, rename, two directories synced
		t.Errorf("%d crashes", crashes)
	}
}

// spoolStory writes the parts that are not yet there.
func spoolStory(dir string, d disk) error {
	s, err := openSpool(dir, testOrigin, d)
	if err != nil {
		return err
	}
	done, err := s.Parts(TableDomains)
	if err != nil {
		return err
	}
	for n := range 2 {
		if slices.Contains(done, n) {
			continue
		}
		first := int64(n * 10)
		if err := s.WriteDomains(n, evidence(first+2, first+1)); err != nil {
			return err
		}
		if err := s.PutHosts(pileOfAll([]HostEvidence{{Host: fmt.Sprint("h", n)}, {Host: "shared"}})); err != nil {
			return err
		}
	}
	for _, line := range []int64{12, 11} {
		if err := s.PutAgain(1, secondLooks(line)); err != nil {
			return err
		}
	}
	return nil
}

// After a crash every part that is there is whole; a second run of the story
// brings the rest.
func TestCrashInSpool(t *testing.T) {
	steps := crashEverywhere(t, "spool", func(t *testing.T, dir string) {}, func(t *testing.T, dir string) {
		s, err := OpenSpool(dir, testOrigin)
		if err != nil {
			t.Error(err)
			return
		}
		numbers, err := s.Parts(TableDomains)
		if err != nil {
			t.Error(err)
		}
		for _, n := range numbers {
			if rows := collect(t, s.DomainPart(n)); len(rows) != 2 || rows[0].Line != int64(n*10+1) {
				t.Errorf("part %d is not whole: %v", n, rows)
			}
		}
		if looks := looksOf(t, s); strings.Contains(looks, "11:2 12:1") {
			t.Errorf("a second look was lost to another: %s", looks)
		}
		if err := spoolStory(dir, disk{}); err != nil {
			t.Error(err)
		}
		if looks := looksOf(t, s); looks != "1:1 2:1 11:2 12:2" {
			t.Errorf("in the end %s", looks)
		}
		for _, name := range names(t, s.againDir()) {
			if strings.HasSuffix(name, tempSuffix) {
				t.Errorf("left behind: %s", name)
			}
		}
		for _, table := range Tables() {
			for _, name := range names(t, s.tableDir(table)) {
				if strings.HasSuffix(name, tempSuffix) {
					t.Errorf("left behind: %s", name)
				}
			}
		}
	})
	wantSteps(t, steps, stepCreate, stepWrite, stepSync, stepRename, stepSyncDir)
}

// finishStory replaces the tables of a run, of line 1, by others, of lines 1 to 3.
func finishStory(dir string, d disk) error {
	r, err := open(dir, d)
	if err != nil {
		return err
	}
	defer r.Close()
	m := r.Manifest()
	m.RulesVersion = "2"
	f, err := r.final(m, 3)
	if err != nil {
		return err
	}
	err = errors.Join(f.Domains.Write(fullDomain(1), fullDomain(2), fullDomain(3)), f.Hosts.Write(fullHost("a"), emptyHost("b")),
		f.Endpoints.Write(fullEndpoint("a", 1)), f.Certificates.Write(fullCertificate(1)))
	if err != nil {
		return err
	}
	return f.Commit(m)
}

// prepareFinish makes a finished run that has a spool again.
func prepareFinish(t *testing.T, dir string) {
	t.Helper()
	r, err := Create(dir, sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	finish(t, r, 1)
	s, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteDomains(0, evidence(1, 2, 3)); err != nil {
		t.Fatal(err)
	}
}

// After a crash the tables are all old, with the spool still there, or all new.
func TestCrashInFinish(t *testing.T) {
	old, new := 0, 0
	template := filepath.Join(t.TempDir(), "template")
	prepareFinish(t, template)
	prepare := func(t *testing.T, dir string) {
		if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
			t.Fatal(err)
		}
	}
	steps := crashEverywhere(t, "finish", prepare, func(t *testing.T, dir string) {
		r, err := Open(dir)
		if err != nil {
			t.Error(err)
			return
		}
		defer r.Close()
		if slices.Contains(names(t, dir), finishName) {
			t.Error("new tables were left behind")
		}
		lines := linesOf(t, r)
		spool, err := r.HasSpool()
		if err != nil {
			t.Error(err)
		}
		switch rules := r.Manifest().RulesVersion; {
		case rules == "1" && slices.Equal(lines, []int64{1}) && spool:
			old++
		case rules == "2" && slices.Equal(lines, []int64{1, 2, 3}) && !spool:
			new++
		default:
			t.Errorf("rules %s, lines %v, spool %v", rules, lines, spool)
		}
		if err := r.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		if (old+new)%16 != 0 {
			return
		}
		finish(t, r, 7)
		if got := names(t, dir); !slices.Equal(got, []string{"certificates", "datapackage.json", "domains", "endpoints", "hosts", "manifest.json"}) {
			t.Errorf("in the end the run holds %v", got)
		}
	})
	t.Logf("%d crashes left the old tables, %d the new", old, new)
	if old < 20 || new < 20 {
		t.Error("the crashes did not fall on both sides")
	}
	wantSteps(t, steps, stepCreate, stepWrite, stepSync, stepRename, stepSyncDir, stepRemove)
}

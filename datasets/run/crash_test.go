package run

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A crash is a process that ends at once in the middle of a write: the test runs
// itself again with a hook that does so at the Nth step, for every N.
const (
	crashAt  = "DANESCAN_TEST_CRASH_AT"
	crashDir = "DANESCAN_TEST_CRASH_DIR"
	crashIn  = "DANESCAN_TEST_CRASH_IN"
	crashed  = 42 // exit code
)

// crashStories are what a process does until it crashes.
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

// TestCrashingProcess is not a test: it is the process that crashes.
func TestCrashingProcess(t *testing.T) {
	story, ok := crashStories[os.Getenv(crashIn)]
	if !ok {
		t.Skip("only as a child of another test")
	}
	left, err := strconv.Atoi(os.Getenv(crashAt))
	if err != nil {
		t.Fatal(err)
	}
	hook := func(s step, path string) error {
		if left == 0 {
			fmt.Printf("crash after %s of %s\n", s, filepath.Base(path))
			os.Exit(crashed)
		}
		left--
		return nil
	}
	if err := story(os.Getenv(crashDir), disk{hook}); err != nil {
		t.Fatal(err)
	}
}

// crashEverywhere runs a story once for each step at which it can crash, each in
// a directory that prepare fills, and calls check on what is left. It gives the
// steps at which there was a crash, by what they did.
func crashEverywhere(t *testing.T, story string, prepare, check func(t *testing.T, dir string)) map[string]int {
	t.Helper()
	steps := make(map[string]int)
	for n := range 1000 {
		dir := filepath.Join(t.TempDir(), "run")
		prepare(t, dir)
		c := exec.Command(os.Args[0], "-test.run=^TestCrashingProcess$")
		c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", crashAt, n), crashDir+"="+dir, crashIn+"="+story)
		out, err := c.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != crashed) {
			t.Fatalf("step %d: %v\n%s", n, err, out)
		}
		check(t, dir)
		if t.Failed() {
			t.Fatalf("after step %d: %s", n, out)
		}
		if err == nil {
			return steps
		}
		words := strings.Fields(strings.TrimPrefix(string(out), "crash after "))
		steps[words[0]]++
	}
	t.Fatal("the story does not end")
	return nil
}

// wantSteps checks that crashes hit each kind of step.
func wantSteps(t *testing.T, steps map[string]int, kinds ...step) {
	t.Helper()
	t.Logf("crashes by step: %v", steps)
	for _, k := range kinds {
		if first, _, _ := strings.Cut(string(k), " "); steps[first] == 0 {
			t.Errorf("no crash after %q", k)
		}
	}
}

func nothing(*testing.T, string) {}

func TestCrashInCreate(t *testing.T) {
	steps := crashEverywhere(t, "create", nothing, func(t *testing.T, dir string) {
		r, err := Open(dir)
		if errors.Is(err, ErrNotRun) {
			r, err = Create(dir, sampleManifest())
		}
		if err != nil {
			t.Error(err)
			return
		}
		if got := r.Manifest(); !reflect.DeepEqual(got, sampleManifest()) {
			t.Errorf("manifest %+v", got)
		}
		r.Close()
	})
	wantSteps(t, steps, stepCreate, stepWrite, stepSync, stepRename, stepSyncDir)
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
	for n := range 3 {
		if slices.Contains(done, n) {
			continue
		}
		first := int64(n * 10)
		if err := s.WriteDomains(n, evidence(first+2, first+1)); err != nil {
			return err
		}
		if err := s.WriteHosts([]HostEvidence{{Host: fmt.Sprint("h", n)}, {Host: "shared"}}); err != nil {
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
		if err := spoolStory(dir, disk{}); err != nil {
			t.Error(err)
		}
		if rows := collect(t, s.Domains()); len(rows) != 6 {
			t.Errorf("%d rows in the end", len(rows))
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
	steps := crashEverywhere(t, "finish", prepareFinish, func(t *testing.T, dir string) {
		r, err := Open(dir)
		if err != nil {
			t.Error(err)
			return
		}
		defer r.Close()
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
		if (old+new)%8 != 0 {
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

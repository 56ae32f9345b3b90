//go:build interop

package scanner

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/lab"
	"danescan/scanner/smtp"
)

// killVariable holds the job of a scanner that is to be killed.
const killVariable = "DANESCAN_KILL_JOB"

// How often the scanner is killed, and how often that must have hit a run that was
// not finished.
const kills, killFloor = 50, 40

// TestInteropKill kills the scanner at random moments, resumes it each time, and
// holds the final tables against those of a scan that nobody disturbed: every row
// there, none twice, no column different that is not volatile.
func TestInteropKill(t *testing.T) {
	if text := os.Getenv(killVariable); text != "" {
		scanToBeKilled(t, text)
		return
	}
	_, job := startLab(t, lab.Config{Seed: 21, Domains: 1500})
	job.Sources = []string{steadyList(t, job, 21, 1500)}
	job.Config.DNSConcurrency, job.Config.SMTPConcurrency = 40, 10
	job.DNS.Timeout, job.DNS.Retries = 3*time.Second, 2 // the killed ones do not know which server is silent
	undisturbed := job
	undisturbed.Dir = job.Dir + "-undisturbed"
	began := time.Now()
	scanHere(t, undisturbed)
	takes := time.Since(began)

	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	hit := 0
	window := takes / 2 // in which the moment is drawn; a machine's speed changes
	for range kills {
		if finished(job.Dir) {
			if err := os.RemoveAll(job.Dir); err != nil {
				t.Fatal(err)
			}
		}
		if killed(t, job, time.Duration(random.Int64N(int64(window)))) && !finished(job.Dir) {
			hit++
			window += window / 20
		} else {
			window -= window / 3
		}
	}
	t.Logf("seed %d: %d of %d kills hit an unfinished run; undisturbed it takes %v", seed, hit, kills, takes)
	if hit < killFloor {
		t.Errorf("%d kills hit an unfinished run, want at least %d", hit, killFloor)
	}
	if !finished(job.Dir) {
		job.Resume = unfinished(job.Dir)
		scanHere(t, job)
	}
	equalRuns(t, job.Dir, undisturbed.Dir, floors{1000, 100, 50, 20})
}

// small makes parts so small that a run has many.
func small(job Job) Job {
	job.Config.rangeLines, job.Config.batchRows = 64, 32
	return job
}

func scanHere(t *testing.T, job Job) {
	t.Helper()
	if _, err := Scan(t.Context(), small(job)); err != nil {
		t.Fatal(err)
	}
}

// scanToBeKilled is the child.
func scanToBeKilled(t *testing.T, text string) {
	var k killJob
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		t.Fatal(err)
	}
	scanHere(t, k.job())
}

// killJob is a job as it is told to the child.
type killJob struct {
	Source, Dir string
	Resume      bool
	DNS         DNS
	SMTPPort    uint16
	DNSAtATime  int
	SMTPAtATime int
	RetryDelay  time.Duration
}

func (k killJob) job() Job {
	return Job{
		Sources: []string{k.Source}, Dir: k.Dir, Resume: k.Resume, DNS: k.DNS,
		Config: Config{
			SMTPPort: k.SMTPPort, DNSConcurrency: k.DNSAtATime, SMTPConcurrency: k.SMTPAtATime, RetryDelay: k.RetryDelay,
			Seed: 1, SMTP: smtp.Config{EHLO: "test.example"},
		},
	}
}

// killed runs the job in a process of its own and kills it after a while. It
// reports whether it was still running then.
func killed(t *testing.T, job Job, after time.Duration) bool {
	t.Helper()
	text, err := json.Marshal(killJob{
		Source: job.Sources[0], Dir: job.Dir, Resume: unfinished(job.Dir), DNS: job.DNS, SMTPPort: job.Config.SMTPPort,
		DNSAtATime: job.Config.DNSConcurrency, SMTPAtATime: job.Config.SMTPConcurrency, RetryDelay: job.Config.RetryDelay,
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestInteropKill$")
	cmd.Env = append(os.Environ(), killVariable+"="+string(text))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Signal(syscall.SIGKILL) })
	err = cmd.Wait()
	running := !timer.Stop()
	if err != nil && !running {
		t.Fatalf("the scanner failed by itself: %v\n%s", err, out.Bytes())
	}
	return running
}

func unfinished(dir string) bool {
	there, done := state(dir)
	return there && !done
}

func finished(dir string) bool {
	_, done := state(dir)
	return done
}

// state says whether a run is there and whether it is finished. A finish that a
// kill cut short in its last steps is completed by looking.
func state(dir string) (there, done bool) {
	r, err := run.Open(dir)
	if err != nil {
		return false, false
	}
	defer r.Close()
	return true, r.Finished()
}

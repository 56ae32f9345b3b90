package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"danescan/scanner/lab"
)

// patience is what a test waits for another process, however busy this machine is.
const patience = 2 * time.Minute

// TestSecondInterruptLeavesAtOnce has a scan that the first SIGINT ends in order,
// but that cannot say so: nobody reads its stderr. The second one ends it.
func TestSecondInterruptLeavesAtOnce(t *testing.T) {
	l, err := lab.New(lab.Config{Domains: 3000})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	dir := t.TempDir()
	names := filepath.Join(dir, "list.txt")
	var text strings.Builder
	for c := range l.Truth() {
		fmt.Fprintln(&text, c.Domain)
	}
	if err := os.WriteFile(names, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	stuck, fill := fullPipe(t)
	out := filepath.Join(dir, "run")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "scan", "-o", out, "--probe", "none", "--progress", "none", "--retries", "0",
		"--dns-rate", "100", "--dns-concurrency", "5", "--trust-ad", "--resolver", l.Front().String(), "--allow-private", names)
	cmd.Args[0] = "danescan" // TestMain has this binary be what it is called
	cmd.Stderr = fill
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	// The scan takes over a minute. After a second and a half some hosts are done.
	await(t, ended, "150 questions", func() bool { return l.Counters().FrontQueries() >= 150 })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	await(t, ended, "sealed rows", func() bool {
		parts, err := filepath.Glob(filepath.Join(out, "spool", "hosts", "*.parquet"))
		return err != nil || len(parts) > 0
	})
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = <-ended
	var exit *exec.ExitError
	if ctx.Err() != nil || !errors.As(err, &exit) || exit.ExitCode() != statusInterrupted {
		t.Errorf("%v, %v; want exit status %d", err, ctx.Err(), statusInterrupted)
	}
	fill.Close()
	if said, err := io.ReadAll(stuck); err != nil || strings.Contains(string(said), "Interrupted") {
		t.Errorf("%v; the process could say something, so that the test shows nothing", err)
	}
	if _, err := os.Stat(filepath.Join(out, "domains")); err == nil {
		t.Error("the run was finished, so that the test shows nothing")
	}
}

// fullPipe returns a pipe into which nothing more can be written.
func fullPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	full := make([]byte, 1<<16)
	for range 1 << 8 {
		if err := w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(full); err != nil {
			return r, w
		}
	}
	t.Fatal("the pipe does not get full")
	return nil, nil
}

// await waits for what another process brings about.
func await(t *testing.T, ended <-chan error, what string, there func() bool) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !there() {
		select {
		case err := <-ended:
			t.Fatalf("the process ended with %v before there were %s", err, what)
		case <-look.C:
		}
	}
}

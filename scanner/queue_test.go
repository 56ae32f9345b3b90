package scanner

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"danescan/datasets/run"
)

func TestQueueKeepsOrderThroughTheDisk(t *testing.T) {
	dir := t.TempDir()
	q := newQueue(dir, 16)
	defer q.release()
	const total = 1000
	next := 0
	takeOne := func() {
		name, ok, err := q.take()
		if err != nil || !ok || name != fmt.Sprint(next) {
			t.Fatalf("took %q, %v, %v, want %d", name, ok, err, next)
		}
		next++
	}
	for i := range total {
		if err := q.put(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		if held := len(q.head) + len(q.tail); held > 16 {
			t.Fatalf("%d names in memory", held)
		}
		if i%3 == 0 {
			takeOne()
		}
	}
	if q.onDisk == 0 {
		t.Error("the disk was never used")
	}
	q.close()
	for next < total {
		takeOne()
	}
	if _, ok, err := q.take(); ok || err != nil {
		t.Errorf("after the end: %v, %v", ok, err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What a crash left of a queue does no harm, and no file stays behind, not even
// where it could not be unlinked while it was open.
func TestQueueAfterACrash(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, queueName)
	if err := os.WriteFile(path, []byte(strings.Repeat("left.example\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	q := newQueue(dir, 4)
	for i := range 20 {
		if err := q.put(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		if name, ok, err := q.take(); name != fmt.Sprint(i) || !ok || err != nil {
			t.Fatal(name, ok, err)
		}
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := q.release(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A scan overflows to the directory of its run, and leaves nothing there.
func TestQueueIsInTheSpool(t *testing.T) {
	r, err := run.Create(t.TempDir()+"/run", run.Manifest{RunID: "r", SchemaVersion: run.SchemaVersion, Started: time.Unix(1e9, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	spool, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCollector(Config{KeepHosts: 4}.withDefaults(), spool)
	if err != nil {
		t.Fatal(err)
	}
	if c.hosts.dir != spool.Dir() || filepath.Dir(spool.Dir()) != r.Dir() {
		t.Errorf("the queue is in %q, the run in %q", c.hosts.dir, r.Dir())
	}
	for i := range 20 {
		if err := c.queueHost(fmt.Sprintf("h%d.example", i)); err != nil {
			t.Fatal(err)
		}
	}
	if c.hosts.file == nil {
		t.Error("the disk was never used")
	}
	if err := c.hosts.release(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(spool.Dir(), queueName)); err == nil {
		t.Error("the file of the queue stays behind")
	}
}

func TestQueueReusesItsFile(t *testing.T) {
	q := newQueue(t.TempDir(), 4)
	defer q.release()
	for range 200 {
		for i := range 20 {
			if err := q.put(fmt.Sprintf("host-%02d", i)); err != nil {
				t.Fatal(err)
			}
		}
		for range 20 {
			if _, ok, err := q.take(); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
	}
	if q.endAt > 4096 {
		t.Errorf("the file reached %d octets", q.endAt)
	}
}

func TestQueueManyTakers(t *testing.T) {
	q := newQueue(t.TempDir(), 8)
	defer q.release()
	var mu sync.Mutex
	seen := map[string]int{}
	var takers sync.WaitGroup
	for range 8 {
		takers.Go(func() {
			for {
				name, ok, err := q.take()
				if !ok || err != nil {
					return
				}
				mu.Lock()
				seen[name]++
				mu.Unlock()
			}
		})
	}
	for i := range 5000 {
		if err := q.put(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	q.close()
	takers.Wait()
	if len(seen) != 5000 {
		t.Errorf("%d distinct names, want 5000", len(seen))
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s taken %d times", name, n)
		}
	}
}

func TestQueueDropFreesTakers(t *testing.T) {
	q := newQueue(t.TempDir(), 8)
	done := make(chan bool)
	go func() {
		_, ok, _ := q.take()
		done <- ok
	}()
	q.drop()
	if <-done {
		t.Error("took something from an empty queue")
	}
}

func TestQueueRefusesLineFeeds(t *testing.T) {
	if err := newQueue(t.TempDir(), 8).put("a\nb"); err == nil {
		t.Error("accepted a name that would become two")
	}
}

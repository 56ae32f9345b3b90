package scanner

import (
	"fmt"
	"os"
	"sync"
	"testing"
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

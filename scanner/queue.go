package scanner

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// queueName is the file that a queue overflows to.
const queueName = "hosts.queue"

// queue is a first-in, first-out queue of host names that keeps at most a fixed
// number in memory and the rest in a temporary file, so that putting never waits
// and memory does not grow with the list. The file is unlinked as soon as it is
// open, where the system can do that, else at the end. What a crash may leave of it
// the next run writes over: the names in it are known from the finished parts.
type queue struct {
	mu     sync.Mutex
	more   sync.Cond
	dir    string
	limit  int
	head   []string // next to be taken
	tail   []string // put after what is on disk
	file   *os.File
	onDisk int64 // names in the file not yet read back
	readAt int64 // offset of the first of them
	endAt  int64
	closed bool
}

// newQueue returns a queue that keeps about limit names in memory and overflows to
// a file in dir.
func newQueue(dir string, limit int) *queue {
	q := &queue{dir: dir, limit: max(limit, 2)}
	q.more.L = &q.mu
	return q
}

// put adds a name, which holds no line feed. It never waits for a taker.
func (q *queue) put(name string) error {
	if strings.ContainsAny(name, "\n") {
		return fmt.Errorf("host name with a line feed: %q", name)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.onDisk == 0 && len(q.tail) == 0 && len(q.head) < q.limit/2 {
		q.head = append(q.head, name)
	} else if q.tail = append(q.tail, name); len(q.tail) >= q.limit/2 {
		if err := q.spill(); err != nil {
			return err
		}
	}
	q.more.Signal()
	return nil
}

// take returns the next name; ok is false once the queue is closed and empty, or
// stopped.
func (q *queue) take() (name string, ok bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.head) == 0 && q.onDisk == 0 && len(q.tail) == 0 {
		if q.closed {
			return "", false, nil
		}
		q.more.Wait()
	}
	if len(q.head) == 0 {
		if err := q.refill(); err != nil {
			return "", false, err
		}
	}
	name, q.head = q.head[0], q.head[1:]
	return name, true, nil
}

// close says that nothing more will be put; takers get what is left.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.more.Broadcast()
}

// drop throws away what is left: the run was interrupted.
func (q *queue) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.head, q.tail, q.onDisk = true, nil, nil, 0
	q.more.Broadcast()
}

// release gives the file back. The queue must not be used after it.
func (q *queue) release() error {
	if q.file == nil {
		return nil
	}
	err := q.file.Close()
	if e := os.Remove(q.file.Name()); e != nil && !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

// spill appends the tail to the file.
func (q *queue) spill() error {
	if q.file == nil {
		f, err := os.OpenFile(filepath.Join(q.dir, queueName), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("host queue: %w", err)
		}
		q.file = f
		_ = os.Remove(f.Name()) // not every system removes what is open: release does
	}
	text := strings.Join(q.tail, "\n") + "\n"
	if _, err := q.file.WriteAt([]byte(text), q.endAt); err != nil {
		return fmt.Errorf("host queue: %w", err)
	}
	q.endAt += int64(len(text))
	q.onDisk += int64(len(q.tail))
	q.tail = q.tail[:0]
	return nil
}

// refill brings names back from the file, or takes the tail where none is there.
func (q *queue) refill() error {
	if q.onDisk == 0 {
		q.head, q.tail = q.tail, nil
		return nil
	}
	r := bufio.NewReader(io.NewSectionReader(q.file, q.readAt, q.endAt-q.readAt))
	q.head = q.head[:0:0]
	for q.onDisk > 0 && len(q.head) < q.limit/2 {
		line, err := r.ReadString('\n')
		if err != nil {
			return errors.Join(errors.New("host queue: file cut short"), err)
		}
		q.readAt += int64(len(line))
		q.onDisk--
		q.head = append(q.head, line[:len(line)-1])
	}
	if q.onDisk == 0 { // start over, so that the file does not grow for ever
		q.readAt, q.endAt = 0, 0
	}
	return nil
}

package run

import (
	"errors"
	"slices"
	"sync"
)

// A merge reads its parts by columns, each in a goroutine of its own. A frame goes
// back to be filled again when the batches that its rows are in are done with: two of
// them are with the caller, so that a lane has five frames of which at least one is
// its own.
const (
	laneLent   = 2 // frames of a lane in one batch
	laneFrames = 2*laneLent + 1

	laneRows  = 8   // rows of a frame at least
	lanesRows = 128 // rows of one frame of each lane together, where there are few
)

// lane is one of the parts that are merged.
type lane[T Row] struct {
	*ring[T]
	open  *partReader[T]
	order int // among the parts
	now   *frame[T]
	next  int // row of it
	lent  int // frames that the batch has which is being made
}

// openLanes opens parts side by side: most of opening one is comparing its checksum.
func openLanes[T Row](paths []string, want expected, columns []leaf) ([]*lane[T], error) {
	lanes := make([]*lane[T], len(paths))
	failed := make([]error, len(paths))
	var all sync.WaitGroup
	for i, path := range paths {
		all.Go(func() {
			l := &lane[T]{order: i, ring: newRing[T](columns, laneFrames, max(laneRows, lanesRows/len(paths)))}
			l.open, failed[i] = openPart[T](path, want)
			lanes[i] = l
		})
	}
	all.Wait()
	if i := slices.IndexFunc(failed, func(err error) bool { return err != nil }); i >= 0 {
		_ = closeLanes(lanes)
		return nil, failed[i]
	}
	return lanes, nil
}

// read reads the part.
func (l *lane[T]) read() error {
	err := l.part(l.open, nil)
	if err == nil || err == errStopped {
		return err
	}
	return &PartError{l.open.path, plain(err)}
}

// turn goes to the first row of the next frame. It is false at the end.
func (l *lane[T]) turn() (bool, error) {
	f, more := <-l.full
	l.now, l.next = f.frame, 0
	return more, f.err
}

// row is the one that the lane stands at.
func (l *lane[T]) row() *T { return &l.now.rows[l.next] }

// closeLanes ends the reading of parts and closes them.
func closeLanes[T Row](lanes []*lane[T]) error {
	var all error
	for _, l := range lanes {
		if l.close(); l.open != nil {
			all = errors.Join(all, l.open.Close())
		}
	}
	return all
}

//go:build unix

package run

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// acquire takes the lock of the run, unless it is held. It is on the directory
// itself, so that it leaves no file, and goes with the process, however that ends.
func (r *Run) acquire() error {
	if r.lock != nil {
		return nil
	}
	f, err := os.Open(r.dir)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("%s: %w", r.dir, ErrBusy)
		}
		return fmt.Errorf("lock %s: %w", r.dir, err)
	}
	r.lock = f
	return nil
}

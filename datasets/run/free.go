package run

import (
	"errors"
	"io/fs"
	"os"
)

// Free says whether a run may begin in dir, without touching it: the error is
// the one that Create would give. ErrExists: it holds a run.
func Free(dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return checkFree(dir)
}

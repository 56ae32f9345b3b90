package run

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
)

// A file of a run is there whole or not at all, whatever happens. The system
// calls, when all goes well:
//
//	open(path.tmp, O_RDWR|O_CREAT|O_TRUNC)
//	write ...
//	fsync
//	close
//	rename(path.tmp, path)
//	open(directory), fsync, close
//
// The temporary name is a fixed one, so that what a crash left behind is
// written over and cannot pile up.

// tempSuffix marks a file that is not yet whole. Readers never look at one.
const tempSuffix = ".tmp"

// A step is a moment in the life of a durable file.
type step string

const (
	stepCreate  step = "create"
	stepWrite   step = "write"
	stepSync    step = "sync"
	stepRename  step = "rename"
	stepSyncDir step = "sync directory"
	stepRemove  step = "remove"
)

// disk does the writing. Its hook, nil but in tests, is called after each step
// that went well: it may crash the process, or fail the step with an error.
type disk struct {
	hook func(s step, path string) error
}

func (d disk) after(s step, path string) error {
	if d.hook == nil {
		return nil
	}
	if err := d.hook(s, path); err != nil {
		return &fs.PathError{Op: string(s), Path: path, Err: err}
	}
	return nil
}

// durableFile is a file on its way to its name.
type durableFile struct {
	disk disk
	path string
	f    *os.File
	size int64
	sum  hash.Hash
}

// create opens the temporary file that commit will give its name.
func (d disk) create(path string) (*durableFile, error) {
	f, err := os.OpenFile(path+tempSuffix, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, err
	}
	file := &durableFile{disk: d, path: path, f: f, sum: sha256.New()}
	if err := d.after(stepCreate, path); err != nil {
		file.discard()
		return nil, err
	}
	return file, nil
}

// Write appends to the temporary file.
func (f *durableFile) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	f.size += int64(n)
	f.sum.Write(p[:n])
	if err == nil {
		err = f.disk.after(stepWrite, f.path)
	}
	return n, err
}

// commit makes the file durable and gives it its name. After an error the name
// is not taken, but for an error in syncing the directory, when it may be.
func (f *durableFile) commit() error {
	if err := f.seal(); err != nil {
		f.discard()
		return err
	}
	if err := os.Rename(f.path+tempSuffix, f.path); err != nil {
		f.discard()
		return err
	}
	if err := f.disk.after(stepRename, f.path); err != nil {
		return err
	}
	return f.disk.syncDir(filepath.Dir(f.path))
}

// seal syncs and closes the temporary file.
func (f *durableFile) seal() error {
	err := f.f.Sync()
	if err == nil {
		err = f.disk.after(stepSync, f.path)
	}
	return errors.Join(err, f.f.Close())
}

// discard removes the temporary file. Its own failure adds nothing to the error
// that led here: a leftover is written over or swept at the next start.
func (f *durableFile) discard() {
	_ = f.f.Close()
	_ = os.Remove(f.path + tempSuffix)
}

// sha256 is the sum over all that was written.
func (f *durableFile) sha256() string { return fmt.Sprintf("%x", f.sum.Sum(nil)) }

// writeFile writes a small file durably.
func (d disk) writeFile(path string, data []byte) error {
	f, err := d.create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.discard()
		return err
	}
	return f.commit()
}

// syncDir makes the names in a directory durable.
func (d disk) syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = errors.Join(f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return d.after(stepSyncDir, dir)
}

// rename gives a file or directory another name, durably.
func (d disk) rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	if err := d.after(stepRename, to); err != nil {
		return err
	}
	if err := d.syncDir(filepath.Dir(to)); err != nil {
		return err
	}
	if filepath.Dir(from) == filepath.Dir(to) {
		return nil
	}
	return d.syncDir(filepath.Dir(from))
}

// removeAll removes a directory with all in it. That it is gone already is no
// error.
func (d disk) removeAll(path string) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return d.after(stepRemove, path)
}

// sweep removes what crashes left behind in a directory.
func sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != tempSuffix {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

package run

import "errors"

// What can be wrong with a run directory. Errors of this package wrap one of
// these, or the error of the system call that failed.
var (
	// ErrExists is Create's answer to a directory that holds a run already.
	ErrExists = errors.New("the directory holds a run already")
	// ErrNotRun says that a directory holds no run.
	ErrNotRun = errors.New("not a run directory")
	// ErrVersion says that something was written by a newer danescan.
	ErrVersion = errors.New("written by a newer version of danescan")
	// ErrManifest says that manifest.json is not what this package writes.
	ErrManifest = errors.New("not a valid manifest")
	// ErrDamaged says that a part cannot be read: cut short or altered.
	ErrDamaged = errors.New("the part is damaged")
	// ErrForeign says that a part belongs to another run, or is none of danescan.
	ErrForeign = errors.New("the part does not belong here")
	// ErrPartExists says that a part of that number was written before.
	ErrPartExists = errors.New("the part exists already")
	// ErrOrder says that rows do not come in the order of their key.
	ErrOrder = errors.New("rows out of order")
	// ErrUnfinished says that a run has no final tables yet.
	ErrUnfinished = errors.New("the run is not finished")
	// ErrBusy says that another process writes to the run.
	ErrBusy = errors.New("another process is at work on this run")
)

// PartError names the part that an error is about.
type PartError struct {
	Path string
	Err  error
}

// Error gives the path of the part, then what is wrong with it.
func (e *PartError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap gives what is wrong with the part.
func (e *PartError) Unwrap() error { return e.Err }

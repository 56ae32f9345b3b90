//go:build !unix

package run

// acquire does nothing where there is no flock: one process at a time is then
// the caller's duty.
func (r *Run) acquire() error { return nil }

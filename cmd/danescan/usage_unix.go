//go:build unix

package main

import (
	"runtime"
	"syscall"
	"time"
)

// processUsage is the processor time that this process took, and the most memory
// that it had in RAM at a time, in bytes. Zeros: nobody knows.
func processUsage() (cpu time.Duration, peak int64) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0, 0
	}
	peak = int64(r.Maxrss)
	if runtime.GOOS != "darwin" { // there it is bytes, elsewhere KiB
		peak *= 1024
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), peak
}

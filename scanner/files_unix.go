//go:build unix

package scanner

import "syscall"

// processFiles is the limit on open files of this process.
type processFiles struct{}

func (processFiles) limits() (soft, hard uint64, ok bool) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0, 0, false
	}
	return uint64(r.Cur), uint64(r.Max), true
}

func (processFiles) raise(soft uint64) error {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return err
	}
	set(&r.Cur, soft)
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &r)
}

// set bridges systems on which limits are signed.
func set[N int64 | uint64](limit *N, n uint64) { *limit = N(n) }

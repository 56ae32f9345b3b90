package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"

	"github.com/spf13/pflag"
)

// profileFlags write down where time and memory go: for those who work on the
// program.
type profileFlags struct{ cpu, memory string }

func (f *profileFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.cpu, "cpuprofile", "", "for developers: write a CPU profile of the scan to `FILE`, for go tool pprof")
	flags.StringVar(&f.memory, "memprofile", "", "for developers: write a profile of what was allocated to `FILE`")
}

// start begins to write; the function that it returns ends it.
func (f *profileFlags) start() (stop func() error, err error) {
	var file *os.File
	if f.cpu != "" {
		if file, err = os.Create(f.cpu); err != nil {
			return nil, fmt.Errorf("--cpuprofile: %w", err)
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return nil, fmt.Errorf("--cpuprofile: %w", errors.Join(err, file.Close()))
		}
	}
	return func() error {
		var failed error
		if file != nil {
			pprof.StopCPUProfile()
			failed = file.Close()
		}
		return errors.Join(failed, f.allocations())
	}, nil
}

// allocations writes what was allocated, and by whom.
func (f *profileFlags) allocations() error {
	if f.memory == "" {
		return nil
	}
	file, err := os.Create(f.memory)
	if err != nil {
		return fmt.Errorf("--memprofile: %w", err)
	}
	runtime.GC() // what is alive is counted as of the last collection
	return errors.Join(pprof.Lookup("allocs").WriteTo(file, 0), file.Close())
}

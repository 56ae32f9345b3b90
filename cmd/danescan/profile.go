package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"

	"github.com/spf13/pflag"
)

// profileFlags write down where time and memory go: for those who work on the
// program.
type profileFlags struct{ cpu, memory, block, mutex string }

const (
	// blockRate is for how many nanoseconds of waiting one is noted on the average.
	blockRate = 100_000
	// mutexRate is of how many contended locks one is noted on the average.
	mutexRate = 100
)

func (f *profileFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.cpu, "cpuprofile", "", "for developers: write a CPU profile of the scan to `FILE`, for go tool pprof")
	flags.StringVar(&f.memory, "memprofile", "", "for developers: write a profile of what was allocated to `FILE`")
	flags.StringVar(&f.block, "blockprofile", "", "for developers: write a profile of where goroutines waited to `FILE`")
	flags.StringVar(&f.mutex, "mutexprofile", "", "for developers: write a profile of what held locks that others wanted to `FILE`")
}

// start begins to write; the function that it returns ends it. The files are there
// before the scan begins: it must not end in vain.
func (f *profileFlags) start() (stop func() error, err error) {
	cpu, err := createProfile("--cpuprofile", f.cpu)
	if err != nil {
		return nil, err
	}
	files := []*os.File{cpu}
	kinds := []struct{ flag, path, name string }{
		{"--memprofile", f.memory, "allocs"}, {"--blockprofile", f.block, "block"}, {"--mutexprofile", f.mutex, "mutex"},
	}
	for _, kind := range kinds {
		file, err := createProfile(kind.flag, kind.path)
		if err != nil {
			return nil, errors.Join(err, closeAll(files))
		}
		files = append(files, file)
	}
	if cpu != nil {
		if err := pprof.StartCPUProfile(cpu); err != nil {
			return nil, fmt.Errorf("--cpuprofile: %w", errors.Join(err, closeAll(files)))
		}
	}
	f.observe(blockRate, mutexRate)
	return func() error {
		if cpu != nil {
			pprof.StopCPUProfile()
		}
		if f.memory != "" {
			runtime.GC() // what is alive is counted as of the last collection
		}
		var errs []error
		for i, kind := range kinds {
			if file := files[i+1]; file != nil {
				errs = append(errs, pprof.Lookup(kind.name).WriteTo(file, 0))
			}
		}
		f.observe(0, 0)
		return errors.Join(append(errs, closeAll(files))...)
	}, nil
}

// observe sets how often the runtime notes what is asked for; 0 is never.
func (f *profileFlags) observe(block, mutex int) {
	if f.block != "" {
		runtime.SetBlockProfileRate(block)
	}
	if f.mutex != "" {
		runtime.SetMutexProfileFraction(mutex)
	}
}

// createProfile creates the file that a flag names; nil where it names none.
func createProfile(flag, path string) (*os.File, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return file, nil
}

func closeAll(files []*os.File) error {
	var errs []error
	for _, file := range slices.DeleteFunc(files, func(f *os.File) bool { return f == nil }) {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}

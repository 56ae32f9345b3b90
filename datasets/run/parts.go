package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	partPrefix = "part-"
	partSuffix = ".parquet"
)

// partName is the file name of part n of a table.
func partName(n int) string { return fmt.Sprintf("%s%06d%s", partPrefix, n, partSuffix) }

// partNumber reads the number out of a file name that partName made.
func partNumber(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, partPrefix)
	if !ok {
		return 0, false
	}
	digits, ok = strings.CutSuffix(digits, partSuffix)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || partName(n) != name {
		return 0, false
	}
	return n, true
}

// listParts gives the numbers of the whole parts in a directory, ascending. A
// directory that is not there holds none.
func listParts(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, e := range entries {
		if n, ok := partNumber(e.Name()); ok && e.Type().IsRegular() {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// partPaths gives the paths of the whole parts in a directory, in order.
func partPaths(dir string) ([]string, error) {
	numbers, err := listParts(dir)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(numbers))
	for i, n := range numbers {
		paths[i] = filepath.Join(dir, partName(n))
	}
	return paths, nil
}

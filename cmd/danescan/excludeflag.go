package main

import (
	"fmt"
	"os"

	"danescan/scanner"
)

// readExclusions reads what is to be left alone from the file that --exclude
// names; no file is nothing.
func readExclusions(path string) (*scanner.Exclusions, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--exclude: %w", err)
	}
	defer file.Close()
	x, err := scanner.ReadExclusions(file)
	if err != nil {
		return nil, fmt.Errorf("--exclude %s: %w", path, err)
	}
	return x, nil
}

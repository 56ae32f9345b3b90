package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"danescan/datasets/run"
)

var updateReadme = flag.Bool("update-readme", false, "write the data dictionary into the README")

// The marks in the README between which the data dictionary stands.
const dictionaryBegin, dictionaryEnd = "<!-- data dictionary: made by a test, see cmd/danescan/readme_test.go -->\n", "<!-- end of data dictionary -->\n"

// TestReadmeDictionary holds the data dictionary of the README against the
// descriptions of the columns, from which it is made.
func TestReadmeDictionary(t *testing.T) {
	const path = "../../README.md"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), dictionaryBegin)
	got, after, ok2 := strings.Cut(rest, dictionaryEnd)
	if !ok || !ok2 {
		t.Fatal("the README has no place for the data dictionary")
	}
	var want bytes.Buffer
	if err := run.WriteDictionary(&want); err != nil {
		t.Fatal(err)
	}
	if got == want.String() {
		return
	}
	if !*updateReadme {
		t.Fatal("the data dictionary is out of date: go test ./cmd/danescan -run Readme -update-readme")
	}
	text := before + dictionaryBegin + want.String() + dictionaryEnd + after
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestReadmeCommands: what the README tells people to type is there.
func TestReadmeCommands(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		switch {
		case len(words) > 1 && words[0] == "make" && !strings.Contains(string(makefile), "\n"+words[1]+":"):
			t.Errorf("no target %s", words[1])
		case len(words) > 1 && words[0] == "bin/danescan":
			c, taken := find(words[1:])
			if c == nil {
				t.Errorf("no command in %q", line)
				continue
			}
			flags := flagsOf(c)
			for _, word := range words[1+taken:] {
				if name, ok := strings.CutPrefix(word, "--"); ok && flags.Lookup(strings.SplitN(name, "=", 2)[0]) == nil {
					t.Errorf("%s has no flag --%s", c.name, name)
				}
			}
		}
	}
}

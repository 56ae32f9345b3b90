package scanner

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sectionsOf are the sections of the RFCs that this program is about, as published.
var sectionsOf = map[string]string{
	"7672": "1 1.1 1.2 1.3 1.3.1 1.3.2 1.3.3 1.3.4 2 2.1 2.1.1 2.1.2 2.1.3 2.2 2.2.1 2.2.2 2.2.3 3 3.1 3.1.1 3.1.2 3.1.3 " +
		"3.2 3.2.1 3.2.2 3.2.3 4 5 6 7 8 8.1 8.2 9 9.1 9.2 10 11 11.1 11.2",
	"7671": "1 1.1 2 2.1 3 4 4.1 4.2 4.3 5 5.1 5.2 5.2.1 5.2.2 5.2.3 5.3 5.4 6 7 8 8.1 8.2 8.3 8.4 9 10 10.1 10.1.1 10.1.2 " +
		"10.2 10.3 11 12 13 14 15 15.1 15.2",
	"6698": "1 1.1 1.2 1.3 1.4 2 2.1 2.1.1 2.1.2 2.1.3 2.1.4 2.2 2.3 3 4 4.1 5 6 7 7.1 7.2 7.3 7.4 8 8.1 8.1.1 8.1.2 8.1.3 " +
		"8.1.4 8.2 8.3 9 10 10.1 10.2 A A.1 A.1.1 A.1.2 A.1.2.1 A.1.2.2 A.2 A.2.1 A.2.1.1 A.2.1.2 A.2.1.3 A.3 A.4 B B.1 B.2 C",
	"7505": "1 2 3 4 4.1 4.2 5 6 7 7.1 7.2",
}

// newCommentLine is what stands between two words of a comment that goes on.
var newCommentLine = regexp.MustCompile(`\n\s*(//|--|#)?\s*`)

var citation = regexp.MustCompile(`RFC (7672|7671|6698|7505), (?:Sections?|Appendix) ((?:[0-9]+|[A-Z])(?:\.[0-9]+)*(?:(?:, | and | to )[0-9]+(?:\.[0-9]+)+)*)`)

var between = regexp.MustCompile(`, | and | to `)

// citedIn lists the sections that a text cites and that are not there, and counts all.
func citedIn(text string) (missing []string, count int) {
	for _, m := range citation.FindAllStringSubmatch(newCommentLine.ReplaceAllString(text, " "), -1) {
		for _, section := range between.Split(m[2], -1) {
			count++
			if !slices.Contains(strings.Fields(sectionsOf[m[1]]), section) {
				missing = append(missing, m[0])
			}
		}
	}
	return missing, count
}

// TestCitations looks in every source and document of the module for sections that
// the RFCs on DANE do not have.
func TestCitations(t *testing.T) {
	root, count := os.DirFS(".."), 0
	err := fs.WalkDir(root, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); name != "." && (strings.HasPrefix(name, ".") || slices.Contains([]string{"testdata", "out", "bin"}, name)) {
				return fs.SkipDir
			}
			return nil
		case !slices.Contains([]string{".go", ".md", ".sql", ".html"}, path.Ext(file)) || path.Base(file) == "citation_test.go":
			return nil
		}
		text, err := fs.ReadFile(root, file)
		missing, n := citedIn(string(text))
		for _, m := range missing {
			t.Errorf("%s cites %s, which does not exist", file, m)
		}
		count += n
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d citations", count)
	if count < 150 {
		t.Error("these are fewer than there were")
	}
}

// TestRequirementSections: the sections in REQUIREMENTS.md are there, too.
func TestRequirementSections(t *testing.T) {
	text, err := os.ReadFile("REQUIREMENTS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readRequirements(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, section := range strings.Split(r.section, ", ") {
			if !slices.Contains(strings.Fields(sectionsOf[r.rfc]), section) {
				t.Errorf("line %d: RFC %s has no Section %s", r.line, r.rfc, section)
			}
		}
	}
}

// TestCitationsCanFail gives citations of what is there and what is not.
func TestCitationsCanFail(t *testing.T) {
	for text, want := range map[string]struct{ missing, count int }{
		"(RFC 7672, Section 2.2.3)":               {0, 1},
		"RFC 7672, Section 3.3":                   {1, 1},
		"// by RFC 7671,\n// Section 10.4, which": {1, 1},
		"// by RFC\n// 6698, Section 2.1.4":       {0, 1},
		"RFC 6698, Appendix A.2.1.3":              {0, 1},
		"RFC 6698, Appendix D":                    {1, 1},
		"RFC 7672, Sections 2.1.1 to 2.1.4":       {1, 2},
		"RFC 7672, Sections 2.1.1, 2.2.4 and 8.3": {2, 3},
		"RFC 5280, Section 99":                    {0, 0},
	} {
		if missing, count := citedIn(text); len(missing) != want.missing || count != want.count {
			t.Errorf("%q: %q of %d are missing, want %d of %d", text, missing, count, want.missing, want.count)
		}
	}
}

package scanner

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// requirement is a row of REQUIREMENTS.md.
type requirement struct {
	line         int
	rfc, section string
	text         string
	where, tests []string
	unread       string // what is no item in the cells of where and tests
	deviation    string
}

const requirementHeader = "Section|Requirement|Where|Tests|Deviation"

var (
	rfcHeading = regexp.MustCompile(`^## RFC (\d+)`)
	item       = regexp.MustCompile("`[^`]+`")
)

// readRequirements reads the tables of a Markdown text.
func readRequirements(text string) (rows []requirement, err error) {
	rfc, columns := "", 0
	for n, line := range strings.Split(text, "\n") {
		if m := rfcHeading.FindStringSubmatch(line); m != nil {
			rfc, columns = m[1], 0
		}
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case len(cells) != 5 || rfc == "":
			err = errors.Join(err, fmt.Errorf("line %d: %d columns below RFC %q", n+1, len(cells), rfc))
		case columns == 0 && strings.Join(cells, "|") != requirementHeader:
			err = errors.Join(err, fmt.Errorf("line %d: header %q", n+1, cells))
		}
		if columns++; columns <= 2 || len(cells) != 5 {
			continue // header and rule
		}
		rows = append(rows, requirement{
			line: n + 1, rfc: rfc, section: cells[0], text: cells[1], where: item.FindAllString(cells[2], -1),
			tests: item.FindAllString(cells[3], -1), deviation: cells[4],
			unread: strings.TrimSpace(item.ReplaceAllString(cells[2]+cells[3], "")),
		})
	}
	return rows, err
}

// source is the Go files of the module, read as they are asked for.
type source struct {
	root  fs.FS
	known map[string]map[string]bool // names declared, by file
}

// declared returns the names that a file declares: functions, methods, types,
// variables and constants. Build tags are not looked at.
func (s *source) declared(file string) (map[string]bool, error) {
	if names, ok := s.known[file]; ok {
		return names, nil
	}
	text, err := fs.ReadFile(s.root, file)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names[d.Name.Name] = true
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				for _, name := range specNames(spec) {
					names[name] = true
				}
			}
		}
	}
	s.known[file] = names
	return names, nil
}

func specNames(spec ast.Spec) (names []string) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		names = append(names, spec.Name.Name)
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

// holds says what is wrong with `file:name` or `file`.
func (s *source) holds(where string) error {
	file, name, named := strings.Cut(strings.Trim(where, "`"), ":")
	names, err := s.declared(file)
	if err != nil {
		return err
	}
	if named && !names[name] {
		return fmt.Errorf("%s does not declare %q", file, name)
	}
	return nil
}

// tests says what is wrong with `folder.TestName`.
func (s *source) tests(test string) error {
	folder, name, _ := strings.Cut(strings.Trim(test, "`"), ".")
	files, err := fs.Glob(s.root, path.Join(folder, "*_test.go"))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(name, "Test") {
		return fmt.Errorf("%s is no test", test)
	}
	for _, file := range files {
		names, err := s.declared(file)
		if err != nil {
			return err
		}
		if names[name] {
			return nil
		}
	}
	return fmt.Errorf("%d test files in %s, and no %s", len(files), folder, name)
}

// check says what is wrong with a row.
func (r requirement) check(s *source) (err error) {
	if r.section == "" || r.text == "" || r.deviation == "" || len(r.where) == 0 {
		err = errors.New("a cell is empty")
	}
	if r.unread != "" && r.unread != "-" {
		err = errors.Join(err, fmt.Errorf("no item: %q", r.unread))
	}
	if len(r.tests) == 0 && r.deviation == "-" {
		err = errors.Join(err, errors.New("neither a test nor a deviation"))
	}
	for _, where := range r.where {
		err = errors.Join(err, s.holds(where))
	}
	for _, test := range r.tests {
		err = errors.Join(err, s.tests(test))
	}
	return err
}

// TestRequirements checks that all that REQUIREMENTS.md names is there, that each
// requirement has a test or a reason, and that no section is forgotten that holds
// one.
func TestRequirements(t *testing.T) {
	text, err := os.ReadFile("REQUIREMENTS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readRequirements(string(text))
	if err != nil {
		t.Error(err)
	}
	s := &source{root: os.DirFS(".."), known: map[string]map[string]bool{}}
	sections, untested := map[string][]string{}, 0
	for _, r := range rows {
		if err := r.check(s); err != nil {
			t.Errorf("line %d, RFC %s, Section %s: %v", r.line, r.rfc, r.section, err)
		}
		sections[r.rfc] = append(sections[r.rfc], strings.Split(r.section, ", ")...)
		if len(r.tests) == 0 {
			untested++
		}
	}
	for rfc, all := range requiringSections {
		for _, section := range all {
			if !slices.Contains(sections[rfc], section) {
				t.Errorf("RFC %s, Section %s asks something of clients, and is missing", rfc, section)
			}
		}
	}
	t.Logf("%d requirements, %d of them without a test", len(rows), untested)
}

// requiringSections are the sections that bind a client by a MUST or a SHOULD.
var requiringSections = map[string][]string{
	"7672": {"1.1", "2.1.1", "2.1.2", "2.1.3", "2.2", "2.2.1", "2.2.2", "2.2.3", "3.1.1", "3.1.2", "3.1.3", "3.2", "3.2.1", "3.2.2", "3.2.3", "5", "6", "8.1", "8.2", "9.1"},
	"7671": {"2", "3", "4", "4.1", "4.2", "5.1", "5.2.1", "5.2.2", "5.2.3", "5.4", "7", "9", "10.2", "10.3", "14"},
	"6698": {"2.1.1", "2.1.3", "2.1.4", "2.2", "3", "4", "4.1", "6", "8.2"},
	"7505": {"3"},
}

// TestRequirementsCanFail gives rows with one mistake each.
func TestRequirementsCanFail(t *testing.T) {
	const head = "## RFC 1\n|" + requirementHeader + "|\n|---|---|---|---|---|\n"
	s := func() *source {
		return &source{root: os.DirFS(".."), known: map[string]map[string]bool{}}
	}
	for row, want := range map[string]string{
		"|1|x|`scanner/requirements_test.go:TestRequirements`|`scanner.TestRequirements`|-|":       "",
		"|1|x|`scanner/requirements_test.go:source` `scanner/config.go`|-|never done|":             "",
		"|1|x|`scanner/requirements_test.go:holds`|`scanner.TestInteropPolicies`|-|":               "",
		"|1|x|`scanner/requirements_test.go:requiringSections`|-|-|":                               "neither a test nor a deviation",
		"|1|x|`scanner/requirements_test.go:nothing`|`scanner.TestRequirements`|-|":                `does not declare "nothing"`,
		"|1|x|`scanner/nothing.go`|`scanner.TestRequirements`|-|":                                  "no such file",
		"|1|x|`scanner/config.go`|`scanner.TestNothing`|-|":                                        "no TestNothing",
		"|1|x|`scanner/config.go`|`scanner/nothing.TestRequirements`|-|":                           "0 test files",
		"|1|x|`scanner/requirements_test.go:holds`|`scanner.holds`|-|":                             "is no test",
		"|1|x|`scanner/config.go`|TestRequirements|none|":                                          "no item",
		"|1|x||`scanner.TestRequirements`|-|":                                                      "a cell is empty",
		"|1||`scanner/config.go`|`scanner.TestRequirements`|-|":                                    "a cell is empty",
		"|1|x|`scanner/config.go`|`scanner.TestRequirements`| |":                                   "a cell is empty",
		"|1|x|`scanner/config.go`|`scanner.TestRequirements`|":                                     "4 columns",
		"|1|x|`scanner/config.go`|`scanner.TestRequirements`|-|\n## RFC 2\n|1|x|y|z|-|\n|1|2|3|4|": "header",
	} {
		rows, err := readRequirements(head + row + "\n")
		for _, r := range rows {
			err = errors.Join(err, r.check(s()))
		}
		if want == "" && (err != nil || len(rows) != 1) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %d rows, %v, want %q", row, len(rows), err, want)
		}
	}
}

package list

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeLists writes each text to a file of its own.
func writeLists(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLists(t *testing.T) {
	dir := writeLists(t, map[string]string{
		"tranco.csv": "1,a.test\r\n2,b.test\r\n3,not a name\r\n",
		"plain.txt":  "# ours\nc.test\na.test\nd.test\n",
		"test.zone":  "test. IN SOA a. b. 7 1 1 1 1\ne.test. NS a.\ne.test. DS 1 13 2 aa\n",
	})
	a, b, c := filepath.Join(dir, "tranco.csv"), filepath.Join(dir, "plain.txt"), filepath.Join(dir, "test.zone")
	type want struct {
		line   int64
		domain string
	}
	// The bad third line of the first list gives no name: the second is counted on
	// from line 2.
	all := []want{{1, "a.test"}, {2, "b.test"}, {4, "c.test"}, {5, "a.test"}, {6, "d.test"}, {8, "e.test"}}
	for _, test := range []struct {
		name    string
		sources []string
		cfg     Config
		want    []want
	}{
		{"all", []string{a, b, c}, Config{}, all},
		{"one", []string{b}, Config{}, []want{{2, "c.test"}, {3, "a.test"}, {4, "d.test"}}},
		{"the limit is that of all", []string{a, b, c}, Config{Limit: 3}, all[:3]},
		{"the limit ends with a list", []string{a, b}, Config{Limit: 2}, all[:2]},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, err := OpenAll(t.Context(), test.sources, test.cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var got []want
			for {
				name, err := l.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, want{name.Line, name.Domain})
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			if n := l.Counts().Taken; n != int64(len(test.want)) {
				t.Errorf("%d counted as taken, want %d", n, len(test.want))
			}
		})
	}
}

func TestListsCited(t *testing.T) {
	dir := writeLists(t, map[string]string{"tranco_K25GW.csv": "1,a.test\n", "tranco_L35HX.csv": "1,b.test\n", "plain.txt": "c.test\n"})
	first, second, plain := filepath.Join(dir, "tranco_K25GW.csv"), filepath.Join(dir, "tranco_L35HX.csv"), filepath.Join(dir, "plain.txt")
	// Made with: for f in FILE...; do sha256sum < $f | cut -c1-64; done | sha256sum
	for _, test := range []struct {
		sources    []string
		id, sha256 string
	}{
		{[]string{first}, "K25GW", "1c02d0b4f42319f4008e1276a36b4354b7ca19da68b94779b7f5136d021ebdae"},
		{[]string{first, second}, "K25GW+L35HX", "00cbbf860b454a0288e799300ccbba6577234cf92de8e1abf33f03a9dabcfd43"},
		{[]string{first, plain}, "", "80396313250c44d7723eb4488a1da8df8799bd9089fc6a8677fb51a54fccc984"},
	} {
		l, err := OpenAll(t.Context(), test.sources, Config{})
		if err != nil {
			t.Fatal(err)
		}
		sum, err := l.SHA256()
		if id := l.Provenance().ID; err != nil || id != test.id || sum != test.sha256 {
			t.Errorf("%v: ID %q, digest %s, %v", test.sources, id, sum, err)
		}
		if l.Source() != strings.Join(test.sources, " ") {
			t.Errorf("source %q", l.Source())
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestListsRefused(t *testing.T) {
	dir := writeLists(t, map[string]string{"good.txt": "a.test\n", "cut.txt": "b.test\nc.test\n"})
	good := filepath.Join(dir, "good.txt")
	for name, test := range map[string]struct {
		sources []string
		want    string
	}{
		"none":                 {nil, "no list was given"},
		"one is not there":     {[]string{good, filepath.Join(dir, "missing.txt")}, "missing.txt"},
		"standard input twice": {[]string{"-", "-"}, "give - once"},
	} {
		if _, err := OpenAll(t.Context(), test.sources, Config{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q in it", name, err, test.want)
		}
	}
	// What goes wrong on the way names the list.
	l := &Lists{Files: []*File{{Source: "x", Reader: &Reader{err: errors.New("broken disk")}}, {Source: "y"}}, before: make([]int64, 2)}
	if _, err := l.Next(); err == nil || err.Error() != "x: broken disk" {
		t.Errorf("%v", err)
	}
}

package list

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func TestNormalise(t *testing.T) {
	for _, tc := range []struct {
		raw, want string
		reason    SkipReason
	}{
		{"example.com", "example.com", ""},
		{"EXAMPLE.Com.", "example.com", ""},
		{" example.com ", "example.com", ""},
		{"bücher.example", "xn--bcher-kva.example", ""},
		{"BÜCHER.example", "xn--bcher-kva.example", ""},
		{"straße.example", "xn--strae-oqa.example", ""},
		{"例え。テスト", "xn--r8jz45g.xn--zckzah", ""},
		{"r3---sn-abc.googlevideo.com", "r3---sn-abc.googlevideo.com", ""},
		{"-leading.example", "-leading.example", ""},
		{"_dmarc.example", "_dmarc.example", ""},
		{"xn--zzzz-.example", "xn--zzzz-.example", ""},
		{"ai", "ai", ""},
		{strings.Repeat("a", 63) + ".example", strings.Repeat("a", 63) + ".example", ""},
		{strings.Repeat("a", 64) + ".example", "", SkipLength},
		{strings.Repeat("a.", 127) + "example", "", SkipLength},
		{"192.0.2.1", "", SkipIPAddress},
		{"[192.0.2.1]", "", SkipIPAddress},
		{"2001:db8::1", "", SkipIPAddress},
		{"a b.example", "", SkipBytes},
		{"a\x00b.example", "", SkipBytes},
		{"<script>.example", "", SkipBytes},
		{"=cmd.example", "", SkipBytes},
		{"a..example", "", SkipLabel},
		{".example", "", SkipLabel},
		{"", "", SkipLabel},
		{".", "", SkipLabel},
		{"\xff\xfe.example", "", SkipBytes},
	} {
		got, reason := Normalise(tc.raw)
		if reason != tc.reason || reason == "" && got != tc.want {
			t.Errorf("Normalise(%q) = %q, %q, want %q, %q", tc.raw, got, reason, tc.want, tc.reason)
		}
	}
}

// names reads a list to its end.
func names(t *testing.T, r *Reader) []Name {
	t.Helper()
	var all []Name
	for {
		n, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
}

func TestFormats(t *testing.T) {
	for _, tc := range []struct {
		about, text, format string
		cfg                 Config
		want                []Name
		skipped             map[SkipReason]int64
		folded              int64
	}{
		{about: "tranco with CRLF", text: "1,google.com\r\n2,Example.org\r\n", format: "tranco",
			want: []Name{{Line: 1, Rank: 1, Domain: "google.com"}, {Line: 2, Rank: 2, Domain: "example.org"}}},
		{about: "byte order mark", text: "\ufeff1,google.com\n", format: "tranco",
			want: []Name{{Line: 1, Rank: 1, Domain: "google.com"}}},
		{about: "plain with comments", text: "# names\n\nexample.com\nexample.org", format: "plain",
			want: []Name{{Line: 3, Rank: 0, Domain: "example.com"}, {Line: 4, Rank: 0, Domain: "example.org"}}},
		{about: "bad lines are counted", text: "1,a.example\n2,b c.example\nx,d.example\n4\n5,192.0.2.1\n6,e.example\n7,f.example\n8,g.example\n", format: "tranco",
			want:    []Name{{Line: 1, Rank: 1, Domain: "a.example"}, {Line: 6, Rank: 6, Domain: "e.example"}, {Line: 7, Rank: 7, Domain: "f.example"}, {Line: 8, Rank: 8, Domain: "g.example"}},
			skipped: map[SkipReason]int64{SkipBytes: 1, SkipRank: 1, SkipColumns: 1, SkipIPAddress: 1}},
		{about: "majestic", text: "GlobalRank,TldRank,Domain,TLD\n1,1,google.com,com\n", format: "majestic",
			want: []Name{{Line: 2, Rank: 1, Domain: "google.com"}}},
		{about: "crux", text: "origin,rank\nhttps://www.example.com,1000\nhttps://example.org:8443,1000\n", format: "crux",
			want: []Name{{Line: 2, Rank: 1000, Domain: "www.example.com"}, {Line: 3, Rank: 1000, Domain: "example.org"}}},
		{about: "limit", text: "1,a.example\n2,b.example\n3,c.example\n", format: "tranco", cfg: Config{Limit: 2},
			want: []Name{{Line: 1, Rank: 1, Domain: "a.example"}, {Line: 2, Rank: 2, Domain: "b.example"}}},
		{about: "group column, quoted", text: "1,a.example,\"Registrar, \x1bInc.\"\n", format: "tranco", cfg: Config{Group: 3},
			want: []Name{{Line: 1, Rank: 1, Domain: "a.example", Group: "Registrar, Inc."}}},
		{about: "umbrella is folded", text: "1,com\n2,www.google.com\n3,google.com\n4,a.b.example.co.uk\n", format: "umbrella", cfg: Config{Format: "umbrella"}, folded: 2,
			want: []Name{{Line: 1, Rank: 1, Domain: "com"}, {Line: 2, Rank: 2, Domain: "google.com"}, {Line: 3, Rank: 3, Domain: "google.com"}, {Line: 4, Rank: 4, Domain: "example.co.uk"}}},
		{about: "umbrella looks like tranco", text: "1,www.google.com\n", format: "tranco",
			want: []Name{{Line: 1, Rank: 1, Domain: "www.google.com"}}},
		{about: "plain with a group", text: "Domain;Registrar\na.example;\"One; Two\"\nb.example;Three\nc.example\n", format: "plain", cfg: Config{Group: 2},
			want: []Name{{Line: 2, Domain: "a.example", Group: "One; Two"}, {Line: 3, Domain: "b.example", Group: "Three"}, {Line: 4, Domain: "c.example"}}},
		{about: "plain with a header", text: "domain\ndomain.example\n", format: "plain",
			want: []Name{{Line: 2, Domain: "domain.example"}}},
		{about: "majestic with a group", text: "GlobalRank,TldRank,Domain,TLD\n1,1,google.com,com\n", format: "majestic", cfg: Config{Group: 4},
			want: []Name{{Line: 2, Rank: 1, Domain: "google.com", Group: "com"}}},
		{about: "sample", text: "1,a.example\n2,b.example\n3,c.example\n4,d.example\n", format: "tranco", cfg: Config{Sample: 50, Seed: 7},
			want: []Name{{Line: 1, Rank: 1, Domain: "a.example"}}, skipped: map[SkipReason]int64{SkipSample: 3}},
		{about: "format given", text: "1,a.example\n", format: "alexa", cfg: Config{Format: "alexa"},
			want: []Name{{Line: 1, Rank: 1, Domain: "a.example"}}},
	} {
		t.Run(tc.about, func(t *testing.T) {
			r, err := NewReader(strings.NewReader(tc.text), tc.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got := names(t, r); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			if r.Format() != tc.format {
				t.Errorf("format %s, want %s", r.Format(), tc.format)
			}
			if !maps.Equal(r.Skipped, tc.skipped) {
				t.Errorf("skipped %v, want %v", r.Skipped, tc.skipped)
			}
			if int64(len(tc.want)) != r.Taken || tc.folded != r.Folded {
				t.Errorf("taken %d, want %d; folded %d, want %d", r.Taken, len(tc.want), r.Folded, tc.folded)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for _, tc := range []struct{ about, text, format, want string }{
		{"a web page", "<!DOCTYPE html>\n<p>Not found</p>\n", "", `2 of the first 2 lines hold no domain name (read as plain; line 1: bytes: "<!DOCTYPE html>")`},
		{"empty", "", "", "the list has no entries"},
		{"comments alone", "# nothing\n", "", "the list has no entries"},
		{"unknown format", "a.example\n", "xml", `unknown list format "xml": one of auto, majestic, crux, zone, tranco, alexa, umbrella, plain`},
		{"another format than said", "a.example\nb.example\n", "tranco", `2 of the first 2 lines hold no domain name (read as tranco; line 1: columns: "a.example")`},
	} {
		_, err := NewReader(strings.NewReader(tc.text), Config{Format: tc.format})
		if err == nil || err.Error() != tc.want {
			t.Errorf("%s: error %v, want %s", tc.about, err, tc.want)
		}
	}
}

func TestJudgedByTheFirstThousandLines(t *testing.T) {
	good, bad := strings.Repeat("a.example\n", 500), strings.Repeat("b b\n", 500)
	if _, err := NewReader(strings.NewReader(good+bad), Config{}); err != nil {
		t.Errorf("half bad: %v", err)
	}
	var notList *NotAListError
	if _, err := NewReader(strings.NewReader(good[10:]+bad+"b b\n"), Config{}); !errors.As(err, &notList) || notList.Bad != 501 {
		t.Errorf("501 of 1,000 bad: %v", err)
	}
}

func TestLongLinesAreSkippedInFlatMemory(t *testing.T) {
	endless := io.MultiReader(strings.NewReader("1,a.example\n2,"), &repeat{n: 64 << 20}, strings.NewReader("\n3,c.example\n"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := NewReader(endless, Config{})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	allocated := after.TotalAlloc - before.TotalAlloc
	if allocated > 1<<20 {
		t.Errorf("reading a line of 64 MiB allocated %d octets", allocated)
	}
	want := []Name{{Line: 1, Rank: 1, Domain: "a.example"}, {Line: 3, Rank: 3, Domain: "c.example"}}
	if got := names(t, r); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if r.Skipped[SkipLongLine] != 1 {
		t.Errorf("skipped %v", r.Skipped)
	}
}

// repeat yields n octets.
type repeat struct{ n int }

func (r *repeat) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), r.n)]
	for i := range p {
		p[i] = 'x'
	}
	r.n -= len(p)
	return len(p), nil
}

func TestOpen(t *testing.T) {
	const text = "1,a.example\r\n2,b.example\r\n"
	dir := t.TempDir()
	for name, pack := range map[string]func(io.Writer) io.WriteCloser{
		"list.csv":    func(w io.Writer) io.WriteCloser { return nopCloser{w} },
		"list.csv.gz": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"list.csv.zst": func(w io.Writer) io.WriteCloser {
			z, _ := zstd.NewWriter(w)
			return z
		},
		"list.zip": func(w io.Writer) io.WriteCloser {
			z := zip.NewWriter(w)
			e, _ := z.Create("top-1m.csv")
			return struct {
				io.Writer
				io.Closer
			}{e, z}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var packed bytes.Buffer
			w := pack(&packed)
			io.WriteString(w, text)
			w.Close()
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := Open(t.Context(), path, Config{Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := names(t, f.Reader); len(got) != 1 || got[0].Domain != "a.example" {
				t.Errorf("names %v", got)
			}
			sum, err := f.SHA256()
			if want := digest(packed.Bytes()); err != nil || sum != want {
				t.Errorf("SHA-256 %s, %v, want %s", sum, err, want)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		os.WriteFile(path, data, 0o600)
		return path
	}
	var two bytes.Buffer
	z := zip.NewWriter(&two)
	z.Create("one")
	z.Create("two")
	z.Close()
	for path, want := range map[string]string{
		filepath.Join(dir, "absent"):                       "no such file",
		write("two.zip", two.Bytes()):                      "2 files, expected one",
		write("bad.gz", []byte("\x1f\x8bnot gzip at all")): "gzip",
		write("bad.zip", []byte("PK\x03\x04")):             "zip",
	} {
		if _, err := Open(t.Context(), path, Config{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", filepath.Base(path), err, want)
		}
	}
}

func TestUnicode(t *testing.T) {
	if got := Unicode("xn--bcher-kva.example"); got != "bücher.example" {
		t.Errorf("got %q", got)
	}
	if got := Unicode("example.com"); got != "" {
		t.Errorf("got %q", got)
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{"1,a.example\n", "a.example\n", "origin,rank\nhttps://a.example,1\n", "1,\"a,b\"\n", "\ufeff1,a.example\r\n", "GlobalRank,TldRank,Domain\n1,1,a.example"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data), Config{Group: 2})
		if err != nil {
			return
		}
		for {
			n, err := r.Next()
			if err != nil {
				return
			}
			if reason := check(n.Domain); reason != "" {
				t.Fatalf("line %d gave %q: %s", n.Line, n.Domain, reason)
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "%d,name%d.example\r\n", i+1, i)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, err := NewReader(strings.NewReader(text.String()), Config{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func digest(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

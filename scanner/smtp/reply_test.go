package smtp

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestReadReply(t *testing.T) {
	for _, test := range []struct {
		name  string
		in    string
		code  int
		lines []string
		rest  string
		err   error
	}{
		{"one line", "220 hi\r\n", 220, []string{"hi"}, "", nil},
		{"no text", "220\r\n", 220, []string{""}, "", nil},
		{"bare line feed", "220 hi\n", 220, []string{"hi"}, "", nil},
		{"several lines", "250-a\r\n250-b\r\n250 c\r\n", 250, []string{"a", "b", "c"}, "", nil},
		{"last code counts", "250-a\r\n421 c\r\n", 421, []string{"a", "c"}, "", nil},
		{"bytes behind", "220 go\r\nEVIL", 220, []string{"go"}, "EVIL", nil},
		{"garbage is skipped", "hello\r\n2200 x\r\n220 hi\r\n", 220, []string{"hello", "2200 x", "hi"}, "", nil},
		{"empty lines are skipped", "\r\n\r\n220 hi\r\n", 220, []string{"hi"}, "", nil},
		{"control characters are kept", "220 \x1b[31m\x00\x07\r\n", 220, []string{"\x1b[31m\x00\x07"}, "", nil},
		{"code below 100", "099 x\r\n220 hi\r\n", 220, []string{"099 x", "hi"}, "", nil},
		{"cut short", "220-a\r\n22", 0, []string{"a", "22"}, "", io.EOF},
		{"nothing", "", 0, nil, "", io.EOF},
		{"line of 5000", "220 " + strings.Repeat("x", 5000) + "\r\n", 220, []string{strings.Repeat("x", maxLine-4)}, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newReplyReader(strings.NewReader(test.in))
			rep, err := r.read()
			if !errors.Is(err, test.err) || (err != nil) != (test.err != nil) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if rep.code != test.code || !equalLines(rep.lines, test.lines) {
				t.Errorf("got %d %q", rep.code, rep.lines)
			}
			if got := string(r.buffered()); got != test.rest {
				t.Errorf("behind it %q, want %q", got, test.rest)
			}
		})
	}
}

func equalLines(got [][]byte, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if string(got[i]) != want[i] {
			return false
		}
	}
	return true
}

// TestReadReplyByteByByte cuts a reply at every place.
func TestReadReplyByteByByte(t *testing.T) {
	r := newReplyReader(iotest.OneByteReader(strings.NewReader("250-a\r\n250 b\r\n221 bye\r\n")))
	for _, want := range []int{250, 221} {
		if rep, err := r.read(); err != nil || rep.code != want {
			t.Errorf("got %d %v, want %d", rep.code, err, want)
		}
	}
}

// endless is text without end; count is what was read of it.
type endless struct {
	text  string
	count int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[(e.count+i)%len(e.text)]
	}
	e.count += len(p)
	return len(p), nil
}

func TestReplyLimits(t *testing.T) {
	for _, test := range []struct {
		name, text string
		most       int // bytes read
	}{
		{"line without end", "220 aaaaaaaaaaaaaaaaaaaaaaaaa", maxReplyBytes + 1024},
		{"lines without end", "220-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", maxReplyBytes + 1024},
		{"empty lines without end", "\n", maxReplyLines + 1024},
		{"short lines without end", "220-\n", 5*maxReplyLines + 1024},
	} {
		t.Run(test.name, func(t *testing.T) {
			src := &endless{text: test.text}
			rep, err := newReplyReader(src).read()
			if !errors.Is(err, errReplyLimit) || rep.code != 0 {
				t.Fatalf("got %d %v", rep.code, err)
			}
			if src.count > test.most {
				t.Errorf("read %d bytes, at most %d are needed", src.count, test.most)
			}
			if len(rep.raw) > maxRaw {
				t.Errorf("kept %d bytes", len(rep.raw))
			}
		})
	}
}

func TestExtensions(t *testing.T) {
	for _, test := range []struct {
		name     string
		lines    []string
		offered  int
		starttls bool
	}{
		{"last line", []string{"mx", "SIZE 1", "STARTTLS"}, 2, true},
		{"middle line", []string{"mx", "STARTTLS", "SIZE 1"}, 2, true},
		{"lower case", []string{"mx", "starttls"}, 1, true},
		{"mixed case", []string{"mx", "StartTls"}, 1, true},
		{"spaces around", []string{"mx", "  STARTTLS "}, 1, true},
		{"parameter behind", []string{"mx", "STARTTLS required"}, 1, true},
		{"prefix", []string{"mx", "STARTTLSX"}, 1, false},
		{"suffix", []string{"mx", "XSTARTTLS"}, 1, false},
		{"parameter", []string{"mx", "AUTH STARTTLS"}, 1, false},
		{"server's name", []string{"STARTTLS"}, 0, false},
		{"none", []string{"mx"}, 0, false},
		{"no UTF-8", []string{"mx", "X\xff\xfe", "STARTTLS"}, 2, true},
		{"nothing", nil, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var lines [][]byte
			for _, l := range test.lines {
				lines = append(lines, []byte(l))
			}
			offered, starttls := extensions(lines)
			if len(offered) != test.offered || starttls != test.starttls {
				t.Errorf("got %q, STARTTLS %v", offered, starttls)
			}
			if !utf8.ValidString(strings.Join(offered, "")) {
				t.Errorf("no UTF-8: %q", offered)
			}
		})
	}
}

func TestExtensionsAreCapped(t *testing.T) {
	lines := [][]byte{[]byte("mx")}
	for range maxReplyLines {
		lines = append(lines, bytes.Repeat([]byte("x"), maxLine))
	}
	offered, starttls := extensions(append(lines, []byte("STARTTLS")))
	if len(offered) != maxExtensions || len(offered[0]) != maxExtension || !starttls {
		t.Errorf("%d extensions, STARTTLS %v", len(offered), starttls)
	}
}

func FuzzReply(f *testing.F) {
	for _, seed := range []string{"220 hi\r\n", "250-a\r\n250 STARTTLS\r\n", "hello\n", "220", "220-\x00\xff\r\n\r\n220 x\n", "250 a\nb"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := newReplyReader(bytes.NewReader(in))
		rep, err := r.read()
		if (err == nil) != (rep.code >= 100 && rep.code <= 999) {
			t.Errorf("code %d, error %v", rep.code, err)
		}
		if len(rep.raw) > maxRaw || len(rep.lines) > maxReplyLines {
			t.Errorf("over the limits: %d bytes, %d lines", len(rep.raw), len(rep.lines))
		}
		for _, line := range rep.lines {
			if len(line) > maxLine || bytes.IndexByte(line, '\n') >= 0 {
				t.Errorf("line %q", line)
			}
		}
		extensions(rep.lines)
	})
}

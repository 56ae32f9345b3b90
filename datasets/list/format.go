package list

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Format is a form in which lists are published.
type Format struct {
	Name    string
	Meaning string // one line, for help

	separator byte // 0: the line is the field
	headers   []string
	parse     func(fields []string) (rank int64, name string, reason SkipReason)
}

// Formats are the forms understood, in the order in which they are tried.
var Formats = []Format{
	{Name: "majestic", Meaning: "Majestic Million: CSV with a header that begins GlobalRank,TldRank,Domain",
		separator: ',', headers: []string{"globalrank,tldrank,domain"}, parse: columns(0, 2)},
	{Name: "crux", Meaning: "Chrome UX Report: CSV with the header origin,rank",
		separator: ',', headers: []string{"origin,rank", "origin,experimental.popularity.rank"}, parse: parseCrUX},
	{Name: "tranco", Meaning: "Tranco: rank,domain",
		separator: ',', parse: columns(0, 1)},
	{Name: "alexa", Meaning: "Alexa: rank,domain",
		separator: ',', parse: columns(0, 1)},
	{Name: "plain", Meaning: "one name a line",
		parse: func(fields []string) (int64, string, SkipReason) { return 0, fields[0], "" }},
}

// columns parses CSV with the rank and the name at the given columns.
func columns(rank, name int) func([]string) (int64, string, SkipReason) {
	return func(fields []string) (int64, string, SkipReason) {
		if len(fields) <= max(rank, name) {
			return 0, "", SkipColumns
		}
		n, err := strconv.ParseInt(strings.TrimSpace(fields[rank]), 10, 64)
		if err != nil || n < 1 {
			return 0, "", SkipRank
		}
		return n, fields[name], ""
	}
}

// parseCrUX takes the host out of an origin such as https://www.example.com:8443.
func parseCrUX(fields []string) (int64, string, SkipReason) {
	if len(fields) < 2 {
		return 0, "", SkipColumns
	}
	rank, err := strconv.ParseInt(strings.TrimSpace(fields[1]), 10, 64)
	if err != nil || rank < 1 {
		return 0, "", SkipRank
	}
	_, host, ok := strings.Cut(fields[0], "://")
	if !ok {
		return 0, "", SkipColumns
	}
	host, _, _ = strings.Cut(host, "/")
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return rank, host, ""
}

// choose returns the format asked for, or the one that the first line shows.
func choose(name string, lines *bufio.Reader) (*Format, error) {
	if name != "" && name != "auto" {
		for i := range Formats {
			if Formats[i].Name == name {
				return &Formats[i], nil
			}
		}
		return nil, fmt.Errorf("unknown list format %q: one of auto, %s", name, strings.Join(formatNames(), ", "))
	}
	head, err := lines.Peek(maxLine)
	if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, streamError(0, err)
	}
	return sniff(head), nil
}

// sniff looks at the first line that says something.
func sniff(head []byte) *Format {
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	for len(head) > 0 {
		var line []byte
		line, head, _ = bytes.Cut(head, []byte("\n"))
		text := string(trimEnd(line))
		if blankOrComment(text) {
			continue
		}
		for i := range Formats {
			f := &Formats[i]
			if f.header(1, text) || len(f.headers) == 0 && f.fits(text) {
				return f
			}
		}
	}
	return &Formats[len(Formats)-1]
}

// fits reports whether a first line could be of this format, which has no header.
func (f *Format) fits(text string) bool {
	_, _, reason := f.parse(split(text, f.separator))
	return reason == ""
}

// header reports whether the text is this format's header line.
func (f *Format) header(line int64, text string) bool {
	if line != 1 {
		return false
	}
	text = strings.ToLower(strings.TrimPrefix(text, "\ufeff"))
	for _, h := range f.headers {
		if strings.HasPrefix(text, h) {
			return true
		}
	}
	return false
}

func formatNames() []string {
	var names []string
	for _, f := range Formats {
		names = append(names, f.Name)
	}
	return names
}

// split takes a line apart. Quotes are rare, so the csv reader is met only where
// there is one.
func split(text string, separator byte) []string {
	text = strings.TrimPrefix(text, "\ufeff")
	if separator == 0 {
		return []string{text}
	}
	if !strings.Contains(text, `"`) {
		return strings.Split(text, string(separator))
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = rune(separator), true, -1
	fields, err := r.Read()
	if err != nil {
		return []string{text}
	}
	return fields
}

func trimEnd(line []byte) []byte { return bytes.TrimRight(line, "\r\n") }

func blankOrComment(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || text[0] == '#'
}

// printable keeps a column of the list as it is, bounded and without control
// characters.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\ufffd' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s[:min(len(s), 200)])
}

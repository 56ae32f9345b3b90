package list

import (
	"bufio"
	"bytes"
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
	zone      bool // a master file: records, not lines
	fold      bool // names are folded to the registrable domain
	named     bool // looks like another format: read only where it is asked for
}

// Formats are the forms understood, in the order in which they are tried.
var Formats = []Format{
	{Name: "majestic", Meaning: "Majestic Million: CSV with a header that begins GlobalRank,TldRank,Domain",
		separator: ',', headers: []string{"globalrank,tldrank,domain"}, parse: columns(0, 2)},
	{Name: "crux", Meaning: "Chrome UX Report: CSV with the header origin,rank",
		separator: ',', headers: []string{"origin,rank", "origin,experimental.popularity.rank"}, parse: parseCrUX},
	{Name: "zone", Meaning: "zone master file (RFC 1035): the names that it delegates, with their DS",
		zone: true},
	{Name: "tranco", Meaning: "Tranco: rank,domain",
		separator: ',', parse: columns(0, 1)},
	{Name: "alexa", Meaning: "Alexa: rank,domain",
		separator: ',', parse: columns(0, 1)},
	{Name: "umbrella", Meaning: "Umbrella: rank,name, folded to the registrable domain (looks like Tranco: must be asked for)",
		separator: ',', parse: columns(0, 1), fold: true, named: true},
	{Name: "plain", Meaning: "one name a line; the first column, where --group-column names another",
		headers: []string{"domain", "name", "hostname"}, parse: parsePlain},
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

func parsePlain(fields []string) (int64, string, SkipReason) { return 0, fields[0], "" }

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
func choose(name string, in *bufio.Reader) (*Format, error) {
	if name != "" && name != "auto" {
		for i := range Formats {
			if Formats[i].Name == name {
				return &Formats[i], nil
			}
		}
		return nil, fmt.Errorf("unknown list format %q: one of auto, %s", name, strings.Join(formatNames(), ", "))
	}
	head, err := in.Peek(maxLine)
	if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, streamError(0, err)
	}
	return sniff(firstLine(head)), nil
}

// firstLine is the first line that says something.
func firstLine(head []byte) string {
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	for len(head) > 0 {
		var line []byte
		line, head, _ = bytes.Cut(head, []byte("\n"))
		if text := string(trimEnd(line)); !blankOrComment(text) {
			return text
		}
	}
	return ""
}

// sniff tells the format by the first line that says something.
func sniff(text string) *Format {
	for i := range Formats {
		if f := &Formats[i]; !f.named && f.fits(text) {
			return f
		}
	}
	return &Formats[len(Formats)-1]
}

// fits reports whether a first line could be of this format: it is the header of
// one that has one.
func (f *Format) fits(text string) bool {
	switch {
	case f.zone:
		return zoneLine(text)
	case f.Name != "plain" && len(f.headers) > 0:
		return f.header(1, text)
	}
	_, _, reason := f.parse(split(text, f.separator))
	return reason == ""
}

// header reports whether the text is this format's header line. That of a plain
// list is a whole column: "domain.example" is a name.
func (f *Format) header(line int64, text string) bool {
	if line != 1 || len(f.headers) == 0 {
		return false
	}
	text = strings.ToLower(strings.TrimPrefix(text, "\ufeff"))
	for _, h := range f.headers {
		rest, ok := strings.CutPrefix(text, h)
		if ok && (f.separator != 0 || rest == "" || separatorOf(rest[:1]) != 0) {
			return true
		}
	}
	return false
}

// admits says what of a configuration has no meaning in this format.
func (f *Format) admits(cfg Config) error {
	switch {
	case f.zone && cfg.Group > 0:
		return errors.New("a zone has no columns to group by")
	case !f.zone && cfg.OnlySigned:
		return fmt.Errorf("only a zone says which names are signed, and this list was read as %s", f.Name)
	}
	return nil
}

func formatNames() []string {
	var names []string
	for _, f := range Formats {
		names = append(names, f.Name)
	}
	return names
}

func trimEnd(line []byte) []byte { return bytes.TrimRight(line, "\r\n") }

// blankOrComment reports whether a line says nothing. Master files begin comments
// with a semicolon, other lists with a number sign; no name begins with either.
func blankOrComment(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || text[0] == '#' || text[0] == ';'
}

package list

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// maxLine bounds a line in octets: a name has at most 253, and the widest
// published list (Majestic) keeps under 300 a line.
const maxLine = 4096

// lineSource reads a list of lines.
type lineSource struct {
	in        *bufio.Reader
	format    *Format
	separator byte
	group     int
	line      int64
}

// newLineSource reads lines in a format. A plain list has columns only where one
// of them is asked for: what separates them is found from the first line.
func newLineSource(in *bufio.Reader, format *Format, group int) *lineSource {
	s := &lineSource{in: in, format: format, separator: format.separator, group: group}
	if group > 0 && s.separator == 0 {
		head, _ := in.Peek(maxLine)
		s.separator = separatorOf(firstLine(head))
	}
	return s
}

// separatorOf is the first of the usual separators in a line, 0 where it has none.
func separatorOf(line string) byte {
	if i := strings.IndexAny(line, ",;\t"); i >= 0 {
		return line[i]
	}
	return 0
}

// next implements source.
func (s *lineSource) next() (entry, error) {
	for {
		text, err := s.readLine()
		if errors.Is(err, errLongLine) {
			return entry{line: s.line, reason: SkipLongLine}, nil
		}
		if err != nil {
			return entry{}, err
		}
		if blankOrComment(text) || s.format.header(s.line, text) {
			continue
		}
		return s.parse(text), nil
	}
}

func (s *lineSource) parse(text string) entry {
	fields := split(text, s.separator)
	e := entry{line: s.line}
	if e.rank, e.raw, e.reason = s.format.parse(fields); e.reason != "" {
		e.text = text
	}
	if s.group > 0 && s.group <= len(fields) {
		e.group, e.grouped = printable(fields[s.group-1]), true
	}
	return e
}

var errLongLine = errors.New("line too long")

// readLine returns the next line without its end. A line over maxLine is read to
// its end and reported as errLongLine, so that a list of one endless line costs
// time but no memory.
func (s *lineSource) readLine() (string, error) {
	chunk, err := s.in.ReadSlice('\n')
	if len(chunk) == 0 && err != nil {
		return "", streamError(s.line, err)
	}
	s.line++
	if err == nil || err == io.EOF {
		if len(chunk) > maxLine {
			return "", errLongLine
		}
		return string(trimEnd(chunk)), nil
	}
	for err == bufio.ErrBufferFull {
		_, err = s.in.ReadSlice('\n')
	}
	if err != nil && err != io.EOF {
		return "", streamError(s.line, err)
	}
	return "", errLongLine
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

// printable keeps a column of the list as it is, bounded and without control
// characters.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\ufffd' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(strings.ToValidUTF8(s[:min(len(s), 200)], ""))
}

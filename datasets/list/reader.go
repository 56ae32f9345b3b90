package list

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Name is one entry of a list.
type Name struct {
	Line   int64  // line of the list, from 1
	Rank   int64  // as the list says; 0 where it has none
	Domain string // A-labels, lower case, no final dot
	Group  string // a column of the list: registrar, sector
}

// Config says how a list is read.
type Config struct {
	Format string // a name of Formats; empty or "auto": found from the content
	Limit  int64  // take at most so many names; 0: all
	Group  int    // column, from 1, kept as Name.Group; 0: none
}

const (
	// maxLine bounds a line in octets: a name has at most 253, and the widest
	// published list (Majestic) keeps under 300 a line.
	maxLine = 4096
	// sampleLines is how many lines must be mostly good before any is believed.
	sampleLines = 1000
)

// Reader streams the names of a list. Rows counts the lines that were not blank
// or comment, Taken the names given; Skipped the bad lines by reason.
type Reader struct {
	Rows, Taken int64
	Skipped     map[SkipReason]int64

	format  *Format
	limit   int64
	group   int
	lines   *bufio.Reader
	line    int64
	sample  []Name // the names of the first lines, read ahead to judge the list by
	err     error  // of the stream, given once the sample is used up
	example error  // the first bad line
}

// NewReader reads a list from r, which holds plain text. It reads ahead as far as
// it needs to know the format, and to see that this is a list.
func NewReader(r io.Reader, cfg Config) (*Reader, error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	format, err := choose(cfg.Format, lines)
	if err != nil {
		return nil, err
	}
	rd := &Reader{Skipped: map[SkipReason]int64{}, format: format, limit: cfg.Limit, group: cfg.Group, lines: lines}
	if err := rd.fillSample(); err != nil {
		return nil, err
	}
	return rd, nil
}

// Format names the format that is being read.
func (r *Reader) Format() string { return r.format.Name }

// Next returns the next name; io.EOF ends the list.
func (r *Reader) Next() (Name, error) {
	if r.limit > 0 && r.Taken >= r.limit {
		return Name{}, io.EOF
	}
	var n Name
	if len(r.sample) > 0 {
		n, r.sample = r.sample[0], r.sample[1:]
	} else {
		if r.err != nil {
			return Name{}, r.err
		}
		if n, r.err = r.read(); r.err != nil {
			return Name{}, r.err
		}
	}
	r.Taken++
	return n, nil
}

// fillSample reads the first lines and refuses a list in which most are bad.
func (r *Reader) fillSample() error {
	for r.Rows < sampleLines {
		n, err := r.read()
		if err != nil {
			r.err = err
			break
		}
		r.sample = append(r.sample, n)
		if r.limit > 0 && int64(len(r.sample)) == r.limit {
			break
		}
	}
	if r.err != nil && r.err != io.EOF {
		return r.err
	}
	bad := r.Rows - int64(len(r.sample))
	if bad*2 > r.Rows {
		return &NotAListError{Format: r.format.Name, Bad: bad, Rows: r.Rows, Example: r.example}
	}
	if r.Rows == 0 {
		return ErrEmpty
	}
	return nil
}

// read returns the next good entry of the stream.
func (r *Reader) read() (Name, error) {
	for {
		text, err := r.readLine()
		if errors.Is(err, errLongLine) {
			r.skip(SkipLongLine, "")
			continue
		}
		if err != nil {
			return Name{}, err
		}
		if blankOrComment(text) || r.format.header(r.line, text) {
			continue
		}
		name, reason := r.parse(text)
		if reason != "" {
			r.skip(reason, text)
			continue
		}
		r.Rows++
		return name, nil
	}
}

func (r *Reader) parse(text string) (Name, SkipReason) {
	fields := split(text, r.format.separator)
	rank, raw, reason := r.format.parse(fields)
	if reason != "" {
		return Name{}, reason
	}
	domain, reason := Normalise(raw)
	if reason != "" {
		return Name{}, reason
	}
	n := Name{Line: r.line, Rank: rank, Domain: domain}
	if r.group > 0 && r.group <= len(fields) {
		n.Group = printable(fields[r.group-1])
	}
	return n, ""
}

func (r *Reader) skip(reason SkipReason, text string) {
	r.Rows++
	r.Skipped[reason]++
	if r.example == nil {
		r.example = &LineError{Line: r.line, Reason: reason, Text: text}
	}
}

var errLongLine = errors.New("line too long")

// readLine returns the next line without its end. A line over maxLine is read to
// its end and reported as errLongLine, so that a list of one endless line costs
// time but no memory.
func (r *Reader) readLine() (string, error) {
	chunk, err := r.lines.ReadSlice('\n')
	if len(chunk) == 0 && err != nil {
		return "", streamError(r.line, err)
	}
	r.line++
	if err == nil || err == io.EOF {
		if len(chunk) > maxLine {
			return "", errLongLine
		}
		return string(trimEnd(chunk)), nil
	}
	for err == bufio.ErrBufferFull {
		_, err = r.lines.ReadSlice('\n')
	}
	if err != nil && err != io.EOF {
		return "", streamError(r.line, err)
	}
	return "", errLongLine
}

func streamError(line int64, err error) error {
	if err == io.EOF {
		return err
	}
	return fmt.Errorf("reading the list after line %d: %w", line, err)
}

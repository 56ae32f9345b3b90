package list

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Name is one entry of a list.
type Name struct {
	Line   int64  // line of the list, from 1; each has at most one name
	Rank   int64  // as the list says; 0 where it has none
	Domain string // A-labels, lower case, no final dot
	Group  string // a column of the list: registrar, sector
	DS     []DS   // of the delegation in a zone, sorted; nil in other lists
}

// DS is what says of one DS record of a delegation by what it is secured (RFC
// 4034, Section 5.1).
type DS struct {
	KeyTag     uint16
	Algorithm  uint8
	DigestType uint8
}

// Config says how a list is read. The zero value reads all of it.
type Config struct {
	Format     string  // a name of Formats; empty or "auto": found from the content
	Limit      int64   // take at most so many names; 0: all
	Group      int     // column, from 1, kept as Name.Group; 0: none
	Sample     float64 // per cent of the names to take, chosen by a hash of the name; 0: all
	Seed       uint64  // of that hash
	OnlySigned bool    // of a zone, only delegations with DS
}

// sampleLines is how many lines must be mostly good before any is believed.
const sampleLines = 1000

// Reader streams the names of a list. Rows counts the entries: lines that are
// neither blank nor comment, and of a zone its delegations and the records that
// cannot be read. Each of them is either Taken or Skipped by a reason. Folded
// counts those of the taken ones that stood for a name below them.
type Reader struct {
	Rows, Taken, Folded int64
	Skipped             map[SkipReason]int64

	format  *Format
	cfg     Config
	sample  sampler
	source  source
	ahead   []aheadName // the names of the first lines, read ahead to judge the list by
	err     error       // of the stream, given once those are used up
	bad     int64
	grouped bool  // the group column was there at least once
	example error // the first bad line
}

type aheadName struct {
	Name
	folded bool
}

// source is a list in one of the forms.
type source interface {
	// next returns the next entry; io.EOF ends.
	next() (entry, error)
}

// entry is what a line, or a delegation, says. Where reason is set it is no name,
// and text shows what was there instead.
type entry struct {
	line, rank int64
	raw        string // the name as it stands there
	group      string
	grouped    bool // the line has the group column
	ds         []DS
	reason     SkipReason
	text       string
}

// NewReader reads a list from r, which holds plain text. It reads ahead as far as
// it needs to know the format, and to see that this is a list.
func NewReader(r io.Reader, cfg Config) (*Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	format, err := choose(cfg.Format, in)
	if err != nil {
		return nil, err
	}
	if err := format.admits(cfg); err != nil {
		return nil, err
	}
	rd := &Reader{Skipped: map[SkipReason]int64{}, format: format, cfg: cfg}
	if rd.sample, err = newSampler(cfg.Sample, cfg.Seed); err != nil {
		return nil, err
	}
	if format.zone {
		rd.source = newZoneSource(in)
	} else {
		rd.source = newLineSource(in, format, cfg.Group)
	}
	return rd, rd.readAhead()
}

// Format names the format that is being read.
func (r *Reader) Format() string { return r.format.Name }

// Next returns the next name; io.EOF ends the list.
func (r *Reader) Next() (Name, error) {
	if r.cfg.Limit > 0 && r.Taken >= r.cfg.Limit {
		return Name{}, io.EOF
	}
	var n aheadName
	if len(r.ahead) > 0 {
		n, r.ahead = r.ahead[0], r.ahead[1:]
	} else {
		if r.err != nil {
			return Name{}, r.err
		}
		if n, r.err = r.read(); r.err != nil {
			return Name{}, r.err
		}
	}
	r.Taken++
	if n.folded {
		r.Folded++
	}
	return n.Name, nil
}

// readAhead reads the first lines and refuses a list in which most are bad.
func (r *Reader) readAhead() error {
	for r.Rows < sampleLines && (r.cfg.Limit == 0 || int64(len(r.ahead)) < r.cfg.Limit) {
		n, err := r.read()
		if err != nil {
			r.err = err
			break
		}
		r.ahead = append(r.ahead, n)
	}
	if r.err != nil && r.err != io.EOF {
		return r.err
	}
	if r.bad*2 > r.Rows {
		return &NotAListError{Format: r.format.Name, Bad: r.bad, Rows: r.Rows, Example: r.example}
	}
	if r.Rows == 0 {
		return ErrEmpty
	}
	if r.cfg.Group > 0 && !r.grouped {
		return fmt.Errorf("no line of the list has a column %d to group by (read as %s)", r.cfg.Group, r.format.Name)
	}
	return nil
}

// read returns the next entry that is good and wanted.
func (r *Reader) read() (aheadName, error) {
	for {
		e, err := r.source.next()
		if err != nil {
			return aheadName{}, err
		}
		r.Rows++
		r.grouped = r.grouped || e.grouped
		n, reason := r.take(e)
		if reason == "" {
			return n, nil
		}
		r.skip(e, reason)
	}
}

// take makes a name of an entry, or says why not.
func (r *Reader) take(e entry) (aheadName, SkipReason) {
	if e.reason != "" {
		return aheadName{}, e.reason
	}
	domain, reason := Normalise(e.raw)
	if reason != "" {
		return aheadName{}, reason
	}
	if r.cfg.OnlySigned && len(e.ds) == 0 {
		return aheadName{}, SkipUnsigned
	}
	n := aheadName{Name: Name{Line: e.line, Rank: e.rank, Domain: domain, Group: e.group, DS: e.ds}}
	if r.format.fold {
		n.Domain = registrable(domain)
		n.folded = n.Domain != domain
	}
	if !r.sample.has(n.Domain) {
		return aheadName{}, SkipSample
	}
	return n, ""
}

func (r *Reader) skip(e entry, reason SkipReason) {
	r.Skipped[reason]++
	if !reason.bad() {
		return
	}
	r.bad++
	if r.example == nil {
		text := e.text
		if text == "" {
			text = e.raw
		}
		r.example = &LineError{Line: e.line, Reason: reason, Text: text}
	}
}

// streamError is what went wrong with the stream itself.
func streamError(line int64, err error) error {
	switch {
	case err == io.EOF:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the list is cut short after line %d: %w", line, err)
	}
	return fmt.Errorf("reading the list after line %d: %w", line, err)
}

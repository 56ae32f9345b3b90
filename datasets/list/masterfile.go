package list

import (
	"bufio"
	"bytes"
	"io"
)

// The master files of registries are read by our own tokenizer. That of miekg/dns
// ends at the first record that it does not like, follows $GENERATE to records
// that are not in the file, and keeps all of a record, however long: a list is
// hostile bytes, of which a bad line is counted and passed over, in flat memory.
// It also takes over three times as long, most of it for RRSIG.
// Here only the first fields of a record are kept, and RDATA of types that say
// nothing about delegations is not looked at.

const (
	// maxFields is how many fields of a record are kept: owner, TTL, class, type,
	// and enough of the RDATA of SOA and DS.
	maxFields = 12
	// maxField bounds what is kept of a field: a name of 255 octets, each as \DDD.
	maxField = 1024
	// maxRecord bounds a record with the comments in it. RDATA of 65,535 octets take
	// four times that where each is written as \DDD. What is longer is a parenthesis
	// that was never closed.
	maxRecord = 1 << 20
)

// record is one entry of a master file (RFC 1035, Section 5.1). It is good until
// the next one is read.
type record struct {
	line   int64 // on which it begins
	blank  bool  // begins with white space: the owner is that of the record before
	faulty bool  // unbalanced parentheses or quotes
	kept   []byte
	ends   [maxFields]int // of the fields in kept
	fields int            // kept
}

// field is the i-th field, or nothing.
func (r *record) field(i int) []byte {
	if i < 0 || i >= r.fields {
		return nil
	}
	start := 0
	if i > 0 {
		start = r.ends[i-1]
	}
	return r.kept[start:r.ends[i]]
}

// text shows the record in an error.
func (r *record) text() string {
	var parts [][]byte
	for i := range r.fields {
		parts = append(parts, r.field(i))
	}
	return string(bytes.Join(parts, []byte(" ")))
}

// masterFile takes a master file apart into records.
type masterFile struct {
	in   *bufio.Reader
	line int64 // that is being read, or was read last

	rec     record
	size    int // octets of the record so far
	depth   int // of parentheses
	inField bool
	counted int // fields so far, kept or not
	length  int // octets of the field so far
	quoted  bool
	escaped bool
	comment bool
	midLine bool // the chunk to come does not begin a line
}

// next returns the next record; io.EOF ends.
func (m *masterFile) next() (*record, error) {
	m.begin()
	for {
		chunk, err := m.in.ReadSlice('\n')
		if len(chunk) > 0 {
			if m.feed(chunk) {
				return &m.rec, nil
			}
		}
		switch {
		case err == nil || err == bufio.ErrBufferFull:
		case err == io.EOF && m.counted > 0:
			m.endField()
			m.rec.faulty = m.rec.faulty || m.depth > 0 || m.quoted
			return &m.rec, nil
		default:
			return nil, streamError(m.line, err)
		}
	}
}

// begin forgets the record before.
func (m *masterFile) begin() {
	m.rec = record{kept: m.rec.kept[:0]}
	m.size, m.depth, m.counted, m.length = 0, 0, 0, 0
	m.inField, m.quoted, m.escaped, m.comment = false, false, false, false
}

// feed reads a line, or as much of it as the buffer holds, and reports whether a
// record ends with it.
func (m *masterFile) feed(chunk []byte) bool {
	if !m.midLine {
		m.line++
		if m.line == 1 {
			chunk = bytes.TrimPrefix(chunk, []byte("\ufeff"))
		}
		if m.depth == 0 && m.counted == 0 && len(chunk) > 0 {
			m.rec.line = m.line
			m.rec.blank = chunk[0] == ' ' || chunk[0] == '\t'
		}
	}
	ended := len(chunk) > 0 && chunk[len(chunk)-1] == '\n'
	m.midLine = !ended
	m.size += len(chunk)
	if ended {
		chunk = chunk[:len(chunk)-1]
	}
	if m.size <= maxRecord {
		m.scan(chunk)
	} else {
		m.rec.faulty, m.depth, m.comment = true, 0, true
	}
	return ended && m.endLine()
}

// endLine reports whether the record ends with the line.
func (m *masterFile) endLine() bool {
	if m.quoted || m.escaped {
		m.rec.faulty, m.quoted, m.escaped = true, false, false
	}
	m.endField()
	m.comment = false
	if m.depth > 0 {
		return false
	}
	if m.counted == 0 && !m.rec.faulty {
		m.size = 0 // a blank line, or a comment
		return false
	}
	return true
}

// scan reads characters of one line.
func (m *masterFile) scan(chunk []byte) {
	for _, c := range chunk {
		switch {
		case m.comment:
			return
		case m.escaped:
			m.escaped = false
			m.keep(c)
		case c == '\\':
			m.escaped = true
			m.keep(c)
		case c == '"':
			m.quoted = !m.quoted
			m.keep(c)
		case m.quoted:
			m.keep(c)
		case c == ' ' || c == '\t' || c == '\r':
			m.endField()
		case c == ';':
			m.endField()
			m.comment = true
		case c == '(' || c == ')':
			m.endField()
			m.parenthesis(c)
		default:
			m.keep(c)
		}
	}
}

func (m *masterFile) parenthesis(c byte) {
	if c == '(' {
		m.depth++
	} else {
		m.depth--
	}
	if m.depth < 0 || m.depth > 1 { // RFC 1035 knows no nesting
		m.rec.faulty = true
		m.depth = max(m.depth, 0)
	}
}

// keep adds a character to the field, or begins one with it.
func (m *masterFile) keep(c byte) {
	if !m.inField {
		m.inField, m.length = true, 0
		m.counted++
	}
	if m.counted > maxFields {
		return
	}
	if m.length++; m.length <= maxField {
		m.rec.kept = append(m.rec.kept, c)
	}
}

func (m *masterFile) endField() {
	if !m.inField {
		return
	}
	m.inField = false
	if m.counted <= maxFields {
		m.rec.fields = m.counted
		m.rec.ends[m.counted-1] = len(m.rec.kept)
		m.rec.faulty = m.rec.faulty || m.length > maxField && m.counted == 1
	}
}

package smtp

import (
	"bytes"
	"errors"
	"io"
)

// errReplyLimit ends a reply of too many lines or bytes.
var errReplyLimit = errors.New("smtp reply over its limit")

// reply is one SMTP reply. The code is that of its last line.
type reply struct {
	code  int
	lines [][]byte // text after the code, CR LF removed, each capped
	raw   []byte   // as it came, capped
}

// replyReader reads replies, and holds what came behind them.
type replyReader struct {
	src        io.Reader
	buf        []byte
	start, end int
}

func newReplyReader(src io.Reader) *replyReader {
	return &replyReader{src: src, buf: make([]byte, 1024)}
}

// buffered returns what was read but belongs to no reply yet.
func (r *replyReader) buffered() []byte { return r.buf[r.start:r.end] }

// read returns the next reply. Lines that are no reply lines are skipped, as
// Postfix does, and count towards the limits. Text collected is given back with
// an error, too: it is evidence.
func (r *replyReader) read() (reply, error) {
	var rep reply
	budget := maxReplyBytes
	for range maxReplyLines {
		line, err := r.line(&budget, &rep.raw)
		code, last, ok := parseLine(line)
		if ok {
			rep.code = code
			line = line[min(4, len(line)):]
		}
		if ok || len(line) > 0 {
			rep.lines = append(rep.lines, line)
		}
		if err != nil {
			rep.code = 0
			return rep, err
		}
		if ok && last {
			return rep, nil
		}
	}
	rep.code = 0
	return rep, errReplyLimit
}

// line reads to the next LF and returns at most maxLine bytes before it, CR
// removed, in memory of their own.
func (r *replyReader) line(budget *int, raw *[]byte) ([]byte, error) {
	var line []byte
	for {
		chunk := r.buf[r.start:r.end]
		eol := bytes.IndexByte(chunk, '\n')
		if eol >= 0 {
			chunk = chunk[:eol+1]
		}
		r.start += len(chunk)
		*budget -= len(chunk)
		*raw = append(*raw, chunk[:min(len(chunk), maxRaw-len(*raw))]...)
		line = append(line, chunk[:min(len(chunk), maxLine-len(line))]...)
		if eol >= 0 {
			return bytes.TrimRight(line, "\r\n"), nil
		}
		if *budget <= 0 {
			return line, errReplyLimit
		}
		if err := r.fill(); err != nil {
			return line, err
		}
	}
}

// fill reads once into the empty buffer.
func (r *replyReader) fill() error {
	n, err := r.src.Read(r.buf)
	r.start, r.end = 0, n
	if n > 0 {
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// parseLine takes a reply line apart: three digits, then a space or the end on
// the last line of a reply, a hyphen on the others (RFC 5321, Section 4.2.1).
func parseLine(line []byte) (code int, last, ok bool) {
	if len(line) < 3 {
		return 0, false, false
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return 0, false, false
		}
		code = code*10 + int(c-'0')
	}
	if code < 100 {
		return 0, false, false
	}
	if len(line) == 3 || line[3] == ' ' {
		return code, true, true
	}
	return code, false, line[3] == '-'
}

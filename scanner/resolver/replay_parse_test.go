package resolver

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// The replay format is that of Unbound's testbound (testcode/testpkts.h and
// replay.h) as far as a resolver without a client side can play it.

// rplDefaultTTL is the TTL of a record that names none.
const rplDefaultTTL = 3600

// rplMaxLine bounds a line of a script.
const rplMaxLine = 1 << 20

// rplScript is one scenario.
type rplScript struct {
	Config []rplOption
	Title  string
	Ranges []rplRange
	Steps  []rplStep
}

// rplOption is one line of configuration: `key: value`. A clause such as
// `stub-zone:` has no value and opens what follows.
type rplOption struct{ Key, Value string }

// rplRange is a set of canned replies, live for the steps From to To.
type rplRange struct {
	From, To  int
	Addresses []netip.Addr // none: any server
	Entries   []rplEntry
}

// rplStep is one moment of the scenario.
type rplStep struct {
	N     int
	Kind  string // QUERY, CHECK_ANSWER, TIME_PASSES, ...
	Args  []string
	Entry *rplEntry
}

// rplEntry is one message with the rules of matching and adjusting it.
type rplEntry struct {
	Line   int
	Match  map[string]bool
	Adjust map[string]bool
	Msg    *dns.Msg // flags, rcode, sections
	DO     bool
	Hex    []byte // a whole message that replaces Msg
}

// rplParser reads one script line by line.
type rplParser struct {
	sc      *bufio.Scanner
	line    int
	pending string // a line pushed back
	held    bool
	origin  string
	ttl     uint32
}

func (p *rplParser) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %s", p.line, fmt.Sprintf(format, args...))
}

// next returns the next line that is not blank, trimmed.
func (p *rplParser) next() (string, bool) {
	if p.held {
		p.held = false
		return p.pending, true
	}
	for p.sc.Scan() {
		p.line++
		line := strings.TrimSpace(p.sc.Text())
		if line != "" && line[0] != ';' && line[0] != '#' {
			return line, true
		}
	}
	return "", false
}

func (p *rplParser) unread(line string) { p.pending, p.held = line, true }

// words splits a keyword line, its comment cut off.
func (p *rplParser) words(line string) []string {
	if i := strings.IndexAny(line, ";#"); i >= 0 {
		line = line[:i]
	}
	return strings.Fields(line)
}

// parseReplay reads a script.
func parseReplay(text []byte) (*rplScript, error) {
	p := &rplParser{sc: bufio.NewScanner(bytes.NewReader(text)), origin: ".", ttl: rplDefaultTTL}
	p.sc.Buffer(nil, rplMaxLine)
	s := &rplScript{}
	if err := p.config(s); err != nil {
		return nil, err
	}
	if err := p.scenario(s); err != nil {
		return nil, err
	}
	return s, p.sc.Err()
}

// config reads up to CONFIG_END. Of included temporary files the lines are kept
// as options with the key "tempfile".
func (p *rplParser) config(s *rplScript) error {
	for {
		line, ok := p.next()
		if !ok {
			return p.errorf("no CONFIG_END")
		}
		switch {
		case strings.HasPrefix(line, "CONFIG_END"):
			return nil
		case strings.HasPrefix(line, "SCENARIO_BEGIN"): // a script without configuration
			p.unread(line)
			return nil
		case strings.HasPrefix(line, "TEMPFILE_CONTENTS"):
			if err := p.tempfile(s, strings.TrimSpace(line[len("TEMPFILE_CONTENTS"):])); err != nil {
				return err
			}
			continue
		}
		key, value, found := strings.Cut(line, ":")
		if !found {
			continue // the other directives of temporary files
		}
		s.Config = append(s.Config, rplOption{strings.TrimSpace(key), rplConfigValue(value)})
	}
}

func (p *rplParser) tempfile(s *rplScript, name string) error {
	for {
		line, ok := p.next()
		if !ok {
			return p.errorf("no TEMPFILE_END")
		}
		if line == "TEMPFILE_END" {
			return nil
		}
		s.Config = append(s.Config, rplOption{"tempfile " + name, line})
	}
}

// rplConfigValue strips quotes, or a comment where there are none.
func rplConfigValue(v string) string {
	v = strings.TrimSpace(v)
	if v != "" && (v[0] == '"' || v[0] == '\'') {
		if end := strings.IndexByte(v[1:], v[0]); end >= 0 {
			return v[1 : end+1]
		}
	}
	if i := strings.IndexAny(v, "#;"); i >= 0 {
		v = v[:i]
	}
	return strings.Trim(strings.TrimSpace(v), `"`)
}

// scenario reads from SCENARIO_BEGIN to SCENARIO_END.
func (p *rplParser) scenario(s *rplScript) error {
	for {
		line, ok := p.next()
		if !ok {
			return p.errorf("no SCENARIO_END")
		}
		w := p.words(line)
		if len(w) == 0 {
			continue
		}
		var err error
		switch w[0] {
		case "SCENARIO_BEGIN", "TITLE":
			s.Title = strings.TrimSpace(line[len(w[0]):])
		case "SCENARIO_END":
			return nil
		case "RANGE_BEGIN":
			err = p.rangeBlock(s, w)
		case "STEP":
			err = p.step(s, w)
		default:
			err = p.errorf("unexpected %q", w[0])
		}
		if err != nil {
			return err
		}
	}
}

func (p *rplParser) rangeBlock(s *rplScript, w []string) error {
	if len(w) < 3 {
		return p.errorf("range without limits")
	}
	var r rplRange
	var err1, err2 error
	r.From, err1 = strconv.Atoi(w[1])
	r.To, err2 = strconv.Atoi(w[2])
	if err1 != nil || err2 != nil {
		return p.errorf("bad range %q", w)
	}
	for {
		line, ok := p.next()
		if !ok {
			return p.errorf("no RANGE_END")
		}
		w := p.words(line)
		switch {
		case len(w) == 0:
		case w[0] == "RANGE_END":
			s.Ranges = append(s.Ranges, r)
			return nil
		case w[0] == "ADDRESS" && len(w) > 1:
			addr, err := netip.ParseAddr(w[1])
			if err != nil {
				return p.errorf("%v", err)
			}
			r.Addresses = append(r.Addresses, addr.Unmap())
		case w[0] == "ENTRY_BEGIN":
			e, err := p.entry()
			if err != nil {
				return err
			}
			r.Entries = append(r.Entries, *e)
		default:
			if !p.directive(w) {
				return p.errorf("unexpected %q in a range", w[0])
			}
		}
	}
}

// directive handles $ORIGIN and $TTL.
func (p *rplParser) directive(w []string) bool {
	if len(w) < 2 {
		return false
	}
	switch w[0] {
	case "$ORIGIN":
		p.origin = dns.Fqdn(w[1])
		return true
	case "$TTL":
		n, err := strconv.ParseUint(w[1], 10, 32)
		p.ttl = uint32(n)
		return err == nil
	}
	return false
}

func (p *rplParser) step(s *rplScript, w []string) error {
	if len(w) < 3 {
		return p.errorf("step without event")
	}
	n, err := strconv.Atoi(w[1])
	if err != nil {
		return p.errorf("bad step %q", w[1])
	}
	st := rplStep{N: n, Kind: w[2], Args: w[3:]}
	line, ok := p.next()
	if ok && strings.HasPrefix(line, "ENTRY_BEGIN") {
		if st.Entry, err = p.entry(); err != nil {
			return err
		}
	} else if ok {
		p.unread(line)
	}
	s.Steps = append(s.Steps, st)
	return nil
}

// entry reads from after ENTRY_BEGIN to ENTRY_END.
func (p *rplParser) entry() (*rplEntry, error) {
	e := &rplEntry{Line: p.line, Match: map[string]bool{}, Adjust: map[string]bool{}, Msg: new(dns.Msg)}
	section, extra := "", false
	for {
		line, ok := p.next()
		if !ok {
			return nil, p.errorf("no ENTRY_END")
		}
		w := p.words(line)
		if len(w) == 0 {
			continue
		}
		if extra && w[0] != "ENTRY_END" {
			continue
		}
		var err error
		switch w[0] {
		case "ENTRY_END":
			return e, nil
		case "EXTRA_PACKET": // further packets of a zone transfer
			extra = true
		case "MATCH":
			rplAddWords(e.Match, w[1:])
		case "ADJUST":
			rplAddWords(e.Adjust, w[1:])
		case "REPLY":
			e.reply(w[1:])
		case "SECTION":
			if len(w) < 2 {
				return nil, p.errorf("section without name")
			}
			section = strings.ToUpper(w[1])
		case "HEX_ANSWER_BEGIN":
			e.Hex, err = p.hexBlock("HEX_ANSWER_END")
		case "HEX_EDNSDATA_BEGIN":
			_, err = p.hexBlock("HEX_EDNSDATA_END")
		default:
			err = p.record(e, section, line)
		}
		if err != nil {
			return nil, err
		}
	}
}

func rplAddWords(set map[string]bool, words []string) {
	for _, w := range words {
		set[w] = true
	}
}

// reply reads the words of a REPLY line; unknown ones are left aside.
func (e *rplEntry) reply(words []string) {
	h := &e.Msg.MsgHdr
	for _, w := range words {
		switch w {
		case "QR":
			h.Response = true
		case "AA":
			h.Authoritative = true
		case "TC":
			h.Truncated = true
		case "RD":
			h.RecursionDesired = true
		case "RA":
			h.RecursionAvailable = true
		case "AD":
			h.AuthenticatedData = true
		case "CD":
			h.CheckingDisabled = true
		case "DO":
			e.DO = true
		case "NOTIMPL", "NOTIMP":
			h.Rcode = dns.RcodeNotImplemented
		default:
			if rcode, ok := dns.StringToRcode[w]; ok {
				h.Rcode = rcode
			} else if op, ok := dns.StringToOpcode[w]; ok {
				h.Opcode = op
			}
		}
	}
}

// hexBlock reads hexadecimal octets up to a line that reads end.
func (p *rplParser) hexBlock(end string) ([]byte, error) {
	var digits strings.Builder
	for {
		line, ok := p.next()
		if !ok {
			return nil, p.errorf("no %s", end)
		}
		if strings.HasPrefix(line, end) {
			raw, err := hex.DecodeString(digits.String())
			if err != nil {
				return nil, p.errorf("%v", err)
			}
			return raw, nil
		}
		for _, w := range p.words(line) {
			digits.WriteString(w)
		}
	}
}

// record adds one record, or the question, to a section.
func (p *rplParser) record(e *rplEntry, section, line string) error {
	if w := strings.Fields(line); w[0] == "$ORIGIN" || w[0] == "$TTL" {
		p.directive(w)
		return nil
	}
	if section == "QUESTION" {
		q, err := rplQuestion(p.words(line), p.origin)
		if err != nil {
			return p.errorf("%v", err)
		}
		e.Msg.Question = append(e.Msg.Question, q)
		return nil
	}
	rr, err := p.rr(line)
	if err != nil {
		return err
	}
	switch section {
	case "ANSWER":
		e.Msg.Answer = append(e.Msg.Answer, rr)
	case "AUTHORITY":
		e.Msg.Ns = append(e.Msg.Ns, rr)
	case "ADDITIONAL":
		e.Msg.Extra = append(e.Msg.Extra, rr)
	default:
		return p.errorf("record in section %q", section)
	}
	return nil
}

// rr parses one record in master-file form; a record in parentheses may go on
// over several lines.
func (p *rplParser) rr(line string) (dns.RR, error) {
	for strings.Count(line, "(") > strings.Count(line, ")") {
		more, ok := p.next()
		if !ok || strings.HasPrefix(more, "ENTRY_END") {
			return nil, p.errorf("open parenthesis")
		}
		line += "\n" + more
	}
	rr, err := rplRecord(line, p.origin, p.ttl)
	if err != nil {
		return nil, p.errorf("bad record %q: %v", line, err)
	}
	return rr, nil
}

// rplRecord reads a record in master-file form, also one that names algorithms.
func rplRecord(line, origin string, ttl uint32) (dns.RR, error) {
	if rr, ok := rplGenericRR(line, ttl); ok {
		return rr, nil
	}
	var err error
	for _, text := range []string{line, rplNumbers(line)} {
		zp := dns.NewZoneParser(strings.NewReader(text+"\n"), origin, "")
		zp.SetDefaultTTL(ttl)
		if rr, ok := zp.Next(); ok {
			rplMend(rr)
			return rr, nil
		}
		err = zp.Err()
	}
	return nil, fmt.Errorf("no record: %w", cmp.Or(err, errors.New("nothing there")))
}

// rplNumbers writes numbers for the mnemonics of algorithms, which miekg/dns does
// not read in every record.
func rplNumbers(line string) string {
	w := strings.Fields(line)
	for i := max(1, len(w)); i > 1; i-- {
		if n, ok := dns.StringToAlgorithm[strings.ToUpper(w[i-1])]; ok {
			w[i-1] = strconv.Itoa(int(n))
		}
	}
	return strings.Join(w, " ")
}

// rplMend makes a record fit for the wire as Unbound's reader does: type bitmaps
// in order, and base64 that was cut or spoilt by hand as far as it can be read.
func rplMend(rr dns.RR) {
	switch rr := rr.(type) {
	case *dns.NSEC:
		slices.Sort(rr.TypeBitMap)
		rr.TypeBitMap = slices.Compact(rr.TypeBitMap)
	case *dns.NSEC3:
		slices.Sort(rr.TypeBitMap)
		rr.TypeBitMap = slices.Compact(rr.TypeBitMap)
	case *dns.RRSIG:
		rr.Signature = rplBase64(rr.Signature)
	case *dns.DNSKEY:
		rr.PublicKey = rplBase64(rr.PublicKey)
	}
}

func rplBase64(s string) string {
	s, _, _ = strings.Cut(s, "=")
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	return s + strings.Repeat("=", (4-len(s)%4)%4)
}

// rplGenericRR parses the form of RFC 3597 (\# length hex) octet for octet, so
// that RDATA which is wrong for its type comes through.
func rplGenericRR(line string, ttl uint32) (dns.RR, bool) {
	head, tail, found := strings.Cut(line, `\#`)
	if !found {
		return nil, false
	}
	w := strings.Fields(head)
	if len(w) < 2 {
		return nil, false
	}
	rrtype, ok := dns.StringToType[strings.ToUpper(w[len(w)-1])]
	if !ok {
		return nil, false
	}
	if len(w) > 2 {
		if n, err := strconv.ParseUint(w[1], 10, 32); err == nil {
			ttl = uint32(n)
		}
	}
	tail, _, _ = strings.Cut(tail, ";")
	data := strings.Fields(tail)
	if len(data) == 0 {
		return nil, false
	}
	return &dns.RFC3597{
		Hdr:   dns.RR_Header{Name: dns.Fqdn(w[0]), Rrtype: rrtype, Class: dns.ClassINET, Ttl: ttl},
		Rdata: strings.Join(data[1:], ""),
	}, true
}

// rplQuestion reads `name [class] type`.
func rplQuestion(w []string, origin string) (dns.Question, error) {
	if len(w) < 2 {
		return dns.Question{}, fmt.Errorf("bad question %q", w)
	}
	q := dns.Question{Name: w[0], Qclass: dns.ClassINET}
	if !dns.IsFqdn(q.Name) {
		q.Name = dns.Fqdn(strings.TrimSuffix(q.Name+"."+origin, "."))
	}
	last := strings.ToUpper(w[len(w)-1])
	if len(w) > 2 {
		class, ok := dns.StringToClass[strings.ToUpper(w[1])]
		if ok {
			q.Qclass = class
		} else {
			last = strings.ToUpper(w[1])
		}
	}
	q.Qtype, _ = rplType(last)
	if _, ok := dns.IsDomainName(q.Name); !ok || q.Qtype == 0 {
		return q, fmt.Errorf("bad question %q", w)
	}
	return q, nil
}

func rplType(s string) (uint16, bool) {
	if t, ok := dns.StringToType[s]; ok {
		return t, true
	}
	if digits, ok := strings.CutPrefix(s, "TYPE"); ok {
		n, err := strconv.ParseUint(digits, 10, 16)
		return uint16(n), err == nil && n > 0
	}
	return 0, false
}

// elapse returns what a TIME_PASSES step adds to the clock.
func (s rplStep) elapse() (time.Duration, error) {
	for i, w := range s.Args {
		if w != "ELAPSE" || i+1 >= len(s.Args) {
			continue
		}
		sec, err := strconv.ParseFloat(s.Args[i+1], 64)
		if err != nil || !(sec >= 0 && sec < 1e9) {
			return 0, fmt.Errorf("step %d: bad ELAPSE", s.N)
		}
		return time.Duration(sec * float64(time.Second)), nil
	}
	return 0, fmt.Errorf("step %d: TIME_PASSES without ELAPSE", s.N)
}

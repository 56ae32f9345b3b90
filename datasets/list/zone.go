package list

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// maxDS bounds the DS records kept of one delegation.
const maxDS = 32

// zoneSource reads the delegations of a zone: each owner of NS records below the
// apex. Records of one owner that follow one another make one delegation; of
// those that stand apart, each run of NS records makes one.
type zoneSource struct {
	file   masterFile
	origin string // of relative names, with a final dot; "": none yet
	apex   string // owner of the SOA, or the first $ORIGIN
	serial string // of the SOA
	soa    bool
	raw    []byte // owner field of the record before
	open   delegation
	ready  entry // finished, when the record that ended it began the next
	isGood bool  // ready holds one
	ended  bool
}

// delegation is what the records of one owner said so far.
type delegation struct {
	owner string // lower case, with a final dot
	line  int64  // of the first NS record, or the first DS where there is none
	ns    bool
	ds    []DS
}

func newZoneSource(in *bufio.Reader) *zoneSource {
	return &zoneSource{file: masterFile{in: in}}
}

// zoneLine reports whether a line could begin a master file: a directive, or a
// record in one line or more.
func zoneLine(text string) bool {
	m := masterFile{in: bufio.NewReader(strings.NewReader(text + "\n"))}
	rec, err := m.next()
	if err != nil {
		return false
	}
	if !rec.blank && bytes.HasPrefix(rec.field(0), []byte("$")) {
		return true
	}
	at, ok := typeField(rec)
	return ok && len(rec.field(at+1)) > 0
}

// next implements source.
func (z *zoneSource) next() (entry, error) {
	for {
		if z.isGood {
			z.isGood = false
			return z.ready, nil
		}
		if z.ended {
			return entry{}, io.EOF
		}
		rec, err := z.file.next()
		if err == io.EOF {
			z.ended = true
			z.finish(delegation{})
			continue
		}
		if err != nil {
			return entry{}, err
		}
		if reason := z.read(rec); reason != "" {
			return entry{line: rec.line, reason: reason, text: rec.text()}, nil
		}
	}
}

// read takes one record in, or says why it cannot.
func (z *zoneSource) read(rec *record) SkipReason {
	if first := rec.field(0); !rec.blank && len(first) > 0 && first[0] == '$' {
		return z.directive(rec)
	}
	if rec.faulty {
		z.orphan(rec)
		return SkipRecord
	}
	if !rec.blank && !z.own(rec.field(0)) {
		z.orphan(rec)
		return SkipOrigin
	}
	at, ok := typeField(rec)
	if !ok || z.open.owner == "" { // "": begins with white space, and nothing stands before it
		return SkipRecord
	}
	return z.content(rec, at)
}

// orphan leaves the records that follow without an owner, where that of a record
// that names one cannot be read.
func (z *zoneSource) orphan(rec *record) {
	if !rec.blank {
		z.raw = nil
		z.finish(delegation{})
	}
}

// directive follows $ORIGIN and passes $TTL over, which matters to no delegation.
func (z *zoneSource) directive(rec *record) SkipReason {
	switch strings.ToUpper(string(rec.field(0))) {
	case "$ORIGIN":
		name := z.absolute(rec.field(1))
		if name == "" {
			return SkipOrigin
		}
		z.origin, z.raw = name, nil
		if z.apex == "" {
			z.apex = name
		}
		return ""
	case "$TTL":
		return ""
	}
	return SkipDirective
}

// own makes a field the owner of what follows.
func (z *zoneSource) own(field []byte) bool {
	if z.raw != nil && bytes.Equal(z.raw, field) {
		return true
	}
	owner := z.absolute(field)
	if owner == "" {
		return false
	}
	z.raw = append(z.raw[:0], field...)
	if owner != z.open.owner {
		z.finish(delegation{owner: owner})
	}
	return true
}

// absolute is a name with the origin, in lower case; "" where there is none.
func (z *zoneSource) absolute(field []byte) string {
	name := strings.ToLower(string(field))
	switch {
	case name == "@":
		return z.origin
	case dns.IsFqdn(name):
		return name
	case name == "" || z.origin == "":
		return ""
	case z.origin == ".":
		return name + "."
	}
	return name + "." + z.origin
}

// content takes in the RDATA of the types that say something about delegations.
// The type is the field at.
func (z *zoneSource) content(rec *record, at int) SkipReason {
	switch rrtype(rec.field(at)) {
	case dns.TypeSOA:
		z.apex, z.soa, z.serial = z.open.owner, true, string(rec.field(at+3))
	case dns.TypeNS:
		if len(rec.field(at+1)) == 0 {
			return SkipRecord
		}
		if !z.open.ns {
			z.open.ns, z.open.line = true, rec.line
		}
	case dns.TypeDS:
		ds, ok := parseDS(rec, at+1)
		if !ok {
			return SkipRecord
		}
		if len(z.open.ds) < maxDS {
			z.open.ds = append(z.open.ds, ds)
		}
		if z.open.line == 0 {
			z.open.line = rec.line
		}
	}
	return ""
}

// finish hands out what was gathered of one owner and begins with the next.
func (z *zoneSource) finish(next delegation) {
	d := z.open
	z.open = next
	if !d.ns && len(d.ds) == 0 || d.owner == z.apex {
		return
	}
	slices.SortFunc(d.ds, func(a, b DS) int {
		return cmp.Or(cmp.Compare(a.KeyTag, b.KeyTag), cmp.Compare(a.Algorithm, b.Algorithm), cmp.Compare(a.DigestType, b.DigestType))
	})
	e := entry{line: d.line, raw: d.owner, ds: slices.Compact(d.ds)}
	switch {
	case z.apex != "" && z.apex != "." && !strings.HasSuffix(d.owner, "."+z.apex):
		e.reason = SkipOutside
	case !d.ns:
		e.reason = SkipApartDS
	}
	z.ready, z.isGood = e, true
}

// zoneID names the edition of the zone, "" where no SOA was seen.
func (z *zoneSource) zoneID() string {
	if !z.soa {
		return ""
	}
	return "zone " + printable(z.apex) + " serial " + printable(z.serial)
}

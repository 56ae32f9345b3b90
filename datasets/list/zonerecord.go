package list

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// typeField finds the type of a record: after the owner, a TTL and a class may
// stand in either order (RFC 1035, Section 5.1). It is not found in classes other
// than IN.
func typeField(rec *record) (at int, ok bool) {
	if !rec.blank {
		at = 1
	}
	for range 3 {
		field := rec.field(at)
		switch {
		case len(field) == 0:
			return 0, false
		case isTTL(field), isIN(field):
			at++
		default:
			return at, rrtype(field) != dns.TypeNone
		}
	}
	return 0, false
}

// isTTL accepts seconds, and units as in 1w2d.
func isTTL(field []byte) bool {
	if field[0] < '0' || field[0] > '9' {
		return false
	}
	for _, c := range field {
		if (c < '0' || c > '9') && bytes.IndexByte([]byte("smhdwSMHDW"), c) < 0 {
			return false
		}
	}
	return true
}

func isIN(field []byte) bool {
	return bytes.EqualFold(field, []byte("IN")) || bytes.EqualFold(field, []byte("CLASS1"))
}

// rrtype is the type that a mnemonic, or TYPE and a number (RFC 3597, Section 5),
// stands for; TypeNone where it stands for none.
func rrtype(field []byte) uint16 {
	var upper [16]byte
	if len(field) > len(upper) {
		return dns.TypeNone
	}
	for i, c := range field {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	name := upper[:len(field)]
	if t, ok := dns.StringToType[string(name)]; ok {
		return t
	}
	if digits, ok := bytes.CutPrefix(name, []byte("TYPE")); ok {
		if n, err := strconv.ParseUint(string(digits), 10, 16); err == nil {
			return uint16(n)
		}
	}
	return dns.TypeNone
}

// parseDS reads the fields of a DS record from at on, in its own form or in that
// of unknown types.
func parseDS(rec *record, at int) (DS, bool) {
	if string(rec.field(at)) == `\#` {
		return parseGenericDS(rec, at+1)
	}
	tag, err := strconv.ParseUint(string(rec.field(at)), 10, 16)
	if err != nil {
		return DS{}, false
	}
	algorithm, known := dns.StringToAlgorithm[strings.ToUpper(string(rec.field(at+1)))]
	if n, err := strconv.ParseUint(string(rec.field(at+1)), 10, 8); err == nil {
		algorithm, known = uint8(n), true
	}
	digest, err := strconv.ParseUint(string(rec.field(at+2)), 10, 8)
	if err != nil || !known || len(rec.field(at+3)) == 0 {
		return DS{}, false
	}
	return DS{KeyTag: uint16(tag), Algorithm: algorithm, DigestType: uint8(digest)}, true
}

// parseGenericDS reads the RDATA in hexadecimal (RFC 3597, Section 5), which may
// stand in several fields, after its length.
func parseGenericDS(rec *record, at int) (DS, bool) {
	var text []byte
	for i := at + 1; i < rec.fields && len(text) < 8; i++ {
		text = append(text, rec.field(i)...)
	}
	if len(text) < 8 {
		return DS{}, false
	}
	var head [4]byte
	if _, err := hex.Decode(head[:], text[:8]); err != nil {
		return DS{}, false
	}
	return DS{KeyTag: uint16(head[0])<<8 | uint16(head[1]), Algorithm: head[2], DigestType: head[3]}, true
}

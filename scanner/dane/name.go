package dane

import (
	"encoding/asn1"
	"slices"
	"strings"
	"unicode/utf8"
)

// name is a distinguished name prepared for comparison: one string for each
// relative distinguished name, equal where the names are equal. nil is the empty
// name, and any that cannot be read, which equals none: see canonical.
type name []string

// maxRDNs and maxNameOctets bound a name. Longer ones are unreadable.
const (
	maxRDNs       = 64
	maxNameOctets = 16 << 10
)

// attribute is one type and value of a distinguished name.
type attribute struct {
	oid   string // dotted
	tag   byte   // of the value
	value []byte
}

const (
	oidCommonName = "2.5.4.3"
	oidEmail      = "1.2.840.113549.1.9.1"
)

// unreadable is a name that equals no other, for it is compared by octets.
func unreadable(full []byte) name { return name{"\x00unreadable " + string(full)} }

// canonical prepares a Name for comparison: strings as UTF-8, ASCII letters in
// lower case, spaces at the ends dropped and within collapsed (RFC 5280, Section
// 7.1).
func canonical(full []byte) name {
	rdns, ok := readName(full)
	if !ok {
		return unreadable(full)
	}
	var n name
	for _, rdn := range rdns {
		parts := make([]string, len(rdn))
		for i, a := range rdn {
			parts[i] = a.oid + "=" + a.canonicalValue()
		}
		slices.Sort(parts) // a SET has no order
		n = append(n, strings.Join(parts, "\x00+"))
	}
	return n
}

func (a attribute) canonicalValue() string {
	text, ok := decodeString(a.tag, a.value)
	if !ok {
		return string([]byte{0, a.tag}) + string(a.value)
	}
	return lowerASCII(strings.Join(strings.FieldsFunc(text, isSpace), " "))
}

func isSpace(r rune) bool { return r == ' ' || '\t' <= r && r <= '\r' }

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}

func (n name) equal(other name) bool { return slices.Equal(n, other) }

// within reports whether n lies in the subtree that has base at its top.
func (n name) within(base name) bool {
	return len(n) >= len(base) && slices.Equal(n[:len(base)], base)
}

// readName takes a Name apart into its relative distinguished names.
func readName(full []byte) ([][]attribute, bool) {
	b, ok := only(full, tagSequence)
	if !ok || len(b) > maxNameOctets {
		return nil, false
	}
	var rdns [][]attribute
	for len(b) > 0 {
		var set element
		if set, b, ok = takeTag(b, tagSet); !ok || len(rdns) == maxRDNs {
			return nil, false
		}
		rdn, ok := readRDN(set.body)
		if !ok {
			return nil, false
		}
		rdns = append(rdns, rdn)
	}
	return rdns, true
}

func readRDN(b []byte) ([]attribute, bool) {
	var rdn []attribute
	for len(b) > 0 {
		pair, rest, ok := takeTag(b, tagSequence)
		if !ok || len(rdn) == maxRDNs {
			return nil, false
		}
		oid, value, ok := takeTag(pair.body, tagOID)
		if !ok {
			return nil, false
		}
		v, _, ok := take(value)
		if !ok {
			return nil, false
		}
		rdn = append(rdn, attribute{dotted(oid), v.tag, v.body})
		b = rest
	}
	return rdn, len(rdn) > 0
}

// notOID is what dotted writes for octets that are no object identifier.
const notOID = "?"

// dotted writes an object identifier in numbers.
func dotted(e element) string {
	var oid asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(e.full, &oid); err != nil || len(rest) > 0 {
		return notOID
	}
	return oid.String()
}

// decodeString turns an ASN.1 character string into UTF-8. TeletexString is read
// as Latin-1, which is what those who write it mean.
func decodeString(tag byte, b []byte) (string, bool) {
	switch tag {
	case tagUTF8:
		return string(b), utf8.Valid(b)
	case tagPrintable, tagIA5, tagVisible, tagTeletex:
		return decodeWide(b, 1)
	case tagBMP:
		return decodeWide(b, 2)
	case tagUniversal:
		return decodeWide(b, 4)
	}
	return "", false
}

// decodeWide reads characters of that many octets each, big end first.
func decodeWide(b []byte, width int) (string, bool) {
	if len(b)%width != 0 {
		return "", false
	}
	var s strings.Builder
	for ; len(b) > 0; b = b[width:] {
		var r uint32
		for _, c := range b[:width] {
			r = r<<8 | uint32(c)
		}
		if r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
			return "", false
		}
		s.WriteRune(rune(r))
	}
	return s.String(), true
}

// values returns those attributes of a Name that have that type, in its order.
func values(full []byte, oid string) []attribute {
	rdns, _ := readName(full)
	var found []attribute
	for _, rdn := range rdns {
		for _, a := range rdn {
			if a.oid == oid {
				found = append(found, a)
			}
		}
	}
	return found
}

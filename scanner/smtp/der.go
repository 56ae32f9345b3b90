package smtp

import "unicode/utf8"

// Tags of ASN.1 (X.690, Section 8.1.2).
const (
	tagBoolean     = 0x01
	tagInteger     = 0x02
	tagBitString   = 0x03
	tagOctetString = 0x04
	tagNull        = 0x05
	tagOID         = 0x06
	tagEnumerated  = 0x0a
	tagUTF8        = 0x0c
	tagPrintable   = 0x13
	tagTeletex     = 0x14
	tagIA5         = 0x16
	tagUTCTime     = 0x17
	tagTime        = 0x18
	tagUniversal   = 0x1c
	tagBMP         = 0x1e
	tagConstructed = 0x20 // the bit for it
	tagSequence    = 0x30
	tagSet         = 0x31
	tagContext     = 0xa0 // constructed, number 0
)

// elements is a run of ASN.1 elements, read from the front as senders do: laxer
// than DER in the length, which may have leading zeros.
type elements []byte

// next takes the first element off and returns its tag and content.
func (d *elements) next() (tag byte, content elements, ok bool) {
	b := *d
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return 0, nil, false
	}
	length, at := int(b[1]), 2
	if b[1] >= 0x80 {
		octets := int(b[1] & 0x7f)
		if octets == 0 || len(b) < 2+octets {
			return 0, nil, false
		}
		length, at = 0, 2+octets
		for _, c := range b[2:at] {
			if length = length<<8 | int(c); length > maxMessage {
				return 0, nil, false
			}
		}
	}
	if len(b)-at < length {
		return 0, nil, false
	}
	*d = b[at+length:]
	return b[0], b[at : at+length], true
}

// take takes the first element off if it has that tag.
func (d *elements) take(want byte) (elements, bool) {
	tag, content, ok := d.next()
	return content, ok && tag == want
}

// takeList takes a SEQUENCE OF or SET OF off. OpenSSL does not ask those to be
// marked as constructed.
func (d *elements) takeList(want byte) (elements, bool) {
	tag, content, ok := d.next()
	return content, ok && tag|tagConstructed == want
}

// has reports whether the first element has that tag.
func (d elements) has(tag byte) bool { return len(d) > 0 && d[0] == tag }

// isCertificate reports whether b has the shape of one certificate and nothing
// else (RFC 5280, Section 4.1), as OpenSSL wants it before it goes on with a
// handshake. What the fields say is left aside: a negative serial, a month 13 or
// an extension twice do not stop a sender.
func isCertificate(b []byte) bool {
	outer := elements(b)
	cert, ok := outer.take(tagSequence)
	if !ok || len(outer) > 0 {
		return false
	}
	tbs, ok := cert.take(tagSequence)
	return ok && isTBS(tbs) && cert.algorithm() && cert.bitString() && len(cert) == 0
}

// isTBS reports whether d is the content of a TBSCertificate.
func isTBS(d elements) bool {
	if d.has(tagContext) {
		version, _ := d.take(tagContext)
		if !version.integer() || len(version) > 0 {
			return false
		}
	}
	if !d.integer() || !d.algorithm() || !d.name() || !d.validity() || !d.name() {
		return false
	}
	key, ok := d.take(tagSequence)
	if !ok || !key.algorithm() || !key.bitString() || len(key) > 0 {
		return false
	}
	for _, id := range []byte{0x81, 0x82} { // issuerUniqueID, subjectUniqueID
		if d.has(id) {
			d.next()
		}
	}
	if d.has(tagContext + 3) {
		wrapped, ok := d.take(tagContext + 3)
		if !ok || !wrapped.extensions() || len(wrapped) > 0 {
			return false
		}
	}
	return len(d) == 0
}

// integer takes an INTEGER off.
func (d *elements) integer() bool { return d.number(tagInteger) }

// number takes a number off: at least one octet, none of them for nothing.
func (d *elements) number(tag byte) bool {
	n, ok := d.take(tag)
	if !ok || len(n) == 0 || tag >= tagConstructed {
		return false
	}
	return len(n) == 1 || !(n[0] == 0 && n[1] < 0x80 || n[0] == 0xff && n[1] >= 0x80)
}

func (d *elements) bitString() bool {
	bits, ok := d.take(tagBitString)
	return ok && len(bits) > 0 && bits[0] < 8
}

// oid takes an OBJECT IDENTIFIER off: its last number is complete, and none begins
// with padding.
func (d *elements) oid() bool {
	oid, ok := d.take(tagOID)
	if !ok || len(oid) == 0 || oid[len(oid)-1] >= 0x80 {
		return false
	}
	for i, c := range oid {
		if c == 0x80 && (i == 0 || oid[i-1] < 0x80) {
			return false
		}
	}
	return true
}

// algorithm takes an AlgorithmIdentifier off: an object identifier, and perhaps
// its parameters.
func (d *elements) algorithm() bool {
	id, ok := d.take(tagSequence)
	return ok && id.oid() && (len(id) == 0 || id.value()) && len(id) == 0
}

// value takes one element of any kind off. What OpenSSL knows it checks.
func (d *elements) value() bool {
	if len(*d) == 0 {
		return false
	}
	switch (*d)[0] &^ tagConstructed {
	case tagInteger, tagEnumerated:
		return d.number((*d)[0])
	case tagOID:
		return d.oid()
	case tagBitString:
		return d.bitString()
	case tagBoolean:
		b, ok := d.take(tagBoolean)
		return ok && len(b) == 1
	case tagNull:
		null, ok := d.take(tagNull)
		return ok && len(null) == 0
	}
	_, _, ok := d.next()
	return ok
}

// validity takes two times off. What they say does not matter.
func (d *elements) validity() bool {
	times, ok := d.take(tagSequence)
	for range 2 {
		tag, _, found := times.next()
		ok = ok && found && (tag == tagUTCTime || tag == tagTime)
	}
	return ok && len(times) == 0
}

// name takes a Name off: sets of pairs of a type and a string.
func (d *elements) name() bool {
	names, ok := d.takeList(tagSequence)
	for ok && len(names) > 0 {
		var set elements
		set, ok = names.takeList(tagSet)
		for ok && len(set) > 0 {
			var pair elements
			pair, ok = set.take(tagSequence)
			ok = ok && pair.oid() && pair.text() && len(pair) == 0
		}
	}
	return ok
}

// text takes a string of a name off. OpenSSL takes nearly any type, even a BIT
// STRING, and converts strings to compare them: those that do not convert it
// refuses.
func (d *elements) text() bool {
	tag, s, ok := d.next()
	switch tag {
	case tagUTF8:
		return ok && utf8.Valid(s)
	case tagBMP:
		return ok && len(s)%2 == 0
	case tagUniversal:
		return ok && len(s)%4 == 0
	case tagBitString, 7, 8, 9, 11, 13, 14, 15, 18, tagPrintable, tagTeletex, tagIA5, 29, tagSequence:
		return ok
	}
	return false
}

// extensions takes the list of extensions off. What is in one is its own affair.
func (d *elements) extensions() bool {
	list, ok := d.takeList(tagSequence)
	for ok && len(list) > 0 {
		var ext elements
		ext, ok = list.take(tagSequence)
		if !ok || !ext.oid() {
			return false
		}
		if ext.has(tagBoolean) {
			ext.next()
		}
		_, ok = ext.take(tagOctetString)
		ok = ok && len(ext) == 0
	}
	return ok
}

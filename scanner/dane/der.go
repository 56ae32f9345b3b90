package dane

// element is one tag, length and value of DER.
type element struct {
	tag  byte
	full []byte // with tag and length
	body []byte
}

// Tags that the walk asks for.
const (
	tagBoolean     = 0x01
	tagInteger     = 0x02
	tagBitString   = 0x03
	tagOctetString = 0x04
	tagOID         = 0x06
	tagUTF8        = 0x0c
	tagTeletex     = 0x14
	tagPrintable   = 0x13
	tagIA5         = 0x16
	tagUTCTime     = 0x17
	tagGenTime     = 0x18
	tagVisible     = 0x1a
	tagUniversal   = 0x1c
	tagBMP         = 0x1e
	tagSequence    = 0x30
	tagSet         = 0x31
	tagContext     = 0x80 // primitive, number 0
	tagConstructed = 0xa0 // constructed, number 0
)

// take splits the first element off b. It reads one-octet tags and definite
// lengths of up to four octets. A length that is longer than it need be is
// accepted: what counts here is where the octets are that a record may match.
func take(b []byte) (e element, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return element{}, nil, false
	}
	length, header := int64(b[1]), 2
	if b[1] >= 0x80 {
		octets := int(b[1] & 0x7f)
		if octets == 0 || octets > 4 || len(b) < 2+octets {
			return element{}, nil, false
		}
		length = 0
		for _, c := range b[2 : 2+octets] {
			length = length<<8 | int64(c)
		}
		header += octets
	}
	if length > int64(len(b)-header) {
		return element{}, nil, false
	}
	end := header + int(length)
	return element{tag: b[0], full: b[:end], body: b[header:end]}, b[end:], true
}

// takeTag is take for an element that must have that tag.
func takeTag(b []byte, tag byte) (e element, rest []byte, ok bool) {
	e, rest, ok = take(b)
	if !ok || e.tag != tag {
		return element{}, nil, false
	}
	return e, rest, true
}

// only returns the body of b's one element, which must have that tag and fill b.
func only(b []byte, tag byte) ([]byte, bool) {
	e, rest, ok := takeTag(b, tag)
	return e.body, ok && len(rest) == 0
}

// optional splits an element off b where the next one has that tag.
func optional(b []byte, tag byte) (e element, rest []byte, ok bool) {
	if e, rest, ok = takeTag(b, tag); ok {
		return e, rest, true
	}
	return element{}, b, false
}

// maxNesting is how deep constructed elements may lie in each other.
const maxNesting = 32

// wellFormed reports whether b is a row of elements, and what is constructed of
// them too.
func wellFormed(b []byte, nesting int) bool {
	for len(b) > 0 {
		e, rest, ok := take(b)
		if !ok || e.tag&0x20 != 0 && (nesting == 0 || !wellFormed(e.body, nesting-1)) {
			return false
		}
		b = rest
	}
	return true
}

// bits returns the octets of a BIT STRING's body that holds whole octets.
func bits(body []byte) ([]byte, bool) {
	if len(body) == 0 || body[0] != 0 {
		return nil, false
	}
	return body[1:], true
}

// smallInt reads an INTEGER's body that is at most 2^31-1; ok is false for a
// negative, empty or larger one.
func smallInt(body []byte) (n int, ok bool) {
	if len(body) == 0 || body[0] >= 0x80 {
		return 0, false
	}
	for _, c := range body {
		if n > (1<<31-1)>>8 {
			return 0, false
		}
		n = n<<8 | int(c)
	}
	return n, n <= 1<<31-1
}

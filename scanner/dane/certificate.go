package dane

import (
	"errors"
	"time"
)

// certificate is a certificate as far as the walk could read it. Every slice is
// a part of raw.
type certificate struct {
	raw, tbs       []byte
	version        int // 1 to 3; 0 unreadable
	serial         []byte
	innerAlgorithm []byte // AlgorithmIdentifier in the signed part
	outerAlgorithm []byte // and beside it
	issuer         []byte // Name
	subject        []byte
	issuerCanon    name
	subjectCanon   name
	notBefore      time.Time // zero if unreadable
	notAfter       time.Time
	validityUnread bool
	spki           []byte // SubjectPublicKeyInfo
	signature      []byte // nil if unreadable
	extensions     extensions

	// What is worked out once, when it is asked for.
	publicKey    *publicKey
	associations map[[2]uint8][]byte // by selector and matching type
}

var errWalk = errors.New("not a certificate: no SubjectPublicKeyInfo to be found")

// parseCertificate walks through DER to the fields of a certificate (RFC 5280,
// Section 4.1). It fails only where the SubjectPublicKeyInfo cannot be found:
// whatever else is wrong leaves that field empty. Octets behind the certificate
// are passed over.
func parseCertificate(raw []byte) (*certificate, error) {
	t, ok := findKey(raw)
	if !ok {
		return nil, errWalk
	}
	c := &certificate{raw: raw, tbs: t.tbs}
	c.readSigned(&t)
	c.walkSignature(t.afterTBS)
	return c, nil
}

// located is where the fields of a certificate are, up to its key.
type located struct {
	tbs, afterTBS []byte // the signed part, and what stands behind it
	version       element
	explicit      bool       // whether there is a version
	fields        [6]element // serial, algorithm, issuer, validity, subject, key
	afterKey      []byte
}

// findKey goes as far into a certificate as its SubjectPublicKeyInfo, and reads
// nothing: that is all that most of those who ask want to know.
func findKey(raw []byte) (t located, ok bool) {
	outer, _, ok := takeTag(raw, tagSequence)
	if !ok {
		return t, false
	}
	signed, rest, ok := takeTag(outer.body, tagSequence)
	if !ok {
		return t, false
	}
	t.tbs, t.afterTBS = signed.full, rest
	t.version, t.afterKey, t.explicit = optional(signed.body, tagConstructed)
	for i := range t.fields {
		if t.fields[i], t.afterKey, ok = take(t.afterKey); !ok {
			return t, false
		}
	}
	return t, t.fields[5].tag == tagSequence
}

// keyOctets is the SubjectPublicKeyInfo of a certificate.
func keyOctets(raw []byte) ([]byte, error) {
	t, ok := findKey(raw)
	if !ok {
		return nil, errWalk
	}
	return t.fields[5].full, nil
}

// readSigned reads the fields of a TBSCertificate.
func (c *certificate) readSigned(t *located) {
	serial, algorithm, issuer, validity, subject, key := t.fields[0], t.fields[1], t.fields[2], t.fields[3], t.fields[4], t.fields[5]
	c.version = readVersion(t.version.body, t.explicit)
	c.serial, c.innerAlgorithm, c.spki = serial.body, algorithm.full, key.full
	c.issuer, c.subject = issuer.full, subject.full
	c.issuerCanon, c.subjectCanon = canonical(issuer.full), canonical(subject.full)
	c.readValidity(validity.body)
	c.extensions = readExtensions(extensionList(t.afterKey))
}

// extensionList finds the extensions behind the two unique identifiers.
func extensionList(b []byte) []byte {
	for {
		e, rest, ok := take(b)
		if !ok {
			return nil
		}
		if e.tag == tagConstructed+3 {
			return e.body
		}
		b = rest
	}
}

func readVersion(body []byte, explicit bool) int {
	if !explicit {
		return 1
	}
	number, ok := only(body, tagInteger)
	if n, fits := smallInt(number); ok && fits && n <= 2 {
		return n + 1
	}
	return 0
}

// walkSignature reads what follows the signed part.
func (c *certificate) walkSignature(b []byte) {
	algorithm, b, ok := takeTag(b, tagSequence)
	if !ok {
		return
	}
	value, _, ok := takeTag(b, tagBitString)
	if !ok {
		return
	}
	c.outerAlgorithm = algorithm.full
	c.signature, _ = bits(value.body)
}

// readValidity reads the two times of a Validity (RFC 5280, Section 4.1.2.5).
func (c *certificate) readValidity(b []byte) {
	from, b, ok := take(b)
	till, _, also := take(b)
	if !ok || !also {
		c.validityUnread = true
		return
	}
	var fromOK, tillOK bool
	c.notBefore, fromOK = readTime(from)
	c.notAfter, tillOK = readTime(till)
	c.validityUnread = !fromOK || !tillOK
}

// readTime reads UTCTime and GeneralizedTime to the second, in UTC, as
// certificates must have them.
func readTime(e element) (time.Time, bool) {
	layout := "20060102150405Z"
	text := string(e.body)
	switch {
	case e.tag == tagUTCTime && len(text) == 13 && text[0] >= '5':
		text = "19" + text // RFC 5280, Section 4.1.2.5.1
	case e.tag == tagUTCTime && len(text) == 13:
		text = "20" + text
	case e.tag == tagGenTime && len(text) == 15:
	default:
		return time.Time{}, false
	}
	t, err := time.Parse(layout, text)
	return t, err == nil
}

// valid reports whether the certificate's dates include that time, both ends
// included (RFC 5280, Section 4.1.2.5). Dates that cannot be read include none.
func (c *certificate) valid(at time.Time) bool {
	at = at.UTC().Truncate(time.Second)
	return !c.validityUnread && !at.Before(c.notBefore) && !at.After(c.notAfter)
}

// key returns the certificate's public key, taken apart.
func (c *certificate) key() publicKey {
	if c.publicKey == nil {
		k := readKey(c.spki)
		c.publicKey = &k
	}
	return *c.publicKey
}

// association returns the certificate association data of a usable record that
// matches the certificate.
func (c *certificate) association(selector, matchingType uint8) []byte {
	key := [2]uint8{selector, matchingType}
	data, known := c.associations[key]
	if known {
		return data
	}
	selected := c.raw
	if selector == SPKI {
		selected = c.spki
	}
	if c.associations == nil {
		c.associations = make(map[[2]uint8][]byte)
	}
	data, _ = associate(selected, matchingType)
	c.associations[key] = data
	return data
}

// selfIssued reports whether subject and issuer are the same (RFC 5280, Section
// 3.2).
func (c *certificate) selfIssued() bool { return c.subjectCanon.equal(c.issuerCanon) }

// wholeCertificate reports whether b is one certificate in DER and nothing else.
// What its fields mean is not asked.
func wholeCertificate(b []byte) bool {
	if _, ok := only(b, tagSequence); !ok || !wellFormed(b, maxNesting) {
		return false
	}
	c, err := parseCertificate(b)
	return err == nil && c.version > 0 && c.shaped() && c.signature != nil && wholeKey(c.spki) &&
		isAlgorithm(c.innerAlgorithm) && isAlgorithm(c.outerAlgorithm)
}

// shaped reports whether serial number, names and dates are of the types that
// they must be (RFC 5280, Section 4.1), whatever their values.
func (c *certificate) shaped() bool {
	signed, _ := only(c.tbs, tagSequence)
	_, b, _ := optional(signed, tagConstructed)
	_, b, ok := takeTag(b, tagInteger)
	_, b, _ = take(b) // the algorithm
	_, b, _ = take(b) // the issuer
	validity, _, also := takeTag(b, tagSequence)
	from, rest, _ := take(validity.body)
	till, rest, _ := take(rest)
	_, issuerOK := readName(c.issuer)
	_, subjectOK := readName(c.subject)
	return ok && also && isTime(from) && isTime(till) && len(rest) == 0 && issuerOK && subjectOK
}

func isTime(e element) bool { return e.tag == tagUTCTime || e.tag == tagGenTime }

// isAlgorithm reports whether b is an AlgorithmIdentifier.
func isAlgorithm(b []byte) bool {
	body, ok := only(b, tagSequence)
	id, _, also := takeTag(body, tagOID)
	return ok && also && dotted(id) != notOID
}

// wholeKey reports whether b is one SubjectPublicKeyInfo in DER and nothing else
// (RFC 5280, Section 4.1).
func wholeKey(b []byte) bool {
	body, ok := only(b, tagSequence)
	if !ok || !wellFormed(b, maxNesting) {
		return false
	}
	algorithm, rest, ok := takeTag(body, tagSequence)
	if !ok || !isAlgorithm(algorithm.full) {
		return false
	}
	key, ok := only(rest, tagBitString)
	return ok && len(key) > 1
}

package dane

import "slices"

// extensions is what a path asks of a certificate's extensions (RFC 5280,
// Section 4.2.1).
type extensions struct {
	// invalid: a list or a value that cannot be read, or one given twice. Such a
	// certificate takes part in no path, yet its octets can be matched.
	invalid bool
	// unhandled: critical, and not one that we know (RFC 5280, Section 4.2).
	unhandled bool
	proxy     bool // RFC 3820

	basic   bool
	ca      bool
	pathLen int // -1 for none

	hasKeyUsage bool
	keyUsage    byte // first octet of the BIT STRING: bit 0 is the highest
	hasEKU      bool
	serverAuth  bool // serverAuth, or one of the two names that it had before
	hasNetscape bool
	netscape    byte

	subjectKeyID []byte
	authority    authorityKeyID

	names       []generalName
	constraints *nameConstraints

	count int
}

// Bits of keyUsage and of Netscape's certificate type.
const (
	usageTLS      = 0x80 | 0x20 | 0x08 // digitalSignature, keyEncipherment, keyAgreement
	usageCertSign = 0x04
	netscapeTLS   = 0x40
	netscapeTLSCA = 0x04
	netscapeAnyCA = 0x07
)

// authorityKeyID identifies the issuer's key (RFC 5280, Section 4.2.1.1); absent
// parts are nil.
type authorityKeyID struct {
	keyID  []byte
	issuer name
	serial []byte
	named  bool // issuer is given
}

// generalName is a GeneralName: the number of its choice and its value.
type generalName struct {
	kind  int
	tag   byte
	value []byte
	canon name // of a directory name
}

// Choices of GeneralName (RFC 5280, Section 4.2.1.6).
const (
	kindOther     = 0
	kindEmail     = 1
	kindDNS       = 2
	kindDirectory = 4
	kindURI       = 6
	kindIP        = 7
)

// Bounds of what is read of one certificate.
const (
	maxExtensions = 128
	maxNames      = 4096
)

// handlers read the value of each extension that bears on a path.
var handlers = map[string]func(*extensions, []byte) bool{
	"2.5.29.14":             (*extensions).readSubjectKeyID,
	"2.5.29.15":             (*extensions).readKeyUsage,
	"2.5.29.17":             (*extensions).readNames,
	"2.5.29.19":             (*extensions).readBasic,
	"2.5.29.30":             (*extensions).readConstraints,
	"2.5.29.35":             (*extensions).readAuthority,
	"2.5.29.37":             (*extensions).readEKU,
	"2.16.840.1.113730.1.1": (*extensions).readNetscape,
}

// known are the extensions that may be critical: those above but the two key
// identifiers, and those that change nothing here, since no policy is asked for
// and no revocation looked up.
var known = []string{
	"2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.37", "2.16.840.1.113730.1.1",
	"2.5.29.31",              // CRL distribution points
	"2.5.29.32", "2.5.29.33", // certificate policies, policy mappings
	"2.5.29.36", "2.5.29.54", // policy constraints, inhibit anyPolicy
	"1.3.6.1.5.5.7.1.7", "1.3.6.1.5.5.7.1.8", // address blocks, autonomous systems (RFC 3779)
	"1.3.6.1.5.5.7.48.1.5", // id-pkix-ocsp-nocheck
}

const oidProxy = "1.3.6.1.5.5.7.1.14"

// readExtensions reads the body of the field extensions, nil for none.
func readExtensions(b []byte) extensions {
	x := extensions{pathLen: -1}
	if b == nil {
		return x
	}
	list, ok := only(b, tagSequence)
	x.invalid = !ok
	seen := make(map[string]bool)
	for len(list) > 0 {
		var e element
		if e, list, ok = takeTag(list, tagSequence); !ok || x.count == maxExtensions {
			x.invalid = true
			return x
		}
		x.count++
		if !x.readOne(e.body, seen) {
			x.invalid = true
		}
	}
	return x
}

// readOne reads one Extension; it is false for one that is malformed or, if it
// bears on a path, repeated.
func (x *extensions) readOne(b []byte, seen map[string]bool) bool {
	id, b, ok := takeTag(b, tagOID)
	if !ok {
		return false
	}
	flag, b, given := optional(b, tagBoolean)
	critical := given && len(flag.body) == 1 && flag.body[0] != 0
	value, ok := only(b, tagOctetString)
	if !ok {
		return false
	}
	oid := dotted(id)
	if oid == oidProxy {
		x.proxy = true
	} else if critical && !slices.Contains(known, oid) {
		x.unhandled = true
	}
	read := handlers[oid]
	if read == nil {
		return true
	}
	if seen[oid] {
		return false
	}
	seen[oid] = true
	return read(x, value)
}

func (x *extensions) readBasic(b []byte) bool {
	b, ok := only(b, tagSequence)
	if !ok {
		return false
	}
	flag, b, given := optional(b, tagBoolean)
	length, b, limited := optional(b, tagInteger)
	x.basic = true
	x.ca = given && len(flag.body) == 1 && flag.body[0] != 0
	if limited {
		if x.pathLen, ok = smallInt(length.body); !ok {
			return false
		}
	}
	return len(b) == 0
}

func (x *extensions) readKeyUsage(b []byte) bool {
	body, ok := only(b, tagBitString)
	if !ok || len(body) < 2 || body[0] > 7 {
		return false
	}
	x.hasKeyUsage, x.keyUsage = true, body[1]
	return body[1] != 0 || len(body) > 2 && body[2] != 0
}

func (x *extensions) readEKU(b []byte) bool {
	b, ok := only(b, tagSequence)
	if !ok {
		return false
	}
	x.hasEKU = true
	for len(b) > 0 {
		var id element
		if id, b, ok = takeTag(b, tagOID); !ok {
			return false
		}
		switch dotted(id) {
		case "1.3.6.1.5.5.7.3.1", // serverAuth
			"1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1": // server gated cryptography
			x.serverAuth = true
		}
	}
	return true
}

func (x *extensions) readNetscape(b []byte) bool {
	body, ok := only(b, tagBitString)
	if !ok || len(body) == 0 {
		return false
	}
	x.hasNetscape = true
	if len(body) > 1 {
		x.netscape = body[1]
	}
	return true
}

func (x *extensions) readSubjectKeyID(b []byte) (ok bool) {
	x.subjectKeyID, ok = only(b, tagOctetString)
	return ok
}

func (x *extensions) readAuthority(b []byte) bool {
	b, ok := only(b, tagSequence)
	if !ok {
		return false
	}
	keyID, b, hasKeyID := optional(b, tagContext)
	issuer, b, _ := optional(b, tagConstructed+1)
	serial, b, hasSerial := optional(b, tagContext+2)
	if hasKeyID {
		x.authority.keyID = keyID.body
	}
	if hasSerial {
		x.authority.serial = serial.body
	}
	names, ok := readGeneralNames(issuer.body)
	for _, n := range names {
		if n.kind == kindDirectory { // the first one is what counts
			x.authority.issuer, x.authority.named = n.canon, true
			break
		}
	}
	return ok && len(b) == 0
}

func (x *extensions) readNames(b []byte) bool {
	b, ok := only(b, tagSequence)
	if !ok {
		return false
	}
	x.names, ok = readGeneralNames(b)
	return ok
}

func readGeneralNames(b []byte) ([]generalName, bool) {
	var names []generalName
	for len(b) > 0 {
		e, rest, ok := take(b)
		if !ok || e.tag&0xc0 != tagContext || len(names) == maxNames {
			return names, false
		}
		names = append(names, newGeneralName(e))
		b = rest
	}
	return names, true
}

func newGeneralName(e element) generalName {
	n := generalName{kind: int(e.tag & 0x1f), tag: e.tag, value: e.body}
	if n.kind == kindDirectory {
		n.canon = canonical(n.value)
	}
	return n
}

package dnssec

import (
	"crypto/sha1"
	"encoding/base32"
)

const (
	sha1Size   = sha1.Size
	nsec3SHA1  = 1 // the one hash algorithm, RFC 5155, Section 11
	flagOptOut = 1
)

// nsec3Record is an NSEC3 record as the proofs need it.
type nsec3Record struct {
	set    *evidenceSet
	owner  [sha1Size]byte
	next   [sha1Size]byte
	optOut bool
	types  bitmap
}

// nsec3Chain is the records of one (hash, iterations, salt): proofs do not mix
// them (RFC 5155, Section 8.2).
type nsec3Chain struct {
	iterations uint16
	salt       string // octets
	records    []nsec3Record
	hashes     []hashed
}

// hashed is a name whose hash was made.
type hashed struct {
	name Name
	hash [sha1Size]byte
}

// readNSEC3 sorts a record into its chain; it is left out where it cannot be used:
// unknown hash or flags, or an owner that is not one hash under the apex (RFC
// 5155, Section 8.1 and 8.2).
func (e *evidence) readNSEC3(set *evidenceSet, data string) {
	rr, ok := readNSEC3(data)
	if !ok || rr.hash != nsec3SHA1 || rr.flags > flagOptOut || set.owner.parent() != e.zone.apex {
		return
	}
	record := nsec3Record{set: set, optOut: rr.flags&flagOptOut != 0, types: rr.types}
	if !decodeHash(&record.owner, string(set.owner[1:1+int(set.owner[0])])) {
		return
	}
	copy(record.next[:], rr.next)
	for i := range e.chains {
		if c := &e.chains[i]; c.iterations == rr.iterations && c.salt == rr.salt {
			c.records = append(c.records, record)
			return
		}
	}
	c := nsec3Chain{iterations: rr.iterations, salt: rr.salt}
	if len(e.chains) == 0 {
		c.records, c.hashes = e.space.records[:0], e.space.hashes[:0]
	}
	c.records = append(c.records, record)
	e.chains = append(e.chains, c)
}

// hashText is the length of a hash in base 32, which needs no padding.
const hashText = sha1Size * 8 / 5

// decodeHash reads the 32 characters of a hashed owner name.
func decodeHash(dst *[sha1Size]byte, s string) bool {
	var text [hashText]byte
	if len(s) != len(text) {
		return false
	}
	for i := range text {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		text[i] = c
	}
	n, err := base32.HexEncoding.Decode(dst[:], text[:])
	return err == nil && n == len(dst) // it leaves out line ends
}

// hashName is the hash of RFC 5155, Section 5.
func hashName(n Name, iterations uint16, salt string) [sha1Size]byte {
	var buf [sha1Size + 255]byte
	sum := sha1.Sum(append(append(make([]byte, 0, maxName+255), n...), salt...))
	for range iterations {
		copy(buf[:], sum[:])
		sum = sha1.Sum(buf[:sha1Size+copy(buf[sha1Size:], salt)])
	}
	return sum
}

// hash returns the hash of a name in a chain; false where the reply has cost too
// many.
func (e *evidence) hash(c *nsec3Chain, n Name) ([sha1Size]byte, bool) {
	for i := range c.hashes {
		if c.hashes[i].name == n {
			return c.hashes[i].hash, true
		}
	}
	if e.r.hashes >= e.r.v.limits.NSEC3Hashes {
		e.overLimit = true
		return [sha1Size]byte{}, false
	}
	e.r.hashes++
	e.r.w.Hashes++
	h := hashName(n, c.iterations, c.salt)
	c.hashes = append(c.hashes, hashed{n, h})
	return h, true
}

// match returns the usable record whose owner is the hash of n.
func (e *evidence) match(c *nsec3Chain, n Name) *nsec3Record {
	h, ok := e.hash(c, n)
	if !ok {
		return nil
	}
	for i := range c.records {
		if r := &c.records[i]; r.owner == h && e.use(r.set) {
			return r
		}
	}
	return nil
}

// cover returns a usable record that denies n: the hash lies strictly between
// owner and next, in the circle of hashes (RFC 5155, Section 1.3).
func (e *evidence) cover(c *nsec3Chain, n Name) *nsec3Record {
	h, ok := e.hash(c, n)
	if !ok {
		return nil
	}
	for i := range c.records {
		if r := &c.records[i]; r.covers(h) && e.use(r.set) {
			return r
		}
	}
	return nil
}

func (r *nsec3Record) covers(h [sha1Size]byte) bool {
	after, before := string(r.owner[:]) < string(h[:]), string(h[:]) < string(r.next[:])
	if string(r.owner[:]) < string(r.next[:]) {
		return after && before
	}
	return (after || before) && h != r.owner // the last record, or the only one
}

package dnssec

import (
	"crypto"
	"crypto/subtle"
	"encoding/binary"

	"github.com/miekg/dns"
)

// key is a record of a DNSKEY RRset.
type key struct {
	tag   uint16
	alg   uint8
	rdata []byte
	pub   PublicKey // nil: the algorithm is not supported, or the key unusable
	zone  bool      // ZONE bit and protocol 3 (RFC 4034, Section 2.1)
	// revoked keys may only speak of their own DNSKEY RRset (RFC 5011, Section 2.1).
	revoked bool
}

// weak reports whether signatures by the key can be forged at moderate cost.
func (k *key) weak() bool {
	w, ok := k.pub.(interface{ weak() bool })
	return ok && w.weak()
}

// zoneKeys are the keys that are trusted to sign for a zone.
type zoneKeys struct {
	apex Name
	keys []*key
	weak bool // a weak key is in the chain down to here
	// required are the algorithms that must all sign, where Config.EveryAlgorithm
	// says so; empty means that one signature is enough.
	required []uint8
}

// readKeys reads a DNSKEY RRset that is canonicalised.
func readKeys(set *rrset, algorithms map[uint8]Algorithm) []*key {
	keys := make([]*key, 0, len(set.canonical))
	for i := range set.canonical {
		if r := &set.canonical[i]; len(r.data) >= keyFixed {
			keys = append(keys, readKey([]byte(r.data), algorithms))
		}
	}
	return keys
}

// keyFixed is the length of the fields of a DNSKEY in front of the key (RFC 4034,
// Section 2.1).
const keyFixed = 4

// readKey reads the RDATA of a DNSKEY record, which the key keeps.
func readKey(rdata []byte, algorithms map[uint8]Algorithm) *key {
	flags, protocol := binary.BigEndian.Uint16(rdata), rdata[2]
	k := &key{tag: keyTag(rdata), alg: rdata[3], rdata: rdata}
	k.zone = flags&dns.ZONE != 0 && protocol == 3
	k.revoked = flags&dns.REVOKE != 0
	read := algorithms[k.alg]
	if read == nil {
		return k
	}
	if pub, err := read(rdata[keyFixed:]); err == nil {
		k.pub = pub
	}
	return k
}

// keyTag is the checksum of RFC 4034, Appendix B.
func keyTag(rdata []byte) uint16 {
	var sum uint32
	for i, c := range rdata {
		if i&1 == 0 {
			sum += uint32(c) << 8
		} else {
			sum += uint32(c)
		}
	}
	return uint16(sum + sum>>16&0xffff)
}

// digestHash returns the hash of a DS digest type, 0 where that is not supported
// (RFC 8624, Section 3.3).
func digestHash(digestType uint8) crypto.Hash {
	switch digestType {
	case dns.SHA1:
		return crypto.SHA1
	case dns.SHA256:
		return crypto.SHA256
	case dns.SHA384:
		return crypto.SHA384
	}
	return 0
}

// vouches reports whether the digest of a DS record is that of the key (RFC 4034,
// Section 5.1.4).
func vouches(ds delegationSigner, owner Name, k *key) bool {
	hash := digestHash(ds.digestType)
	if hash == 0 {
		return false
	}
	h := hash.New()
	h.Write([]byte(owner))
	h.Write(k.rdata)
	return subtle.ConstantTimeCompare(h.Sum(nil), []byte(ds.digest)) == 1
}

// newer reports whether a is later than b by serial arithmetic (RFC 1982).
func newer(a, b uint32) bool { return int32(a-b) > 0 }

package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// zoneKey is one DNSKEY and what signs with it.
type zoneKey struct {
	flags     uint16
	algorithm uint8
	public    string // base64, as in a zone file
	tag       uint16
	signer    crypto.Signer // nil: an algorithm that nobody knows
}

// keyring is what a zone is signed with. Both keys are one in a zone with a
// single combined key.
type keyring struct{ ksk, zsk *zoneKey }

const (
	flagZSK = 256
	flagKSK = 257
	// algUnknown is a DNSSEC algorithm number that is not assigned.
	algUnknown = 200
)

func newZoneKey(flags uint16, signer crypto.Signer) (*zoneKey, error) {
	k := &zoneKey{flags: flags, signer: signer}
	switch pub := signer.Public().(type) {
	case *ecdsa.PublicKey:
		raw, err := pub.Bytes() // 0x04, X, Y (RFC 6605, Section 4 has no 0x04)
		if err != nil {
			return nil, fmt.Errorf("lab: public key: %w", err)
		}
		k.algorithm, k.public = dns.ECDSAP256SHA256, base64.StdEncoding.EncodeToString(raw[1:])
	case ed25519.PublicKey:
		k.algorithm, k.public = dns.ED25519, base64.StdEncoding.EncodeToString(pub)
	case *rsa.PublicKey: // RFC 3110, Section 2
		e := big.NewInt(int64(pub.E)).Bytes()
		raw := append(append([]byte{byte(len(e))}, e...), pub.N.Bytes()...)
		k.algorithm, k.public = dns.RSASHA256, base64.StdEncoding.EncodeToString(raw)
	default:
		return nil, fmt.Errorf("lab: no DNSSEC algorithm for a %T", pub)
	}
	k.tag = k.record(".").KeyTag()
	return k, nil
}

// unknownKey is a key of an algorithm that no validator knows.
func unknownKey(noise []byte) *zoneKey {
	k := &zoneKey{flags: flagKSK, algorithm: algUnknown, public: base64.StdEncoding.EncodeToString(noise)}
	k.tag = k.record(".").KeyTag()
	return k
}

func (k *zoneKey) record(apex string) *dns.DNSKEY {
	return &dns.DNSKEY{Hdr: header(apex, dns.TypeDNSKEY, ttlUsual), Flags: k.flags, Protocol: 3, Algorithm: k.algorithm, PublicKey: k.public}
}

// dnskeys returns the DNSKEY RRset of a zone with these keys.
func (r *keyring) dnskeys(apex string) []dns.RR {
	if r.ksk == r.zsk {
		return []dns.RR{r.ksk.record(apex)}
	}
	return []dns.RR{r.ksk.record(apex), r.zsk.record(apex)}
}

// ds returns the DS RRset that the parent of such a zone holds.
func (r *keyring) ds(apex string) []dns.RR {
	ds := r.ksk.record(apex).ToDS(dns.SHA256)
	ds.Hdr.Ttl = ttlUsual
	return []dns.RR{ds}
}

func header(name string, rrtype uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: rrtype, Class: dns.ClassINET, Ttl: ttl}
}

// signatures makes and keeps RRSIG records.
type signatures struct {
	from, to uint32 // validity
	past     uint32 // when expired ones ended
	mu       sync.Mutex
	kept     generations[sigKey, *dns.RRSIG]
}

// sigKey names an RRset. Data depends on name and seed alone, so it stands for
// the data, too.
type sigKey struct {
	apex, owner string
	rrtype      uint16
}

const (
	signedBefore = 24 * time.Hour      // how old signatures look
	signedFor    = 30 * 24 * time.Hour // how long they are good
	expiredSince = 240 * time.Hour     // how long the expired ones have been
	keptSigs     = 1 << 17             // signatures kept at most
)

func newSignatures(now time.Time) *signatures {
	return &signatures{
		from: uint32(now.Add(-signedBefore).Unix()),
		to:   uint32(now.Add(signedFor).Unix()),
		past: uint32(now.Add(-expiredSince).Unix()),
		kept: generations[sigKey, *dns.RRSIG]{limit: keptSigs},
	}
}

// over returns the signature over an RRset of a signed zone, nil where it is
// missing on purpose.
func (s *signatures) over(z *zone, set []dns.RR) (*dns.RRSIG, error) {
	h := set[0].Header()
	key := sigKey{z.apex, h.Name, h.Rrtype}
	how := z.mishap(h.Name, h.Rrtype)
	if how == sigMissing {
		return nil, nil
	}
	s.mu.Lock()
	sig, ok := s.kept.get(key)
	s.mu.Unlock()
	if ok {
		return sig, nil
	}
	sig, err := s.make(z, set, how)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.kept.put(key, sig)
	s.mu.Unlock()
	return sig, nil
}

func (s *signatures) make(z *zone, set []dns.RR, how mishap) (*dns.RRSIG, error) {
	key := z.keys.zsk
	if set[0].Header().Rrtype == dns.TypeDNSKEY {
		key = z.keys.ksk
	}
	h := set[0].Header()
	sig := &dns.RRSIG{
		Hdr:       header(h.Name, dns.TypeRRSIG, h.Ttl),
		Algorithm: key.algorithm, KeyTag: key.tag, SignerName: z.apex,
		Inception: s.from, Expiration: s.to,
	}
	if how == sigExpired {
		sig.Inception, sig.Expiration = s.past-uint32(signedFor/time.Second), s.past
	}
	if key.signer == nil {
		return unreadable(sig, h), nil
	}
	if err := sig.Sign(key.signer, set); err != nil {
		return nil, fmt.Errorf("lab: sign %s %s: %w", h.Name, dns.TypeToString[h.Rrtype], err)
	}
	if how == sigBroken {
		sig.Signature = flip(sig.Signature)
	}
	return sig, nil
}

// unreadable completes a signature by an algorithm that nobody knows.
func unreadable(sig *dns.RRSIG, h *dns.RR_Header) *dns.RRSIG {
	sig.TypeCovered, sig.OrigTtl = h.Rrtype, h.Ttl
	sig.Labels = uint8(dns.CountLabel(h.Name))
	sig.Signature = base64.StdEncoding.EncodeToString([]byte("a signature of another kind"))
	return sig
}

// flip changes one bit of a signature.
func flip(signature string) string {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(raw) == 0 {
		return signature
	}
	raw[len(raw)/2] ^= 1
	return base64.StdEncoding.EncodeToString(raw)
}

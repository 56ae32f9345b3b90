package dnssectest

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"github.com/cloudflare/circl/sign/ed448"
	"github.com/miekg/dns"
)

// Key is a key pair of a zone.
type Key struct {
	Record *dns.DNSKEY
	signer crypto.Signer
}

// flags of DNSKEY records.
const (
	zsk = dns.ZONE
	ksk = dns.ZONE | dns.SEP
)

// rsaBits keeps the making of RSA keys quick; they protect nothing.
const rsaBits = 1024

// NewKey makes a key for a zone. Flags are those of the DNSKEY record. Ed25519 keys
// depend on nothing else, so that zones signed by them are always the same; all
// others are random.
func NewKey(apex string, algorithm uint8, flags uint16) (*Key, error) {
	return newKey(apex, algorithm, flags, keyBits(algorithm))
}

func newKey(apex string, algorithm uint8, flags uint16, bits int) (*Key, error) {
	k := &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: apex, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags: flags, Protocol: 3, Algorithm: algorithm,
	}
	switch algorithm {
	case dns.ED448:
		pub, private, err := ed448.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		k.PublicKey = base64.StdEncoding.EncodeToString(pub)
		return &Key{Record: k, signer: private}, nil
	case dns.ED25519:
		seed := sha256.Sum256(fmt.Append(nil, apex, flags))
		private := ed25519.NewKeyFromSeed(seed[:])
		k.PublicKey = base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
		return &Key{Record: k, signer: private}, nil
	}
	private, err := k.Generate(bits)
	for range 3 { // one key in 65,536 has the tag 0, with which miekg/dns does not sign
		if err != nil || k.KeyTag() != 0 {
			break
		}
		private, err = k.Generate(bits)
	}
	if err != nil {
		return nil, fmt.Errorf("key of algorithm %d: %w", algorithm, err)
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("key of algorithm %d: cannot sign", algorithm)
	}
	return &Key{Record: k, signer: signer}, nil
}

func keyBits(algorithm uint8) int {
	switch algorithm {
	case dns.ECDSAP256SHA256, dns.ED25519:
		return 256
	case dns.ECDSAP384SHA384:
		return 384
	}
	return rsaBits
}

// DS returns the DS record of the key.
func (k *Key) DS(digest uint8) *dns.DS {
	ds := k.Record.ToDS(digest)
	ds.Hdr.Ttl = 3600
	return ds
}

// Sign signs an RRset with the key as that of the zone at apex. Edit, where not
// nil, changes the RRSIG before it is signed.
func (k *Key) Sign(rrs []dns.RR, from, to time.Time, edit func(*dns.RRSIG)) (*dns.RRSIG, error) {
	h := rrs[0].Header()
	sig := &dns.RRSIG{
		Hdr:         dns.RR_Header{Name: h.Name, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: h.Ttl},
		TypeCovered: h.Rrtype, Algorithm: k.Record.Algorithm, OrigTtl: h.Ttl,
		Inception: uint32(from.Unix()), Expiration: uint32(to.Unix()),
		KeyTag: k.Record.KeyTag(), SignerName: k.Record.Hdr.Name,
	}
	if edit != nil {
		edit(sig)
	}
	if sig.Algorithm != dns.ED448 {
		return sig, sig.Sign(k.signer, rrs)
	}
	// miekg/dns has no Ed448. Its Ed25519 hands over the octets to sign, in which
	// the algorithm is the third.
	sig.Algorithm = dns.ED25519
	err := sig.Sign(relabel{k.signer}, rrs)
	sig.Algorithm = dns.ED448
	return sig, err
}

// relabel signs with Ed448 what was meant for Ed25519.
type relabel struct{ crypto.Signer }

func (r relabel) Sign(random io.Reader, message []byte, _ crypto.SignerOpts) ([]byte, error) {
	message = append([]byte(nil), message...)
	message[2] = dns.ED448
	return r.Signer.Sign(random, message, crypto.Hash(0))
}

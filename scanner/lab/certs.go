package lab

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"time"
)

// issuer says who signed a machine's certificate.
type issuer uint8

const (
	bySelf     issuer = iota
	byIssuing         // the lab's issuing authority, below the lab's root authority
	byStranger        // itself, but sent with the issuing authority's certificate beside it
)

// sends says what a machine sends beside its own certificate.
type sends uint8

const (
	leafOnly sends = iota
	withIssuer
	withRoot // issuing and root authority
)

// certificate says what a machine shows.
type certificate struct {
	from     issuer
	sends    sends
	names    []string // DNS-IDs, completed with the case's domain; none: a name that nobody has
	expired  bool
	negative bool // a serial number that crypto/x509 refuses to read
}

// pair is a certificate with its key.
type pair struct {
	der, spki []byte
	key       crypto.Signer
	parsed    *x509.Certificate // as a template of what it issues
}

// authority holds the lab's two certificate authorities and the key of its RSA
// certificates.
type authority struct {
	seed          seed
	now           time.Time
	root, issuing *pair
	rsaKey        crypto.Signer
}

const certLife = 365 * 24 * time.Hour

func newAuthority(s seed, now time.Time) (*authority, error) {
	a := &authority{seed: s, now: now.UTC().Truncate(time.Second)}
	var err error
	if a.rsaKey, err = s.rsa("key"); err != nil {
		return nil, err
	}
	if a.root, err = a.newCA("Lab Root CA", nil); err != nil {
		return nil, err
	}
	a.issuing, err = a.newCA("Lab Issuing CA", a.root)
	return a, err
}

func (a *authority) newCA(name string, by *pair) (*pair, error) {
	key, err := a.seed.p256("ca " + name)
	if err != nil {
		return nil, err
	}
	t := a.template(name)
	t.Subject.Organization = []string{"danescan lab"}
	t.IsCA, t.BasicConstraintsValid, t.KeyUsage, t.ExtKeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil
	return a.issue(t, key, by)
}

func (a *authority) template(name string) *x509.Certificate {
	serial := new(big.Int).SetBytes(a.seed.derive("serial "+name, 0)[:12])
	serial.SetBit(serial, 94, 1) // always 12 octets and never negative
	serial.SetBit(serial, 95, 0)
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    a.now.Add(-certLife / 12),
		NotAfter:     a.now.Add(certLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

// issue signs a certificate; by nil makes it self-signed.
func (a *authority) issue(t *x509.Certificate, key crypto.Signer, by *pair) (*pair, error) {
	parent, signer := t, key
	if by != nil {
		parent, signer = by.parsed, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("lab: certificate %s: %w", t.Subject.CommonName, err)
	}
	p, err := keyOnly(key)
	if err != nil {
		return nil, err
	}
	p.der = der
	p.parsed, err = x509.ParseCertificate(der)
	return p, err
}

// keyOnly is a pair without a certificate.
func keyOnly(key crypto.Signer) (*pair, error) {
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, fmt.Errorf("lab: public key: %w", err)
	}
	return &pair{spki: spki, key: key}, nil
}

// leaf makes the certificate of a machine. The label makes its key.
func (a *authority) leaf(label string, c certificate, key crypto.Signer) (*pair, error) {
	name := "nobody.invalid"
	if len(c.names) > 0 {
		name = c.names[0]
	}
	t := a.template(label)
	t.Subject.CommonName, t.DNSNames = name, c.names
	if c.expired {
		t.NotBefore, t.NotAfter = a.now.Add(-certLife), a.now.Add(-certLife/36)
	}
	var by *pair
	if c.from == byIssuing {
		by = a.issuing
	}
	leaf, err := a.issue(t, key, by)
	if err != nil || !c.negative {
		return leaf, err
	}
	signer := key
	if by != nil {
		signer = by.key
	}
	leaf.der, err = negate(leaf.der, signer)
	return leaf, err
}

// negate gives a certificate a negative serial number and signs it again. Such
// certificates are in use, senders accept them, and crypto/x509 does not.
func negate(der []byte, signer crypto.Signer) ([]byte, error) {
	var outer struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return nil, fmt.Errorf("lab: own certificate: %w", err)
	}
	// After version ([0] of five octets in all) comes the serial: tag, length, value.
	tbs := outer.TBS.Bytes
	if len(tbs) < 8 || tbs[0] != 0xa0 || tbs[5] != asn1.TagInteger {
		return nil, fmt.Errorf("lab: own certificate has no serial number where it should be")
	}
	tbs[7] |= 0x80
	outer.TBS.FullBytes = nil
	full, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSequence, IsCompound: true, Bytes: tbs})
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(full)
	signature, err := signer.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	outer.TBS = asn1.RawValue{FullBytes: full}
	outer.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	return asn1.Marshal(outer)
}

// association returns the certificate association data of a TLSA record (RFC
// 6698, Section 2.1) in hexadecimal.
func association(p *pair, selector, matching string) string {
	data := p.der
	if selector == "1" {
		data = p.spki
	}
	switch matching {
	case "1":
		sum := sha256.Sum256(data)
		data = sum[:]
	case "2":
		sum := sha512.Sum512(data)
		data = sum[:]
	}
	return hex.EncodeToString(data)
}

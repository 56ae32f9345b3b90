package dane

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Certificate is what a certificate says of itself, for a table: no judgement.
// What could not be read is empty.
type Certificate struct {
	SHA256     [32]byte // of the DER
	SPKISHA256 []byte   // of the SubjectPublicKeyInfo; nil without one

	Subject, Issuer string   // as RFC 4514 writes them, the most specific part first
	Names           []string // DNS-IDs, else common names; at most 1024, see Result.NamesSeen

	NotBefore, NotAfter time.Time // zero if unreadable
	Serial              string    // hex digits of the octets as they stand, two for each

	KeyAlgorithm       string // "rsa", "ecdsa", "eddsa", "other"; empty without a key
	KeyBits            int    // 0 if unknown
	SignatureAlgorithm string // "RSA-SHA256"; dotted numbers if unknown

	IsCA       bool // basic constraints say so
	SelfSigned bool // its own key made its signature

	// ParseError is what crypto/x509 says of a certificate that it refuses.
	ParseError string
}

// Bounds of the text of a Certificate, in octets.
const (
	longestName   = 1024
	longestSerial = 64
	longestError  = 256
)

// Inspect reads a certificate leniently: negative serial numbers, strange dates,
// repeated extensions and the like do not stop it. The error says that not even
// a SubjectPublicKeyInfo was found; SHA256 and ParseError are filled all the
// same.
func Inspect(der []byte) (Certificate, error) {
	facts := Certificate{SHA256: sha256.Sum256(der)}
	if _, err := x509.ParseCertificate(der); err != nil {
		facts.ParseError = clip(visibleText(err.Error()), longestError)
	}
	c, err := parseCertificate(der)
	if err != nil {
		return facts, err
	}
	sum := sha256.Sum256(c.spki)
	facts.SPKISHA256 = sum[:]
	facts.Subject, facts.Issuer = nameText(c.subject), nameText(c.issuer)
	facts.Names = c.presented()
	facts.NotBefore, facts.NotAfter = c.notBefore, c.notAfter
	facts.Serial = hex.EncodeToString(c.serial[:min(len(c.serial), longestSerial)])
	facts.KeyAlgorithm, facts.KeyBits = keyText(c.key())
	facts.SignatureAlgorithm = readAlgorithm(c.innerAlgorithm).name
	facts.IsCA = c.extensions.basic && c.extensions.ca
	facts.SelfSigned = c.namesIssuer(c) && c.signedBy(c.key()) == nil
	return facts, nil
}

func keyText(k publicKey) (string, int) {
	switch k.kind {
	case kindRSA, kindPSS:
		return "rsa", k.bits
	case kindECDSA:
		return "ecdsa", k.bits
	case kindEd25519, kindEd448:
		return "eddsa", k.bits
	}
	return "other", 0
}

// shortNames are the attribute types of RFC 4514, Section 3, and the commonest
// others.
var shortNames = map[string]string{
	oidCommonName:                "CN",
	oidEmail:                     "emailAddress",
	"2.5.4.5":                    "serialNumber",
	"2.5.4.6":                    "C",
	"2.5.4.7":                    "L",
	"2.5.4.8":                    "ST",
	"2.5.4.9":                    "STREET",
	"2.5.4.10":                   "O",
	"2.5.4.11":                   "OU",
	"0.9.2342.19200300.100.1.1":  "UID",
	"0.9.2342.19200300.100.1.25": "DC",
}

// nameText writes a distinguished name, clipped; empty if it cannot be read.
func nameText(full []byte) string {
	rdns, _ := readName(full)
	var parts []string
	for i := len(rdns) - 1; i >= 0; i-- {
		var pairs []string
		for _, a := range rdns[i] {
			pairs = append(pairs, a.text())
		}
		parts = append(parts, strings.Join(pairs, "+"))
	}
	return clip(strings.Join(parts, ","), longestName)
}

func (a attribute) text() string {
	label := shortNames[a.oid]
	if label == "" {
		label = a.oid
	}
	value, ok := decodeString(a.tag, a.value)
	if !ok {
		return label + "=#" + hex.EncodeToString(a.value[:min(len(a.value), longestName/2)])
	}
	return label + "=" + escapeValue(value)
}

// escapeValue escapes as RFC 4514, Section 2.4, and all that is not a letter or
// sign to be seen.
func escapeValue(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune(`"+,;<>\`, r), r == '#' && i == 0, r == ' ' && (i == 0 || i == len(s)-1):
			b.WriteByte('\\')
			b.WriteRune(r)
		case !shown(r):
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, `\%02x`, c)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

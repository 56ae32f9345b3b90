package dane

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
)

// Certificate usages (RFC 7218, Section 2.1). SMTP defines the last two alone
// (RFC 7672, Section 3.1).
const (
	PKIXTA uint8 = 0
	PKIXEE uint8 = 1
	DANETA uint8 = 2
	DANEEE uint8 = 3
)

// Selectors (RFC 7218, Section 2.2).
const (
	Cert uint8 = 0 // the whole certificate
	SPKI uint8 = 1 // its SubjectPublicKeyInfo
)

// Matching types (RFC 7218, Section 2.3).
const (
	Full   uint8 = 0 // the octets themselves
	SHA256 uint8 = 1
	SHA512 uint8 = 2
)

// Why a record is unusable: the values of Usable's second result.
const (
	WhyUsage       = "usage"         // above DANE-EE(3)
	WhyPKIXUsage   = "pkix-usage"    // PKIX-TA(0) or PKIX-EE(1), undefined for SMTP
	WhySelector    = "selector"      // above SPKI(1)
	WhyType        = "matching-type" // above SHA2-512(2)
	WhyDigest      = "digest-length" // not the octets that the digest has
	WhyCertificate = "certificate"   // full data that is not exactly one certificate
	WhyKey         = "key"           // full data that is not exactly one SubjectPublicKeyInfo
	WhyShort       = "short"         // RDATA under four octets: only Parse says so
)

// ErrShort is what Parse returns for RDATA that cannot hold any association data.
var ErrShort = errors.New("tlsa rdata has fewer than 4 octets")

// Parse takes TLSA RDATA apart (RFC 6698, Section 2.1). The record's Data is a
// part of rdata, not a copy. Field values are not judged: see Usable.
func Parse(rdata []byte) (Record, error) {
	if len(rdata) < 4 {
		return Record{}, fmt.Errorf("%w: %d", ErrShort, len(rdata))
	}
	return Record{Usage: rdata[0], Selector: rdata[1], MatchingType: rdata[2], Data: rdata[3:]}, nil
}

// RDATA is the inverse of Parse.
func (r Record) RDATA() []byte {
	return append([]byte{r.Usage, r.Selector, r.MatchingType}, r.Data...)
}

// String returns the record in presentation format: "3 1 1 0123...", hex digits
// in lower case (RFC 6698, Section 2.2).
func (r Record) String() string {
	return fmt.Sprintf("%d %d %d %s", r.Usage, r.Selector, r.MatchingType, hex.EncodeToString(r.Data))
}

// Usable reports whether SMTP can use the record, and if not, why: one of the
// Why constants. An unusable record is treated as absent (RFC 6698, Section 4.1;
// RFC 7671, Section 9), except that its presence obliges to TLS all the same
// (RFC 7672, Section 2.2.3).
func Usable(r Record) (ok bool, why string) {
	switch {
	case r.Usage > DANEEE:
		return false, WhyUsage
	case r.Usage < DANETA: // RFC 7672, Section 3.1.3
		return false, WhyPKIXUsage
	case r.Selector > SPKI:
		return false, WhySelector
	case r.MatchingType > SHA512:
		return false, WhyType
	case r.MatchingType == Full && r.Selector == Cert:
		return whole(wholeCertificate(r.Data), WhyCertificate)
	case r.MatchingType == Full:
		return whole(wholeKey(r.Data), WhyKey)
	}
	return whole(len(r.Data) == digestLength(r.MatchingType), WhyDigest)
}

func whole(ok bool, otherwise string) (bool, string) {
	if ok {
		return true, ""
	}
	return false, otherwise
}

func digestLength(matchingType uint8) int {
	if matchingType == SHA256 {
		return sha256.Size
	}
	return sha512.Size
}

// Matches reports whether the record's data is that of a certificate, given as
// DER: its octets alone are looked at, not the usage, nor what a certificate is
// worth. The selector SPKI needs no more than that the SubjectPublicKeyInfo can
// be found.
func (r Record) Matches(der []byte) bool {
	var spki []byte
	if r.Selector == SPKI {
		var err error
		if spki, err = keyOctets(der); err != nil {
			return false
		}
	}
	return r.matches(der, spki)
}

// matches compares with a certificate's octets or, for the selector SPKI, those
// of its key, nil if it has none.
func (r Record) matches(der, spki []byte) bool {
	selected := der
	if r.Selector == SPKI {
		selected = spki
	}
	if selected == nil || r.Selector > SPKI {
		return false
	}
	association, ok := associate(selected, r.MatchingType)
	return ok && bytes.Equal(association, r.Data)
}

// associate returns the certificate association data of the selected octets
// (RFC 6698, Section 2.1.4).
func associate(selected []byte, matchingType uint8) ([]byte, bool) {
	switch matchingType {
	case Full:
		return selected, true
	case SHA256:
		sum := sha256.Sum256(selected)
		return sum[:], true
	case SHA512:
		sum := sha512.Sum512(selected)
		return sum[:], true
	}
	return nil, false
}

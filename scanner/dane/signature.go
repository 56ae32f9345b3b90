package dane

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	_ "crypto/md5"
	"crypto/rsa"
	_ "crypto/sha1"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"errors"

	"github.com/cloudflare/circl/sign/ed448"
)

// algorithm is what an AlgorithmIdentifier says of a signature.
type algorithm struct {
	name string
	kind keyKind
	hash crypto.Hash
	salt int // PSS alone
}

// algorithms are the signatures that can be checked: those of OpenSSL's default
// provider at security level 0, at which Postfix runs it for DANE, less DSA and
// RIPEMD-160. MD5 and SHA-1 are thus accepted: a sender is to be foretold here,
// not improved on.
var algorithms = map[string]algorithm{
	"1.2.840.113549.1.1.4":    {"RSA-MD5", kindRSA, crypto.MD5, 0},
	"1.2.840.113549.1.1.5":    {"RSA-SHA1", kindRSA, crypto.SHA1, 0},
	"1.3.14.3.2.29":           {"RSA-SHA1", kindRSA, crypto.SHA1, 0},
	"1.2.840.113549.1.1.14":   {"RSA-SHA224", kindRSA, crypto.SHA224, 0},
	"1.2.840.113549.1.1.11":   {"RSA-SHA256", kindRSA, crypto.SHA256, 0},
	"1.2.840.113549.1.1.12":   {"RSA-SHA384", kindRSA, crypto.SHA384, 0},
	"1.2.840.113549.1.1.13":   {"RSA-SHA512", kindRSA, crypto.SHA512, 0},
	"1.2.840.113549.1.1.15":   {"RSA-SHA512/224", kindRSA, crypto.SHA512_224, 0},
	"1.2.840.113549.1.1.16":   {"RSA-SHA512/256", kindRSA, crypto.SHA512_256, 0},
	"2.16.840.1.101.3.4.3.13": {"RSA-SHA3-224", kindRSA, crypto.SHA3_224, 0},
	"2.16.840.1.101.3.4.3.14": {"RSA-SHA3-256", kindRSA, crypto.SHA3_256, 0},
	"2.16.840.1.101.3.4.3.15": {"RSA-SHA3-384", kindRSA, crypto.SHA3_384, 0},
	"2.16.840.1.101.3.4.3.16": {"RSA-SHA3-512", kindRSA, crypto.SHA3_512, 0},
	"1.2.840.113549.1.1.10":   {"RSA-PSS", kindPSS, 0, 0}, // the rest is in its parameters
	"1.2.840.10045.4.1":       {"ECDSA-SHA1", kindECDSA, crypto.SHA1, 0},
	"1.2.840.10045.4.3.1":     {"ECDSA-SHA224", kindECDSA, crypto.SHA224, 0},
	"1.2.840.10045.4.3.2":     {"ECDSA-SHA256", kindECDSA, crypto.SHA256, 0},
	"1.2.840.10045.4.3.3":     {"ECDSA-SHA384", kindECDSA, crypto.SHA384, 0},
	"1.2.840.10045.4.3.4":     {"ECDSA-SHA512", kindECDSA, crypto.SHA512, 0},
	"2.16.840.1.101.3.4.3.9":  {"ECDSA-SHA3-224", kindECDSA, crypto.SHA3_224, 0},
	"2.16.840.1.101.3.4.3.10": {"ECDSA-SHA3-256", kindECDSA, crypto.SHA3_256, 0},
	"2.16.840.1.101.3.4.3.11": {"ECDSA-SHA3-384", kindECDSA, crypto.SHA3_384, 0},
	"2.16.840.1.101.3.4.3.12": {"ECDSA-SHA3-512", kindECDSA, crypto.SHA3_512, 0},
	"1.3.101.112":             {"Ed25519", kindEd25519, 0, 0},
	"1.3.101.113":             {"Ed448", kindEd448, 0, 0},
}

// pssHashes are the digests of RSASSA-PSS-params (RFC 4055, Section 2.1).
var pssHashes = map[string]crypto.Hash{
	"1.3.14.3.2.26":          crypto.SHA1,
	"2.16.840.1.101.3.4.2.4": crypto.SHA224,
	"2.16.840.1.101.3.4.2.1": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384,
	"2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

var errUnchecked = errors.New("signature cannot be checked")

// readAlgorithm reads an AlgorithmIdentifier; the zero algorithm for one that is
// not known. Its name is the dotted number then.
func readAlgorithm(full []byte) algorithm {
	body, ok := only(full, tagSequence)
	if !ok {
		return algorithm{}
	}
	id, parameters, ok := takeTag(body, tagOID)
	if !ok {
		return algorithm{}
	}
	a, known := algorithms[dotted(id)]
	if !known {
		a.name = dotted(id)
	}
	if a.kind == kindPSS {
		a.hash, a.salt = readPSS(parameters)
	}
	return a
}

// readPSS reads RSASSA-PSS-params; hash 0 for what cannot be checked. The mask
// must be made with the same digest.
func readPSS(b []byte) (crypto.Hash, int) {
	const defaultSalt = 20
	b, ok := only(b, tagSequence)
	if !ok {
		return 0, 0
	}
	hash, b, hasHash := optional(b, tagConstructed)
	mask, b, hasMask := optional(b, tagConstructed+1)
	salt, _, hasSalt := optional(b, tagConstructed+2)
	digest, masked, length := crypto.SHA1, crypto.SHA1, defaultSalt
	if hasHash {
		digest = pssHash(hash.body)
	}
	if hasMask {
		inner, _ := only(mask.body, tagSequence)
		_, inner, ok := takeTag(inner, tagOID) // id-mgf1, the only one there is
		if !ok {
			return 0, 0
		}
		masked = pssHash(inner)
	}
	if hasSalt {
		number, _ := only(salt.body, tagInteger)
		if length, ok = smallInt(number); !ok || length > maxRSABits/8 {
			return 0, 0
		}
	}
	if digest != masked {
		return 0, 0
	}
	return digest, length
}

func pssHash(full []byte) crypto.Hash {
	body, _ := only(full, tagSequence)
	id, _, _ := takeTag(body, tagOID)
	return pssHashes[dotted(id)]
}

// signedBy reports by its error whether the key made the certificate's signature.
func (c *certificate) signedBy(k publicKey) error {
	if c.signature == nil || !bytes.Equal(c.innerAlgorithm, c.outerAlgorithm) {
		return errUnchecked // RFC 5280, Section 4.1.1.2
	}
	a := readAlgorithm(c.innerAlgorithm)
	if !a.fits(k.kind) {
		return errUnchecked
	}
	digest := c.tbs
	if a.hash != 0 {
		h := a.hash.New()
		h.Write(c.tbs)
		digest = h.Sum(nil)
	}
	return a.check(k.key, digest, c.signature)
}

// fits reports whether a key of that kind can make such signatures.
func (a algorithm) fits(k keyKind) bool {
	return a.kind != "" && (a.kind == k || a.kind == kindPSS && k == kindRSA)
}

var errBad = errors.New("signature does not verify")

func (a algorithm) check(key crypto.PublicKey, digest, signature []byte) error {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if a.kind == kindRSA {
			return rsa.VerifyPKCS1v15(k, a.hash, digest, signature)
		}
		if a.hash != 0 {
			return rsa.VerifyPSS(k, a.hash, digest, signature, &rsa.PSSOptions{SaltLength: a.salt})
		}
	case *ecdsa.PublicKey:
		return verdict(ecdsa.VerifyASN1(k, digest, signature))
	case ed25519.PublicKey:
		return verdict(ed25519.Verify(k, digest, signature))
	case ed448.PublicKey:
		return verdict(ed448.Verify(k, digest, signature, ""))
	}
	return errUnchecked
}

func verdict(ok bool) error {
	if ok {
		return nil
	}
	return errBad
}

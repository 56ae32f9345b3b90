// Package dane decides whether the certificates that an SMTP server showed are
// the ones that its TLSA records announce. Bytes in, verdict out: it does no I/O,
// reads no clock, and gives the same verdict for the same arguments for ever.
//
// # What a TLSA record says
//
// A domain that signs its zone can publish, beside its mail server's address,
// what certificate to expect there (RFC 6698). A TLSA record has three numbers
// and some octets:
//
//	_25._tcp.mx.example.com. IN TLSA 3 1 1 8d02...
//
//	usage          3 DANE-EE   the server's own certificate, the leaf
//	               2 DANE-TA   an issuer above it, the trust anchor
//	               0, 1        the same two, and a public CA besides
//	selector       0 Cert      the octets of the whole certificate
//	               1 SPKI      those of its SubjectPublicKeyInfo: the key
//	matching type  0 Full      as they are
//	               1 SHA2-256, 2 SHA2-512
//
// SMTP uses 3 and 2 (RFC 7672, Section 3.1). There is no list of public CAs that
// all mail servers agree on, so 0 and 1 are treated as unusable (Section 3.1.3).
//
// # DANE-EE(3): octets alone
//
// The record names the leaf, and DNSSEC vouches for the record. What the
// certificate says of itself does not matter: its names, its dates, who signed it
// and what for are not looked at (RFC 7672, Section 3.1.1). So a certificate need
// not even make sense. This package finds the key in one by a walk of its own
// through the DER, and matches what crypto/x509 refuses.
//
// # DANE-TA(2): a path
//
// The record names an issuer, and the leaf must be shown to descend from it, by a
// path that holds at every step (RFC 5280, Section 6.1): signatures, CA bit and
// key usage, purposes, path lengths, name constraints, dates. It is built from
// the certificates that the server sent, in whatever order. The path ends at the
// first that a record matches; that one need not be self-signed, and unless it is
// self-issued its own dates do not count. A digest cannot stand in for a
// certificate: an anchor known by digest must be sent. One that is in DNS in full
// need not be: 2 0 0 brings the certificate (RFC 7671, Section 5.2.2), 2 1 0 the
// bare key, which must have signed the last certificate of the path (Section
// 5.2.3).
//
// # Base domain and names
//
// An anchor may have issued certificates to half the world, so for DANE-TA the
// leaf must bear a name that the client asked for: a reference identifier (RFC
// 7672, Section 3.2). The first is the TLSA base domain: the MX host name, or
// what it expands to when it is an alias and the records were found there. If the
// MX records are themselves secure, the domain of the address and its own
// expansion count too (Section 3.2.2). Which names those are is for the caller to
// say; here they are [Names]. The leaf presents its DNS-IDs or, if it has none,
// its common names; "*" may be the whole first label (Section 3.2.3).
//
// Mail for different domains goes to one host under different names, and the host
// is asked once. Result.PathOK says whether all but the name is in order, and
// [Names.Match] tries other names on what was seen.
//
// # Which records count
//
//  1. Unusable records are dropped: see [Usable]. If none is left there is nothing
//     to verify, which is not the same as a failure.
//  2. Of the digests for one usage and selector only the strongest count (digest
//     agility, RFC 7671, Section 9), by an order that [Verifier] holds.
//  3. Any one that matches is enough.
//
// # Why not
//
// A [Reason] names the nearest miss: an anchor was matched, but the name differs,
// a date has passed, or something else on the path is broken; or an anchor was
// not sent; or nothing matches.
//
// # Where we differ
//
// Postfix with OpenSSL is what most senders who do DANE run, and so the measure:
// the tests hold thousands of random cases against it. On purpose,
//   - every issuer that fits is tried, where OpenSSL follows the first one that
//     has the right name; where that one leads to an anchor the result is the same;
//   - full data is usable if it is well-formed, though the key be of an unknown
//     kind;
//   - a certificate is valid to the last second of its notAfter (RFC 5280, Section
//     4.1.2.5), in OpenSSL to the one before.
//
// Where the RFCs are silent we do as OpenSSL does: an anchor at depth 0 counts for
// nothing, the last certificate of a path may be a CA in the manner of old (see
// fitsAuthority), and a leaf with a key usage must have one that TLS can use. So we
// do with wildcards, too, where the RFC says less: one needs two labels below it, and
// stands for letters, digits and hyphens (RFC 7672, Section 3.2.3). SHA-1 and MD5
// are accepted, as Postfix does. Not checked, hence never part of a valid path, are
// signatures by DSA and on curves other than P-224, P-256, P-384 and P-521. Nobody is
// asked whether a certificate was revoked, on which no server can count in SMTP (RFC
// 7672, Section 4), and certificate policies are not processed.
package dane

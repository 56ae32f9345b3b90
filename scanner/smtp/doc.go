// Package smtp holds one SMTP session as a sender would, up to the end of the TLS
// handshake, and reports what it saw. It never sends mail and never judges.
//
// A session is: connect, greeting, EHLO (HELO where EHLO is refused), STARTTLS,
// handshake, EHLO again, QUIT (RFC 3207, Section 4). Each stage has its own time
// limit and its own limit of bytes, and all that the peer says is taken as
// hostile: text is kept raw and capped, and nothing that came before the
// handshake is ever fed to TLS.
//
// What matters most is the certificate chain, byte by byte, because DANE compares
// bytes (RFC 7672, Section 3.1.1). Two stacks get it:
//
//   - The stack "go" is crypto/tls. It proves that the server holds the private
//     key. It gives up on a certificate that crypto/x509 cannot read, where nearly
//     every sender goes on; so all that it reads is kept by a tap, and the chain is
//     taken from there (in TLS 1.3 with the handshake secret, by KeyLogWriter).
//   - The stack "fetcher" is a TLS client of our own that goes only as far as the
//     server's Certificate. It offers what crypto/tls cannot (finite field groups,
//     DSA, a choice of signature algorithms), so it is the second try where
//     crypto/tls fails before a certificate came, and it asks servers that have an
//     RSA and an ECDSA certificate for the one or the other.
//
// [Session.ChainCounts] says whether the chain is one to judge.
package smtp

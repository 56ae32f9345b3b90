// Package exchange asks one question of one DNS server: sockets, IDs, retries,
// truncation, pacing. It knows nothing of zones or of trust.
//
// A Client asks over UDP and turns to TCP where a reply is truncated or where
// somebody seems to be guessing at our replies. Towards servers on the Internet
// each try has a port and an ID of its own (RFC 5452, Section 9.2); towards a
// resolver on this machine a few sockets may be shared. A Limiter spaces the
// questions put to name servers, a Window bounds those that a resolver has to
// work on at a time.
package exchange

// Package dnssec decides whether DNS data is proven (RFC 4033 to 4035, 5155,
// 6840, 9276). It does no I/O: what it needs it asks of a Source; clock and work
// limits are parameters.
//
// # What is decided
//
// A Validator takes a question and the complete reply to it and returns a Result
// with one of four statuses. Secure: every link of the alias chain, and the RRset
// or the denial at its end, is signed by keys that a chain of trust leads to.
// Insecure: it is proven that no chain of trust leads there: a delegation without
// DS, an opt-out span of NSEC3, algorithms that are not supported. Bogus: a chain
// leads there, and what came does not fit it. Indeterminate: something that is
// needed did not come, or a limit was passed. Nothing is secure or insecure by
// default, and all that is not secure has a Reason from a closed list.
//
// # How
//
// The chain of trust is followed top-down, from the closest trust anchor, one label
// at a time: a DS question for each, asked of the zone above. The answer is a
// DS RRset, which vouches for the keys of a zone that begins there; or a proof that
// a zone without DS begins there, and everything below is insecure; or a proof
// that no zone begins there, and the same keys go on. What becomes of a name is a
// node, and nodes are cached.
//
// Of a reply, only that is looked at which lies on the way from the name asked, over
// CNAME and DNAME records, to the type asked: other records can neither help nor
// harm. An RRset is verified with the keys of the zone that its RRSIGs name, if
// that zone is above it. What does not verify is looked at once more from above,
// by walking down to its name: it is insecure where an insecure delegation is
// proven on the way, and only there.
//
// Denials are verified record by record, when a proof wants to use one. An NSEC or
// NSEC3 record of the parent's side of a zone cut says nothing of the child's, but
// for DS; one of the child's nothing of DS; one that was made from a wildcard
// nothing at all. NSEC3 proofs are made of records with the same parameters;
// parameters that are too costly make the answer insecure before any hashing.
//
// A Message is made of the octets of a reply, or of one of the library's, and keeps
// RDATA as octets: what was signed. Fields are read where a proof needs them. Records
// of the library are made of what answers a question only. Unpack reads what is usual;
// of all else, up to a bound, it has the opinion of the library, and a test compares
// the two.
//
// Verifying costs more than all else. What has verified is remembered by a hash of
// it. A key on P-256 that verifies much, as that of a top-level domain or one that an
// operator has for all its zones, gets a table of multiples of its point, shared by
// all zones with the same key. The table's yes is enough; its no is asked again of the
// standard library.
//
// # Where this differs from the RFCs and from Unbound
//
// One valid signature by one algorithm is enough (RFC 6840, Section 5.11), as in
// Unbound by default; Config.EveryAlgorithm is for tests. SHA-1 DS records do not
// count beside stronger ones (RFC 4509, Section 3). A CNAME beside a DNAME that
// does not make it is bogus; Unbound replaces it. Records of a reply that nothing
// needs do not have to verify; Unbound wants all of the authority section to. What
// lies below a proven insecure delegation is insecure, even where a zone above
// claims to have signed it; Unbound calls that bogus. GOST and DSA are not supported.
// A reply to a DNSKEY question that comes without signatures is bogus; a server
// error or no reply is indeterminate. An NSEC3 proof of records with different
// parameters is bogus, as RFC 5155, Section 8.2 allows; Unbound and BIND take it. A
// revoked key signs nothing but its own DNSKEY RRset (RFC 5011, Section 2.1); Unbound
// takes its signatures. Type bit maps that are longer than need be make a signature
// false here and a format error to BIND; Unbound takes them.
package dnssec

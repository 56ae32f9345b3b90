// Package lab is a miniature of the mail Internet with DNSSEC and DANE: root,
// top-level domains, zones, name servers and mail servers, good and broken, all on
// loopback. It is a demo, the fixture of tests, the load of benchmarks, and a
// place to see what each kind of failure looks like.
//
// # How it is laid out
//
//	.                      signed, NSEC                 127.20.0.1, .2
//	├── optout.            signed, NSEC3 with opt-out   127.20.0.3, .4
//	│   ├── hoster         the second shared name server
//	│   ├── ee-spki        a case: its zone, its MX host mx.ee-spki.optout
//	│   └── ...
//	├── nsec.              signed, NSEC                 127.20.0.5
//	│   ├── hoster         the first shared name server
//	│   └── ...
//	└── unsigned.          not signed                   127.20.0.6
//	    └── ...
//
// All name servers share one port (5300) and all mail servers another (2525);
// they differ by address. Addresses come from one block of 127.0.0.0/8, by
// default 127.20.0.0/14: 127.20.0.x for the servers above, 127.20.1.x for name
// servers of single zones, 127.21.x.x for the mail servers of the cases, 127.22.x.x
// for those of the bulk domains. ::1 is the only IPv6 address: more would need
// root. On an address where a case says that nobody listens, nobody listens.
//
// At 127.20.0.53 sits the front: it answers as a validating resolver would, AD bit
// and all, but knows the answers by construction and validates nothing.
//
// # Cases and bulk
//
// A row of the cases' table (cases.go) is a piece of this Internet in the words of
// a zone file, and beside it, as a literal, what a correct scanner must find. When
// more domains are wanted than the table has, the rest is made up by number: the
// seed and the number decide everything about such a domain, nothing is kept. Of
// these 8 % are signed, 20 % run their own mail server, and 60 % are with ten mail
// providers, by Zipf's law, two of which give each customer an MX host name of its
// own. Some have dead name servers, some are gone, some take no mail; some mail
// servers are down, a tarpit, or without STARTTLS; some records are stale.
//
// # Why to believe it
//
// One seed and one moment make one lab: keys, records, signatures and certificates
// are the same, byte for byte. Signatures are made with miekg/dns and TLSA records
// by hashing certificates here; the packages that check them in a scan are not
// used, so that no mistake can hide on both sides. ldns-verify-zone accepts its
// zones, and delv, validating from the lab's root, agrees with the front.
package lab

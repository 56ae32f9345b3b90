// Package scanner is the pipeline: Collect turns a list into evidence, Finish
// turns evidence into tables.
//
//	             collect: evidence only                                     finish: judge, sort, write
//	list ──► domains ──distinct──► hosts ──base x address──► endpoints ──► spool ──merge──► judge ──► run tables
//	names    MX                    A, AAAA, TLSA             STARTTLS      parts            (pure)    Parquet
//
// Domains go as fast as DNS allows. Hosts and endpoints go at their own polite
// pace from a queue that overflows to disk, so that a tarpit delays nothing but
// itself. Each MX host is looked up once and each (base domain, address) probed
// once per run, whatever the number of domains.
//
// Network code never judges and the judge never touches the network: what Collect
// writes is enough to judge again.
package scanner

// Package dnssectest builds signed zones in memory for tests: trees of zones with
// NSEC, NSEC3 and opt-out, by any algorithm, with one key or two, and the replies
// of their servers. It signs with miekg/dns, which the validator does not verify
// with, and imports nothing of the scanner.
//
// Replies are minimal: without any one of their records, what they say is not
// proven.
package dnssectest

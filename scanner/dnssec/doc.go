// Package dnssec decides whether DNS data is proven (RFC 4033 to 4035, 5155,
// 6840, 9276). It does no I/O: what it needs it asks of a Source; clock and work
// limits are parameters.
package dnssec

// Package report makes the page of a run: one HTML file that needs nothing else,
// no script and no network, so that it can be put online as it is.
//
// A report is one streaming pass over each table: the figures are counters, never
// rows. Every string in a run is hostile; html/template escapes it, and counters
// of names are bounded.
package report

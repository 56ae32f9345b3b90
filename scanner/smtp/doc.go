// Package smtp holds one SMTP session as a sender would, up to the end of the TLS
// handshake, and reports what it saw. It never sends mail and never judges.
package smtp

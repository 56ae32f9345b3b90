// Package dane is the arithmetic of DANE (RFC 6698, RFC 7671) as RFC 7672 narrows
// it for SMTP: which TLSA records are usable, which certificates they match, and
// whether a chain verifies. Bytes in, match out; no I/O, no clock.
package dane

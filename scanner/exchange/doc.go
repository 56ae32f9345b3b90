// Package exchange asks one question of one DNS server: sockets, IDs, retries,
// truncation, pacing. It knows nothing of zones or of trust.
package exchange

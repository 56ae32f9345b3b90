package exchange

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"danescan/scanner/dnssec"
)

// Exchanger asks one server one question. The scanner's is Client; tests that
// replay scripts have their own.
type Exchanger interface {
	Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt Options) (Reply, error)
}

// Options are the header and EDNS bits of a question. The zero value asks as an
// iterating validator does not: set what is meant.
type Options struct {
	RD, CD, DO, AD bool
	NoEDNS         bool // for servers that cannot bear an OPT record
	TCP            bool // do not try UDP
}

// Reply is a reply that passed the checks of transport: it came from the server
// asked, with our ID and our question. Its rcode is whatever it is.
type Reply struct {
	Msg     *dnssec.Message
	Server  netip.AddrPort
	Size    int  // octets
	TCP     bool // came over TCP
	Queries int  // sent for it, retries included
	RTT     time.Duration
}

// Kind is the class of an exchange that brought no usable reply.
type Kind uint8

const (
	Timeout   Kind = iota + 1 // nothing came in time
	Network                   // the network said no: refused, unreachable, reset
	Malformed                 // what came could not be read
	Cancelled                 // the context ended
)

// Error says why an exchange brought no usable reply.
type Error struct {
	Kind    Kind
	Server  netip.AddrPort
	Queries int // sent in vain
	Err     error
}

func (e *Error) Error() string { return fmt.Sprintf("%v: %v", e.Server, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

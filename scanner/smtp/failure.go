package smtp

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"reflect"
	"syscall"
)

// fail ends the session with a failure, or with that of its context. It returns
// false, so that a step can end with it.
func (s *Session) fail(ctx context.Context, why Failure, err error) bool {
	s.Failure, s.Error = why, err.Error()
	if len(s.Error) > maxError { // crypto/x509 quotes from certificates
		s.Error = s.Error[:maxError]
	}
	if ctx.Err() == nil {
		return false
	}
	s.Failure = FailCancelled
	if errors.Is(context.Cause(ctx), errSessionTimeout) {
		s.Failure = FailTimeout
	}
	return false
}

// classify says what an error of reading or writing means.
func classify(err error) Failure {
	var timeout net.Error
	switch {
	case errors.Is(err, errReplyLimit), errors.Is(err, io.ErrNoProgress):
		return FailProtocol
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return FailTimeout
	}
	for _, gone := range []error{io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE} {
		if errors.Is(err, gone) {
			return FailDropped
		}
	}
	return FailNetwork
}

// classifyDial says what an error of connecting means.
func classifyDial(err error, to netip.AddrPort) Failure {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return FailRefused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT):
		if !hasRoute(to) {
			return FailNoRoute
		}
		return FailNetwork
	}
	if why := classify(err); why != FailDropped {
		return why
	}
	return FailNetwork
}

// hasRoute reports whether this machine has a route to an address. Connecting a
// UDP socket asks the kernel and sends nothing; so a router's "unreachable" is
// told from our own.
func hasRoute(to netip.AddrPort) bool {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// alertCloseNotify is the alert that is no complaint (RFC 8446, Section 6.1).
const alertCloseNotify = 0

// remoteAlert returns the alert in an error of crypto/tls that the server sent.
// The package exports neither the type nor the number, but its kind is uint8.
func remoteAlert(err error) (int, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" || op.Err == nil {
		return 0, false
	}
	if v := reflect.ValueOf(op.Err); v.Kind() == reflect.Uint8 {
		return int(v.Uint()), true
	}
	return 0, false
}

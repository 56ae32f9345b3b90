//go:build !linux

package lab

import "syscall"

// udpSockets is how many sockets share the port, at most.
const udpSockets = 1

// onLoopback has nothing to do here: what comes from elsewhere is dropped by its
// address.
func onLoopback(string, string, syscall.RawConn) error { return nil }
